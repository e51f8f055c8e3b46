/** The worker of the page: WebAssembly, or the readable backend. */

import { referenceBackend, UnsupportedError, wasmBackend } from '../../src/browser.ts';
import { serveEngine } from './serve.ts';

serveEngine(async (name) => {
  if (name === 'wasm') return wasmBackend();
  if (name === 'reference') return referenceBackend();
  throw new UnsupportedError(`there is no backend '${name}': wasm, reference, webgpu or webgl2`);
});
