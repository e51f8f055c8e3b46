/**
 * InfinityStar (arXiv 2511.04675), the whole of inference in one file: a prompt in, a video out, with the shipped model.
 *
 *     npx tsx examples/one-file/infinitystar.ts 'a red circle moving right on a white background' 0
 *
 * Typed arrays and loops, in the order of the paper; nothing is imported but reading and writing files. It is there to be read
 * first and to be ported from. The library computes the same bits (a test holds the two together); what it has more: prompts in
 * other words than the model's, pictures and videos to go on from, interactive clips, training, other backends, files of any
 * size. S4, R3 and so on are the steps of docs/steps.md. Values are stored as float32 and summed in doubles.
 */

import { readFileSync, writeFileSync } from 'node:fs';

// ── Files ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────
type Weight = { shape: number[]; data: Float32Array };
type Weights = Map<string, Weight>;

/** safetensors: 8 bytes of length, a JSON header { name: { dtype, shape, data_offsets } }, the values. */
function readSafetensors(path: string): Weights {
  const file = readFileSync(path);
  const bytes = new Uint8Array(file).buffer;
  const length = Number(new DataView(bytes).getBigUint64(0, true));
  type Entry = { dtype: string; shape: number[]; data_offsets: number[] };
  const header = JSON.parse(file.toString('utf8', 8, 8 + length)) as Record<string, Entry>;
  const weights: Weights = new Map();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const part = bytes.slice(8 + length + data_offsets[0], 8 + length + data_offsets[1]);
    if (dtype !== 'F16' && dtype !== 'F32') throw new Error(`${name}: ${dtype} is not read here`);
    weights.set(name, { shape, data: dtype === 'F32' ? new Float32Array(part) : Float32Array.from(new Uint16Array(part), halfToFloat) });
  }
  return weights;
}

/** IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of mantissa. */
function halfToFloat(half: number): number {
  const sign = half >> 15 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const mantissa = half & 1023;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

interface Config {
  tokenizer: { block_out_channels: number[]; layers_per_block: number; temporal_compression_list: number[] };
  transformer: { depth: number; num_heads: number; num_key_value_heads: number; embed_dim: number; text_maxlen: number };
  schedule: { scales: [number, number][]; frames_inner_clip: number };
  context: { context_from_largest_no: number };
  sampling: {
    image_scale_repetition: number[]; video_scale_repetition: number[]; semantic_scales: number;
    use_apg: number; cfg: number; apg_norm_threshold: number; tau_image: number; tau_video: number;
  };
}

interface Model extends Record<'tokenizer' | 'transformer' | 'textEncoder', Weights> {
  config: Config;
  t5: Record<'d_kv' | 'num_heads' | 'num_layers' | 'relative_attention_num_buckets' | 'relative_attention_max_distance', number>;
  vocabulary: [string, number][];
}

export function readModel(folder: string): Model {
  const json = (name: string): unknown => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8'));
  return {
    config: json('config.json') as Config,
    tokenizer: readSafetensors(`${folder}/tokenizer.safetensors`),
    transformer: readSafetensors(`${folder}/transformer.safetensors`),
    textEncoder: readSafetensors(`${folder}/text_encoder/model.safetensors`),
    t5: json('text_encoder/config.json') as Model['t5'],
    vocabulary: (json('text_encoder/tokenizer.json') as { model: { vocab: [string, number][] } }).model.vocab,
  };
}

function get(weights: Weights, name: string): Weight {
  const weight = weights.get(name);
  if (weight === undefined) throw new Error(`no weight ${name}`);
  return weight;
}

// ── Layers on rows: x holds `rows` rows, one after the other ────────────────────────────────────────────────────────────────
/** y = x Wᵀ + c. x (rows, in), W (out, in), c (out) → (rows, out) */
function linear(weights: Weights, name: string, x: Float32Array, rows: number): Float32Array {
  const { shape: [outputs, inputs], data: w } = get(weights, `${name}.weight`);
  const bias = weights.get(`${name}.bias`)?.data;
  const y = new Float32Array(rows * outputs);
  for (let r = 0; r < rows; r++) {
    for (let o = 0; o < outputs; o++) {
      let sum = bias === undefined ? 0 : bias[o];
      for (let i = 0; i < inputs; i++) sum += x[r * inputs + i] * w[o * inputs + i];
      y[r * outputs + o] = sum;
    }
  }
  return y;
}

/** x / √(mean(x²) + ε) · g over rows of the length of g. */
function rmsNorm(x: Float32Array, gain: Float32Array, epsilon = 1e-6): Float32Array {
  const n = gain.length;
  const y = new Float32Array(x.length);
  for (let start = 0; start < x.length; start += n) {
    let squares = 0;
    for (let i = 0; i < n; i++) squares += x[start + i] ** 2;
    const scale = 1 / Math.sqrt(squares / n + epsilon);
    for (let i = 0; i < n; i++) y[start + i] = x[start + i] * scale * gain[i];
  }
  return y;
}

const add = (a: Float32Array, b: Float32Array): Float32Array => a.map((x, i) => x + b[i]);
const silu = (x: number): number => x / (1 + Math.exp(-x));
const gelu = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

/**
 * softmax(q kᵀ · scale + bias) v for every head; query head h reads key head ⌊h / (heads/keyHeads)⌋ (T4).
 * q (L, heads·d), k and v (S, keyHeads·d) → (L, heads·d)
 */
function attention(
  q: Float32Array, k: Float32Array, v: Float32Array, heads: number, keyHeads: number, d: number, scale: number,
  bias?: (head: number, query: number, key: number) => number,
): Float32Array {
  const [queries, keys] = [q.length / (heads * d), k.length / (keyHeads * d)];
  const y = new Float32Array(q.length);
  const p = new Float64Array(keys);
  for (let head = 0; head < heads; head++) {
    const keyHead = Math.floor((head * keyHeads) / heads);
    for (let i = 0; i < queries; i++) {
      let most = -Infinity;
      for (let j = 0; j < keys; j++) {
        let dot = 0;
        for (let c = 0; c < d; c++) dot += q[(i * heads + head) * d + c] * k[(j * keyHeads + keyHead) * d + c];
        p[j] = dot * scale + (bias?.(head, i, j) ?? 0);
        if (p[j] > most) most = p[j];
      }
      let total = 0;
      for (let j = 0; j < keys; j++) total += p[j] = Math.exp(p[j] - most);
      for (let c = 0; c < d; c++) {
        let sum = 0;
        for (let j = 0; j < keys; j++) sum += p[j] * v[(j * keyHeads + keyHead) * d + c];
        y[(i * heads + head) * d + c] = sum / total;
      }
    }
  }
  return y;
}

// ── Text: unigram tokens, then the encoder of T5 (X1, X2) ──────────────────────────────────────────────────────────────────
/** Words, each with ▁ in front, segmented for the largest sum of scores; then </s>. */
function tokenize(vocabulary: [string, number][], prompt: string): number[] {
  const ids = new Map(vocabulary.map(([text], id) => [text, id]));
  const unknown = ids.get('<unk>')!;
  const unknownScore = Math.min(...vocabulary.map(([, score]) => score)) - 10;
  const tokens: number[] = [];
  for (const word of prompt.split(/\p{White_Space}/u).filter((part) => part !== '')) {
    const characters = [...`▁${word}`];
    const best = [{ score: 0, from: -1, id: -1 }]; // of the first j characters
    for (let j = 1; j <= characters.length; j++) {
      best[j] = { score: -Infinity, from: -1, id: -1 };
      for (let i = 0; i < j; i++) {
        const id = ids.get(characters.slice(i, j).join(''));
        const score = best[i].score + (id !== undefined ? vocabulary[id][1] : i === j - 1 ? unknownScore : -Infinity);
        if (score > best[j].score) best[j] = { score, from: i, id: id ?? unknown };
      }
    }
    const found: number[] = [];
    for (let j = characters.length; j > 0; j = best[j].from) {
      if (!(best[j].id === unknown && found[0] === unknown)) found.unshift(best[j].id); // neighbouring unknowns are one token
    }
    tokens.push(...found);
  }
  return [...tokens, ids.get('</s>')!];
}

/** Which learned bias a key at a distance from its query gets. */
function bucketOf(distance: number, buckets: number, far: number): number {
  const each = buckets / 2; // for either direction
  const exact = each / 2; // so many distances have a bucket of their own
  const size = Math.abs(distance);
  const log = (x: number): number => Math.fround(Math.log(Math.fround(x)));
  const rest = Math.fround((log(size / exact) / Math.fround(Math.log(far / exact))) * (each - exact));
  return (distance > 0 ? each : 0) + (size < exact ? size : Math.min(each - 1, exact + Math.floor(rest)));
}

/** Token ids → features (L, text_channels). T5 has no biases, no factor 1/√d, and one position bias for all blocks. */
function encodeText({ textEncoder: w, t5 }: Model, ids: number[]): Float32Array {
  const table = get(w, 'shared.weight');
  const width = table.shape[1];
  const rows = ids.length;
  const positions = get(w, 'encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight').data; // (buckets, heads)
  const { num_heads: heads, relative_attention_num_buckets: buckets, relative_attention_max_distance: far } = t5;
  const bias = (head: number, i: number, j: number): number => positions[bucketOf(j - i, buckets, far) * heads + head];
  let x: Float32Array = new Float32Array(rows * width); // (L, d_model)
  ids.forEach((id, i) => x.set(table.data.subarray(id * width, (id + 1) * width), i * width));
  for (let block = 0; block < t5.num_layers; block++) {
    const own = `encoder.block.${block}.layer`;
    const normed = rmsNorm(x, get(w, `${own}.0.layer_norm.weight`).data);
    const [q, k, v] = ['q', 'k', 'v'].map((name) => linear(w, `${own}.0.SelfAttention.${name}`, normed, rows));
    x = add(x, linear(w, `${own}.0.SelfAttention.o`, attention(q, k, v, heads, heads, t5.d_kv, 1, bias), rows));
    const h = rmsNorm(x, get(w, `${own}.1.layer_norm.weight`).data);
    const gate = linear(w, `${own}.1.DenseReluDense.wi_0`, h, rows);
    const hidden = linear(w, `${own}.1.DenseReluDense.wi_1`, h, rows).map((up, i) => gelu(gate[i]) * up); // (L, d_ff)
    x = add(x, linear(w, `${own}.1.DenseReluDense.wo`, hidden, rows));
  }
  return rmsNorm(x, get(w, 'encoder.final_layer_norm.weight').data);
}

// ── The spacetime pyramid (§3.2, P2–P4) ────────────────────────────────────────────────────────────────────────────────────
/** One forward pass: a repetition of a scale of a clip. */
interface Step {
  clip: number;
  scale: number; // within the clip
  si: number; // counted over all clips
  realSi: number; // the step's number: its position on the rotary embedding's scale axis
  last: boolean; // the last repetition of its scale
  t: number; // latent frames, rows, columns of the scale
  h: number;
  w: number;
  start: number; // first latent frame of the clip
  references: number[]; // scales (si) that it sees besides the text and itself
}

/** `frames` = 4·(latents − 1) + 1: the first latent frame is a clip of its own, the image. */
function planSteps({ schedule, sampling, context }: Config, frames: number): Step[] {
  const latents = (frames - 1) / 4 + 1;
  const perClip = schedule.scales.length;
  const no = context.context_from_largest_no;
  const steps: Step[] = [];
  for (let clip = 0, start = 0, realSi = 0; start < latents; clip++) {
    const t = clip === 0 ? 1 : Math.min(schedule.frames_inner_clip, latents - start);
    schedule.scales.forEach(([h, w], scale) => {
      const si = clip * perClip + scale;
      const repetitions = (clip === 0 ? sampling.image_scale_repetition : sampling.video_scale_repetition)[scale];
      // Sparse attention (§3.4): the largest scale of the clip before, or with no = 0 everything before
      const references = no === 0 ? [...Array(si).keys()] : clip === 0 ? [] : [(clip - 1) * perClip + Math.max(0, perClip - no)];
      for (let repeat = 0; repeat < repetitions; repeat++) {
        steps.push({ clip, scale, si, realSi: realSi++, last: repeat === repetitions - 1, t, h, w, start, references });
      }
    });
    start += t;
  }
  return steps;
}

// ── Spacetime RoPE (appendix, R1–R3) ───────────────────────────────────────────────────────────────────────────────────────
/** Positions of a token on the four axes, each of which turns a quarter of a head's pairs. */
type Position = [scale: number, time: number, height: number, width: number];

/** Turns pair i of every axis' share by position · 10000^(−i/n), n = d/8. x (L, heads·d), in place. */
function rotate(x: Float32Array, positions: Position[], heads: number): Float32Array {
  const d = x.length / positions.length / heads;
  const n = d / 8;
  positions.forEach((position, token) => position.forEach((p, axis) => {
    for (let i = 0; i < n; i++) {
      const frequency = Math.fround(1 / Math.fround(10000 ** Math.fround(i / n)));
      const angle = Math.fround(Math.fround(p) * frequency);
      const [cos, sin] = [Math.fround(Math.cos(angle)), Math.fround(Math.sin(angle))];
      for (let head = 0; head < heads; head++) {
        const at = (token * heads + head) * d + 2 * (axis * n + i); // neighbouring elements make a pair
        [x[at], x[at + 1]] = [x[at] * cos - x[at + 1] * sin, x[at] * sin + x[at + 1] * cos];
      }
    }
  }));
  return x;
}

/** Tokens (t, h, w) of a step, w fastest: all scales share the coordinates of the full size H × W. */
function positionsOf({ realSi, t, h, w, start }: Step, [H, W]: [number, number], textMax: number): Position[] {
  const round = (x: number): number => (x % 1 === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)); // halves to even
  const stretch = (i: number, full: number, count: number): number => round(Math.fround(i * Math.fround(full / count)));
  return Array.from({ length: t * h * w }, (_, token) => {
    const [frame, y, x] = [Math.floor(token / (h * w)), Math.floor(token / w) % h, token % w];
    return [textMax + realSi, start + frame, stretch(y, H, h), stretch(x, W, w)];
  });
}

