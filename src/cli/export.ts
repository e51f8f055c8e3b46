/** `infinitystar export <model>`: a model directory becomes files that the official code loads. */

import { Command, Option } from 'commander';
import { printable } from '../errors.ts';
import { exportOfficial } from '../convert/export.ts';

export function exportCommand(signal: AbortSignal): Command {
  return new Command('export')
    .description('write a model as the official code loads it')
    .argument('<model>', 'model directory')
    .addOption(new Option('--format <name>', 'whose names and layouts').choices(['official']).default('official'))
    .requiredOption('--out <directory>', 'directory to make')
    .action(async (model: string, { out }: { readonly out: string }) => {
      await exportOfficial(model, out, (line) => process.stderr.write(`${printable(line)}\n`), signal);
      process.stdout.write(`${out}\n`);
    });
}
