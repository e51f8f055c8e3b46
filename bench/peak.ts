/**
 * What one thread can do at most with the instructions of the wasm backend: multiplications and additions of four
 * lanes between registers, nothing loaded or stored. Twelve independent chains hide the latencies.
 */

import { compileAssemblyScript } from '../scripts/build-wasm.ts';
import { median } from './measure.ts';

const CHAINS = 12;
const LANES = 4;
const ROUNDS = 4_000_000;

const names = Array.from({ length: CHAINS }, (_, i) => `c${i}`);
const SOURCE = `
export function peak(rounds: u32, factor: f32, summand: f32): f32 {
  const x = f32x4.splat(factor);
  const y = f32x4.splat(summand);
  ${names.map((name, i) => `let ${name} = f32x4.splat(${i});`).join(' ')}
  for (let i: u32 = 0; i < rounds; i++) {
    ${names.map((name) => `${name} = f32x4.add(f32x4.mul(${name}, x), y);`).join('\n    ')}
  }
  return f32x4.extract_lane(${names.reduce((sum, name) => `f32x4.add(${sum}, ${name})`)}, 0);
}
`;

/** Operations a second, by the processor's time: the best run of several, as it is a bound. */
export async function measurePeak(): Promise<number> {
  const bytes = await compileAssemblyScript('peak.ts', (name) => (name === 'peak.ts' ? SOURCE : null), ['--enable', 'simd']);
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const peak = instance.exports['peak'] as (rounds: number, factor: number, summand: number) => number;
  peak(ROUNDS, 0.5, 1);
  const runs = Array.from({ length: 9 }, () => {
    const before = process.cpuUsage();
    peak(ROUNDS, 0.5, 1);
    return process.cpuUsage(before).user / 1e6;
  });
  return (2 * LANES * CHAINS * ROUNDS) / Math.min(median(runs), ...runs.slice(2));
}
