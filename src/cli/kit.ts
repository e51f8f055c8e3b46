/** `infinitystar kit export|check|run|lint|skeleton|serve`: conformance kits for ports (docs/porting.md). */

import { tmpdir } from 'node:os';
import { Command, Option } from 'commander';
import { checkFolderTarget, writeFileAtomic, writeFolderAtomic } from '../io/atomic.ts';
import { newTemporary } from '../io/temporary.ts';
import { makeBackend } from '../backends.ts';
import { readJson } from '../conform/load.ts';
import { printable } from '../errors.ts';
import { badge, baselineOf, regressions } from '../kit/baseline.ts';
import { shippedFixture } from '../model/default.ts';
import { checkKit } from '../kit/check.ts';
import type { KitReport } from '../kit/check.ts';
import { exportKit } from '../kit/export.ts';
import { junitXml } from '../kit/junit.ts';
import { LEVELS } from '../kit/levels.ts';
import { readManifest } from '../kit/manifest.ts';
import type { KitEntry } from '../kit/manifest.ts';
import { supportMatrix } from '../kit/matrix.ts';
import { formatKitReport } from '../kit/report.ts';
import { PROFILES } from '../kit/profiles.ts';
import type { Profile } from '../kit/profiles.ts';
import { unmet } from '../kit/require.ts';
import { runKit } from '../kit/run.ts';
import { serve } from '../kit/serve.ts';
import { addChoice, checkResults, chosen, exitingTwo, levelOption } from './kit-options.ts';
import type { Choice } from './kit-options.ts';
import { lintCommand, skeletonCommand } from './kit-port.ts';
import { addComputeOptions, backendOf, numberAbove } from './options.ts';
import type { ComputeOptions } from './options.ts';

interface CheckOptions extends Choice {
  readonly json?: string;
  readonly junit?: string;
  readonly matrix?: string;
  readonly require?: readonly string[];
  readonly profile: Profile;
  readonly baseline?: string;
  readonly writeBaseline?: string;
  readonly badge?: string;
}

interface RunOptions extends CheckOptions {
  readonly exec: string;
  readonly results?: string;
  readonly timeout: number;
}

export function kitCommand(signal: AbortSignal): Command {
  const kit = new Command('kit')
    .description('conformance kits for other implementations')
    .addCommand(exportCommand(signal))
    .addCommand(addCheckOptions(new Command('check'))
      .description('compare what a port wrote with a kit (exit 1: a fault, or not all that is required; 2: no case ran whole, or unreadable)')
      .argument('<kit>', 'folder made by kit export')
      .argument('<results>', 'folder of <case>.npz, .safetensors or .json files')
      .action(async (kit: string, results: string, options: CheckOptions) => {
        await exitingTwo(signal, async () => {
          checkResults(results);
          const settings = { wanted: chosen(options), profile: options.profile, signal };
          await conclude(kit, await checkKit(kit, results, await makeBackend('reference'), settings), options, 'the port');
        });
      }))
    .addCommand(addCheckOptions(new Command('run'))
      .description('let a program compute the cases of a kit, and check it (exit codes as check)')
      .argument('<kit>', 'folder made by kit export')
      .requiredOption('--exec <command>', 'the program, run by the shell')
      .option('--results <folder>', 'keep what it writes here, a new folder (default: nowhere)')
      .option('--timeout <seconds>', 'for each case', numberAbove(0), 600)
      .action((kit: string, options: RunOptions) => exitingTwo(signal, () => run(kit, options, signal))))
    .addCommand(lintCommand(signal))
    .addCommand(skeletonCommand())
    .addCommand(addComputeOptions(new Command('serve'))
      .description('be the program that kit run drives: this implementation, on any backend')
      .action(async (options: ComputeOptions) => serve(process.stdin, process.stdout, await backendOf(options, signal))));
  for (const command of kit.commands) command.exitOverride();
  return kit;
}

interface ExportChoice {
  readonly level?: string[];
  readonly golden: string;
  readonly filter?: string;
  readonly answers: boolean;
  readonly safetensors?: boolean;
}

