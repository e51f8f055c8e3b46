/**
 * Times the WebAssembly kernels on shapes of the model: `npx tsx bench/kernels.ts [threads] [pattern]`.
 *
 * On one thread, the median of the processor's time, which neighbours on the machine do not count in; on more, the best
 * of many short runs.
 * A multiplication and an addition are two operations.
 */

import { wasmBackend } from '../backends/wasm/index.ts';
import { hostTensor, sizeOf } from '../src/array/host.ts';
import type { Shape } from '../src/array/host.ts';
import type { Backend, Tensor } from '../src/backend/backend.ts';

const threads = Number(process.argv[2] ?? 1);
const pattern = new RegExp(process.argv[3] ?? '');
const b: Backend = await wasmBackend({ threads });

function random(shape: Shape): Tensor {
  return b.upload(hostTensor(Float32Array.from({ length: sizeOf(shape) }, () => Math.random() - 0.5), shape));
}

/** Milliseconds. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Reports the best time of a call, and operations per second where `flops` is given. */
function time(name: string, call: () => Tensor, flops?: number): void {
  if (!pattern.test(name)) return;
  const once = (repeats: number, clock: () => number): number => {
    const start = clock();
    for (let i = 0; i < repeats; i++) b.free(call());
    return (clock() - start) / repeats;
  };
  const wall = (): number => performance.now();
  once(Math.min(50, Math.ceil(200 / once(1, wall))), wall); // compiled well only after some calls
  const repeats = Math.max(Math.ceil(4 / once(3, wall)), 1);
  const runs = Array.from({ length: 31 }, () => once(repeats, threads === 1 ? processorTime : wall)).sort((x, y) => x - y);
  const best = runs[threads === 1 ? 15 : 0];
  const rate = flops === undefined ? '' : `${(flops / best / 1e6).toFixed(1).padStart(8)} GFLOP/s`;
  console.log(`${name.padEnd(44)}${(best * 1000).toFixed(1).padStart(10)} µs${rate}`);
}

function product(m: number, k: number, n: number, transposeB: boolean, batch = 1): void {
  const lead = batch === 1 ? [] : [batch];
  const a = random([...lead, m, k]);
  const c = random(transposeB ? [...lead, n, k] : [...lead, k, n]);
  const name = `matmul ${batch === 1 ? '' : `${batch} × `}${m}×${k}×${n}${transposeB ? ' ᵀ' : ''}`;
  time(name, () => b.matmul(a, c, { transposeB }), 2 * batch * m * k * n);
}

function convolution(c: number, o: number, [t, h, w]: readonly [number, number, number], k: 1 | 3): void {
  const x = random([1, c, t + k - 1, h, w]);
  const weight = random([o, c, k, k, k]);
  time(`conv3d ${c}→${o} ${k}×${k}×${k} on ${t}×${h}×${w}`, () => b.conv3d(x, weight), 2 * c * o * k ** 3 * t * h * w);
}

product(512, 512, 512, false);
product(512, 512, 512, true);
for (const m of [1, 4, 9, 16]) for (const n of [128, 256, 512]) product(m, n, n, true);
for (const m of [24, 32, 48, 64, 128]) product(m, 512, 512, true);
for (const m of [1, 4, 9, 16, 32, 64]) product(m, 256, 64, false, 8);
for (const m of [16, 64, 256]) product(m, 64, 256, true, 8);
convolution(32, 32, [5, 64, 64], 3);
for (const c of [3, 8, 16]) convolution(c, c, [5, 64, 64], 3);
convolution(3, 96, [5, 64, 64], 3);
convolution(96, 3, [5, 64, 64], 3);
convolution(128, 128, [1, 8, 8], 3);
convolution(64, 64, [2, 240, 416], 3);
convolution(32, 32, [5, 64, 64], 1);
convolution(128, 256, [2, 16, 16], 1);

const random128 = random([128]);
const small = random([1, 16, 128]);
const large = random([1, 32, 5, 64, 64]);
const channel = random([1, 32, 1, 1, 1]);
const gain = random([32]);
const scores = random([8, 64, 256]);
time('add 2048', () => b.add(small, small));
time('reshape', () => b.reshape(small, [16, 128]));
time('rmsNorm 16 × 128', () => b.rmsNorm(small, random128, 1e-6));
time('add 655360', () => b.add(large, large));
time('mul channels 655360', () => b.mul(large, channel));
time('silu 655360', () => b.map('silu', large));
time('gelu 655360', () => b.map('gelu', large));
time('l2Normalize channels 655360', () => b.l2Normalize(large, 1, gain));
time('softmax 8 × 64 × 256', () => b.softmax(scores));
time('permute heads 64 × 8 × 256', () => b.permute(scores, [1, 0, 2]));
time('permute transposed 8 × 64 × 256', () => b.permute(scores, [0, 2, 1]));
const deep = b.reshape(large, [1, 2, 2, 8, 5, 64, 64]);
time('permute depth to space 655360', () => b.permute(deep, [0, 3, 4, 5, 1, 6, 2]));
