/** A model behind a port, as in a worker: what comes of calls is what comes without one; errors, cancelling, several at once. */

import { join } from 'node:path';
import type { Server } from 'node:http';
import { MessageChannel } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBackend } from '../../src/backends.ts';
import { ArgumentError } from '../../src/errors.ts';
import { shippedModel } from '../../src/model/default.ts';
import { loadModel } from '../../src/model/load.ts';
import type { Model } from '../../src/model/load.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';
import { interactVideo } from '../../src/pipeline/interact.ts';
import { reconstructVideo } from '../../src/pipeline/reconstruct.ts';
import { serveFolders } from '../../src/serve/static-server.ts';
import { connectWorker, WorkerError } from '../../src/worker/client.ts';
import type { WorkerModel } from '../../src/worker/client.ts';
import type { Port } from '../../src/worker/protocol.ts';
import { serveWorker } from '../../src/worker/serve.ts';

const PROMPT = 'a red circle moving right on a white background';

describe('a model in a worker', () => {
  const { port1, port2 } = new MessageChannel();
  const page = port2 as unknown as Port;
  let server: Server;
  let address: string;
  let remote: WorkerModel;
  let own: Model;

  beforeAll(async () => {
    ({ server, address } = await serveFolders([['/models/', join(shippedModel('toy'), '..')]]));
    serveWorker(port1 as unknown as Port);
    port1.start();
    port2.start();
    own = await loadModel(shippedModel('toy'), await makeBackend('wasm', { threads: 1 }));
    remote = await connectWorker(page, { model: `${address}models/toy` });
  });

  afterAll(async () => {
    await remote.close();
    port1.close();
    await own.backend.close();
    server.close();
  });

  it('generates what it generates without one, and tells of steps and frames', async () => {
    const steps: number[] = [];
    const firsts: number[] = [];
    const request = { prompt: PROMPT, seed: 3, cfg: [2, 2, 1, 1] };
    const made = await remote.generate(request, {
      onStep: ({ index }) => void steps.push(index), onFrames: (_, first) => void firsts.push(first),
    });
    const here = await generateVideo(own, request);
    expect(made.frames.shape).toEqual([17, 64, 64, 3]);
    expect(made.frames.data).toEqual(here.frames.data);
    expect(steps).toEqual([...steps.keys()]);
    expect([steps.length, firsts[0]]).toEqual([14, 0]);
    expect(remote.config).toEqual(own.config);
    expect(await remote.notices(['a red circle'], 1)).toEqual([expect.stringMatching(/left open/)]);
  }, 60_000);

  it('goes on from a video, whose bytes stay the caller\'s', async () => {
    const start = await generateVideo(own, { prompt: PROMPT, frames: 1 });
    const request = { prompt: PROMPT, start };
    const made = await remote.generate(request);
    expect(start.frames.data.length).toBe(64 * 64 * 3);
    expect(made.frames.data).toEqual((await generateVideo(own, request)).frames.data);
    const scales = [1, 4];
    const theirs: number[] = [];
    for await (const { psnr } of remote.reconstruct(start, scales)) theirs.push(psnr);
    const ours: number[] = [];
    for await (const { psnr } of reconstructVideo(own, { video: start, scales })) ours.push(psnr);
    expect(theirs).toEqual(ours);
  }, 60_000);

  it('tells what is wrong by its name, and is as good as before', async () => {
    const wrong: unknown = await remote.generate({ prompt: PROMPT, frames: 18 }).catch((error: unknown) => error);
    expect(wrong).toBeInstanceOf(WorkerError);
    const here: unknown = await generateVideo(own, { prompt: PROMPT, frames: 18 }).catch((error: unknown) => error);
    expect([(wrong as Error).name, (wrong as Error).message]).toEqual(['ArgumentError', (here as ArgumentError).message]);
    await expect(connectWorker(new MessageChannel().port1 as unknown as Port, { model: address, signal: AbortSignal.abort('no') })).rejects.toBe('no');
  });

  it('is cancelled with the reason given, while another call goes on', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const cancelled = remote.generate({ prompt: PROMPT }, { signal: controller.signal, onStep: () => controller.abort(reason) });
    const other = remote.generate({ prompt: PROMPT, seed: 3, cfg: [2, 2, 1, 1], frames: 1 });
    await expect(cancelled).rejects.toBe(reason);
    expect((await other).frames.shape).toEqual([1, 64, 64, 3]);
  }, 60_000);

  it('tells stories, as far as somebody listens', async () => {
    const story = { prompts: ['a red circle moving left on a black background', 'up', 'down'] };
    await remote.close();
    await expect(remote.generate({ prompt: PROMPT })).rejects.toThrow('no model has been opened');
    remote = await connectWorker(page, { model: `${address}models/toy-interact` });
    const clips: Uint8Array[] = [];
    for await (const { frames } of remote.interact(story)) {
      clips.push(frames.data);
      if (clips.length === 2) break;
    }
    const interact = await loadModel(shippedModel('toy-interact'), own.backend);
    const ours: Uint8Array[] = [];
    for await (const { frames } of interactVideo(interact, story)) {
      ours.push(frames.data);
      if (ours.length === 2) break;
    }
    expect(clips.map((clip) => Buffer.from(clip).toString('hex'))).toEqual(ours.map((clip) => Buffer.from(clip).toString('hex')));
  }, 60_000);
});
