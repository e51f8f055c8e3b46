/** Every operation once more, as its definition index by index: slow, and independent of any backend. */

import type { HostTensor, Shape } from '../../src/array/host.ts';
import type { MapFunction } from '../../src/backend/backend.ts';
import { build } from './arrays.ts';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const total = (terms: readonly number[]): number => terms.reduce((sum, term) => sum + term, 0);

type Pair = [number, number];
type Five = [number, number, number, number, number];

export interface Product {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly bias?: HostTensor;
}

/** y[…, m, n] = Σ a[…, m, k] b[…, k, n] + bias[n]; b may lack the leading axes. */
export function matmul(a: HostTensor, b: HostTensor, { transposeA, transposeB, bias }: Product = {}): HostTensor {
  const [m, k] = (transposeA ? a.shape.slice(-2).reverse() : a.shape.slice(-2)) as Pair;
  const n = transposeB ? b.shape.at(-2)! : b.shape.at(-1)!;
  return build([...a.shape.slice(0, -2), m, n], (...index) => {
    const [i, j] = index.slice(-2) as Pair;
    const lead = index.slice(0, -2);
    const leadB = b.shape.length === 2 ? [] : lead;
    const left = (p: number): number => a.get(...lead, ...(transposeA ? [p, i] : [i, p]));
    const right = (p: number): number => b.get(...leadB, ...(transposeB ? [j, p] : [p, j]));
    return total(range(k).map((p) => left(p) * right(p))) + (bias?.get(j) ?? 0);
  });
}

/** A correlation with zeros around height and width. */
export function conv3d(x: HostTensor, w: HostTensor, bias?: HostTensor): HostTensor {
  const [batch, channels, frames, height, width] = x.shape as Five;
  const [outputs, , kt, kh, kw] = w.shape as Five;
  const at = (b: number, c: number, t: number, i: number, j: number): number => {
    return i >= 0 && i < height && j >= 0 && j < width ? x.get(b, c, t, i, j) : 0;
  };
  return build([batch, outputs, frames - kt + 1, height, width], (b, o, t, i, j) => {
    let sum = bias?.get(o) ?? 0;
    for (const c of range(channels)) {
      for (const dt of range(kt)) {
        for (const di of range(kh)) {
          for (const dj of range(kw)) {
            sum += w.get(o, c, dt, di, dj) * at(b, c, t + dt, i + di - (kh - 1) / 2, j + dj - (kw - 1) / 2);
          }
        }
      }
    }
    return sum;
  });
}

/** w[o, c, dt, di, dj] = Σ g[b, o, t, i, j] x[b, c, t + dt, i + di − ⌊kh/2⌋, j + dj − ⌊kw/2⌋] */
export function conv3dWeightGradient(x: HostTensor, g: HostTensor, [kt, kh, kw]: readonly [number, number, number]): HostTensor {
  const [batch, channels, , height, width] = x.shape as Five;
  const [, outputs, frames] = g.shape as Five;
  return build([outputs, channels, kt, kh, kw], (o, c, dt, di, dj) => {
    let sum = 0;
    for (const b of range(batch)) {
      for (const t of range(frames)) {
        for (const i of range(height)) {
          for (const j of range(width)) {
            const [row, column] = [i + di - (kh - 1) / 2, j + dj - (kw - 1) / 2];
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            sum += g.get(b, o, t, i, j) * x.get(b, c, t + dt, row, column);
          }
        }
      }
    }
    return sum;
  });
}

const MAPS: Readonly<Record<MapFunction, (x: number) => number>> = {
  silu: (x) => x / (1 + Math.exp(-x)),
  gelu: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  relu: (x) => Math.max(x, 0),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  exp: Math.exp,
  log: Math.log,
  step: (x) => (x > 0 ? 1 : 0),
};

/** g · f′(x), f′ by central differences in doubles of what `map` is defined to be. */
export function mapGradient(f: MapFunction, x: HostTensor, g: HostTensor): HostTensor {
  const at = (value: number): number => MAPS[f](value);
  return build(x.shape, (...index) => (g.get(...index) * (at(x.get(...index) + 1e-5) - at(x.get(...index) - 1e-5))) / 2e-5);
}

/** x̄[i] = Σ_j h[j]·∂y[j]/∂x[i] with ∂y[j]/∂x[i] = (δ_ij − u[i]·u[j])/‖x‖, h = g·gain, u = x/‖x‖. */
export function l2NormalizeGradient(x: HostTensor, g: HostTensor, axis: number, gain?: HostTensor): HostTensor {
  return build(x.shape, (...index) => {
    const along = range(x.shape[axis]).map((n) => index.with(axis, n));
    const norm = Math.sqrt(total(along.map((place) => x.get(...place) ** 2)));
    return total(along.map((place, j) => {
      const same = j === index[axis] ? 1 : 0;
      const slope = (same - (x.get(...index) / norm) * (x.get(...place) / norm)) / norm;
      return g.get(...place) * (gain?.get(j) ?? 1) * slope;
    }));
  });
}

