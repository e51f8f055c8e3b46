/** Times the model: tokenizer both ways, transformer steps by scale, whole pictures and videos. */

import type { Backend } from '../src/backend/backend.ts';
import { encodeVideo } from '../src/tokenizer/encode.ts';
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
}

interface Times {
  wall: number[];
  processor: number[];
}

/** Times pictures, then videos, then the encoder: `runs` of each, after as many that warm up as `warm` says. */
export async function timeGeneration(b: Backend, size: SizeName, runs: number, warm: number): Promise<Stage[]> {
  const config = SIZES[size];
  const model = makeModel(b, config);
  const times = new Map<string, Times>();
  const clock = stopwatch(times);
  for (let run = -warm; run < runs; run++) {
    if (run === 0) times.clear();
    await generate(b, model, 1, 'image', clock);
    await generate(b, model, config.schedule.video_frames, 'video', clock);
    await encode(b, model, clock);
  }
  return [...times].map(([name, { wall, processor }]) => {
    return { name, wall: median(wall), processor: median(processor), runs: wall.length };
  });
}

type Clock = <T>(name: string, body: (lap: (name: string) => void) => Promise<T>) => Promise<T>;

/** Collects times by name; `lap` those of the parts of a body, one after the other. */
function stopwatch(times: Map<string, Times>): Clock {
  const record = (name: string, start: number, processor: NodeJS.CpuUsage): void => {
    const { user, system } = process.cpuUsage(processor);
    const entry = times.get(name) ?? { wall: [], processor: [] };
    times.set(name, entry);
    entry.wall.push((performance.now() - start) / 1e3);
    entry.processor.push((user + system) / 1e6);
  };
  return async (name, body) => {
    let [start, processor] = [performance.now(), process.cpuUsage()];
    const [wholeStart, wholeProcessor] = [start, processor];
    const result = await body((part) => {
      record(part, start, processor);
      [start, processor] = [performance.now(), process.cpuUsage()];
    });
    record(name, wholeStart, wholeProcessor);
    return result;
  };
}

async function generate(b: Backend, model: BenchModel, frames: number, what: string, clock: Clock): Promise<void> {
  const request = requestFor(model.config, frames);
  await b.scope('generate', async (b) => {
    const codes = await clock(`text to ${what}: sampling`, (lap) => {
      return sample(b, model, request, ({ clip, size, repeat, last }) => {
        const first = clip === 0 && size[2] === 1 && repeat === 0;
        // The first step's time holds the text's; steps of pictures are those of a video's first frame.
        if (what === 'video') lap(first ? 'text and first step' : `step ${size.join('×')}${last ? '' : ' (repeated)'}`);
      });
    });
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
