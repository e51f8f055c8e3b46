/**
 * Opens a model (directory.ts) on a backend, within a budget of memory for its weights (weight-levels.ts): those of the
 * transformer are placed first, for every step asks for them. The text encoder is opened for a prompt and closed again, so
 * that a large one does not stay in memory beside the transformer.
 */

import type { HostTensor } from '../array/host.ts';
import { sizeOf } from '../array/host.ts';
import { abortable } from '../backend/abortable.ts';
import type { Backend } from '../backend/backend.ts';
import { officialPrecision } from '../backend/official-precision.ts';
import { absentWeights, residentWeights } from '../backend/weights.ts';
import type { WeightStore } from '../backend/weights.ts';
import { ArgumentError, FileError } from '../errors.ts';
import { openGguf } from '../gguf/read.ts';
import { renamed } from '../gguf/renamed.ts';
import { t5Keys } from '../gguf/t5-names.ts';
import { Fields } from '../io/fields.ts';
import { openSafetensors } from '../io/safetensors.ts';
import { openShards } from '../io/shards.ts';
import { parseStrictJson } from '../io/strict-json.ts';
import type { TensorFile } from '../io/tensor-file.ts';
import type { PromptReader } from '../prompt/reader.ts';
import type { Quantizer } from '../quantizer/vocabulary.ts';
import { checkTextEncoder, maxPromptTokens, promptFeatures, tokenizePrompt } from '../text/features.ts';
import { EMBEDDING, EMBEDDING_COPY } from '../text/t5-shapes.ts';
import type { PromptTokens } from '../text/features.ts';
import { readT5Config } from '../text/t5-config.ts';
import { readTextTokenizer } from './text-tokenizer.ts';
import type { Tokenizer as TextTokenizer } from '../text/unigram/tokenizer.ts';
import { tokenizerShapes } from '../tokenizer/shapes.ts';
import { makeTokenizer } from '../tokenizer/tokenizer.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { transformerShapes } from '../transformer/shapes.ts';
import { makeTransformer } from '../transformer/transformer.ts';
import type { Transformer } from '../transformer/transformer.ts';
import type { ModelFiles } from './files.ts';
import { readAll, sharingFiles } from './files.ts';
import { matchWeights } from './match-weights.ts';
import type { ModelConfig } from './parse-config.ts';
import { parseConfigText } from './parse-config.ts';
import { promptReader } from './prompt-reader.ts';
import { streamWeights } from './stream-weights.ts';
import type { PlacedWeights, WeightBytes, WeightRoom, WeightSizes } from './weight-levels.ts';
import { bytesInMemory, placeWeights, weightRoom } from './weight-levels.ts';

export interface Model {
  readonly config: ModelConfig;
  readonly backend: Backend;
  /** float32 unless given. */
  readonly precision?: Precision;
  readonly tokenizer: Tokenizer;
  readonly quantizer: Quantizer;
  readonly transformer: Transformer;
  /** What the text encoder gets of a prompt, and what its writer should know; of models with a vocabulary (parse-config.ts). */
  readonly readPrompt: PromptReader;
  /**
   * Features of a prompt's tokens, (L, text_channels).
   * @param b another view of the model's backend to compute on, such as a watched one.
   * @throws ArgumentError if the prompt is blank or has more tokens than the model takes.
   */
  encodePrompt(prompt: string, signal?: AbortSignal, b?: Backend): Promise<HostTensor>;
  /** The texts of a prompt's tokens, L of them. @throws as {@link encodePrompt}. */
  promptPieces(prompt: string): Promise<readonly string[]>;
  /** Closes the files that weights are still read from. */
  close(): Promise<void>;
}

export type Precision = 'float32' | 'official';

export interface OpenOptions {
  /** Bytes of weights to keep in memory, on the backend and beside it; 2 GiB unless given. */
  readonly weightBudget?: number;
  /** Ends the opening with its reason. */
  readonly signal?: AbortSignal;
  /** Gets the features of a prompt from elsewhere, or else by `compute`; unless given they are always computed. */
  readonly features?: (prompt: string, compute: () => Promise<HostTensor>) => Promise<HostTensor>;
  /** As released: a prompt of more than 512 tokens loses its end, instead of being refused. */
  readonly cutPrompts?: boolean;
  /** Weights instead of those in the files, which need not be there then. */
  readonly weights?: Readonly<Record<'tokenizer' | 'transformer', ReadonlyMap<string, HostTensor>>>;
  /** `official`: samples and decodes in bf16 where the released scripts do (backend/official-precision.ts). */
  readonly precision?: Precision;
  /** Without the transformer, whose weights need not be there then: for reconstructions. */
  readonly tokenizerOnly?: boolean;
}

