/**
 * `npx tsx bench/roofline.ts`: operations and bytes of every stage of a generation, hence the least time that a card can take.
 *
 * A backend that only counts runs the model. An operation takes at least max(operations / peak, bytes / bandwidth), every
 * operand read and every result written once in float32; a launch costs what drivers take for one.
 */

import type { HostTensor, Shape } from '../src/array/host.ts';
import { hostZeros, sizeOf } from '../src/array/host.ts';
import type { Backend } from '../src/backend/backend.ts';
import { Scope } from '../src/backend/ownership.ts';
import type { Operations, View } from '../src/backend/table-backend.ts';
import { TableBackend } from '../src/backend/table-backend.ts';
import { decode, makeModel, requestFor, sample } from './models.ts';
import { SIZES } from './sizes.ts';

interface Work {
  readonly flops: number;
  readonly bytes: number;
}

type Count = (stage: string, operation: string, work: Work) => void;

interface Card {
  readonly name: string;
  /** Float32 without tensor units; memory; a launch within a command buffer. */
  readonly flops: number;
  readonly bytes: number;
  readonly launch: number;
}

/** By their makers' data sheets; launches as WebGPU measurements of others have them. */
const CARDS: readonly Card[] = [
  { name: 'GeForce RTX 4090', flops: 82.6e12, bytes: 1008e9, launch: 5e-6 },
  { name: 'Apple M2, 10 cores', flops: 3.6e12, bytes: 100e9, launch: 10e-6 },
];

type V = View<true>;

/** Every method counts; values are zeros. */
function counting(stage: string, count: Count): Operations<true> {
  const done = (operation: string, shape: Shape, inputs: readonly (V | undefined)[], flops: number): true => {
    const sizes = [shape, ...inputs.filter((x) => x !== undefined).map((x) => x.shape)].map(sizeOf);
    count(stage, operation, { flops, bytes: 4 * sizes.reduce((sum, size) => sum + size, 0) });
    return true;
  };
  return {
    upload: () => true,
    read: async ({ shape }): Promise<HostTensor> => hostZeros(shape),
    share: () => true,
    matmul: (shape, a, b, { transposeA }, bias) => done('matmul', shape, [a, b, bias], 2 * sizeOf(shape) * a.shape.at(transposeA ? -2 : -1)!),
    conv3d: (shape, x, w, bias) => done('conv3d', shape, [x, w, bias], 2 * sizeOf(shape) * sizeOf(w.shape.slice(1))),
    softmax: (x) => done('softmax', x.shape, [x], 0),
    binary: (_, shape, a, b) => done('elementwise', shape, [a, b], 0),
    affine: (x) => done('elementwise', x.shape, [x], 0),
    map: (_, x) => done('elementwise', x.shape, [x], 0),
    sum: (shape, x) => done('norms, sums', shape, [x], 0),
    rmsNorm: (x) => done('norms, sums', x.shape, [x], 0),
    l2Normalize: (x) => done('norms, sums', x.shape, [x], 0),
    permute: (shape, x) => done('moves', shape, [x], 0),
    concat: (shape, xs) => done('moves', shape, xs, 0),
    slice: (shape) => done('moves', [2, ...shape], [], 0),
    expand: (shape, x) => done('moves', shape, [x], 0),
    take: (shape) => done('moves', [2, ...shape], [], 0),
    resize: (_, shape, x) => done('resize', shape, [x], 0),
    rotary: (x, rope) => done('rotary', x.shape, [x, rope], 0),
    conv3dWeightGradient: (shape, x, g) => done('conv3d', shape, [x, g], 2 * sizeOf(g.shape) * sizeOf(shape.slice(1))),
  };
}

class CountingBackend extends TableBackend<true> {
  readonly name = 'counting';

  constructor(
    private readonly count: Count,
    tensors: Scope<true> = Scope.root({ name: 'counting', release: () => undefined }),
  ) {
    super(tensors, counting(tensors.path, count));
  }

  async close(): Promise<void> {
    // holds nothing
  }

  protected within(tensors: Scope<true>): Backend {
    return new CountingBackend(this.count, tensors);
  }
}

for (const size of ['small', 'large'] as const) {
  const work = new Map<string, Map<string, Work[]>>();
  let stage = 'weights';
  const b = new CountingBackend((_path, operation, of) => {
    const byOperation = work.get(stage) ?? new Map<string, Work[]>();
    work.set(stage, byOperation);
    byOperation.set(operation, [...(byOperation.get(operation) ?? []), of]);
  });
  const config = SIZES[size];
  const model = makeModel(b, config);
  await b.scope('generate', async (b) => {
    stage = 'sampling';
    const codes = await sample(b, model, requestFor(config, config.schedule.video_frames));
    stage = 'decoding';
    await decode(b, model, codes);
  });
  process.stdout.write(`\n| ${size} | operation | launches | GFLOP | GB | ${CARDS.map(({ name }) => `${name}, ms`).join(' | ')} |\n`);
  process.stdout.write(`|---|---|---:|---:|---:|${CARDS.map(() => '---:|').join('')}\n`);
  for (const name of ['sampling', 'decoding']) {
    const rows = [...work.get(name)!, ['all', [...work.get(name)!.values()].flat()] as const];
    for (const [operation, calls] of rows) {
      const total = (key: keyof Work): number => calls.reduce((sum, call) => sum + call[key], 0);
      const bounds = CARDS.map(({ flops, bytes, launch }) => {
        return 1e3 * calls.reduce((sum, call) => sum + Math.max(call.flops / flops, call.bytes / bytes, launch), 0);
      });
      const cells = [name, operation, calls.length, (total('flops') / 1e9).toFixed(2), (total('bytes') / 1e9).toFixed(3), ...bounds.map((ms) => ms.toFixed(1))];
      process.stdout.write(`| ${cells.join(' | ')} |\n`);
    }
  }
}
