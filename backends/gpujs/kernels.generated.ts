/** Made from kernels/ by `npm run build:gpujs`; do not edit. */

import type { Kernel } from './kernels/kernel.ts';

export const CONV3D: Kernel = {
  name: 'conv3d',
  parameters: ['tensor', 'tensor', 'tensor', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer'],
  source: `function convolution(x, weight, bias, size, outputs, frames, height, width, channels, framesIn, kt, kh, kw, biasStep) {
  if (this.thread.x >= size) return 0;
  const row = quotient(this.thread.x, width);
  const plane = quotient(row, height);
  const channel = quotient(plane, frames);
  const batch = quotient(channel, outputs);
  const o = channel - batch * outputs;
  const columns = width + kw - 1;
  const area = (height + kh - 1) * columns;
  const first = (batch * channels * framesIn + plane - channel * frames) * area + (row - plane * height) * columns + this.thread.x - row * width;
  let tap = o * channels * kt * kh * kw;
  let sum = bias[o * biasStep];
  let own = channels;
  if (this.thread.x >= size) own = 0;
  for (let c = 0; c < own; c++) {
    let part = 0;
    for (let dt = 0; dt < kt; dt++) {
      for (let di = 0; di < kh; di++) {
        const from = first + (c * framesIn + dt) * area + di * columns;
        for (let dj = 0; dj < kw; dj++) part += weight[tap + dj] * x[from + dj];
        tap += kw;
      }
    }
    sum += part;
  }
  return sum;
}`,
};

export const CONV3D_WEIGHT: Kernel = {
  name: 'conv3dWeightGradient',
  parameters: ['tensor', 'tensor', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer'],
  source: `function weightGradient(x, gradient, size, batch, outputs, frames, height, width, channels, framesIn, kt, kh, kw, down, right) {
  if (this.thread.x >= size) return 0;
  const row = quotient(this.thread.x, kw);
  const dj = this.thread.x - row * kw - right;
  const plane = quotient(row, kh);
  const di = row - plane * kh - down;
  const channel = quotient(plane, kt);
  const dt = plane - channel * kt;
  const o = quotient(channel, channels);
  const c = channel - o * channels;
  let sum = 0;
  for (let b = 0; b < batch; b++) {
    for (let t = 0; t < frames; t++) {
      const frameG = ((b * outputs + o) * frames + t) * height;
      const frameX = ((b * channels + c) * framesIn + t + dt) * height;
      for (let i = 0; i < height; i++) {
        const y = i + di;
        if (y >= 0 && y < height) {
          let part = 0;
          for (let j = 0; j < width; j++) {
            const column = j + dj;
            if (column >= 0 && column < width) {
              part += gradient[(frameG + i) * width + j] * x[(frameX + y) * width + column];
            }
          }
          sum += part;
        }
      }
    }
  }
  return sum;
}`,
};

export const PAD: Kernel = {
  name: 'conv3d',
  parameters: ['tensor', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer'],
  source: `function padded(x, size, height, width, rows, columns, down, right) {
  if (this.thread.x >= size) return 0;
  const row = quotient(this.thread.x, columns);
  const frame = quotient(row, rows);
  const i = row - frame * rows - down;
  const j = this.thread.x - row * columns - right;
  let value = 0;
  if (i >= 0 && i < height && j >= 0 && j < width) value = x[(frame * height + i) * width + j];
  return value;
}`,
};

export const COPY: Kernel = {
  name: 'copy',
  parameters: ['tensor', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer'],
  source: `function strided(x, size, start, axes, e0, s0, e1, s1, e2, s2, e3, s3, e4, s4, e5, s5, e6, s6, e7, s7) {
  if (this.thread.x >= size) return 0;
  let rest = this.thread.x;
  let q = quotient(rest, e0);
  let from = start + (rest - q * e0) * s0;
  rest = q;
  if (axes > 1) {
    q = quotient(rest, e1);
    from = from + (rest - q * e1) * s1;
    rest = q;
  }
  if (axes > 2) {
    q = quotient(rest, e2);
    from = from + (rest - q * e2) * s2;
    rest = q;
  }
  if (axes > 3) {
    q = quotient(rest, e3);
    from = from + (rest - q * e3) * s3;
    rest = q;
  }
  if (axes > 4) {
    q = quotient(rest, e4);
    from = from + (rest - q * e4) * s4;
    rest = q;
  }
  if (axes > 5) {
    q = quotient(rest, e5);
    from = from + (rest - q * e5) * s5;
    rest = q;
  }
  if (axes > 6) {
    q = quotient(rest, e6);
    from = from + (rest - q * e6) * s6;
    rest = q;
  }
  if (axes > 7) {
    q = quotient(rest, e7);
    from = from + (rest - q * e7) * s7;
  }
  return x[from];
}`,
};

export const JOIN: Kernel = {
  name: 'concat',
  parameters: ['tensor', 'tensor', 'integer', 'integer', 'integer'],
  source: `function joined(a, b, size, widthA, widthB) {
  if (this.thread.x >= size) return 0;
  const row = quotient(this.thread.x, widthA + widthB);
  const column = this.thread.x - row * (widthA + widthB);
  let value = 0;
  if (column < widthA) {
    value = a[row * widthA + column];
  } else {
    value = b[row * widthB + column - widthA];
  }
  return value;
}`,
};

export const SAME: Kernel = {
  name: 'copy',
  parameters: ['tensor'],
  source: `function same(x) {
  return x[this.thread.x];
}`,
};

export const TAKE: Kernel = {
  name: 'take',
  parameters: ['tensor', 'tensor', 'integer', 'integer'],
  source: `function rowsOf(x, rows, size, width) {
  if (this.thread.x >= size) return 0;
  const i = quotient(this.thread.x, width);
  return x[Math.floor(rows[i]) * width + this.thread.x - i * width];
}`,
};

export const AFFINE: Kernel = {
  name: 'affine',
  parameters: ['tensor', 'integer', 'number', 'number'],
  source: `function scaled(x, size, scale, shift) {
  if (this.thread.x >= size) return 0;
  return x[this.thread.x] * scale + shift;
}`,
};

export const BINARY: Kernel = {
  name: 'elementwise',
  parameters: ['tensor', 'tensor', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer'],
  source: `function binary(a, b, size, operation, e0, s0, t0, e1, s1, t1, e2, s2, t2, e3, s3, t3) {
  if (this.thread.x >= size) return 0;
  const q0 = quotient(this.thread.x, e0);
  const i0 = this.thread.x - q0 * e0;
  const q1 = quotient(q0, e1);
  const i1 = q0 - q1 * e1;
  const q2 = quotient(q1, e2);
  const i2 = q1 - q2 * e2;
  const i3 = q2 - quotient(q2, e3) * e3;
  const left = a[i0 * s0 + i1 * s1 + i2 * s2 + i3 * s3];
  const right = b[i0 * t0 + i1 * t1 + i2 * t2 + i3 * t3];
  let y = left + right;
  if (operation === 1) y = left - right;
  if (operation === 2) y = left * right;
  if (operation === 3) y = left / right;
  return y;
}`,
};

export const MAP: Kernel = {
  name: 'map',
  parameters: ['tensor', 'integer', 'integer'],
  source: `function mapped(x, size, f) {
  if (this.thread.x >= size) return 0;
  const v = x[this.thread.x];
  let y = v;
  if (f === 0) y = v / (1 + Math.exp(Math.min(-v, 88)));
  if (f === 1) y = v / (1 + Math.exp(Math.min(-1.5957691216057308 * (v + 0.044715 * v * v * v), 88)));
  if (f === 2) y = Math.max(v, 0);
  if (f === 3) y = 1 / (1 + Math.exp(Math.min(-v, 88)));
  if (f === 4) y = Math.exp(v);
  if (f === 5) y = Math.log(v);
  if (f === 6) {
    if (v > 0) {
      y = 1;
    } else {
      y = 0;
    }
  }
  return y;
}`,
};

export const RESAMPLE: Kernel = {
  name: 'resize',
  parameters: ['tensor', 'tensor', 'integer', 'integer', 'integer', 'integer', 'integer'],
  source: `function resampled(x, table, size, inputs, outputs, inner, columns) {
  if (this.thread.x >= size) return 0;
  const row = quotient(this.thread.x, inner);
  const outer = quotient(row, outputs);
  const window = (row - outer * outputs) * columns;
  const first = (outer * inputs + Math.floor(table[window])) * inner + this.thread.x - row * inner;
  const count = Math.floor(table[window + 1]);
  let sum = 0;
  for (let w = 0; w < count; w++) sum += table[window + 2 + w] * x[first + w * inner];
  return sum;
}`,
};

export const ROTARY: Kernel = {
  name: 'rotary',
  parameters: ['tensor', 'tensor', 'integer', 'integer'],
  source: `function turned(x, rope, size, pairs) {
  if (this.thread.x >= size) return 0;
  const pair = quotient(this.thread.x, 2);
  const angle = pair - quotient(pair, pairs) * pairs;
  const even = x[pair * 2];
  const odd = x[pair * 2 + 1];
  const cosine = rope[angle];
  const sine = rope[pairs + angle];
  let y = even * cosine - odd * sine;
  if (this.thread.x > pair * 2) y = even * sine + odd * cosine;
  return y;
}`,
};

export const MATMUL: Kernel = {
  name: 'matmul',
  parameters: ['tensor', 'tensor', 'tensor', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer', 'integer'],
  source: `function product(a, b, bias, size, m, k, n, am0, am, ak, bm0, bk, bn, biasStep) {
  if (this.thread.x >= size) return 0;
  const row = quotient(this.thread.x, n);
  const column = this.thread.x - row * n;
  const matrix = quotient(row, m);
  let left = matrix * am0 + (row - matrix * m) * am;
  let right = matrix * bm0 + column * bn;
  let sum = bias[column * biasStep];
  let own = k;
  if (this.thread.x >= size) own = 0;
  const blocks = quotient(own, 16);
  for (let block = 0; block < blocks; block++) {
    let part = 0;
    for (let i = 0; i < 16; i++) part += a[left + i * ak] * b[right + i * bk];
    sum += part;
    left += 16 * ak;
    right += 16 * bk;
  }
  const rest = own - blocks * 16;
  for (let i = 0; i < rest; i++) sum += a[left + i * ak] * b[right + i * bk];
  return sum;
}`,
};

export const L2_NORMALIZE: Kernel = {
  name: 'l2Normalize',
  parameters: ['tensor', 'tensor', 'tensor', 'integer', 'integer', 'integer', 'integer'],
  source: `function divided(x, norm, gain, size, extent, inner, step) {
  if (this.thread.x >= size) return 0;
  const row = quotient(this.thread.x, inner);
  const outer = quotient(row, extent);
  return x[this.thread.x] / norm[outer * inner + this.thread.x - row * inner] * gain[(row - outer * extent) * step];
}`,
};

export const RMS_NORM: Kernel = {
  name: 'rmsNorm',
  parameters: ['tensor', 'tensor', 'tensor', 'integer', 'integer'],
  source: `function scaledRow(x, scale, weight, size, extent) {
  if (this.thread.x >= size) return 0;
  const row = quotient(this.thread.x, extent);
  return x[this.thread.x] * scale[row] * weight[this.thread.x - row * extent];
}`,
};

export const ROW_EXPONENTIALS: Kernel = {
  name: 'softmax',
  parameters: ['tensor', 'tensor', 'integer', 'integer'],
  source: `function totalOfExponentials(x, top, size, extent) {
  if (this.thread.x >= size) return 0;
  let sum = 0;
  for (let n = 0; n < extent; n++) sum += Math.exp(x[this.thread.x * extent + n] - top[this.thread.x]);
  return sum;
}`,
};

export const ROW_MAGNITUDE: Kernel = {
  name: 'l2Normalize',
  parameters: ['tensor', 'integer', 'integer', 'integer'],
  source: `function largestMagnitude(x, size, extent, inner) {
  if (this.thread.x >= size) return 0;
  const outer = quotient(this.thread.x, inner);
  const first = outer * extent * inner + this.thread.x - outer * inner;
  let value = 1e-12;
  for (let n = 0; n < extent; n++) value = Math.max(value, Math.abs(x[first + n * inner]));
  return value;
}`,
};

export const ROW_MAX: Kernel = {
  name: 'softmax',
  parameters: ['tensor', 'integer', 'integer'],
  source: `function largest(x, size, extent) {
  if (this.thread.x >= size) return 0;
  let value = x[this.thread.x * extent];
  for (let n = 1; n < extent; n++) value = Math.max(value, x[this.thread.x * extent + n]);
  return value;
}`,
};

export const ROW_NORM: Kernel = {
  name: 'l2Normalize',
  parameters: ['tensor', 'tensor', 'integer', 'integer', 'integer'],
  source: `function euclidean(x, top, size, extent, inner) {
  if (this.thread.x >= size) return 0;
  const outer = quotient(this.thread.x, inner);
  const first = outer * extent * inner + this.thread.x - outer * inner;
  const m = top[this.thread.x];
  let squares = 0;
  for (let n = 0; n < extent; n++) {
    const v = x[first + n * inner] / m;
    squares += v * v;
  }
  return Math.max(m * Math.sqrt(squares), 1e-12);
}`,
};

export const ROW_RMS: Kernel = {
  name: 'rmsNorm',
  parameters: ['tensor', 'integer', 'integer', 'number'],
  source: `function rootMeanSquare(x, size, extent, epsilon) {
  if (this.thread.x >= size) return 0;
  let squares = 0;
  for (let n = 0; n < extent; n++) squares += x[this.thread.x * extent + n] * x[this.thread.x * extent + n];
  return 1 / Math.sqrt(squares / extent + epsilon);
}`,
};

export const SOFTMAX: Kernel = {
  name: 'softmax',
  parameters: ['tensor', 'tensor', 'tensor', 'integer', 'integer'],
  source: `function share(x, top, sum, size, extent) {
  if (this.thread.x >= size) return 0;
  const row = quotient(this.thread.x, extent);
  return Math.exp(x[this.thread.x] - top[row]) / sum[row];
}`,
};

export const SUM: Kernel = {
  name: 'sum',
  parameters: ['tensor', 'integer', 'integer', 'integer'],
  source: `function total(x, size, extent, inner) {
  if (this.thread.x >= size) return 0;
  const outer = quotient(this.thread.x, inner);
  const first = outer * extent * inner + this.thread.x - outer * inner;
  let sum = 0;
  for (let n = 0; n < extent; n++) sum += x[first + n * inner];
  return sum;
}`,
};
