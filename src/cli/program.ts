/** The commands, and how an error of the user's input ends one: with one line and a non-zero exit code. */

import { CommanderError, Command } from 'commander';
import { InfinityStarError } from '../errors.ts';
import { conformCommand } from './conform.ts';
import { convertCommand } from './convert.ts';
import { evalCommand } from './eval.ts';
import { devicesCommand } from './devices.ts';
import { exportCommand } from './export.ts';
import { generateCommand } from './generate.ts';
import { infoCommand } from './info.ts';
import { inspectCommand } from './inspect.ts';
import { interactCommand } from './interact.ts';
import { kitCommand } from './kit.ts';
import { qualityCommand } from './quality.ts';
import { reconstructCommand } from './reconstruct.ts';
import { traceCommand } from './trace-show.ts';
import { trainCommand } from './train.ts';

/** @returns the exit code. Output goes to the process's own streams. */
export async function runProgram(args: readonly string[]): Promise<number> {
  process.exitCode = 0; // `conform` and the like set it
  try {
    await makeProgram().parseAsync(args, { from: 'user' });
    return Number(process.exitCode);
  } catch (error) {
    // commander has printed its line, or the help
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const message = error instanceof InfinityStarError ? error.message : `internal error: ${String(error)}`;
    process.stderr.write(`error: ${message}\n`);
    if (!(error instanceof InfinityStarError) && process.env['INFINITYSTAR_DEBUG']) console.error(error);
    return 1;
  }
}

function makeProgram(): Command {
  const program = new Command('infinitystar')
    .description('InfinityStar (arXiv 2511.04675): images and videos from a spacetime autoregressive model')
    .showSuggestionAfterError()
    .exitOverride()
    .addCommand(generateCommand())
    .addCommand(interactCommand())
    .addCommand(reconstructCommand())
    .addCommand(infoCommand())
    .addCommand(devicesCommand())
    .addCommand(inspectCommand())
    .addCommand(convertCommand())
    .addCommand(exportCommand())
    .addCommand(traceCommand())
    .addCommand(trainCommand())
    .addCommand(evalCommand())
    .addCommand(qualityCommand())
    .addCommand(conformCommand())
    .addCommand(kitCommand());
  for (const command of program.commands) command.exitOverride();
  return program;
}
