/** The commands, and how an error of the user's input ends one: with one line and a non-zero exit code. */

import { CommanderError, Command } from 'commander';
import { InfinityStarError } from '../errors.ts';
import { conformCommand } from './conform.ts';
import { convertCommand } from './convert.ts';
import { evalCommand } from './eval.ts';
import { devicesCommand } from './devices.ts';
import { exploreCommand } from './explore.ts';
import { exportCommand } from './export.ts';
import { generateCommand } from './generate.ts';
import { infoCommand } from './info.ts';
import { inspectCommand } from './inspect.ts';
import { InterruptedError } from './interruption.ts';
import { interactCommand } from './interact.ts';
import { kitCommand } from './kit.ts';
import { qualityCommand } from './quality.ts';
import { reconstructCommand } from './reconstruct.ts';
import { traceCommand } from './trace-show.ts';
import { trainCommand } from './train.ts';
import { version } from './version.ts';

/** @param signal ends the command with its reason. @returns the exit code. Output goes to the process's own streams. */
export async function runProgram(args: readonly string[], signal = new AbortController().signal): Promise<number> {
  process.exitCode = 0; // `conform` and the like set it
  try {
    await makeProgram(signal).parseAsync(args, { from: 'user' });
    return Number(process.exitCode);
  } catch (caught) {
    // What fails while a command ends early, a child that got the same Ctrl-C perhaps, is no error of its own.
    const error: unknown = signal.aborted ? signal.reason : caught;
    if (error instanceof InterruptedError) {
      process.stderr.write(`${error.message}\n`);
      return error.exitCode;
    }
    // commander has printed its line, or the help
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const message = error instanceof InfinityStarError ? error.message : `internal error: ${String(error)}`;
    process.stderr.write(`error: ${message}\n`);
    if (!(error instanceof InfinityStarError) && process.env['INFINITYSTAR_DEBUG']) console.error(error);
    return 1;
  }
}

function makeProgram(signal: AbortSignal): Command {
  const program = new Command('infinitystar')
    .description('InfinityStar (arXiv 2511.04675): images and videos from a spacetime autoregressive model')
    .version(version())
    .showSuggestionAfterError()
    .exitOverride()
    .hook('preAction', (_, command) => refuseEmptyValues(command))
    .addCommand(generateCommand(signal))
    .addCommand(interactCommand(signal))
    .addCommand(reconstructCommand(signal))
    .addCommand(infoCommand(signal))
    .addCommand(devicesCommand())
    .addCommand(inspectCommand())
    .addCommand(convertCommand(signal))
    .addCommand(exportCommand(signal))
    .addCommand(traceCommand())
    .addCommand(exploreCommand(signal))
    .addCommand(trainCommand(signal))
    .addCommand(evalCommand(signal))
    .addCommand(qualityCommand(signal))
    .addCommand(conformCommand(signal))
    .addCommand(kitCommand(signal));
  for (const command of program.commands) command.exitOverride();
  return program;
}

/** An option without a value, of a variable that was not set perhaps, is no option left out. */
function refuseEmptyValues(command: Command): void {
  const empty = command.options.find((option) => command.getOptionValue(option.attributeName()) === '');
  if (empty !== undefined) command.error(`error: option '${empty.flags}' has an empty value`);
}
