/**
 * The lines of a training set, as the official one has them (data/README.md, dataset_joint_vi.py:get_meta):
 *
 *     {"video_path": "a.mp4", "begin_frame_id": 0, "end_frame_id": 120, "fps": 24, "tarsier2_caption": "…"}
 *     {"image_path": "b.png", "text": "…"}
 *
 * one JSON object a line; further fields are passed over. `end_frame_id` is the first frame that is no longer meant. The
 * caption is the first that there is of `caption`, `tarsier2_caption`, `MiniCPM_V_2_6_caption`, `text` and `long_caption`;
 * the official code draws among them. It passes over lines that it cannot read; here they are errors.
 *
 * Fields of our own: `captions`, several to draw among; `loop`, true where the first frame comes again after the last; `still`,
 * true for a picture that is a video too, in which nothing moves;
 * `held_out`, true for what is not trained on; `clip_captions`, one for each clip of a story.
 */

import { ArgumentError, FileError } from '../../errors.ts';
import { Fields } from '../../io/fields.ts';
import { parseStrictJsonText } from '../../io/strict-json.ts';

export interface Entry {
  /** The file of the line and its number, for errors. */
  readonly where: string;
  /** As it is written. */
  readonly path: string;
  readonly caption?: string;
  /** All that there are, where there are several. */
  readonly captions?: readonly string[];
  /** By field, those of the official sets that are not empty. */
  readonly texts?: ReadonlyMap<string, string>;
  /** Of the clips of a story, one after the other. */
  readonly captionsOfClips?: readonly string[];
  readonly loop?: boolean;
  readonly heldOut?: boolean;
  /** Of a picture: whether it is one of the videos. */
  readonly still?: boolean;
  /** None of a picture. */
  readonly clip?: Clip;
}

/** Frames begin … end − 1. */
export interface Clip {
  readonly begin: number;
  readonly end: number;
  readonly fps: number;
}

/** Texts that the official set draws a caption from, or adds to it. */
const TEXTS = ['tarsier2_caption', 'MiniCPM_V_2_6_caption', 'text', 'long_caption', 'quality_prompt'];

const CAPTIONS = ['caption', 'tarsier2_caption', 'MiniCPM_V_2_6_caption', 'text', 'long_caption'];

/**
 * @param file names the text in errors.
 * @throws FileError if a line is no JSON, ArgumentError naming the line and the field that is wrong.
 */
export function parseEntries(text: string, file: string): Entry[] {
  return text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : [parseEntry(line, `${file}:${i + 1}`)]));
}

function parseEntry(line: string, where: string): Entry {
  const fields = new Fields(parseStrictJsonText(line, where), where);
  const name = CAPTIONS.find((key) => fields.has(key) && fields.unknown(key) !== '');
  const caption = name === undefined ? {} : { caption: fields.string(name) };
  const captions = fields.has('captions') ? { captions: fields.strings('captions') } : {};
  const heldOut = fields.has('held_out') ? { heldOut: fields.boolean('held_out') } : {};
  const clips = fields.has('clip_captions') ? { captionsOfClips: fields.strings('clip_captions') } : {};
  const texts = new Map(TEXTS.filter((key) => fields.has(key) && fields.unknown(key) !== '').map((key) => [key, fields.string(key)]));
  const common = { where, ...caption, ...captions, ...heldOut, ...clips, texts };
  const loop = fields.has('loop') ? { loop: fields.boolean('loop') } : {};
  if (fields.has('video_path')) return { ...common, ...loop, path: fields.string('video_path'), clip: parseClip(fields) };
  const still = fields.has('still') ? { still: fields.boolean('still') } : {};
  if (fields.has('image_path')) return { ...common, ...still, path: fields.string('image_path') };
  throw new FileError(where, "has neither 'video_path' nor 'image_path'");
}

function parseClip(fields: Fields): Clip {
  const clip = { begin: fields.integer('begin_frame_id'), end: fields.integer('end_frame_id'), fps: fields.number('fps') };
  const { where } = fields;
  if (clip.begin < 0) throw new ArgumentError(`${where}.begin_frame_id`, 'at least 0', clip.begin);
  if (clip.end <= clip.begin) throw new ArgumentError(`${where}.end_frame_id`, 'a frame after begin_frame_id', clip.end);
  if (!(clip.fps > 0)) throw new ArgumentError(`${where}.fps`, 'a positive rate', clip.fps);
  return clip;
}
