/**
 * Official files → a model directory: sizes inferred from the weights, settings from a preset, weights copied one
 * tensor at a time.
 */

import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processors } from '../../backends/wasm/index.ts';
import type { BlockType } from '../array/block-matrix.ts';
import { BLOCK_TYPES } from '../array/block-matrix.ts';
import type { Shape } from '../array/host.ts';
import { sizeOf } from '../array/host.ts';
import { ArgumentError, FileError } from '../errors.ts';
import { writeFileAtomic, writeFolderAtomic } from '../io/atomic.ts';
import { Fields } from '../io/fields.ts';
import { parseStrictJson } from '../io/strict-json.ts';
import type { FloatType } from '../io/write-safetensors.ts';
import type { ModelConfig } from '../model/directory.ts';
import type { T5Config } from '../text/t5-config.ts';
import { readT5Config } from '../text/t5-config.ts';
import { t5Shapes } from '../text/t5-shapes.ts';
import { tokenizerShapes } from '../tokenizer/shapes.ts';
import { transformerShapes } from '../transformer/shapes.ts';
import type { Collection, SourceTensor } from './collect.ts';
import { collectWeights } from './collect.ts';
import { textEncoderNotes, transformerNotes } from './gguf-notes.ts';
import { differences, inferQuantizer, inferTokenizer, inferTransformer } from './infer.ts';
import { asOfficiallyLoaded, isBuffer } from './official-loader.ts';
import { matchKeys, summary } from '../model/match-keys.ts';
import { LEARNED_PROJECTION } from '../model/match-weights.ts';
import { folderFiles } from '../model/folder.ts';
import { readTextTokenizer } from '../model/text-tokenizer.ts';
import { checkVocabulary } from '../text/features.ts';
import type { PartName } from './official-keys.ts';
import type { QuantizationError } from './quantized-chunks.ts';
import { describeErrors, quantizedChunks } from './quantized-chunks.ts';
import type { Quantizer } from './quantize-threads.ts';
import { startQuantizer } from './quantize-threads.ts';
import { weightChunks } from './weight-chunks.ts';

export interface ConvertOptions {
  /** Settings, and the sizes that the weights should have. */
  readonly preset: ModelConfig;
  /** Take the sizes of the weights where they are not the preset's, instead of refusing them. */
  readonly resize?: boolean;
  /** Type of all weights, or of the blocks that the rule of stored-types.ts makes of them; as stored if left out. */
  readonly type?: FloatType | BlockType;
  /** Values that do not fit float16 become infinite, with a note, instead of being refused. */
  readonly allowOverflow?: boolean;
  /** Told what is odd but no error, and what is being written. */
  readonly note?: (line: string) => void;
  /** That quantize; unless given as many as there are processors, and one for a small model. */
  readonly threads?: number;
  /** Ends the work with its reason; nothing is left of it. */
  readonly signal?: AbortSignal;
}

/** Where in the model directory each part lies, without the file's ending. */
export const FILES: Readonly<Record<PartName, string>> = {
  tokenizer: 'tokenizer',
  transformer: 'transformer',
  text_encoder: 'text_encoder/model',
};

/** Files beside the weights of the text encoder that belong to it. */
const TEXT_FILES = ['config.json', 'tokenizer.json', 'spiece.model'];

/**
 * @param inputs official files or folders.
 * @param out the folder to make: it must not exist, or be empty.
 * @throws FileError if a file is damaged, or weights are missing or of another shape; ArgumentError if they are not of
 *   the preset's sizes.
 */
