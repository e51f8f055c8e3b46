/**
 * Gathers the weights of a model from official files, in whatever layout each has:
 *
 *   {'vae': …}                        the video tokenizer (a moving average under 'ema' is not what is released)
 *   {'trainer': {'gpt_fsdp': …}}      a training checkpoint; 'gpt_ema_fsdp' beside it is left alone
 *   {'model' | 'module' | 'state_dict' | 'gpt_wo_ddp' | 'model_ema': …}, one in another     other tools
 *   tensors by key                    shards of the transformer and the text encoder, slim checkpoints
 *
 * Official tools/run_infinity.py:load_transformer, videovae/models/load_vae_bsq_wan_absorb_patchify.py.
 */

import { readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Checkpoint, CheckpointDict } from '../checkpoint/checkpoint.ts';
import { isDict, isTensor, openCheckpoint } from '../checkpoint/checkpoint.ts';
import type { StoredTensor } from '../checkpoint/stored-tensor.ts';
import { FileError } from '../errors.ts';
import { isFolder } from '../io/files.ts';
import { EMBEDDING, EMBEDDING_COPY } from '../text/t5-shapes.ts';
import { canonicalKey, isUnused, partOf } from './official-keys.ts';
import type { PartName } from './official-keys.ts';

export interface SourceTensor extends StoredTensor {
  readonly file: string;
}

export interface Collection {
  /** Canonical key → tensor. */
  readonly parts: ReadonlyMap<PartName, ReadonlyMap<string, SourceTensor>>;
  /** The folder of the text encoder's weights, where its other files lie. */
  readonly textEncoderFolder?: string;
  close(): Promise<void>;
}

/** @throws FileError if a file cannot be read, holds no weights, or repeats a key. */
export async function collectWeights(paths: readonly string[]): Promise<Collection> {
  const opened: Checkpoint[] = [];
  const close = async () => {
    for (const checkpoint of opened) await checkpoint.close();
  };
  const parts = new Map<PartName, Map<string, SourceTensor>>();
  let textEncoderFolder: string | undefined;
  try {
    for (const path of (await Promise.all(paths.map(filesOf))).flat()) {
      const checkpoint = await openCheckpoint(path);
      opened.push(checkpoint);
      for (const [rawKey, tensor] of stateDict(checkpoint)) {
        const key = canonicalKey(rawKey);
        const name = partOf(key);
        if (name === 'text_encoder') textEncoderFolder ??= (await isFolder(path)) ? path : dirname(path);
        if (isUnused(key)) continue;
        const part = parts.get(name) ?? new Map<string, SourceTensor>();
        parts.set(name, part);
        const known = part.get(key);
        if (known !== undefined) throw new FileError(path, `has the weight '${key}', and so has ${known.file}`);
        part.set(key, { ...tensor, file: path });
      }
    }
    untie(parts.get('text_encoder'));
    return { parts, close, ...(textEncoderFolder === undefined ? {} : { textEncoderFolder }) };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A table of embeddings that is stored under the input's name alone gets its own; beside its own it is a copy. */
function untie(encoder: Map<string, SourceTensor> | undefined): void {
  const copy = encoder?.get(EMBEDDING_COPY);
  if (encoder === undefined || copy === undefined) return;
  encoder.delete(EMBEDDING_COPY);
  if (!encoder.has(EMBEDDING)) encoder.set(EMBEDDING, copy);
}

/** A folder stands for its safetensors, or else for all PyTorch files in it. */
async function filesOf(path: string): Promise<string[]> {
  const usual = ['model.safetensors.index.json', 'model.safetensors'].map((name) => join(path, name));
  if (!(await isFolder(path)) || usual.some((name) => existsSync(name))) return [path];
  const files = (await readdir(path)).filter((name) => /\.(safetensors|bin|pth?|ckpt)$/.test(name)).sort();
  if (files.length === 0) throw new FileError(path, 'holds no weights (.safetensors, .bin, .pt, .pth)');
  return files.map((name) => join(path, name));
}

function stateDict({ value, name }: Checkpoint): [string, StoredTensor][] {
  if (!isDict(value)) throw new FileError(name, 'holds no weights: it is not a dict');
  const dict = inner(value);
  const tensors = [...dict.entries].flatMap(([key, tensor]): [string, StoredTensor][] => {
    return typeof key === 'string' && isTensor(tensor) ? [[key, tensor]] : [];
  });
  if (tensors.length > 0 || dict.entries.size === 0) return tensors;
  const keys = [...dict.entries.keys()].slice(0, 8).join(', ');
  throw new FileError(name, `holds no weights where they are expected; its keys are ${keys}`);
}

/** Trained weights come before their moving averages, as officially. */
const CONTAINERS = ['trainer', 'gpt_fsdp', 'gpt_wo_ddp', 'vae', 'model', 'module', 'state_dict', 'model_ema'];

/** The dict of tensors, however deep. */
function inner(dict: CheckpointDict): CheckpointDict {
  for (const name of CONTAINERS) {
    const found = dict.entries.get(name);
    if (!isDict(found)) continue;
    const deeper = inner(found);
    if ([...deeper.entries.values()].some(isTensor)) return deeper;
  }
  return dict;
}
