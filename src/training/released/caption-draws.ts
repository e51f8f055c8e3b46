/**
 * Which caption a sample is shown with:
 *
 *     video     `tarsier2_caption`, or as often `MiniCPM_V_2_6_caption` where there is one
 *     picture   `text` with probability short_cap_prob, else `long_caption`; the one that there is
 *     both      with that probability again only the first 1 … n of its n sentences
 *     video     then the `quality_prompt`, and `<<<t=5s>>>` in front
 *
 * Official: dataset_joint_vi.py:get_meta, random_drop_sentences. A line may have one `caption` of our own instead.
 */

import { FileError } from '../../errors.ts';
import type { Uniforms } from '../../sampler/uniforms.ts';
import type { Entry } from '../data/entries.ts';
import { drawInteger } from './choices.ts';

/** Official names. */
export interface CaptionDraws {
  readonly short_cap_prob: number;
  readonly enable_dynamic_length_prompt: 0 | 1;
  readonly append_duration2caption: 0 | 1;
}

/** @param seconds of a video. @throws FileError if the line has no caption. */
export function drawCaption(entry: Entry, seconds: number | undefined, config: CaptionDraws, uniforms: Uniforms): string {
  const drawn = dropSentences(chosenCaption(entry, config, uniforms), config, uniforms);
  if (entry.clip === undefined) return drawn;
  const quality = entry.texts?.get('quality_prompt');
  const whole = quality === undefined ? drawn : `${drawn} ${quality}`;
  return config.append_duration2caption === 1 && seconds !== undefined ? `<<<t=${seconds}s>>>${whole}` : whole;
}

function chosenCaption({ clip, texts, caption, where }: Entry, { short_cap_prob }: CaptionDraws, uniforms: Uniforms): string {
  const [first, second] = clip === undefined ? ['long_caption', 'text'] : ['tarsier2_caption', 'MiniCPM_V_2_6_caption'];
  const [usual, other] = [texts?.get(first), texts?.get(second)];
  const both = usual !== undefined && other !== undefined;
  const takesOther = both && uniforms.next(1)[0] < (clip === undefined ? short_cap_prob : 0.5);
  const chosen = (takesOther ? other : (usual ?? other)) ?? caption;
  if (chosen === undefined) throw new FileError(where, 'has no caption');
  return chosen;
}

/** The first 1 … n of n sentences, or all of them. */
function dropSentences(caption: string, config: CaptionDraws, uniforms: Uniforms): string {
  if (config.enable_dynamic_length_prompt === 0 || uniforms.next(1)[0] >= config.short_cap_prob) return caption;
  const sentences = caption.split('.').filter((sentence) => sentence !== '');
  if (sentences.length < 2) return caption;
  return `${sentences.slice(0, 1 + drawInteger(uniforms, sentences.length)).join('.')}.`;
}
