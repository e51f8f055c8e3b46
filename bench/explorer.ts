/**
 * `npm run bench:explorer`: how long a turned bit takes in the explorer (decode only; all that follows drawn again), with the
 * shipped model on WebAssembly: medians, what the page's worker does without the page.
 */

import { Engine } from '../explorer/engine/engine.ts';
import { wasmBackend } from '../src/browser.ts';
import { defaultModel } from '../src/model/default.ts';
import { serveFolders } from '../src/serve/static-server.ts';
import { describeMachine } from './machine.ts';
import { median } from './measure.ts';

const RUNS = 21;

const { server, address } = await serveFolders([['/model/', defaultModel()]]);
const engine = new Engine(() => wasmBackend(), () => undefined);
try {
  const { defaultFrames } = await engine.open(`${address}model`, 'wasm');
  const prompt = 'a red circle moving right on a white background';
  const { steps, film } = await engine.run({ prompt, seed: 0, frames: defaultFrames, flips: [] });
  const timed = async (redraw: boolean): Promise<number> => {
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const { index } = steps[run % steps.length];
      times.push((await engine.change([{ step: index, bit: run % 16 }], redraw)).milliseconds);
    }
    return median(times.slice(1));
  };
  const [decoded, redrawn] = [await timed(false), await timed(true)];
  process.stdout.write(`${JSON.stringify(describeMachine())}\n${film.t} frames of ${film.w}×${film.h}, medians of ${RUNS - 1} turned bits\n`);
  process.stdout.write(`decode only            ${decoded.toFixed(0)} ms\ndraw what follows again ${redrawn.toFixed(0)} ms\n`);
} finally {
  await engine.close();
  server.close();
}