function exportCommand(signal: AbortSignal): Command {
  return new Command('export')
    .description('write a kit: inputs, weights, draws and expected stages')
    .argument('<folder>', 'a new folder')
    .addOption(levelOption())
    .option('--golden <folder>', 'golden cases to draw from', shippedFixture('golden'))
    .option('--safetensors', 'tensors as safetensors too, beside every npz')
    .option('--no-answers', 'without expected values: for those who are not to see them')
    .option('--filter <text>', 'only cases whose id contains the text')
    .action(async (folder: string, options: ExportChoice) => {
      await checkFolderTarget(folder);
      const { golden, level = Object.keys(LEVELS), filter = '', answers, safetensors = false } = options;
      let entries: readonly KitEntry[] = [];
      const backend = await makeBackend('reference');
      await writeFolderAtomic(folder, async (temporary) => {
        const wanted = (id: string): boolean => id.includes(filter);
        entries = await exportKit(temporary, backend, { golden, levels: level, wanted, answers, safetensors, signal });
      });
      process.stdout.write(`${folder}: ${entries.length} cases of ${level.join(', ')}\n`);
    });
}

function addCheckOptions(command: Command): Command {
  return addChoice(command)
    .addOption(new Option('--profile <precision>', 'precision that the port computes in').choices(PROFILES).default('float32'))
    .option('--json <file>', 'the whole report as JSON')
    .option('--junit <file>', 'the report as JUnit XML')
    .option('--matrix <file>', 'what the port supports, as Markdown')
    .option('--badge <file>', 'how many cases passed, as an SVG picture')
    .option('--write-baseline <file>', 'the status of every case, for --baseline')
    .option('--baseline <file>', 'fail (exit 1) only where a case is worse than in this file')
    .option('--require <names>', 'levels, kinds or cases that must have passed, with commas between', (text: string) => text.split(','));
}

async function run(kit: string, options: RunOptions, signal: AbortSignal): Promise<void> {
  const temporary = options.results === undefined ? await newTemporary(tmpdir()) : undefined;
  const results = options.results ?? temporary!.path;
  const stray = (line: string): void => {
    process.stderr.write(`port: ${printable(line)}\n`);
  };
  try {
    const { exec: command, timeout: timeoutSeconds, profile } = options;
    const port = { command, timeoutSeconds, stray, profile, signal };
    const report = await runKit(kit, results, await makeBackend('reference'), chosen(options), port);
    await conclude(kit, report, options, report.name);
  } finally {
    await temporary?.remove();
  }
}

/** Prints and writes the report, and sets the exit code. */
async function conclude(kit: string, report: KitReport, options: CheckOptions, name: string): Promise<void> {
  const missed = options.require === undefined ? [] : unmet(options.require, readManifest(kit), report);
  const worse = options.baseline === undefined ? undefined : regressions(readJson(options.baseline), report);
  process.stdout.write(`${[formatKitReport(report), ...[...missed, ...(worse ?? [])].map(printable)].join('\n')}\n`);
  const { json, junit, matrix, badge: picture, writeBaseline } = options;
  const text = (content: string): Uint8Array => new TextEncoder().encode(content);
  if (json !== undefined) await writeFileAtomic(json, text(`${JSON.stringify(report, null, 1)}\n`));
  if (junit !== undefined) await writeFileAtomic(junit, text(junitXml(report)));
  if (matrix !== undefined) await writeFileAtomic(matrix, text(supportMatrix(report, name)));
  if (picture !== undefined) await writeFileAtomic(picture, text(badge(report)));
  if (writeBaseline !== undefined) await writeFileAtomic(writeBaseline, text(`${JSON.stringify(baselineOf(report), null, 1)}\n`));
  const has = (...statuses: readonly string[]): boolean => report.cases.some(({ status }) => statuses.includes(status));
  if (worse !== undefined) process.exitCode = worse.length > 0 || missed.length > 0 ? 1 : 0;
  else if (has('unreadable')) process.exitCode = 2;
  else if (has('failed', 'error') || missed.length > 0) process.exitCode = 1;
  else process.exitCode = has('passed') ? 0 : 2;
}
