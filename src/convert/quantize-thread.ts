/** A thread that quantizes rows (quantize-threads.ts): every message is rows, and gets its answer. */

import { isMainThread, parentPort } from 'node:worker_threads';
import type { Rows } from './quantize-rows.ts';
import { quantizeRows } from './quantize-rows.ts';

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  port.on('message', (rows: Rows) => {
    const answer = quantizeRows(rows);
    port.postMessage(answer, 'refused' in answer ? [] : [answer.blocks.buffer as ArrayBuffer, answer.columns.buffer as ArrayBuffer]);
  });
}
