import type { Kind } from '../case.ts';

/** R1: rotation of neighbouring pairs of queries and keys. */
export const rotary: Kind = {
  kind: 'rotary',
  steps: { '': 'R1' },
  async run(c, b, results) {
    const stored = b.upload(c.input('rope')); // (2, 1, 1, 1, L, D/2)
    const rope = b.reshape(stored, [2, ...stored.shape.slice(-2)]); // (2, L, D/2)
    for (const name of ['q', 'k']) {
      const x = b.upload(c.input(name)); // (B, H, L, D)
      results.tensor(`${name}_rot`, await b.read(b.rotary(x, rope))); // (B, H, L, D)
    }
  },
};
