/** Without a bundler: the package's own bundles, from wherever its folder is served. */

import { connectWorker, toImageData } from './infinitystar/dist/browser/worker-client.js';
import { start } from './app.js';

const worker = new Worker('./infinitystar/dist/browser/worker.js', { type: 'module' });
start(() => connectWorker(worker, { model: 'infinitystar/fixtures/models/toy' }), toImageData);