// ── The transformer (§3.4, T1–T6) ──────────────────────────────────────────────────────────────────────────────────────────
/** Keys and values of a segment, block by block: (S, keyHeads·d) each. */
type KeyValues = { keys: Float32Array; values: Float32Array }[];

/**
 * Runs a segment (the text, or one step) through all blocks. It sees `past`, segment after segment, and itself; there is no mask:
 * what is not passed in is not seen.
 * @param x (L, C). @returns (L, C), before the final norm, and its own keys and values.
 */
function runBlocks({ config, transformer: w }: Model, x: Float32Array, positions: Position[], past: KeyValues[]) {
  const { depth, num_heads: heads, num_key_value_heads: keyHeads, embed_dim: width } = config.transformer;
  const rows = positions.length;
  const d = width / heads;
  const own: KeyValues = [];
  for (let block = 0; block < depth; block++) {
    const name = `blocks.${block}`;
    const normed = rmsNorm(x, get(w, `${name}.input_layernorm.weight`).data); // (L, C)
    const [q, k, values] = ['q', 'k', 'v'].map((part) => linear(w, `${name}.attn.${part}_proj`, normed, rows));
    const queries = rotate(rmsNorm(q, get(w, `${name}.attn.q_norm.weight`).data), positions, heads); // norm over each head
    const keys = rotate(rmsNorm(k, get(w, `${name}.attn.k_norm.weight`).data), positions, keyHeads);
    own.push({ keys, values });
    const seen = [...past.map((segment) => segment[block]), { keys, values }];
    const allKeys = joined(seen.map((segment) => segment.keys)); // (S, keyHeads·d)
    const allValues = joined(seen.map((segment) => segment.values)); // (S, keyHeads·d)
    const mixed = attention(queries, allKeys, allValues, heads, keyHeads, d, 1 / Math.sqrt(d)); // (L, heads·d)
    x = add(x, linear(w, `${name}.attn.o_proj`, mixed, rows)); // (L, C)
    const h = rmsNorm(x, get(w, `${name}.post_attention_layernorm.weight`).data);
    const gate = linear(w, `${name}.mlp.gate_proj`, h, rows);
    const hidden = linear(w, `${name}.mlp.up_proj`, h, rows).map((up, i) => silu(gate[i]) * up); // (L, hidden)
    x = add(x, linear(w, `${name}.mlp.down_proj`, hidden, rows)); // (L, C)
  }
  return { x, own };
}

