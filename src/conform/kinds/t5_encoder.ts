import type { HostTensor } from '../../array/host.ts';
import { hostTensor, rowMajor } from '../../array/host.ts';
import type { Backend } from '../../backend/backend.ts';
import { Tensor } from '../../backend/backend.ts';
import { observe } from '../../backend/observe.ts';
import { checkShapes, residentWeights } from '../../backend/weights.ts';
import { readT5Config } from '../../text/t5-config.ts';
import { t5Encode } from '../../text/t5-encoder.ts';
import { t5Shapes } from '../../text/t5-shapes.ts';
import type { Case, Kind } from '../case.ts';

/** X2: the stages of the encoder; of tokens only, one prompt after the other, except `last_hidden_state`. */
export const t5Encoder: Kind = {
  kind: 't5_encoder',
  steps: { '': 'X2' },
  async run(c, b, results) {
    const config = readT5Config(c.config);
    const weights = residentWeights(b, c.weights());
    checkShapes(weights, t5Shapes(config));
    const given = c.input('ids');
    const ids = hostTensor(Int32Array.from(rowMajor(given)), given.shape); // (B, L)
    const lengths = c.config.numbers('lengths');
    const watched = observe(b, async (path, value, inner) => {
      const name = outputName(path);
      if (!(value instanceof Tensor) || name === undefined) return;
      const read = path === 'position_bias' ? longestBias(c, inner, value, lengths) : keptRows(inner, value, lengths);
      results.tensor(name, await read);
    });
    const last = await t5Encode(watched, config, weights, ids, c.input('mask')); // (B, L, C)
    results.tensor('kept', await keptRows(b, last, lengths));
    results.tensor('last_hidden_state', await b.read(last));
  },
};

function outputName(path: string): string | undefined {
  if (path === 'embeddings' || path === 'position_bias') return path;
  const [, index, stage] = /^block\/(\d+)(\/attention)?$/.exec(path) ?? [];
  return index === undefined ? undefined : `${stage === undefined ? 'block' : 'attention'}/${index}`;
}

/** (B, L, C) → (N, C): the first `lengths[i]` rows of every prompt. */
function keptRows(b: Backend, x: Tensor, lengths: readonly number[]): Promise<HostTensor> {
  const [batch, padded, width] = x.shape as [number, number, number];
  const rows = lengths.flatMap((length, i) => Array.from({ length }, (_, row) => i * padded + row));
  return b.read(b.take(b.reshape(x, [batch * padded, width]), Int32Array.from(rows))); // (N, C)
}

/** (1, H, L, L) → (H, N, N), N the longest prompt, or the listed rows of it. */
function longestBias(c: Case, b: Backend, bias: Tensor, lengths: readonly number[]): Promise<HostTensor> {
  const [, heads, padded] = bias.shape as [number, number, number, number];
  const longest = Math.max(...lengths);
  const square = b.slice(b.slice(b.reshape(bias, [heads, padded, padded]), 1, 0, longest), 2, 0, longest); // (H, N, N)
  if (!c.config.has('position_bias_rows')) return b.read(square);
  const rows = c.config.numbers('position_bias_rows').map((row) => b.slice(square, 1, row, row + 1)); // (H, 1, N)
  return b.read(b.concat(rows, 1)); // (H, rows, N)
}
