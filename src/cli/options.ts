/** Parsers of option values, shared by the commands. */

import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import type { GpuMode } from '../../backends/gpujs/modes.ts';
import { gpuModes } from '../../backends/gpujs/modes.ts';
import { abortable } from '../backend/abortable.ts';
import type { Backend } from '../backend/backend.ts';
import { diverseDraw } from '../sampler/diverse.ts';
import { backendChoices, makeBackend } from '../backends.ts';
import type { PerScale } from '../model/config.ts';
import { ArgumentError } from '../errors.ts';

/** A whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (!Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`expected a whole number of at least ${least}.`);
    }
    return value;
  };
}

/** A finite number above `bound`, or at least that when `inclusive`. */
export function numberAbove(bound: number, inclusive = false): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (!Number.isFinite(value) || value < bound || (value === bound && !inclusive)) {
      throw new InvalidArgumentError(`expected a number ${inclusive ? 'of at least' : 'above'} ${bound}.`);
    }
    return value;
  };
}

/** A number above `bound`, or several with commas between them. */
function oneOrMore(bound: number): (text: string) => PerScale {
  const parse = numberAbove(bound);
  return (text) => {
    const values = text.split(',').map(parse);
    return values.length === 1 ? values[0] : values;
  };
}

/** Which backend computes, and with how many threads. */
export interface ComputeOptions {
  readonly backend?: string;
  readonly threads?: number;
  readonly gpu?: GpuMode | 'auto';
}

export function addComputeOptions(command: Command): Command {
  return command
    .addOption(new Option('--backend <name>', 'what computes (default: the fastest that runs here)').choices(backendChoices))
    .option('--threads <n>', 'threads that compute (default and at most: one for each processor)', wholeNumber(1))
    .addOption(
      new Option('--gpu <mode>', 'how the backend gpujs computes (default: auto)').choices(['auto', ...gpuModes]).implies({ backend: 'gpujs' }),
    );
}

/** The backend that the options ask for, whose work ends when `signal` says so. */
export async function backendOf({ backend, threads, gpu }: ComputeOptions, signal: AbortSignal): Promise<Backend> {
  const made = await makeBackend(backend, {
    ...(threads === undefined ? {} : { threads }),
    ...(gpu === undefined ? {} : { gpu }),
    onChoice: (line) => process.stderr.write(`note: ${line}\n`),
  });
  return abortable(made, signal);
}

export interface SamplingOptions {
  readonly seed: number;
  readonly cfg?: PerScale;
  readonly guidance?: 'cfg' | 'apg';
  readonly tauImage?: PerScale;
  readonly tauVideo?: PerScale;
  readonly maxRepeats?: number;
  readonly prune?: number;
  readonly pruneScales?: number;
  readonly diverse?: number;
  readonly asReleased?: true;
  readonly posterior?: 'mean' | 'draw';
}

/** The options of every sampling command. */
export function addSamplingOptions(command: Command): Command {
  return command
    .option('--seed <n>', 'the same seed gives the same bits on every machine', seedNumber, 0)
    .option('--cfg <scale>', 'guidance scale, 1: none; or one for each scale of a clip: 3,2,1,1 (default: the model\'s)', oneOrMore(0))
    .addOption(new Option('--guidance <method>', 'how to guide (default: the model\'s)').choices(['cfg', 'apg']))
    .option('--tau-image <temperature>', 'temperature of the first frame, or of each of its scales (default: the model\'s)', oneOrMore(0))
    .option('--tau-video <temperature>', 'temperature of the clips, or of each of their scales (default: the model\'s)', oneOrMore(0))
    .option('--max-repeats <n>', 'predict each scale so many times at most (default: the model\'s)', wholeNumber(1))
    .option('--prune <share>', 'only this share of the last scale\'s cells goes through the network (docs/samplers.md)', numberAbove(0))
    .option('--prune-scales <n>', 'with --prune: so many of the last scales (default: 1)', wholeNumber(1))
    .option('--diverse <confidence>', 'bits of the first scales no surer than this on average, 0.5 to 1 (docs/samplers.md)', numberAbove(0.5))
    .addOption(new Option('--precision <type>', 'bf16 where the released scripts use it, or float32 (docs/precision.md)').choices(['float32', 'official']))
    .option('--as-released', 'do what the released scripts do with what is given (docs/released.md)')
    .addOption(new Option('--posterior <how>', 'features of given frames (default: mean; as released: draw)').choices(['mean', 'draw']));
}

/** The options in the form that the library takes. */
export function samplingChanges(options: SamplingOptions) {
  const { seed, cfg, guidance, tauImage, tauVideo, maxRepeats, prune, pruneScales, diverse, asReleased, posterior } = options;
  if (prune === undefined && pruneScales !== undefined) throw new ArgumentError('--prune-scales', '--prune beside it', 'none');
  const scales = pruneScales === undefined ? {} : { scales: pruneScales };
  const pruning = prune === undefined ? {} : { pruning: { keep: prune, ...scales } };
  return {
    seed,
    ...(cfg === undefined ? {} : { cfg }),
    ...(guidance === undefined ? {} : { guidance }),
    ...(tauImage === undefined ? {} : { tauImage }),
    ...(tauVideo === undefined ? {} : { tauVideo }),
    ...(maxRepeats === undefined ? {} : { maxRepeats }),
    ...pruning,
    ...(diverse === undefined ? {} : { draw: diverseDraw({ confidence: diverse }) }),
    ...(asReleased === undefined ? {} : { asReleased }),
    ...(posterior === undefined ? {} : { posterior }),
  };
}

function seedNumber(text: string): number {
  const seed = wholeNumber(0)(text);
  if (seed >= 2 ** 32) throw new InvalidArgumentError('expected at most 4294967295.');
  return seed;
}
