/** `infinitystar/evaluate`: how often a model of the toy world, or of emoji, makes what was asked for. */

export { EMOJI_TASKS, scoreEmoji } from '../emoji-eval/score.ts';
export type { EmojiOutcome, EmojiRequest, EmojiTask } from '../emoji-eval/score.ts';
export { scoreToyWorld, summarize, TASK_NAMES } from '../toyworld/score.ts';
export type { Outcome, Score, TaskName, ToyRequest, ToyScores } from '../toyworld/score.ts';
