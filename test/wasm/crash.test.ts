/** A worker that dies is an error in the next operation, not a hang; a living one does not keep the program. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Device } from '../../backends/wasm/device.ts';
import { affine } from '../../backends/wasm/elementwise.ts';
import type { Thread } from '../../backends/wasm/threads.ts';

const SIZE = 1_000_000;

async function twoThreads(): Promise<{ device: Device; work: () => void; workers: Thread[] }> {
  const device = new Device();
  await device.addThreads(2);
  const view = { shape: [SIZE], address: device.allocate(SIZE).block.address };
  return { device, work: () => affine(device, view, view, 2, 0), workers: Reflect.get(device, 'threads') as Thread[] };
}

describe('a worker', () => {
  it('that traps in a kernel makes operations fail', async () => {
    const { device, work, workers } = await twoThreads();
    work();
    // A job that no kernel can do, for the worker alone.
    (Reflect.get(device, 'exports') as { publish: (kernel: number, tasks: number, atOnce: number) => void }).publish(99, 1, 1);
    const [worker] = workers;
    await new Promise((resolve) => worker.onEnd(resolve));
    expect(work).toThrow(/a worker thread of the wasm backend crashed/);
    expect(work).toThrow(/a worker thread/);
  });

  it('that is ended from outside makes operations fail', async () => {
    const { work, workers } = await twoThreads();
    const ended = new Promise((resolve) => workers[0].onEnd(resolve));
    await workers[0].stop();
    await ended;
    expect(work).toThrow(/a worker thread/);
  });

  it('ends with the program', { timeout: 20_000 }, async () => {
    const program = `
      import { wasmBackend } from './backends/wasm/index.ts';
      import { hostZeros } from './src/array/host.ts';
      const b = await wasmBackend({ threads: 2 });
      const x = b.upload(hostZeros([600, 600]));
      console.log((await b.read(b.matmul(x, x))).shape);`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: join(import.meta.dirname, '../..') });
    expect(stdout).toBe('[ 600, 600 ]\n');
  });
});