/** @throws FileError, ArgumentError or WeightError if a file is missing, damaged, or does not fit the configuration. */
export async function openModel(own: ModelFiles, backend: Backend, options: OpenOptions = {}): Promise<Model> {
  const config = await readConfig(own);
  const files = config.shares === undefined ? own : sharingFiles(own, own.beside(config.shares));
  const readPrompt = await promptReader(config, files);
  const b = abortable(backend, options.signal);
  const weightsOf = (part: 'tokenizer' | 'transformer', room: WeightRoom): Promise<LoadedWeights> => {
    if (part === 'transformer' && options.tokenizerOnly === true) {
      return Promise.resolve(withoutFile(absentWeights(transformerShapes(config.transformer, config.quantizer)), room));
    }
    const given = options.weights?.[part];
    if (given === undefined) return loadWeights(b, files, part, room, (file) => matchWeights(part, file, config));
    return Promise.resolve(withoutFile(residentWeights(b, given), room));
  };
  const transformerWeights = await weightsOf('transformer', weightRoom(options.weightBudget, backend.capacity));
  const tokenizerWeights = await weightsOf('tokenizer', transformerWeights.left).catch(async (error: unknown) => {
    await transformerWeights.close();
    throw error;
  });
  const tokenizer = makeTokenizer(config.tokenizer, tokenizerWeights.store);
  const channels = config.tokenizer.latent_channels * 4;
  const { quantizer } = config;
  return {
    config,
    backend: options.precision === 'official' ? officialPrecision(backend) : backend,
    ...(options.precision === undefined ? {} : { precision: options.precision }),
    tokenizer,
    quantizer: {
      config: quantizer,
      channels,
      ...(quantizer.use_learnable_dim_proj === 1
        ? { projections: (await tokenizer.weights.load(backend, '')).at('quantizer') }
        : {}),
    },
    transformer: makeTransformer(config.transformer, quantizer, transformerWeights.store),
    readPrompt,
    encodePrompt(prompt, signal, b = backend) {
      const compute = (): Promise<HostTensor> => computeFeatures(abortable(b, signal), files, prompt, options.cutPrompts);
      const name = options.cutPrompts === true ? `<cut>${prompt}` : prompt; // what is kept of it is not what it is without a cut
      return options.features === undefined ? compute() : options.features(name, compute);
    },
    promptPieces: async (prompt) => (await promptTokens(files, prompt, options.cutPrompts)).pieces,
    async close() {
      await tokenizerWeights.close();
      await transformerWeights.close();
    },
  };
}

/** @throws FileError if it cannot be read, ArgumentError naming the field that is wrong. */
export async function readConfig(files: ModelFiles): Promise<ModelConfig> {
  const text = await readText(files, 'config.json', 'no such file: a model directory holds a config.json');
  return parseConfigText(text, `${files.place}/config.json`);
}

export interface CheckedModel {
  readonly config: ModelConfig;
  /** Bytes of the weights in memory, as openModel would place them; in single precision where files are missing. */
  readonly weights: WeightBytes;
}

/** Compares the weights that are there with the configuration. @throws FileError naming all that does not fit. */
export async function checkModelFiles(own: ModelFiles, room: WeightRoom): Promise<CheckedModel> {
  const config = await readConfig(own);
  const files = config.shares === undefined ? own : sharingFiles(own, own.beside(config.shares));
  const shapes = {
    tokenizer: tokenizerShapes(config.tokenizer),
    transformer: transformerShapes(config.transformer, config.quantizer),
  };
  const placed: PlacedWeights[] = [];
  const place = (file: WeightSizes): void => void placed.push(placeWeights(file, placed.at(-1)?.left ?? room));
  for (const part of ['transformer', 'tokenizer'] as const) {
    const names = ['gguf', 'safetensors', 'safetensors.index.json'].map((end) => `${part}.${end}`);
    if (!(await Promise.all(names.map((name) => files.has(name)))).includes(true)) {
      place({ shapes: shapes[part], storedBytes: (key) => 4 * sizeOf(shapes[part].get(key)!) });
      continue;
    }
    const file = await openWeights(files, part);
    try {
      matchWeights(part, file, config);
      place(file);
    } finally {
      await file.close();
    }
  }
  return { config, weights: bytesInMemory(placed) };
}

