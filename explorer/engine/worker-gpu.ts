/** The worker with gpu.js, which is large and loaded only where it is asked for. */

import { gpujsBackend, UnsupportedError } from '../../src/browser.ts';
import { serveEngine } from './serve.ts';

serveEngine(async (name) => {
  if (name === 'webgpu' || name === 'webgl2') return gpujsBackend({ gpu: name });
  throw new UnsupportedError(`there is no backend '${name}': wasm, reference, webgpu or webgl2`);
});
