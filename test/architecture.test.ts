/** Who may import whom (docs/architecture.md): the algorithm rests on the backend interface and on nothing below it. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Folder → the folders that its files may import from, besides their own. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'src/array': ['src/errors.ts'],
  'src/backend': ['src/array', 'src/breathe.ts', 'src/errors.ts'],
  'src/pyramid': ['src/errors.ts'],
  'src/rope': ['src/array', 'src/errors.ts', 'src/pyramid'],
  'src/quantizer': ['src/array', 'src/backend', 'src/errors.ts', 'src/model/config.ts', 'src/pyramid'],
  'src/tokenizer': ['src/array', 'src/backend', 'src/errors.ts', 'src/model/config.ts'],
  'src/transformer': ['src/array', 'src/backend', 'src/errors.ts', 'src/model/config.ts', 'src/pyramid', 'src/rope'],
  'src/text': ['src/array', 'src/backend', 'src/errors.ts', 'src/io'],
  'src/sampler': [
    'src/array', 'src/backend', 'src/errors.ts', 'src/model/config.ts', 'src/pyramid', 'src/quantizer', 'src/rope', 'src/tokenizer',
    'src/transformer',
  ],
  'src/autograd': ['src/array', 'src/backend', 'src/errors.ts'],
  'src/training': [
    'src/array', 'src/autograd', 'src/backend', 'src/errors.ts', 'src/io', 'src/model', 'src/pipeline/plan.ts', 'src/pyramid',
    'src/quantizer', 'src/rope', 'src/sampler/frames.ts', 'src/sampler/interact.ts', 'src/sampler/normals.ts', 'src/sampler/uniforms.ts',
    'src/tokenizer', 'src/toyworld', 'src/transformer', 'src/checkpoint', 'src/text/prompt.ts',
  ],
  'src/io': ['src/array', 'src/breathe.ts', 'src/errors.ts', 'src/types'],
  'src/gguf': ['src/array', 'src/errors.ts', 'src/io'],
  'src/prompt': ['src/errors.ts'],
  'src/emoji': ['src/array', 'src/errors.ts', 'src/io', 'src/prompt', 'src/sampler/uniforms.ts'],
  'src/batch': ['src/array', 'src/errors.ts', 'src/io', 'src/model', 'src/pipeline'],
  'src/quality': ['src/array', 'src/errors.ts', 'src/io', 'src/model', 'src/pipeline', 'src/pyramid', 'src/sampler'],
  'src/serve': ['src/errors.ts'],
  'src/worker': [
    'src/array', 'src/browser.ts', 'src/errors.ts', 'src/handoff.ts', 'src/io/image-data.ts', 'src/io/picture.ts', 'src/model/parse-config.ts',
    'src/pipeline',
  ],
  reference: ['src/array', 'src/backend', 'src/errors.ts'],
  'backends/wasm': ['src/array', 'src/backend', 'src/errors.ts'],
  'backends/gpujs': ['src/array', 'src/backend', 'src/errors.ts'],
  'backends/webgpu': ['src/array', 'src/backend', 'src/errors.ts'],
  explorer: ['src/browser.ts'],
};

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'))
    .map((file) => join(folder, file));
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/from '(\.[^']*)'|import\('(\.[^']*)'\)/g)].map((match) => {
    return relative(root, join(root, dirname(file), (match[1] ?? match[2])));
  });
}

describe.each(Object.entries(allowed))('%s', (folder, others) => {
  it(`imports only from ${others.join(', ')}`, () => {
    const forbidden = sources(folder).flatMap((file) => {
      return importsOf(file)
        .filter((target) => ![folder, ...others].some((place) => target === place || target.startsWith(`${place}/`)))
        .map((target) => `${file} imports ${target}`);
    });
    expect(forbidden).toEqual([]);
  });
});

it('no file imports itself through others', () => {
  const files = ['src', 'reference', 'backends', 'explorer'].flatMap(sources).filter((file) => !file.includes('/kernels/'));
  const targets = new Map(files.map((file) => [file, importsOf(file)]));
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) circles.push([...path.slice(at), file].join(' → '));
    if (at >= 0 || done.has(file)) return;
    for (const target of targets.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});

describe('the algorithm', () => {
  const algorithm = ['src/pyramid', 'src/rope', 'src/quantizer', 'src/tokenizer', 'src/transformer', 'src/text', 'src/sampler'];

  it('names no backend', () => {
    const naming = algorithm.flatMap(sources).filter((file) => {
      return /referenceBackend|wasmBackend|gpujs|gpu\.js|wasm/i.test(readFileSync(join(root, file), 'utf8'));
    });
    expect(naming).toEqual([]);
  });
});
