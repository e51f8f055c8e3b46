/** Golden kind `interpolate`: the resizing that quantizer (Q3, Q4) and decoder rest on. */

import type { ResizeMode } from '../../backend/backend.ts';
import { ArgumentError } from '../../errors.ts';
import type { Kind } from '../case.ts';
import { checkExpected } from '../expected.ts';

export const interpolate: Kind = {
  kind: 'interpolate',
  steps: { '': 'Q3' },
  async run(c, b, results) {
    const mode = resizeMode(c.config.string('mode'));
    for (const item of c.config.objects('items')) {
      const [depth, height, width] = item.numbers('size') as [number, number, number];
      const x = b.upload(c.input(item.string('in'))); // (B, C, D, H, W)
      checkExpected(c, item.string('out'), [...x.shape.slice(0, 2), depth, height, width]);
      results.tensor(item.string('out'), await b.read(b.resize(x, [depth, height, width], mode)));
    }
  },
};

function resizeMode(name: string): ResizeMode {
  if (name === 'nearest' || name === 'area' || name === 'trilinear') return name;
  throw new ArgumentError('config.mode', "'nearest', 'area' or 'trilinear'", name);
}
