/**
 * Loads the model on the backend that the form names, generates a video of one clip, and plays it. `?backend=webgl2`
 * in the address chooses and starts at once.
 */

import { fetchedFiles, generateVideo, gpujsBackend, openModel, promptNotices, wasmBackend, webgpuBackend } from './library/infinitystar.js';

const form = document.querySelector('#request');
const canvas = document.querySelector('#video');
const progress = document.querySelector('#progress');
const status = document.querySelector('#status');
const notice = document.querySelector('#notice');

let playing = 0;

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  form.querySelector('button').disabled = true;
  clearInterval(playing);
  try {
    await generate(new FormData(form));
    document.body.dataset.state = 'done';
  } catch (error) {
    status.textContent = `error: ${error.message}`;
    document.body.dataset.state = 'failed';
  }
  form.querySelector('button').disabled = false;
});

async function generate(request) {
  status.textContent = 'loading the model …';
  const [backend, what] = await open(request.get('backend'));
  const model = await openModel(fetchedFiles(new URL('model', location.href).href), backend);
  const written = { prompts: [request.get('prompt')], seed: Number(request.get('seed')) };
  notice.textContent = promptNotices(model, written).join('; '); // what the model does not know, or chose
  const bits = [];
  const started = performance.now();
  const video = await generateVideo(model, {
    prompt: request.get('prompt'),
    seed: Number(request.get('seed')),
    frames: 17,
    onStep(step) {
      bits.push(step.bits.data.slice());
      progress.max = step.total;
      progress.value = step.index + 1;
      status.textContent = `clip ${step.clip}, scale ${step.scale}: ${step.size.join(' × ')}`;
    },
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  // The same seed gives the same bits on every backend and machine.
  status.textContent = `${what}; ${seconds} s; SHA-256 of the bits ${await digest(bits)}`;
  if (backend.counts) document.body.dataset.counts = JSON.stringify(backend.counts);
  await backend.close();
  play(video);
}

/** The backend, and what it computes with. */
async function open(name) {
  if (name === 'wasm') return [await wasmBackend(), 'computed by WebAssembly'];
  let what = '';
  const onChoice = (line) => { what = line; };
  const backend = await (name === 'wgsl' ? webgpuBackend({ onChoice }) : gpujsBackend({ gpu: name, onChoice }));
  return [backend, what];
}

async function digest(parts) {
  const hash = await crypto.subtle.digest('SHA-256', await new Blob(parts).arrayBuffer());
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** frames: (T, H, W, 3) bytes. */
function play({ frames, fps }) {
  const [count, height, width] = frames.shape;
  const context = canvas.getContext('2d');
  [canvas.width, canvas.height] = [width, height];
  const pictures = Array.from({ length: count }, (_, t) => {
    const picture = context.createImageData(width, height);
    for (let i = 0; i < height * width; i++) {
      for (let c = 0; c < 3; c++) picture.data[4 * i + c] = frames.data[(t * height * width + i) * 3 + c];
      picture.data[4 * i + 3] = 255;
    }
    return picture;
  });
  let t = 0;
  const show = () => context.putImageData(pictures[t++ % count], 0, 0);
  show();
  playing = setInterval(show, 1000 / (fps ?? 8));
}

const chosen = new URLSearchParams(location.search).get('backend');
if (chosen !== null) {
  form.elements.backend.value = chosen;
  form.requestSubmit();
}
