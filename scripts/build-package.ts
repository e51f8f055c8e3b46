/**
 * The last step of `npm run build`: makes the package complete in itself.
 *
 * gpu.js comes as one file, of its build for browsers, which runs in Node too and needs no `webgpu` of its own; the encoder of
 * MP4 as the one file of its package that runs in Node, a seventh of it. Licences of all that is in the package or comes with it
 * are in THIRD_PARTY_LICENSES.
 */

import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = join(root, 'dist/backends/gpujs');

/** In the file, and what it is made of; and what the explorer's page is made of. */
const BUNDLED = [
  'gpu.js', 'acorn', 'gpu-mock.js', 'h264-mp4-encoder',
  'preact', 'd3-scale', 'd3-shape', 'd3-array', 'd3-color', 'd3-format', 'd3-interpolate', 'd3-path', 'd3-time', 'd3-time-format',
  'internmap',
];

await build({
  stdin: { contents: 'export { GPU, Input } from \'gpu.js\';', resolveDir: root },
  outfile: join(folder, 'gpu.bundle.js'), bundle: true, format: 'esm', platform: 'browser', target: 'es2022', logLevel: 'warning',
  minifyWhitespace: true,
});
copyFileSync(join(root, 'node_modules/gpu.js/src/index.d.ts'), join(folder, 'gpu.bundle.d.ts'));
for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  if (!/\.(js|d\.ts)$/.test(name) || name.startsWith('gpu.bundle')) continue;
  const file = join(folder, name);
  const bundle = name.includes('/') ? '../gpu.bundle.js' : './gpu.bundle.js';
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('from \'gpu.js\'', `from '${bundle}'`));
}

const ENCODER = 'h264-mp4-encoder';
const encoder = readFileSync(join(root, `node_modules/${ENCODER}/embuild/dist/${ENCODER}.node.js`), 'utf8');
writeFileSync(join(root, `dist/src/io/${ENCODER}.cjs`), encoder.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'));
const writer = join(root, 'dist/src/io/mp4.js');
writeFileSync(writer, readFileSync(writer, 'utf8').replace(`import('${ENCODER}')`, `import('./${ENCODER}.cjs')`));

// Addresses of the shipped models, which stay where they are: a folder further away from the build.
for (const name of ['toy', 'toy-interact']) {
  const file = join(root, `dist/src/entry/${name}.js`);
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('../../fixtures/', '../../../fixtures/'));
}

const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
const require = createRequire(join(root, 'node_modules/gpu.js/package.json'));
const texts = [...new Set([...BUNDLED, ...Object.keys(dependencies)])].sort().map((name) => {
  const own = join(root, 'node_modules', name);
  const place = readdirSync(dirname(own)).includes(name.split('/').at(-1)!) ? own : dirname(require.resolve(`${name}/package.json`));
  const { version, license = 'see below' } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as Record<string, string>;
  const files = readdirSync(place).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  const body = files.map((file) => readFileSync(join(place, file), 'utf8').trim()).join('\n\n');
  return `${name} ${version} (${license})\n\n${body}`;
});
writeFileSync(join(root, 'dist/THIRD_PARTY_LICENSES'), `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