export async function convert(inputs: readonly string[], out: string, options: ConvertOptions): Promise<ModelConfig> {
  const { note = () => undefined } = options;
  const collected = await collectWeights(inputs);
  let quantizer: Quantizer | undefined;
  try {
    const collection = asOfficiallyLoaded(collected, note);
    const config = inferConfig(collection, options);
    const expected = await expectedShapes(collection, config);
    for (const [part, shapes] of expected) check(part, shapes, collection, note);
    await writeFolderAtomic(out, async (folder) => {
      const json = new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`);
      await writeFileAtomic(join(folder, 'config.json'), json);
      if (collection.textEncoderFolder === undefined) note('no text encoder is in the files: prompts cannot be encoded');
      else await copyTextFiles(collection.textEncoderFolder, join(folder, 'text_encoder'));
      quantizer = startQuantizer(options.threads ?? (await threadsFor(expected, options)));
      for (const [part, shapes] of expected) {
        await writePart(part, [...shapes.keys()], folder, collection, config, quantizer, options);
      }
    });
    return config;
  } finally {
    await quantizer?.close();
    await collected.close();
  }
}

/** So many weights are quantized in the time in which threads start. */
const WORTH_THREADS = 2 ** 25;

async function threadsFor(parts: ReadonlyMap<PartName, ReadonlyMap<string, Shape>>, { type }: ConvertOptions): Promise<number> {
  if (!BLOCK_TYPES.some((block) => block === type)) return 1;
  const weights = [...parts.values()].flatMap((shapes) => [...shapes.values()]).reduce((sum, shape) => sum + sizeOf(shape), 0);
  return weights < WORTH_THREADS ? 1 : processors();
}

/** One file of weights: GGUF for what is quantized, else safetensors. */
async function writePart(
  part: PartName, keys: readonly string[], folder: string, { parts, textEncoderFolder }: Collection, config: ModelConfig,
  quantizer: Quantizer, { type, allowOverflow = false, note = () => undefined, signal }: ConvertOptions,
): Promise<void> {
  const tensors = parts.get(part)!;
  const blocks = BLOCK_TYPES.find((block) => block === type);
  const path = join(folder, FILES[part]);
  const overflow = allowOverflow ? note : undefined;
  if (blocks === undefined || part === 'tokenizer') {
    note(`writing ${FILES[part]}.safetensors: ${keys.length} tensors`);
    const floats = blocks === undefined && type !== undefined ? { type: type as FloatType } : {};
    await writeFileAtomic(`${path}.safetensors`, weightChunks(keys, tensors, { ...floats, overflow }), signal);
    return;
  }
  note(`writing ${FILES[part]}.gguf: ${keys.length} tensors`);
  const notes = part === 'transformer'
    ? transformerNotes(config, blocks)
    : await textEncoderNotes(await t5ConfigIn(textEncoderFolder!), textEncoderFolder!);
  const errors: QuantizationError[] = [];
  const chunks = quantizedChunks(part, keys, tensors, blocks, notes, quantizer, (error) => errors.push(error));
  await writeFileAtomic(`${path}.gguf`, chunks, signal);
  if (errors.length > 0) note(`${part}: ${describeErrors(errors)}`);
}

function inferConfig({ parts }: Collection, { preset, resize = false, note }: ConvertOptions): ModelConfig {
  const shapesOf = (part: PartName): ReadonlyMap<string, Shape> => {
    const tensors = parts.get(part);
    if (tensors === undefined) throw new FileError(`${part} weights`, 'none are in the files that were given');
    return new Map([...tensors].map(([key, { shape }]) => [key, shape]));
  };
  const [tokenizer, transformer] = [shapesOf('tokenizer'), shapesOf('transformer')];
  const inferred = {
    tokenizer: inferTokenizer(tokenizer, preset.tokenizer),
    transformer: inferTransformer(transformer, preset.transformer),
    quantizer: inferQuantizer(transformer, preset.quantizer),
  };
  const odd = (['tokenizer', 'transformer', 'quantizer'] as const).flatMap((section) => {
    return differences(inferred[section], preset[section]).map((line) => `${section}.${line}`);
  });
  if (odd.length > 0 && !resize) {
    throw new ArgumentError('weights', `the sizes of the preset '${preset.name}' (--resize takes theirs)`, odd);
  }
  for (const line of odd) note?.(`not as in the preset: ${line}`);
  return { ...preset, ...inferred };
}

async function expectedShapes(
  { parts, textEncoderFolder }: Collection,
  { tokenizer, transformer, quantizer }: ModelConfig,
): Promise<Map<PartName, ReadonlyMap<string, Shape>>> {
  const plain = tokenizerShapes(tokenizer);
  const shapes = new Map<PartName, ReadonlyMap<string, Shape>>([
    ['tokenizer', quantizer.use_learnable_dim_proj === 1 ? withLearnedProjections(plain, parts.get('tokenizer')!) : plain],
    ['transformer', transformerShapes(transformer, quantizer)],
  ]);
  if (textEncoderFolder !== undefined) {
    const config = await t5ConfigIn(textEncoderFolder);
    shapes.set('text_encoder', t5Shapes(config));
    checkVocabulary(await readTextTokenizer(folderFiles(textEncoderFolder), ''), config);
  }
  return shapes;
}

async function t5ConfigIn(folder: string): Promise<T5Config> {
  const file = join(folder, 'config.json');
  if (!existsSync(file)) throw new FileError(file, 'does not exist: it describes the text encoder beside it');
  return readT5Config(new Fields(parseStrictJson(await readFile(file), file), file));
}

/** The projections that `use_learnable_dim_proj` adds to the quantizer have whatever shapes they come with. */
function withLearnedProjections(
  shapes: Map<string, Shape>,
  tensors: ReadonlyMap<string, SourceTensor>,
): Map<string, Shape> {
  for (const [key, { shape }] of tensors) if (LEARNED_PROJECTION.test(key)) shapes.set(key, shape);
  return shapes;
}

function check(
  part: PartName,
  shapes: ReadonlyMap<string, Shape>,
  { parts }: Collection,
  note: (line: string) => void,
): void {
  const weights = new Map([...parts.get(part)!].filter(([key]) => shapes.has(key) || !isBuffer(key)));
  const { missing, mismatched, extra } = matchKeys(shapes, weights);
  const buffers = [...parts.get(part)!.keys()].filter((key) => !shapes.has(key) && isBuffer(key));
  for (const line of summary('buffers, which hold no weights', buffers)) note(`${part}: ${line}`);
  for (const line of summary('not used', extra)) note(`${part}: ${line}`);
  const problems = [...summary('missing', missing), ...summary('of another shape', mismatched)];
  if (problems.length > 0) throw new FileError(`${part} weights`, problems.join('; '));
}

/** Makes the folder `to` and puts everything of a text encoder there but its weights. */
export async function copyTextFiles(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of TEXT_FILES) if (existsSync(join(from, name))) await copyFile(join(from, name), join(to, name));
}
