/** A golden case: what to compute from what, and what must come out (fixtures/golden/FORMAT.md, format 1). */

import type { NdArray } from 'ndarray';
import type { HostArray, HostTensor } from '../array/host.ts';
import type { Fields } from '../io/fields.ts';
import type { Backend } from '../backend/backend.ts';

/** One expected output of `case.json`. */
export interface ExpectedOutput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'uint8';
  readonly atol: number;
  readonly rtol: number;
}

export interface Case {
  /** `group/name` */
  readonly id: string;
  readonly kind: string;
  /** Hyper-parameters; each kind reads its own. */
  readonly config: Fields;
  readonly inputs: readonly string[];
  readonly outputs: readonly ExpectedOutput[];
  /** Names of the expected results that are JSON, compared exactly. */
  readonly jsonOutputs: readonly string[];
  /** The folder of the case, for kinds that read further files. */
  readonly directory: string;
  /** The root of the set, to which `config.tokenizer` and the like are relative. */
  readonly root: string;
  /** The file that `config.<key>` names: below the case's folder, or below `from`. @throws FileError if it leads elsewhere. */
  file(key: string, from?: string): string;

  /** `in/<name>` as float32 (integers are converted). */
  input(name: string): HostTensor;
  hasInput(name: string): boolean;
  /** `in/<name>` as bytes: bits and pictures. */
  bytes(name: string): NdArray<Uint8Array>;
  /** `in/<name>` as it is stored. */
  array(name: string): HostArray;
  /** `w/<key>` of the case's own archive and of its weight files. */
  weights(): ReadonlyMap<string, HostTensor>;
  /** `out/<name>` */
  expected(name: string): HostArray;
  /** `out.json`: the expected results that are JSON; items repeat their inputs; a list's are named by index. */
  readonly json: Readonly<Record<string, unknown>>;
  /** What a JSON case computes from: `in.json` of a kit; golden cases have it in `out.json`, among the results. */
  readonly given: Readonly<Record<string, unknown>>;
}

/** Receives results in execution order. */
export interface Results {
  /** A tensor; of the type of the expected output. */
  tensor(name: string, value: HostArray): void;
  /** A JSON result. */
  json(name: string, value: unknown): void;
}

/** Computes every output of a case of one kind, generically from its config. */
export interface Kind {
  readonly kind: string;
  /** Spec steps that the kind exercises, by output name prefix ('' for all others), for reports. */
  readonly steps: Readonly<Record<string, string>>;
  run(c: Case, b: Backend, results: Results): Promise<void>;
}
