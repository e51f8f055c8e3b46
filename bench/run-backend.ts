/** Everything that is timed on one backend. */

import type { GpuMode } from '../backends/gpujs/modes.ts';
import { makeBackend } from '../src/backends.ts';
import type { Backend, Tensor } from '../src/backend/backend.ts';
import { measureDevicePeak } from './device-peak.ts';
import { deviceWork } from './device-work.ts';
import { settled, timeGeneration } from './generation.ts';
import { hostTime } from './host-time.ts';
import { peakMemory } from './machine.ts';
import { kernelTimes } from './kernel-times.ts';
import { measure, median } from './measure.ts';
import { decode, makeModel, requestFor, sample } from './models.ts';
import { OPERATIONS, operandsOf } from './operations.ts';
import type { Operation } from './operations.ts';
import { Profile } from './profile.ts';
import type { Call, Share } from './profile.ts';
import type { Calls, Run, TimedOperation } from './results.ts';
import { SIZES } from './sizes.ts';
import type { SizeName } from './sizes.ts';
import { timeTraining } from './train.ts';
import { timeText, timeUploads } from './transfers.ts';

export interface RunOptions {
  readonly backend: string;
  readonly threads: number;
  /** How the backend gpujs computes. */
  readonly gpu?: GpuMode | 'auto';
  readonly size: SizeName;
  /** Names of operations to time; without it all, and the model. */
  readonly only?: RegExp;
  /** Steps of training instead. */
  readonly train?: boolean;
  /** Whether what is called is noted, for PyTorch to do the same. */
  readonly calls?: boolean;
}

type Profiled = Pick<Run, 'sampling' | 'decoding'>;

const NOTHING: Profiled = { sampling: [], decoding: [] };

/** Software devices take minutes for a run. */
const MOST_SECONDS = 60;

export async function runBackend(options: RunOptions): Promise<Run> {
  const { backend, threads, gpu, size, only, train = false, calls: noted = false } = options;
  let computes: string | undefined;
  const b = await makeBackend(backend, { threads, ...(gpu && { gpu }), onChoice: (line) => (computes = line) });
  const quick = backend === 'wasm';
  const counts = deviceWork(b) !== undefined;
  if (train) {
    const training = await timeTraining(b, threads === 1);
    const calls = Object.fromEntries(training.map((step) => [step.name, step.calls]));
    return { backend, threads, operations: [], onDevice: false, ...NOTHING, stages: [], training, calls, memory: peakMemory() };
  }
  const chosen = OPERATIONS.filter(({ name, small }) => only?.test(name) ?? (quick || small));
  const operations = await timeOperations(b, quick, chosen);
  const mode = (b as { readonly mode?: GpuMode }).mode ?? (backend === 'webgpu' ? 'webgpu' : 'cpu');
  const calls = noted ? await callsOf(b, chosen) : {};
  const onDevice = !['cpu', 'webasm'].includes(mode);
  const peak = backend === 'webgpu' ? await measureDevicePeak() : undefined;
  const run = { backend, threads, operations, training: [], onDevice, ...(computes && { computes }), ...(peak && { peak }) };
  if (only !== undefined) return { ...run, ...NOTHING, stages: [], calls, memory: peakMemory() };
  const [runs, warm] = size === 'large' ? [1, 0] : quick ? [15, 15] : [3, 1]; // engines compile well only after some runs
  const stages = await timeGeneration(b, size, { runs, warm, ...(counts && { seconds: MOST_SECONDS }) });
  const transfers = counts ? [...(await timeText(b)), ...(await timeUploads(b, size))] : [];
  const profiled = backend === 'webgpu' ? await kernelTimes(size)
    : quick && threads === 1 ? await profile(b, size, size === 'large' ? [1, 0] : [15, 15]) : NOTHING;
  const memory = peakMemory();
  const inVideo = noted ? await callsIn(b, size) : {};
  const host = backend === 'webgpu' ? await hostTime(size) : undefined;
  const everything = { stages: [...stages, ...transfers], calls: { ...calls, ...inVideo }, memory };
  return { ...run, ...profiled, ...(host && { host }), ...everything };
}

async function timeOperations(b: Backend, quick: boolean, operations: readonly Operation[]): Promise<TimedOperation[]> {
  const timed: TimedOperation[] = [];
  for (const operation of operations) {
    const operands = operandsOf(b, operation);
    const finish = async (y: Tensor | Promise<Tensor>): Promise<void> => {
      const result = await y;
      if (!quick) await b.read(result); // what only enqueues has done nothing yet
      b.free(result);
    };
    const timing = await measure(() => {
      const y = operation.run(b, operands);
      if (!quick || y instanceof Promise) return finish(y);
      b.free(y);
    }, { seconds: quick ? 0.5 : 1, ...(quick && { settle: () => settled(b) }) });
    b.free(operands);
    timed.push({ name: operation.name, flops: operation.flops, ...timing });
  }
  return timed;
}

/** What single operations call. */
async function callsOf(b: Backend, operations: readonly Operation[]): Promise<Calls> {
  const calls: Record<string, readonly Call[]> = {};
  for (const operation of operations) {
    const profile = new Profile('calls');
    const operands = operandsOf(b, operation);
    b.free(await operation.run(profile.around(b), operands));
    b.free(operands);
    calls[operation.name] = profile.calls();
  }
  return calls;
}

/** What sampling and decoding a video call. */
async function callsIn(b: Backend, size: SizeName): Promise<Calls> {
  const config = SIZES[size];
  const model = makeModel(b, config);
  const [sampling, decoding] = [new Profile('calls'), new Profile('calls')];
  await b.scope('generate', async (b) => {
    const codes = await sample(sampling.around(b), model, requestFor(config, config.schedule.video_frames));
    await decode(decoding.around(b), model, codes);
  });
  return { 'text to video: sampling': sampling.calls(), 'text to video: decoding': decoding.calls() };
}

/**
 * By operation, in that of some runs whose time as a whole is the median, after some that warm up. What is left is that of the
 * median of runs in between which nothing observes, for asking the clock around every operation takes a tenth as well.
 */
async function profile(b: Backend, size: SizeName, [runs, warm]: readonly [number, number]): Promise<Profiled> {
  const config = SIZES[size];
  const model = makeModel(b, config);
  const request = requestFor(config, config.schedule.video_frames);
  const codes = await sample(b, model, request);
  const sharesOf = async (body: (b: Backend) => Promise<unknown>): Promise<Share[]> => {
    const found: { readonly whole: number; readonly shares: Share[] }[] = [];
    const plain: number[] = [];
    for (let run = -warm; run < runs; run++) {
      const timed = new Profile('times');
      const start = performance.now();
      await timed.around(b).scope('generate', body);
      const between = performance.now();
      await b.scope('generate', body);
      if (run < 0) continue;
      plain.push((performance.now() - between) / 1e3);
      found.push({ whole: (between - start) / 1e3, shares: timed.result() });
    }
    const { shares } = found.toSorted((a, b) => a.whole - b.whole)[runs >> 1];
    const rest = median(plain) - shares.reduce((sum, { seconds }) => sum + seconds, 0);
    return [...shares, { operation: 'all else, on the host', calls: 0, seconds: Math.max(rest, 0) }];
  };
  const sampling = await sharesOf(async (b) => void (await sample(b, model, request)));
  const decoding = await sharesOf((b) => decode(b, model, codes));
  b.free(codes);
  return { sampling, decoding };
}
