/** `x` → `patched`, `restored`. Spec V9, V10. */

import { patchify, unpatchify } from '../../tokenizer/patchify.ts';
import type { Kind } from '../case.ts';

export const patchifyKind: Kind = {
  kind: 'patchify',
  steps: { patched: 'V9', restored: 'V10' },
  async run(c, b, results) {
    const patched = patchify(b, b.upload(c.input('x'))); // (B, 4c, T, h, w)
    results.tensor('patched', await b.read(patched));
    results.tensor('restored', await b.read(unpatchify(b, patched)));
  },
};
