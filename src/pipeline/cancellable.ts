/** A model whose work ends, with the signal's reason, when a signal says so. */

import { abortable } from '../backend/abortable.ts';
import type { Model } from '../model/open.ts';

/** @throws the signal's reason if it has been given already. */
export function cancellable(model: Model, signal: AbortSignal | undefined): Model {
  if (signal === undefined) return model;
  signal.throwIfAborted();
  const encodePrompt: Model['encodePrompt'] = (prompt) => model.encodePrompt(prompt, signal);
  return { ...model, backend: abortable(model.backend, signal), encodePrompt };
}