/** Σ g·u over all axes but one. */
export function l2NormalizeGainGradient(x: HostTensor, g: HostTensor, axis: number): HostTensor {
  const y = l2Normalize(x, axis);
  const sums = new Float64Array(x.shape[axis]);
  build(x.shape, (...index) => (sums[index[axis]] += g.get(...index) * y.get(...index)));
  return build([x.shape[axis]], (n) => sums[n]);
}

export function softmax(x: HostTensor): HostTensor {
  return build(x.shape, (...index) => {
    const row = range(x.shape.at(-1)!).map((i) => x.get(...index.with(-1, i)));
    const largest = Math.max(...row);
    return Math.exp(x.get(...index) - largest) / total(row.map((value) => Math.exp(value - largest)));
  });
}

/** a ∘ b with the shapes aligned at the end and extents 1 repeated. */
export function broadcast(a: HostTensor, b: HostTensor, f: (a: number, b: number) => number): HostTensor {
  const rank = Math.max(a.shape.length, b.shape.length);
  const pad = (shape: Shape): number[] => [...range(rank - shape.length).map(() => 1), ...shape];
  const shape = pad(a.shape).map((extent, axis) => (extent === 1 ? pad(b.shape)[axis] : extent));
  const read = (x: HostTensor, index: number[]): number => {
    return x.get(...index.slice(rank - x.shape.length).map((i, axis) => (x.shape[axis] === 1 ? 0 : i)));
  };
  return build(shape, (...index) => f(read(a, index), read(b, index)));
}

/** Sum over the last axis of (outer, n). */
export function rowSums(x: HostTensor): HostTensor {
  return build([x.shape[0], 1], (i) => total(range(x.shape[1]).map((j) => x.get(i, j))));
}

export function rmsNorm(x: HostTensor, weight: HostTensor, epsilon: number): HostTensor {
  const width = x.shape.at(-1)!;
  return build(x.shape, (...index) => {
    const squares = range(width).map((c) => x.get(...index.with(-1, c)) ** 2);
    return (x.get(...index) / Math.sqrt(total(squares) / width + epsilon)) * weight.get(index.at(-1)!);
  });
}

export function l2Normalize(x: HostTensor, axis: number, gain?: HostTensor): HostTensor {
  return build(x.shape, (...index) => {
    const squares = range(x.shape[axis]).map((n) => x.get(...index.with(axis, n)) ** 2);
    return (x.get(...index) / Math.max(Math.sqrt(total(squares)), 1e-12)) * (gain?.get(index[axis]) ?? 1);
  });
}

/** Pair i as a complex number, times e^(i·angle). */
export function rotary(x: HostTensor, rope: HostTensor): HostTensor {
  return build(x.shape, (...index) => {
    const [position, d] = index.slice(-2) as Pair;
    const pair = Math.floor(d / 2);
    const [cos, sin] = [rope.get(0, position, pair), rope.get(1, position, pair)];
    const [re, im] = [x.get(...index.with(-1, 2 * pair)), x.get(...index.with(-1, 2 * pair + 1))];
    return d % 2 === 0 ? re * cos - im * sin : re * sin + im * cos;
  });
}

type Size = readonly [number, number, number];

export function nearest(x: HostTensor, size: Size): HostTensor {
  const source = (axis: number, i: number): number => {
    const scale = Math.fround(x.shape[axis + 2] / size[axis]);
    return Math.min(Math.floor(Math.fround(i * scale)), x.shape[axis + 2] - 1);
  };
  return build([...x.shape.slice(0, 2), ...size], (b, c, i, j, k) => {
    return x.get(b, c, source(0, i), source(1, j), source(2, k));
  });
}

/** Means over boxes from floor to ceiling. */
export function area(x: HostTensor, size: Size): HostTensor {
  const window = (axis: number, i: number): number[] => {
    const ratio = (at: number): number => (at * x.shape[axis + 2]) / size[axis];
    return range(x.shape[axis + 2]).filter((n) => n >= Math.floor(ratio(i)) && n < Math.ceil(ratio(i + 1)));
  };
  return build([...x.shape.slice(0, 2), ...size], (b, c, i, j, k) => {
    const box = window(0, i).flatMap((d) => window(1, j).flatMap((h) => window(2, k).map((w) => x.get(b, c, d, h, w))));
    return total(box) / box.length;
  });
}

/** Every input weighted by a tent around the (clamped) source point of the output. */
export function trilinear(x: HostTensor, size: Size): HostTensor {
  const tent = (axis: number, i: number, n: number): number => {
    const extent = x.shape[axis + 2];
    const source = Math.min(Math.max(((i + 0.5) * extent) / size[axis] - 0.5, 0), extent - 1);
    return Math.max(0, 1 - Math.abs(source - n));
  };
  const [depth, height, width] = x.shape.slice(2) as [number, number, number];
  return build([...x.shape.slice(0, 2), ...size], (b, c, i, j, k) => {
    let sum = 0;
    for (const d of range(depth)) {
      for (const h of range(height)) {
        for (const w of range(width)) sum += tent(0, i, d) * tent(1, j, h) * tent(2, k, w) * x.get(b, c, d, h, w);
      }
    }
    return sum;
  });
}
