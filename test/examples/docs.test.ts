/** Every TypeScript example of README.md and docs/ is type-checked as its readers' programs are, and run where that is quick. */

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

interface Example {
  /** `docs/library.md, example 1` */
  readonly name: string;
  readonly code: string;
}

function examplesOf(file: string): Example[] {
  const blocks = [...readFileSync(join(root, file), 'utf8').matchAll(/^```(?:ts|typescript)\n(.*?)^```$/gms)];
  return blocks.map(([, code], i) => ({ name: `${file}, example ${i + 1}`, code }));
}

const files = ['README.md', ...readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
const examples = files.flatMap(examplesOf);

/** Sub-paths of the package and the sources that they are built from. */
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: Record<string, string | { default: string }> };
const sources = Object.entries(exports).flatMap(([path, target]): [string, string][] => {
  if (typeof target === 'string') return [];
  return [[`infinitystar${path.slice(1)}`, join(root, target.default.replace('./dist/', '').replace(/\.js$/, '.ts'))]];
});

describe('examples', { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(root, 'node_modules/.examples-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const fileOf = (i: number): string => join(folder, `${i}.ts`);
  for (const [i, { code }] of examples.entries()) writeFileSync(fileOf(i), `${code}\nexport {};\n`);

  it('there are some, in the README too', () => {
    expect(examples.length).toBeGreaterThanOrEqual(4);
    expect(examples[0].name).toMatch(/^README/);
  });

  it('are right in the strictest mode', () => {
    const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => readFileSync(path, 'utf8')) as { config: { compilerOptions: object } };
    const { options } = ts.convertCompilerOptionsFromJson({
      ...config.compilerOptions, noUnusedLocals: false,
      paths: Object.fromEntries(sources.map(([name, source]) => [name, [source]])),
    }, root);
    const program = ts.createProgram(examples.map((_, i) => fileOf(i)), options);
    const checked = examples.map((_, i) => program.getSourceFile(fileOf(i))!); // the library itself is checked elsewhere
    const found = checked.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]);
    const wrong = [...program.getOptionsDiagnostics(), ...found].map(({ file, start, messageText }) => {
      const index = examples.findIndex((_, i) => file?.fileName === fileOf(i));
      const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
      return `${index < 0 ? file?.fileName : examples[index].name}, line ${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
    expect(wrong).toEqual([]);
  });

  it.each(examples.map(({ name }, i) => [name, i] as const))('%s runs', async (_, i) => {
    const place = join(folder, `run-${i}`);
    mkdirSync(place);
    await build({
      entryPoints: [fileOf(i)], outfile: join(place, 'run.mjs'), bundle: true, platform: 'node', format: 'esm', target: 'es2022', logLevel: 'silent',
      alias: Object.fromEntries(sources), packages: 'external',
      // Files beside the sources are found from there.
      plugins: [{ name: 'source', setup: (context) => context.onLoad({ filter: /\/(src|backends|reference)\/.*\.ts$/ }, ({ path }) => ({
        contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', JSON.stringify(`file://${path}`)), loader: 'ts',
      })) }],
    });
    await expect(promisify(execFile)(process.execPath, ['run.mjs'], { cwd: place, timeout: 120_000 })).resolves.toBeDefined();
  });
});