const joined = (parts: Float32Array[]): Float32Array => Float32Array.from(parts.flatMap((part) => [...part]));

// ── Guidance and drawing (S4, S5) ──────────────────────────────────────────────────────────────────────────────────────────
/** c, u = logits / τ;  CFG: s·c + (1 − s)·u;  APG: c + (s − 1)·Δ⊥, Δ = c − u shortened, Δ⊥ without its part along c. */
function guide({ sampling }: Config, cond: Float32Array, uncond: Float32Array, tau: number): Float64Array {
  const s = sampling.cfg;
  const [c, u] = [cond, uncond].map((row) => Float64Array.from(row, (x) => x * (1 / tau)));
  if (s === 1) return c;
  if (sampling.use_apg !== 1) return c.map((x, i) => s * x + (1 - s) * u[i]);
  const difference = c.map((x, i) => x - u[i]);
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i], 0);
  const rms = Math.sqrt(dot(difference, difference) / c.length);
  const shorten = sampling.apg_norm_threshold > 0 && rms > sampling.apg_norm_threshold ? sampling.apg_norm_threshold / rms : 1;
  const size = Math.max(Math.sqrt(dot(c, c)), 1e-12);
  const unit = c.map((x) => x / size);
  const along = dot(difference, unit) * shorten;
  return c.map((x, i) => x + (s - 1) * (difference[i] * shorten - along * unit[i]));
}

