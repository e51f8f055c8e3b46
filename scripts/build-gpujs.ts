/** Writes the texts of backends/gpujs/kernels to backends/gpujs/kernels.generated.ts: `npm run build:gpujs`. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transform } from 'esbuild';
import type { WrittenKernel } from '../backends/gpujs/kernels/kernel.ts';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../backends/gpujs');
const target = join(folder, 'kernels.generated.ts');

/** The text of the generated file. */
export async function generateTexts(): Promise<string> {
  const parts: string[] = [];
  for (const file of readdirSync(join(folder, 'kernels')).sort()) {
    const path = join(folder, 'kernels', file);
    const { code } = await transform(readFileSync(path, 'utf8'), { loader: 'ts', target: 'es2022' });
    const values = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
    for (const key of Object.keys(values).sort()) { // who loads modules decides their order
      const value = values[key];
      if (!isKernel(value)) continue;
      const { name, source, parameters } = value;
      const [text] = new RegExp(`^function ${source.name}\\([^]*?^}$`, 'm').exec(code)!;
      const list = parameters.map((parameter) => `'${parameter}'`).join(', ');
      parts.push(`export const ${key}: Kernel = {\n  name: '${name}',\n  parameters: [${list}],\n  source: \`${text}\`,\n};\n`);
    }
  }
  const head = '/** Made from kernels/ by `npm run build:gpujs`; do not edit. */\n\nimport type { Kernel } from \'./kernels/kernel.ts\';\n';
  return [head, ...parts].join('\n');
}

export function committedTexts(): string {
  return readFileSync(target, 'utf8');
}

function isKernel(value: unknown): value is WrittenKernel {
  return typeof value === 'object' && value !== null && 'source' in value;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, await generateTexts());
