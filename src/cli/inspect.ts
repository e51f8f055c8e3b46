/** `infinitystar inspect <file>`: what a checkpoint holds, without loading it. */

import { Command } from 'commander';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { openCheckpoint, tensorBytes } from '../checkpoint/checkpoint.ts';
import type { Listing } from '../checkpoint/list.ts';
import { listCheckpoint } from '../checkpoint/list.ts';

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('list the tensors of a checkpoint, their shapes, types and sizes, without loading them')
    .argument('<file>', 'safetensors or PyTorch file, index of shards, or a folder with one')
    .option('--json', 'print the list as JSON')
    .action(async (file: string, options: { json?: true }) => {
      const checkpoint = await openCheckpoint(file);
      try {
        const listing = listCheckpoint(checkpoint.value);
        process.stdout.write(options.json ? asJson(checkpoint, listing) : asText(checkpoint, listing));
      } finally {
        await checkpoint.close();
      }
    });
}

function asJson({ name, format, metadata }: Checkpoint, { tensors, constants }: Listing): string {
  const list = tensors.map(({ path, tensor }) => {
    return { path, dtype: tensor.type, shape: tensor.shape, bytes: tensorBytes(tensor) };
  });
  return `${JSON.stringify({ name, format, metadata: [...metadata], tensors: list, constants }, null, 2)}\n`;
}

function asText({ name, format }: Checkpoint, { tensors, constants }: Listing): string {
  const rows = tensors.map(({ path, tensor }) => {
    return [readable(path), tensor.type, `[${tensor.shape.join(', ')}]`, size(tensorBytes(tensor))] as const;
  });
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column].length)));
  const total = tensors.reduce((sum, { tensor }) => sum + tensorBytes(tensor), 0);
  return [
    `${name}: ${format}, ${tensors.length} tensors, ${size(total)}`,
    ...rows.map(([path, type, shape, bytes]) => {
      return `  ${path.padEnd(widths[0])}  ${type.padEnd(widths[1])}  ${shape.padEnd(widths[2])}  ${bytes.padStart(10)}`;
    }),
    ...constants.map(({ path, value }) => `  ${readable(path)} = ${readable(value)}`),
    '',
  ].join('\n');
}

/** Text of an untrusted file, without what would move a terminal's cursor. */
function readable(text: string): string {
  return JSON.stringify(text).slice(1, -1).replace(/\p{C}/gu, '?').slice(0, 200);
}

function size(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return power === 0 ? `${bytes} B` : `${(bytes / 1000 ** power).toFixed(2)} ${units[power]}`;
}
