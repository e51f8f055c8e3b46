/** What a kit says of a case beyond the golden format: stages in between, steps, tolerances of every profile. */

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostArray } from '../array/host.ts';
import { rowMajor } from '../array/host.ts';
import type { Backend } from '../backend/backend.ts';
import type { Case, ExpectedOutput } from '../conform/case.ts';
import { readJson } from '../conform/load.ts';
import { readWholeSync } from '../io/files.ts';
import { readNpz, writeNpz } from '../io/npz.ts';
import { splitJson } from './json-inputs.ts';
import { kitKinds } from './kinds.ts';
import { levelOf } from './levels.ts';
import { mainOutputs } from './main-outputs.ts';
import type { OutputNote } from './manifest.ts';
import { halfTolerances } from './profiles.ts';
import { runStaged, stepOfOutput } from './staged.ts';

/**
 * Computes a case with its stages and completes what lies in its folder.
 * @param answers whether expected values stay in the kit.
 */
export async function writeOutputs(folder: string, original: Case, b: Backend, answers: boolean): Promise<void> {
  const kind = kitKinds.get(original.kind);
  const golden = new Map(original.outputs.map((output) => [output.name, output]));
  const outputs: (ExpectedOutput & OutputNote)[] = [];
  const added = new Map<string, HostArray>();
  const note = (output: ExpectedOutput, why: string, value: HostArray): void => {
    const half = halfTolerances(original, output, largestOf(value));
    outputs.push({ ...output, step: stepOfOutput(kind, output.name), why, ...(half === undefined ? {} : { half }) });
  };
  if (kind !== undefined) {
    await runStaged(original, kind, b, {
      tensor(name, value) {
        const known = golden.get(name);
        if (known !== undefined) note(known, whyOfficial(known), original.expected(name));
        else if ((name.startsWith('stage/') && !isVideo(original, name)) || original.outputs.length === 0) {
          added.set(`out/${name}`, value);
          note(toleranceOf(name, value), whyOwn(name, value), value);
        }
        golden.delete(name);
      },
      json: () => undefined,
    });
  }
  // Of kinds that are not computed here.
  for (const output of golden.values()) note(output, whyOfficial(output), original.expected(output.name));
  writeDescription(folder, original, inOrder(outputs), answers);
  writeTensors(folder, added, answers);
}

/** Bits of a condition are reported after all of its residuals; they belong each behind its own, which decides them. */
function inOrder<T extends { readonly name: string }>(outputs: readonly T[]): T[] {
  const stepOf = ({ name }: T): string | undefined => /^condition_bits\/(\d+)$/.exec(name)?.[1];
  const bits = outputs.filter((output) => stepOf(output) !== undefined);
  return outputs.filter((output) => stepOf(output) === undefined).flatMap((output) => {
    const step = /^stage\/condition\/quantize\/clip\d+\/step(\d+)\/residual$/.exec(output.name)?.[1];
    return step === undefined ? [output] : [output, ...bits.filter((own) => stepOf(own) === step)];
  });
}

type Noted = ExpectedOutput & OutputNote;

function writeDescription(folder: string, original: Case, outputs: readonly Noted[], answers: boolean): void {
  const write = (name: string, content: unknown): void => {
    writeFileSync(join(folder, name), `${JSON.stringify(content, null, 1)}\n`);
  };
  const description = readJson(join(folder, 'case.json')) as Record<string, unknown>;
  const split = original.jsonOutputs.length === 0 ? { answers: {} } : splitJson(original.kind, original.json);
  const names = Object.keys(split.answers);
  const json_steps = Object.fromEntries(names.map((name) => [name, stepOfOutput(kitKinds.get(original.kind), name)]));
  const main = [...mainOutputs(original, outputs.map(({ name }) => name)), ...names];
  write('case.json', { ...description, json_outputs: names, level: levelOf(original.kind), main, json_steps, outputs });
  if ('given' in split && split.given !== undefined) write('in.json', split.given);
  if (names.length > 0) write('out.json', answers ? split.answers : {});
}

/** Adds stages to the case's tensors, or takes all answers away. */
function writeTensors(folder: string, added: ReadonlyMap<string, HostArray>, answers: boolean): void {
  if (answers && added.size === 0) return;
  const archive = join(folder, 'tensors.npz');
  const kept = existsSync(archive) ? readNpz(readWholeSync(archive), archive) : new Map<string, HostArray>();
  const all = [...kept, ...added].filter(([name]) => answers || !name.startsWith('out/'));
  if (all.length > 0 || existsSync(archive)) writeFileSync(archive, writeNpz(new Map(all)));
}

/** The decoder's last stage is the video, chunk by chunk. */
const isVideo = ({ kind }: Case, name: string): boolean => kind === 'vae_decode' && name.startsWith('stage/conv_out');

function largestOf(value: HostArray): number {
  let largest = 0;
  for (const x of rowMajor(value)) largest = Math.max(largest, Math.abs(x));
  return largest;
}

/** For stages that this implementation computed: a hundred or so roundings of the largest value. */
function toleranceOf(name: string, value: HostArray): ExpectedOutput {
  const data = rowMajor(value);
  const shape = value.shape;
  if (!(data instanceof Float32Array)) {
    const atol = name === 'frames_u8' ? 1 : 0; // as in the official cases: truncation at a whole number
    return { name, shape, dtype: data instanceof Int32Array ? 'int32' : 'uint8', atol, rtol: 0 };
  }
  return { name, shape, dtype: 'float32', atol: Number((2e-5 * largestOf(value) + 1e-7).toPrecision(2)), rtol: 1e-4 };
}

function whyOwn(name: string, value: HostArray): string {
  if (name === 'frames_u8') return 'truncated values near a whole number';
  return value.data instanceof Float32Array ? 'stage of infinitystar: 2e-5 of its largest value' : 'integers are exact';
}

function whyOfficial({ atol, rtol }: ExpectedOutput): string {
  return atol === 0 && rtol === 0 ? 'integers and bits are exact' : 'official code: a multiple of its float32 rounding noise';
}