/** bit = 1 where u ≥ p(0) = 1 / (1 + exp(l₁ − l₀)). */
function draw(logits: Float64Array, uniform: () => number): Uint8Array {
  return Uint8Array.from({ length: logits.length / 2 }, (_, i) => {
    return uniform() >= 1 / (1 + Math.exp(logits[2 * i + 1] - logits[2 * i])) ? 1 : 0;
  });
}

/** MT19937 with numpy.random.RandomState(seed).random_sample()'s doubles: one for every bit, token by token. */
function mersenneTwister(seed: number): () => number {
  const state = new Uint32Array(624);
  state[0] = seed;
  for (let i = 1; i < 624; i++) state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
  let at = 624;
  const next = (): number => {
    if (at === 624) {
      for (at = 0; at < 624; at++) {
        const y = (state[at] & 0x80000000) | (state[(at + 1) % 624] & 0x7fffffff);
        state[at] = state[(at + 397) % 624] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      at = 0;
    }
    let y = state[at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
}

// ── Volumes: (c, t, h, w), w fastest ───────────────────────────────────────────────────────────────────────────────────────
interface Volume extends Record<'c' | 't' | 'h' | 'w', number> {
  data: Float32Array;
}

function volume(c: number, t: number, h: number, w: number, data = new Float32Array(c * t * h * w)): Volume {
  return { c, t, h, w, data };
}

/** A new volume of the same or another shape, filled value by value. */
function fill([c, t, h, w]: number[], value: (c: number, t: number, y: number, x: number) => number): Volume {
  const result = volume(c, t, h, w);
  let i = 0;
  for (let channel = 0; channel < c; channel++) {
    for (let frame = 0; frame < t; frame++) {
      for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) result.data[i++] = value(channel, frame, y, x);
    }
  }
  return result;
}

const at = (v: Volume, c: number, t: number, y: number, x: number): number => v.data[((c * v.t + t) * v.h + y) * v.w + x];

// ── Bits and codes (§3.3, Q2, Q3, S6, S7) ──────────────────────────────────────────────────────────────────────────────────
/** The two inputs, of n, around output i of m, and the second one's share: half-pixel centres. */
function between(i: number, n: number, m: number): [number, number, number] {
  const source = Math.max(((i + 0.5) * n) / m - 0.5, 0);
  const first = Math.min(Math.floor(source), n - 1);
  return [first, Math.min(first + 1, n - 1), source - first];
}

/**
 * Adds a step's share to the running code: bits → ±1/√d, then each frame's (d, h, w) resized trilinearly to (C, H, W), the
 * channels like a third axis of space.
 * @param bits (t, h, w, d) of `step`.
 */
function accumulate(code: Volume, bits: Uint8Array, { t, h, w }: Step): Volume {
  const d = bits.length / (t * h * w);
  const value = (frame: number, c: number, y: number, x: number): number => {
    return (bits[((frame * h + y) * w + x) * d + c] === 1 ? 1 : -1) * Math.fround(1 / Math.sqrt(d));
  };
  const mix = (a: number, b: number, share: number): number => a * (1 - share) + b * share;
  return fill([code.c, t, code.h, code.w], (C, frame, Y, X) => {
    const [c0, c1, cs] = between(C, d, code.c);
    const [y0, y1, ys] = between(Y, h, code.h);
    const [x0, x1, xs] = between(X, w, code.w);
    const row = (c: number, y: number): number => mix(value(frame, c, y, x0), value(frame, c, y, x1), xs);
    const plane = (c: number): number => mix(row(c, y0), row(c, y1), ys);
    return at(code, C, frame, Y, X) + Math.fround(mix(plane(c0), plane(c1), cs));
  });
}

/** What the network sees before a step: the running code, averaged to the step's size, as tokens (t·h·w, C). */
function networkInput(code: Volume, { t, h, w }: Step): Float32Array {
  const tokens = new Float32Array(t * h * w * code.c);
  const range = (i: number, n: number, m: number): [number, number] => [Math.floor((i * n) / m), Math.ceil(((i + 1) * n) / m)];
  for (let token = 0; token < t * h * w; token++) {
    const [frame, y, x] = [Math.floor(token / (h * w)), Math.floor(token / w) % h, token % w];
    const [[y0, y1], [x0, x1]] = [range(y, code.h, h), range(x, code.w, w)];
    for (let c = 0; c < code.c; c++) {
      let sum = 0;
      for (let Y = y0; Y < y1; Y++) for (let X = x0; X < x1; X++) sum += at(code, c, frame, Y, X);
      tokens[token * code.c + c] = sum / ((y1 - y0) * (x1 - x0));
    }
  }
  return tokens;
}

// ── Sampling (§3.1–3.4, S1–S8) ─────────────────────────────────────────────────────────────────────────────────────────────
/** The bits of every step, (t, h, w, d), and the clips' codes, one after the other in time, (64, T, H, W). */
function sample(model: Model, prompt: string, frames: number, seed: number): { bits: Uint8Array[]; codes: Volume } {
  const { config, transformer: w } = model;
  const { sampling, schedule, transformer: { text_maxlen: textMax } } = config;
  const features = encodeText(model, tokenize(model.vocabulary, prompt)); // (L, text_channels)
  const channels = get(w, 'cfg_uncond').shape[1];
  const length = features.length / channels;
  const textPositions = Array.from({ length }, (_, i): Position => [i, 0, 0, 0]); // R2

  // Two rows, the prompt's and the null text's, differ in their prefix alone (T1, S1)
  const rows = [features, get(w, 'cfg_uncond').data.subarray(0, features.length)].map((text) => {
    const prefix = linear(w, 'text_proj', text, length); // (L, C)
    return { text: runBlocks(model, prefix, textPositions, []).own, scales: new Map<number, KeyValues>() };
  });

  const uniform = mersenneTwister(seed);
  const fullSize = schedule.scales.at(-1)!;
  const depth = get(w, 'word_embed.weight').shape[1]; // channels of the codes, 64
  const bits: Uint8Array[] = [];
  const clips: Volume[] = [];
  for (const step of planSteps(config, frames)) {
    const code = clips[step.clip] ?? volume(depth, step.t, ...fullSize); // a clip begins with zeros (S2, S8)
    const embedded = linear(w, 'word_embed', networkInput(code, step), step.t * step.h * step.w); // (L, C)
    const head = step.scale < sampling.semantic_scales ? 'semantic_head2' : 'head'; // T6
    const logits = rows.map(({ text, scales }) => {
      const past = [...step.references.map((si) => scales.get(si)!), text];
      const { x, own } = runBlocks(model, embedded, positionsOf(step, fullSize, textMax), past);
      if (step.last) scales.set(step.si, own); // T5
      return linear(w, head, rmsNorm(x, get(w, 'norm_hidden_sates.weight').data), step.t * step.h * step.w); // (L, 2·bits)
    });
    const guided = guide(config, logits[0], logits[1], step.clip === 0 ? sampling.tau_image : sampling.tau_video); // (L·bits·2)
    const drawn = draw(guided, uniform); // (L·bits)
    bits.push(drawn);
    clips[step.clip] = accumulate(code, drawn, step);
  }
  const total = clips.reduce((sum, { t }) => sum + t, 0);
  const starts = clips.map((_, i) => clips.slice(0, i).reduce((sum, { t }) => sum + t, 0));
  return {
    bits,
    codes: fill([depth, total, ...fullSize], (c, t, y, x) => {
      const clip = starts.findLastIndex((start) => start <= t);
      return at(clips[clip], c, t - starts[clip], y, x);
    }),
  };
}

// ── The decoder (§3.3, V1–V10): the whole video at once, so that nothing is carried from chunk to chunk ───────────────────
/** y[t] = Σ_k W[k]·x[t − (K−1) + k] + c: before the first frame stand copies of it, around space zeros (V1). */
function causalConv(w: Weights, name: string, x: Volume): Volume {
  const { shape: [outputs, inputs, kt, kh, kw], data: weight } = get(w, `${name}.weight`);
  const bias = get(w, `${name}.bias`).data;
  const y = volume(outputs, x.t, x.h, x.w);
  const sum = new Float64Array(x.h * x.w);
  for (let o = 0; o < outputs; o++) {
    for (let t = 0; t < x.t; t++) {
      sum.fill(bias[o]);
      for (let c = 0; c < inputs; c++) {
        for (let k = 0; k < kt; k++) {
          const frame = (c * x.t + Math.max(0, t - (kt - 1) + k)) * x.h * x.w;
          for (let ky = 0; ky < kh; ky++) {
            for (let kx = 0; kx < kw; kx++) {
              const weigh = weight[(((o * inputs + c) * kt + k) * kh + ky) * kw + kx];
              const [dy, dx] = [ky - (kh - 1) / 2, kx - (kw - 1) / 2]; // from the output's place to the input's
              for (let row = Math.max(0, -dy); row < Math.min(x.h, x.h - dy); row++) {
                const from = frame + (row + dy) * x.w + dx;
                for (let i = Math.max(0, -dx); i < Math.min(x.w, x.w - dx); i++) sum[row * x.w + i] += weigh * x.data[from + i];
              }
            }
          }
        }
      }
      y.data.set(sum, (o * x.t + t) * x.h * x.w);
    }
  }
  return y;
}

/** x / max(‖x‖₂, 1e-12) · √C · γ over the channels of every position (V2). */
function channelNorm(gamma: Float32Array, x: Volume): Volume {
  const positions = x.t * x.h * x.w;
  const norms = new Float64Array(positions);
  for (let i = 0; i < x.data.length; i++) norms[i % positions] += x.data[i] ** 2;
  const root = Math.sqrt(x.c);
  const normed = (value: number, i: number): number => value / Math.max(Math.sqrt(norms[i % positions]), 1e-12);
  return { ...x, data: x.data.map((value, i) => normed(value, i) * root * gamma[Math.floor(i / positions)]) };
}

/** norm(f) · conv_y(z) + conv_b(z), the latent z brought to f's size by the nearest neighbour, its first frame apart (V6). */
function conditionedNorm(w: Weights, name: string, f: Volume, z: Volume): Volume {
  const [scale, shift] = ['conv_y', 'conv_b'].map((part) => causalConv(w, `${name}.${part}.conv`, z));
  const normed = channelNorm(get(w, `${name}.norm_layer.gamma`).data, f);
  return fill([f.c, f.t, f.h, f.w], (c, t, y, x) => {
    const frame = t === 0 ? 0 : 1 + Math.floor(((t - 1) * (z.t - 1)) / (f.t - 1));
    const place = [c, frame, Math.floor((y * z.h) / f.h), Math.floor((x * z.w) / f.w)] as const;
    return Math.fround(at(normed, c, t, y, x) * at(scale, ...place)) + at(shift, ...place);
  });
}

const activate = (x: Volume): Volume => ({ ...x, data: x.data.map(silu) });

/** conv₂(silu(norm₂(conv₁(silu(norm₁(x)))))) + x (V3). */
function residualBlock(w: Weights, name: string, x: Volume, z: Volume): Volume {
  const first = causalConv(w, `${name}.conv1.conv`, activate(conditionedNorm(w, `${name}.norm1`, x, z)));
  const second = causalConv(w, `${name}.conv2.conv`, activate(conditionedNorm(w, `${name}.norm2`, first, z)));
  const shortcut = w.has(`${name}.conv_shortcut.weight`) ? causalConv(w, `${name}.conv_shortcut`, x) : x;
  return { ...second, data: add(second.data, shortcut.data) };
}

/**
 * Twice the sides, pt times the frames: channels (pt, ph, pw, c) become frames and pixels, those of x repeated besides; of the
 * frames that the first latent frame has become, one is left, their mean (V5).
 */
function upBlock(w: Weights, name: string, x: Volume, pt: number): Volume {
  const main = causalConv(w, `${name}.conv.conv`, activate(channelNorm(get(w, `${name}.norm.gamma`).data, x)));
  const channels = main.c / (4 * pt);
  const moved = (c: number, t: number, y: number, X: number): number => {
    const channel = (((t % pt) * 2 + (y % 2)) * 2 + (X % 2)) * channels + c;
    const place = [Math.floor(t / pt), y >> 1, X >> 1] as const;
    return at(main, channel, ...place) + at(x, channel % x.c, ...place);
  };
  return fill([channels, (x.t - 1) * pt + 1, 2 * x.h, 2 * x.w], (c, t, y, X) => {
    if (t > 0 || pt === 1) return moved(c, t + pt - 1, y, X);
    return (moved(c, 0, y, X) + moved(c, 1, y, X)) / 2;
  });
}

/** Codes (64, T, H, W) → video (3, 4T − 3, 16H, 16W) in about [−1, 1] (V7, V10). */
function decode({ config, tokenizer: w }: Model, codes: Volume): Volume {
  const { block_out_channels: widths, layers_per_block: layers, temporal_compression_list: time } = config.tokenizer;
  const s0 = get(w, 'scale_learnable_parameters').data[0];
  const [weight, bias] = [get(w, 'proj_up.weight').data, get(w, 'proj_up.bias').data];
  const projected = fill([codes.c, codes.t, codes.h, codes.w], (o, t, y, x) => {
    let sum = bias[o];
    for (let c = 0; c < codes.c; c++) sum += weight[o * codes.c + c] * Math.fround(at(codes, c, t, y, x) / s0);
    return sum;
  });
  // Unpatchify: channels (c, ph, pw) become 2×2 cells of the latent
  const z = fill([codes.c / 4, codes.t, 2 * codes.h, 2 * codes.w], (c, t, y, x) => {
    return at(projected, (c * 2 + (y % 2)) * 2 + (x % 2), t, y >> 1, x >> 1);
  });
  let x = causalConv(w, 'decoder.conv_in.conv', z);
  for (let i = 0; i < 2; i++) x = residualBlock(w, `decoder.mid_block.resnets.${i}`, x, z);
  for (let level = widths.length - 2; level >= 0; level--) {
    const name = `decoder.up_blocks.${widths.length - 2 - level}`;
    for (let i = 0; i <= layers; i++) x = residualBlock(w, `${name}.resnets.${i}`, x, z);
    if (w.has(`${name}.upsamplers.0.conv.norm.gamma`)) x = upBlock(w, `${name}.upsamplers.0.conv`, x, time[level] ?? 1);
  }
  return causalConv(w, 'decoder.conv_out.conv', activate(conditionedNorm(w, 'decoder.norm_out', x, z)));
}

/** byte = ⌊255·min(1, max(0, (x + 1)/2))⌋; frame 0 of a video is overwritten by frame 1, as released (S10). (T, H, W, 3) */
function toBytes(video: Volume): Uint8Array {
  return Uint8Array.from(video.data, (_, i) => {
    const [c, pixel] = [i % 3, Math.floor(i / 3)];
    const [x, y, t] = [pixel % video.w, Math.floor(pixel / video.w) % video.h, Math.floor(pixel / video.w / video.h)];
    const value = Math.fround(at(video, c, t === 0 && video.t > 1 ? 1 : t, y, x) + 1) / 2;
    return Math.trunc(Math.fround(Math.min(1, Math.max(0, value)) * 255));
  });
}

// ── From a prompt to frames ────────────────────────────────────────────────────────────────────────────────────────────────
export function infinitystar(model: Model, prompt: string, frames: number, seed: number) {
  const { bits, codes } = sample(model, prompt, frames, seed);
  const video = decode(model, codes);
  return { bits, frames: toBytes(video), shape: [video.t, video.h, video.w, 3] };
}

if (process.argv[1]?.endsWith('one-file/infinitystar.ts')) {
  const [prompt = 'a red circle moving right on a white background', seed = '0', frames = '17'] = process.argv.slice(2);
  const folder = new URL('../../fixtures/models/toy', import.meta.url).pathname;
  const { bits, frames: bytes, shape: [t, h, w] } = infinitystar(readModel(folder), prompt, Number(frames), Number(seed));
  writeFileSync('frames.ppm', Buffer.concat([Buffer.from(`P6 ${w} ${t * h} 255\n`), bytes])); // one below the other
  process.stdout.write(`${bits.reduce((sum, step) => sum + step.length, 0)} bits in ${bits.length} steps; ${t} frames of ${w}×${h} in frames.ppm\n`);
}
