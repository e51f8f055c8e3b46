/** What the ablations share: how fast their transformers learn, and the scores of a model as cells of a table. */

import type { Model } from '../src/model/load.ts';
import { scoreToyWorld, summarize } from '../src/toyworld/score.ts';
import type { Outcome, TaskName, ToyRequest } from '../src/toyworld/score.ts';

/** Small batches learn most in a short time. */
export const RATE = { peak: 2.5e-3, warmUp: 50, end: 0.1 };

/** @returns the share of right results of a task, in percent; a dash where it was not scored. */
export async function toyScores(model: Model, request: ToyRequest): Promise<(of: TaskName, check: string) => string> {
  const outcomes: Omit<Outcome, 'frames'>[] = [];
  for await (const { task, prompt, checks } of scoreToyWorld(model, request)) outcomes.push({ task, prompt, checks });
  const { scores } = summarize(outcomes);
  return (of, check) => {
    const found = scores.find((score) => score.task === of && score.check === check);
    return found === undefined ? '–' : `${(100 * found.value).toFixed(0)} %`;
  };
}
