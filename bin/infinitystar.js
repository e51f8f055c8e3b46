#!/usr/bin/env node
// In a clone the TypeScript source runs as it is, through tsx; an installed package, which has the source to read, runs its build.
import { existsSync } from 'node:fs';
import { isMainThread, workerData } from 'node:worker_threads';

const script = isMainThread ? 'cli/main' : workerData.script;
const source = new URL(`../src/${script}.ts`, import.meta.url);
if (existsSync(new URL('../tsconfig.json', import.meta.url))) {
  const { register } = await import('tsx/esm/api');
  register();
  await import(source.href);
} else {
  await import(`../dist/src/${script}.js`);
}
