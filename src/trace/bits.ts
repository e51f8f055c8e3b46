/** The bits of one step with their margins, token by token: `1+2.31` is a bit of 1 that 2.31 of logits decided. Spec S5. */

import type { HostArray } from '../array/host.ts';
import { rowMajor } from '../array/host.ts';

const PER_LINE = 16;

export interface StepValues {
  /** (1, t, h, w, d): the bits that count. */
  readonly bits: HostArray;
  /** (t·h·w·d): what was drawn, and how clearly. */
  readonly sampled: HostArray;
  readonly margin: HostArray;
}

export function formatBits(step: string, values: StepValues): string {
  const [, t, h, w, d] = values.bits.shape as [number, number, number, number, number];
  const [bits, sampled, margin] = [values.bits, values.sampled, values.margin].map((value) => rowMajor(value));
  const forced = bits.some((bit, i) => bit !== sampled[i]);
  const close = Array.from(margin).filter((value) => Math.abs(value) < 1).length;
  const lines = [
    `${step}: ${t}×${h}×${w} tokens of ${d} bits; ${close} of ${bits.length} were decided by less than 1`,
    'each bit with its margin: how much l₁ − l₀ may change before the bit does' + (forced ? '; * a given bit, not the drawn one' : ''),
  ];
  for (let token = 0; token < t * h * w; token++) {
    const place = [Math.floor(token / (h * w)), Math.floor(token / w) % h, token % w];
    lines.push(`t ${place[0]}, h ${place[1]}, w ${place[2]}`);
    for (let start = 0; start < d; start += PER_LINE) {
      const cells = Array.from({ length: Math.min(PER_LINE, d - start) }, (_, i) => {
        const at = token * d + start + i;
        return `${bits[at]}${bits[at] === sampled[at] ? '' : '*'}${signed(margin[at])}`.padEnd(7);
      });
      lines.push(`  ${cells.join(' ').trimEnd()}`);
    }
  }
  return lines.join('\n');
}

function signed(x: number): string {
  const size = Math.abs(x);
  return (x < 0 ? '-' : '+') + (size >= 1000 ? '999' : size.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0));
}
