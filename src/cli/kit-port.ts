/** `infinitystar kit lint|skeleton`: for those who begin to write a port. */

import { Command, Option } from 'commander';
import { lintKit } from '../kit/lint.ts';
import { LANGUAGES, MAIN_FILES, writeSkeleton } from '../kit/skeleton.ts';
import type { Language } from '../kit/skeleton.ts';
import { addChoice, checkResults, chosen, exitingTwo } from './kit-options.ts';
import type { Choice } from './kit-options.ts';

export function lintCommand(signal: AbortSignal): Command {
  return addChoice(new Command('lint'))
    .description('names, shapes and types of what a port wrote, not values (exit 1: a finding; 2: nothing was written, or unreadable)')
    .argument('<kit>', 'folder made by kit export, also without answers')
    .argument('<results>', 'folder of <case>.npz, .safetensors or .json files')
    .action((kit: string, results: string, options: Choice) => exitingTwo(signal, async () => {
      checkResults(results);
      const { findings, written, cases } = await lintKit(kit, results, { wanted: chosen(options), signal });
      const summary = `findings: ${findings.length}; files for ${written} of ${cases} cases`;
      process.stdout.write([...findings, summary, ''].join('\n'));
      process.exitCode = findings.length > 0 ? 1 : written > 0 ? 0 : 2;
    }));
}

export function skeletonCommand(): Command {
  return new Command('skeleton')
    .description('write a small program that kit run can drive: it reads inputs and skips every case')
    .addOption(new Option('--language <language>', 'what it is written in').choices(LANGUAGES).makeOptionMandatory())
    .option('--out <folder>', 'a new folder', 'port')
    .action(async ({ language, out }: { language: Language; out: string }) => {
      await writeSkeleton(language, out);
      process.stdout.write(`${out}: a port that skips everything; ${MAIN_FILES[language]} says how to run it\n`);
    });
}
