/**
 * Runs a case with the stages inside it: for a generation every step's input, positions, keys seen, attention and blocks,
 * between the results that the golden case has, all in the order of execution. Their names are those of traces under
 * `stage/`.
 */

import type { Backend } from '../backend/backend.ts';
import { Tensor } from '../backend/backend.ts';
import { observe } from '../backend/observe.ts';
import type { Case, Kind, Results } from '../conform/case.ts';
import { checkVariants } from '../conform/options.ts';
import { stageName, stepOfStage } from '../trace/stages.ts';
import { Taps } from '../trace/taps.ts';
import { valuesOf } from '../trace/values.ts';

/** Layers of a residual block, seen in its own cases. */
const LAYERS = /^(norm|conv)\d$/;

const PART = /(?:prefix|rope|embed|block\d+(?:\/attention)?|block0\/attention\/seen_keys)/;
const SHOWN = new RegExp(
  `^condition/quantize/clip\\d+/step\\d+/residual$|^(text|semantic|detail|clip\\d+/scale\\d+/rep\\d+)/${PART.source}$`,
);

/** The spec step of an output: of a stage by its name, of a golden output as its kind says. */
export function stepOfOutput(kind: Kind | undefined, output: string): string {
  if (/^stage\/(clip|text|semantic|detail|condition\/)/.test(output)) return stepOfStage(output.slice('stage/'.length));
  const [, layer] = /^stage\/(normed|conditioned|conv)\d/.exec(output) ?? [];
  if (layer !== undefined) return { normed: 'V2', conditioned: 'V6', conv: 'V1' }[layer]!;
  const prefixes = Object.keys(kind?.steps ?? {}).filter((prefix) => output.startsWith(prefix));
  const longest = prefixes.sort((a, b) => b.length - a.length)[0];
  return longest === undefined ? '' : kind!.steps[longest];
}

/** Computes a case, passing on its stages too where it is a generation. */
export async function runStaged(c: Case, kind: Kind, b: Backend, results: Results): Promise<void> {
  checkVariants(c.config);
  if (c.kind === 'resnet_block') return runLayers(c, kind, b, results);
  if (!c.kind.startsWith('sample')) return b.scope(c.id, (inner) => kind.run(c, inner, results));
  await b.scope('case', (inner) => {
    const watched = observe(new Taps(inner), async (path, value, scope) => {
      const stage = stageName(path).replace(/^interact\//, '');
      const taken = scope instanceof Taps ? [...scope.taken] : [];
      for (const [part, found] of [...taken, ...valuesOf(value)]) {
        const inside = part === '' ? stage : `${stage}/${part}`;
        const name = inside.replace(/block0\/attention\/rope$/, 'rope');
        if (SHOWN.test(name) && found instanceof Tensor) results.tensor(`stage/${name}`, await scope.read(found));
      }
    });
    return kind.run(c, watched, results);
  });
}

/** `stage/normed1/<i>` or `stage/conditioned1/<i>` (then silu), `stage/conv1/<i>` …, chunk by chunk. */
async function runLayers(c: Case, kind: Kind, b: Backend, results: Results): Promise<void> {
  const times = new Map<string, number>();
  await b.scope('case', (inner) => {
    const watched = observe(inner, async (path, value, scope) => {
      if (!LAYERS.test(path)) return;
      const chunk = times.get(path) ?? 0;
      times.set(path, chunk + 1);
      const name = path.replace('norm', c.hasInput('z0') ? 'conditioned' : 'normed');
      for (const [part, found] of valuesOf(value)) {
        if (part === '' && found instanceof Tensor) results.tensor(`stage/${name}/${chunk}`, await scope.read(found));
      }
    });
    return kind.run(c, watched, results);
  });
}
