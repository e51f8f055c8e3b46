/** Times the model: tokenizer both ways, transformer steps by scale, whole pictures and videos. */

import { hostZeros } from '../src/array/host.ts';
import type { Backend } from '../src/backend/backend.ts';
import { observe } from '../src/backend/observe.ts';
import { encodeVideo } from '../src/tokenizer/encode.ts';
import { deviceWork, workSince } from './device-work.ts';
import type { DeviceWork } from './device-work.ts';
import { median } from './measure.ts';
import type { BenchModel } from './models.ts';
import { decode, makeModel, noise, requestFor, sample } from './models.ts';
import { SIZES, pixelsOf } from './sizes.ts';
import type { SizeName } from './sizes.ts';

/** Seconds on the clock and of the processor, medians. */
export interface Stage {
  readonly name: string;
  readonly wall: number;
  readonly processor: number;
  readonly runs: number;
  /** Of the last run, where a device counts. */
  readonly work?: DeviceWork;
  /** The very first run, which compiles: seconds on the clock, and what the device did. */
  readonly first?: { readonly wall: number; readonly work: DeviceWork };
}

/** What is recorded of one stage, run by run. */
export interface Times {
  wall: number[];
  processor: number[];
  work: (DeviceWork | undefined)[];
}

export interface Runs {
  readonly runs: number;
  /** Before those that count. */
  readonly warm: number;
  /** No further run starts after so many seconds of those that count; one always takes place. */
  readonly seconds?: number;
}

/** Times pictures, then videos, then the encoder, again and again. */
export async function timeGeneration(b: Backend, size: SizeName, { runs, warm, seconds = Infinity }: Runs): Promise<Stage[]> {
  const config = SIZES[size];
  const model = makeModel(b, config);
  await settled(b);
  const times = new Map<string, Times>();
  let first = new Map<string, Times>();
  const clock = stopwatch(b, times);
  let start = performance.now();
  for (let run = -warm; run < runs; run++) {
    if (run === 0) {
      first = new Map(times);
      times.clear();
      start = performance.now();
    }
    await generate(b, model, 1, 'image', clock, false);
    await generate(b, model, config.schedule.video_frames, 'video', clock, size !== 'large');
    await encode(b, model, clock);
    if (run >= 0 && performance.now() - start > 1e3 * seconds) break;
  }
  return stagesOf(times, first);
}

/** @param first what the runs that warm up recorded; of a name, the first run counts. */
export function stagesOf(times: ReadonlyMap<string, Times>, first: ReadonlyMap<string, Times>): Stage[] {
  return [...times].map(([name, { wall, processor, work }]): Stage => {
    const [last, cold] = [work.at(-1), first.get(name)];
    return {
      name,
      wall: median(wall),
      processor: median(processor),
      runs: wall.length,
      ...(last === undefined ? {} : { work: last }),
      ...(cold?.work[0] === undefined ? {} : { first: { wall: cold.wall[0], work: cold.work[0] } }),
    };
  });
}

/** Waits for what is enqueued on a device. */
export async function settled(b: Backend): Promise<void> {
  const marker = b.upload(hostZeros([1]));
  await b.read(marker);
  b.free(marker);
}

export type Clock = <T>(name: string, body: (lap: (name: string) => void) => Promise<T>) => Promise<T>;

/** Collects times by name; `lap` those of the parts of a body, one after the other. */
export function stopwatch(b: Backend, times: Map<string, Times>): Clock {
  const now = () => ({ clock: performance.now(), processor: process.cpuUsage(), work: deviceWork(b) });
  const record = (name: string, start: ReturnType<typeof now>): void => {
    const { user, system } = process.cpuUsage(start.processor);
    const entry = times.get(name) ?? { wall: [], processor: [], work: [] };
    times.set(name, entry);
    entry.wall.push((performance.now() - start.clock) / 1e3);
    entry.processor.push((user + system) / 1e6);
    entry.work.push(start.work && workSince(b, start.work));
  };
  return async (name, body) => {
    const whole = now();
    let start = whole;
    const result = await body((part) => {
      record(part, start);
      start = now();
    });
    record(name, whole);
    return result;
  };
}

async function generate(
  b: Backend, model: BenchModel, frames: number, what: 'image' | 'video', clock: Clock, steps: boolean,
): Promise<void> {
  const request = requestFor(model.config, frames);
  await b.scope('generate', async (b) => {
    const codes = await clock(`text to ${what}: sampling`, () => sample(b, model, request));
    // Once more step by step, which takes time of its own; those of a picture are those of a video's first frame.
    if (what === 'video' && steps) {
      await clock('text to video: sampling, observed', (lap) => {
        const observed = observe(b, async (path, _value, inner) => {
          if (path !== 'sample/text') return;
          await settled(inner);
          lap('text');
        });
        return sample(observed, model, request, ({ size, last }) => lap(`step ${size.join('×')}${last ? '' : ' (repeated)'}`));
      });
    }
    await clock(`text to ${what}: decoding`, () => decode(b, model, codes));
  });
}

async function encode(b: Backend, model: BenchModel, clock: Clock): Promise<void> {
  const [height, width] = pixelsOf(model.config);
  const frames = 17; // the first one and two chunks of eight
  const video = noise([1, 3, frames, height, width]);
  await clock(`encoding of ${frames} frames`, () => b.scope('bench', async (b) => {
    await b.read(await encodeVideo(b, model.tokenizer, video));
  }));
}
