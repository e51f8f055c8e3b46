import type { Kind } from '../case.ts';
import { checkAmount } from '../expected.ts';
import { rotaryTable } from '../../rope/frequencies.ts';
import { textRope } from '../../rope/text-rope.ts';
import { officialLayout, ropeConfig } from '../rope-case.ts';

/** R1, R2: the tables of the four axes, and of the text. */
export const ropeTables: Kind = {
  kind: 'rope_tables',
  steps: { '': 'R1', freqs_text: 'R2' },
  run(c, _b, results) {
    const config = ropeConfig(c.config);
    const counts = ['max_scales', 'max_frames', 'max_height', 'max_width'].map((key) => c.config.integer(key));
    checkAmount(c, counts.reduce((sum, count) => sum + count, config.text_maxlen) * config.head_dim);
    const table = (from: number, count: number) => {
      return rotaryTable(config, Array.from({ length: count }, (_, i) => from + i)); // (2, count, D/8)
    };
    results.tensor('freqs_text', officialLayout(textRope(config, config.text_maxlen)));
    results.tensor('freqs_scales', table(config.text_maxlen, c.config.integer('max_scales')));
    results.tensor('freqs_frames', table(0, c.config.integer('max_frames')));
    results.tensor('freqs_height', table(0, c.config.integer('max_height')));
    results.tensor('freqs_width', table(0, c.config.integer('max_width')));
    return Promise.resolve();
  },
};
