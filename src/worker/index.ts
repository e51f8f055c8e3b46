/** `infinitystar/worker`: the script of a worker that has a model; `infinitystar/worker-client` is the page's side. */

import { serveWorker } from './serve.ts';

serveWorker();
