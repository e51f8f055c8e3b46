/**
 * The one layout of a model directory, for the shipped, trained and converted models alike:
 *
 *     config.json                    hyper-parameters under their official names, in the sections below
 *     tokenizer.safetensors          the video tokenizer, official state_dict keys
 *     transformer.safetensors        the transformer, official keys (or sharded, transformer.safetensors.index.json)
 *     text_encoder/config.json       the T5 encoder as Hugging Face publishes it,
 *     text_encoder/tokenizer.json    its tokenizer, or spiece.model in its place
 *     text_encoder/model.safetensors and weights
 *
 * Quantized weights (docs/quantization.md) are in transformer.gguf and text_encoder/model.gguf in place of the safetensors files.
 *
 * A model may share files: what it lacks is read from the folder next to it that `shares` in its config.json names.
 */

import { folderFiles } from './folder.ts';
import { readConfig } from './open.ts';
import type { ModelConfig } from './parse-config.ts';

export * from './parse-config.ts';

/**
 * Reads `config.json` of a model directory.
 * @throws FileError if it cannot be read, ArgumentError naming the field that is wrong.
 */
export function readModelConfig(directory: string): Promise<ModelConfig> {
  return readConfig(folderFiles(directory));
}
