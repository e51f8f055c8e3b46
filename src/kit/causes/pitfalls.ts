/** Pitfalls of every step that other implementations fell into, with the condition under which a case has them. */

import type { Case } from '../../conform/case.ts';

interface Pitfall {
  readonly text: string;
  /** Whether the case and the output can show it; always unless given. */
  readonly when?: (c: Case, output: string) => boolean;
}

const cfgOf = (c: Case): string => (c.config.has('guidance') ? c.config.string('guidance') : '');

const PITFALLS: Readonly<Record<string, readonly Pitfall[]>> = {
  P1: [{ text: 'sides are rounded half to even; the table key is truncated, not rounded; the nearest ratio is the first minimum in table order' }],
  P3: [{ text: 'a clip refers to the largest scale of the clip before it only, image scales to none' }],
  P4: [{ text: 'the real scale index counts scheduled repetitions, also where fewer are executed' }],
  V1: [{ text: 'before the first chunk stand copies of its first frame, not zeros' }],
  V2: [{ text: 'the norm is over channels, times √C and γ, without a mean' }],
  V4: [{ text: 'space-to-depth orders channels (ph, pw, c); the shortcut views them as (g, c) and takes the mean over g' },
    { text: 'with an odd number of frames the first one is kept apart from the pairs' }],
  V5: [{ text: 'depth-to-space orders channels (pt, ph, pw, c); the shortcut repeats the whole block of channels' },
    { text: 'the first two frames become their mean when the chunk begins the video' }],
  V6: [{ text: 'the latent is resized by nearest neighbour, the first of an odd number of frames apart' }],
  V8: [{ text: 'the first chunk takes the remainder of the frames' }],
  V9: [{ text: 'patchify orders channels (c, ph, pw), unlike the down blocks' }],
  V10: [{ text: 'unpatchify orders channels (c, ph, pw), unlike the up blocks' }],
  Q1: [{ text: 'bit = u > 0: zero, of either sign, gives 0' }],
  Q2: [{ text: 'codes have length 1: ±1/√d' }],
  Q3: [{ text: 'the channel axis is the depth of the resized volume; area going down, trilinear with half-pixel centres (align_corners = false) going up; time is not resized' }],
  Q4: [{ text: 'residual = target − running code at full size, then area-downsampled' }],
  R1: [{ text: 'four equal parts; frequencies base^(−i/n) with n = head_dim/8; cosines first' }],
  R2: [{ text: 'text token i stands at scale position i, counted from 0, and at 0 on time, height and width' },
    { text: 'a text position shifted by one or by a prefix: the fault that the original shipped' }],
  R3: [{ text: 'grid rows are round(float32(i)·float32(H/h)), half to even; height comes before width' },
    { text: 'the scale position is text_maxlen + real scale index' }],
  T1: [{ text: 'with simple_text_proj the projection is one linear layer without a norm' }],
  T3: [{ text: 'silu goes on the gate projection, not on up' }],
  T4: [{ text: 'q and k are normed per head before the rotary embedding; scale 1/√head_dim; key heads serve consecutive query heads' }],
  T5: [{ text: 'keys and values are kept at the last repetition; order: references, text, conditions, own' }],
  T6: [{ text: 'the head depends on the scale\'s index in its clip (semantic_scales), after the final norm' }],
  T7: [{ text: 'a scale sees itself, its references and its own text, nothing else' }],
  S1: [{ text: 'the null text is the first L rows of cfg_uncond; a shorter negative prompt is padded with zeros after the projection' }],
  S4: [{ text: 'APG: the norm is a root mean square over all tokens and logits of the step (1/√n)', when: (c) => cfgOf(c) !== 'cfg' },
    { text: 'CFG is s·c + (1 − s)·u, row 0 the prompt', when: (c) => cfgOf(c) === 'cfg' },
    { text: 'logits are divided by the temperature, before guidance' }],
  S5: [{ text: 'bit = u ≥ p(label 0); uniforms are in token order (t, h, w), bit fastest' }],
  S6: [{ text: 'codes are upsampled trilinearly with half-pixel centres and added' }],
  S8: [{ text: 'every clip starts from zeros' }],
  S9: [{ text: 'forced bits are found by the real scale index' }],
  S10: [{ text: 'bytes are truncated, not rounded' }, { text: 'frame 0 of a video is overwritten by frame 1; golden frames have blue first' }],
  S11: [{ text: 'the former clip\'s conditions stand at scale positions 800 and 801, times 1 … N and 0, N−1, N' }],
  X2: [{ text: 'no factor 1/√d_kv; the bias of layer 0 serves all layers' }],
  L1: [{ text: 'labels stay true; the last scale is never flipped; a bit flips where its uniform is below the strength' }],
  L3: [{ text: 'mean over bits, mean per scale, weight = tokens · min(cap, ratio^(1/(1+k)))' }],
};

/** Pitfalls of a step that a case can show. */
export function pitfalls(c: Case, step: string, output: string): string[] {
  return (PITFALLS[step] ?? []).filter(({ when }) => when === undefined || when(c, output)).map(({ text }) => text);
}
