/** `--rewrite <address>`: prompts with more detail from a language model's server, before anything is generated. */

import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Sample } from '../batch/plan.ts';
import { rewritePrompt } from '../batch/rewrite.ts';
import { ArgumentError, printable } from '../errors.ts';
import { numberAbove } from './options.ts';

export interface RewriteFlags {
  readonly rewrite?: string;
  readonly rewriteModel?: string;
  readonly rewriteTimeout?: number;
}

export function addRewriteOptions(command: Command): Command {
  return command
    .option('--rewrite <address>', 'have prompts told in detail by a chat-completions server (docs/scale.md); INFINITYSTAR_REWRITE_KEY is its key')
    .option('--rewrite-model <name>', 'with --rewrite: which of the server\'s models')
    .option('--rewrite-timeout <seconds>', 'with --rewrite: how long to wait for an answer (default: 60)', numberAbove(0));
}

/** The prompt as it is, unless a server is named. */
export async function rewritten(prompt: string, flags: RewriteFlags, signal: AbortSignal): Promise<string> {
  const { rewrite: address, rewriteModel: model, rewriteTimeout: seconds } = flags;
  if (address === undefined) {
    if (model !== undefined || seconds !== undefined) throw new ArgumentError('--rewrite-model, --rewrite-timeout', '--rewrite beside it', 'none');
    return prompt;
  }
  const key = process.env['INFINITYSTAR_REWRITE_KEY'];
  const text = await rewritePrompt(prompt, {
    address, signal,
    cache: join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'infinitystar', 'rewritten'),
    ...(model === undefined ? {} : { model }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(key === undefined ? {} : { key }),
  });
  process.stderr.write(`note: rewritten: ${printable(text)}\n`);
  return text;
}

/** Of samples only what is generated from: their seeds and names stay those of the original prompts. Refined prompts stay too. */
export async function rewrittenSamples(samples: readonly Sample[], flags: RewriteFlags, signal: AbortSignal): Promise<Sample[]> {
  const texts = new Map<string, string>();
  for (const { prompt: { text, name } } of samples) {
    if (text === name && !texts.has(text)) texts.set(text, await rewritten(text, flags, signal));
  }
  return samples.map(({ prompt, ...sample }) => {
    return { ...sample, prompt: { ...prompt, text: texts.get(prompt.text) ?? prompt.text } };
  });
}
