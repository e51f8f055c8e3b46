/**
 * Ideas for sampling, tried without touching the library (docs/change-it.md):
 *
 *     npx tsx examples/change-it/rules.ts fading 'a green square moving up on a gray background'
 *
 * writes `fading.gif` and the paper's `plain.gif`, and says how far apart they are.
 */

import { pathToFileURL } from 'node:url';
import { drawBits, generate, guide, writeMedia } from '../../src/index.ts';
import type { GenerateOptions, GuidanceRule, SamplingRule } from '../../src/index.ts';

/** The likelier bit, always: uniforms do not matter. */
export const greedy: SamplingRule = (logits, uniforms) => {
  return Uint8Array.from(uniforms, (_, i) => Number(logits[2 * i + 1] >= logits[2 * i]));
};

/** Greedy at the last repetition of every scale, drawn before. */
export const greedyAtLast: SamplingRule = (logits, uniforms, step) => {
  return step.last ? greedy(logits, uniforms, step) : drawBits(logits, uniforms);
};

/** Strong guidance where the picture is laid out, none where details are: s falls by a third from step to step, down to 1. */
export const fading: GuidanceRule = (logits, { tau, scale, step }) => {
  return guide(logits, tau, Math.max(1, scale * 0.67 ** step.realSi), { method: 'cfg' });
};

export const ideas: Readonly<Record<string, Pick<GenerateOptions, 'draw' | 'guidance'>>> = {
  greedy: { draw: greedy },
  'greedy-at-last': { draw: greedyAtLast },
  fading: { guidance: fading },
};

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [name = 'greedy', prompt = 'a red circle moving right on a white background'] = process.argv.slice(2);
  const idea = ideas[name];
  if (idea === undefined) throw new Error(`expected one of ${Object.keys(ideas).join(', ')}, got ${name}`);
  const [plain, changed] = [await generate({ prompt }), await generate({ prompt, ...idea })];
  await writeMedia('plain.gif', plain.frames, plain.fps ?? 8);
  await writeMedia(`${name}.gif`, changed.frames, changed.fps ?? 8);
  const differing = changed.frames.data.filter((byte, i) => Math.abs(byte - plain.frames.data[i]) > 8).length;
  process.stdout.write(`${name}.gif, plain.gif: ${((100 * differing) / changed.frames.size).toFixed(1)} % of the bytes differ by more than 8\n`);
}