interface LoadedWeights {
  readonly store: WeightStore;
  /** Of the room that there was. */
  readonly left: WeightRoom;
  close(): Promise<void>;
}

function withoutFile(store: WeightStore, left: WeightRoom): LoadedWeights {
  return { store, left, close: () => Promise.resolve() };
}

/** `<part>.safetensors`, or its shards by their index. The file stays open only if some of it stays on disk. */
async function loadWeights(
  b: Backend, files: ModelFiles, part: string, room: WeightRoom, check: (file: TensorFile) => void = () => undefined,
): Promise<LoadedWeights> {
  const file = await openWeights(files, part);
  try {
    check(file);
    const placed = placeWeights(file, room);
    const store = await streamWeights(b, file, placed);
    if (placed.bytes.disk > 0) return { store, left: placed.left, close: () => file.close() };
    await file.close();
    return withoutFile(store, placed.left);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openWeights(files: ModelFiles, part: string): Promise<TensorFile> {
  if (await files.has(`${part}.gguf`)) return openQuantized(files, part);
  return part.startsWith('text_encoder/') ? tied(await openFloats(files, part)) : openFloats(files, part);
}

/** Encoders whose input and output share one table may have it under the name of the input alone. */
function tied(file: TensorFile): TensorFile {
  const alone = file.shapes.has(EMBEDDING_COPY) && !file.shapes.has(EMBEDDING);
  return alone ? renamed(file, new Map([[EMBEDDING, EMBEDDING_COPY]])) : file;
}

async function openFloats(files: ModelFiles, part: string): Promise<TensorFile> {
  const index = `${part}.safetensors.index.json`;
  if (!(await files.has(index))) return openSafetensors(await files.open(`${part}.safetensors`));
  const folder = part.slice(0, part.lastIndexOf('/') + 1);
  return openShards(await readAll(files, index, 'no such file'), `${files.place}/${index}`, (shard) => files.open(folder + shard));
}

/** Weights of a text encoder have other names in GGUF. @throws FileError if the part is there in safetensors too. */
async function openQuantized(files: ModelFiles, part: string): Promise<TensorFile> {
  const other = `${part}.safetensors`;
  if (await files.has(other)) throw new FileError(`${files.place}/${part}.gguf`, `has ${other} beside it: remove one of the two`);
  const file = await openGguf(await files.open(`${part}.gguf`));
  return part.startsWith('text_encoder/') ? renamed(file, t5Keys(file.shapes.keys())) : file;
}

const NO_ROOM: WeightRoom = { backend: 0, host: 0 };
const NO_ENCODER = 'no such file: the model has no text encoder there';

interface ReadTokens extends PromptTokens {
  readonly tokenizer: TextTokenizer;
}

async function promptTokens(files: ModelFiles, prompt: string, cut = false): Promise<ReadTokens> {
  const tokenizer = await readTextTokenizer(files, 'text_encoder/');
  // The official pipeline silently cuts a long prompt off; who wrote it wants to know.
  const tokens = tokenizePrompt(tokenizer, prompt);
  const { ids, truncated } = tokens;
  if (truncated > 0 && !cut) throw new ArgumentError('prompt', `at most ${maxPromptTokens} tokens`, ids.length + truncated);
  return { ...tokens, tokenizer };
}

async function computeFeatures(backend: Backend, files: ModelFiles, prompt: string, cut = false): Promise<HostTensor> {
  const { ids, tokenizer } = await promptTokens(files, prompt, cut);
  const configFile = 'text_encoder/config.json';
  const configPlace = `${files.place}/${configFile}`;
  const json = await readAll(files, configFile, NO_ENCODER);
  const config = readT5Config(new Fields(parseStrictJson(json, configPlace), configPlace));
  return backend.scope('text', async (b) => {
    const weights = await loadWeights(b, files, 'text_encoder/model', NO_ROOM); // each weight is needed once
    try {
      checkTextEncoder(tokenizer, config, weights.store);
      return await b.read(await promptFeatures(b, config, weights.store, ids));
    } finally {
      await weights.close();
    }
  });
}

async function readText(files: ModelFiles, name: string, missing: string): Promise<string> {
  return new TextDecoder().decode(await readAll(files, name, missing));
}
