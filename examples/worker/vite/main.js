/** A page's side: the model is in the worker. */

import { toy } from 'infinitystar/models/toy';
import { connectWorker, toImageData } from 'infinitystar/worker-client';
import { start } from '../app.js';

const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
start(() => connectWorker(worker, { model: toy }), toImageData);
