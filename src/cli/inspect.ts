/** `infinitystar inspect <file>`: what a checkpoint holds, without loading it. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { openCheckpoint, tensorBytes } from '../checkpoint/checkpoint.ts';
import type { Listing } from '../checkpoint/list.ts';
import { listCheckpoint } from '../checkpoint/list.ts';
import { FILES } from '../convert/convert.ts';
import { printable, printableJson } from '../errors.ts';
import { isFolder } from '../io/files.ts';

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('list the tensors of a checkpoint, their shapes, types and sizes, without loading them')
    .argument('<file>', 'safetensors, PyTorch, GGUF or NumPy file, index of shards, a folder with one, or a model directory')
    .option('--json', 'print the list as JSON')
    .action(async (file: string, options: { json?: true }) => {
      const parts = await partsOf(file);
      const found = [];
      for (const part of parts) found.push(await inspected(part, options));
      const json = parts.length === 1 && parts[0] === file ? found[0] : found;
      process.stdout.write(options.json ? `${printableJson(json, 2)}\n` : found.join('\n'));
    });
}

/** The files of a model directory's parts; anything else stands for itself. */
async function partsOf(path: string): Promise<string[]> {
  if (!(await isFolder(path)) || !existsSync(join(path, 'config.json'))) return [path];
  const found = Object.values(FILES).flatMap((part) => {
    const files = ['gguf', 'safetensors.index.json', 'safetensors'].map((end) => join(path, `${part}.${end}`));
    return files.filter((file) => existsSync(file)).slice(0, 1);
  });
  const usual = ['model.safetensors.index.json', 'model.safetensors', 'pytorch_model.bin.index.json', 'pytorch_model.bin'];
  return found.length === 0 || usual.some((name) => existsSync(join(path, name))) ? [path] : found;
}

async function inspected(file: string, { json }: { readonly json?: true }): Promise<unknown> {
  const checkpoint = await openCheckpoint(file);
  try {
    const listing = listCheckpoint(checkpoint.value);
    return json ? forJson(checkpoint, listing) : asText(checkpoint, listing);
  } finally {
    await checkpoint.close();
  }
}

function forJson({ name, format, metadata }: Checkpoint, { tensors, constants }: Listing): object {
  const list = tensors.map(({ path, tensor }) => {
    return { path, dtype: tensor.type, shape: tensor.shape, bytes: tensorBytes(tensor) };
  });
  return { name, format, metadata: [...metadata], tensors: list, constants };
}

function asText({ name, format }: Checkpoint, { tensors, constants }: Listing): string {
  const rows = tensors.map(({ path, tensor }) => {
    return [readable(path), tensor.type, `[${tensor.shape.join(', ')}]`, size(tensorBytes(tensor))] as const;
  });
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column].length)));
  const total = tensors.reduce((sum, { tensor }) => sum + tensorBytes(tensor), 0);
  return [
    `${printable(name)}: ${format}, ${tensors.length} tensors, ${size(total)}`,
    ...rows.map(([path, type, shape, bytes]) => {
      return `  ${path.padEnd(widths[0])}  ${type.padEnd(widths[1])}  ${shape.padEnd(widths[2])}  ${bytes.padStart(10)}`;
    }),
    ...constants.map(({ path, value }) => `  ${readable(path)} = ${readable(value)}`),
    '',
  ].join('\n');
}

/** Text of an untrusted file, without what would move a terminal's cursor, and shortened. */
function readable(text: string): string {
  const shown = printable(text.slice(0, 1000));
  return shown.length > 200 ? `${shown.slice(0, 199)}…` : shown;
}

function size(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return power === 0 ? `${bytes} B` : `${(bytes / 1000 ** power).toFixed(2)} ${units[power]}`;
}
