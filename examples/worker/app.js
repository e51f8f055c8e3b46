/** What the page does with a model in a worker, whatever bundles it: generates, shows each frame as soon as it is decoded, cancels. */

/** @param connect opens the model. @param toImageData of infinitystar/worker-client. */
export async function start(connect, toImageData) {
  const [form, canvas, progress, status] = ['form', 'canvas', 'progress', 'output'].map((name) => document.querySelector(name));
  const [go, cancel] = form.querySelectorAll('button');
  const model = await connect();
  status.textContent = 'ready';
  go.disabled = false;

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const controller = new AbortController();
    cancel.onclick = () => controller.abort();
    [go.disabled, cancel.disabled] = [true, false];
    const request = { prompt: form.elements.prompt.value, seed: 0 };
    try {
      const [notice = ''] = await model.notices([request.prompt], request.seed);
      document.querySelector('small').textContent = notice;
      const video = await model.generate(request, {
        signal: controller.signal,
        onStep: ({ index, total }) => { progress.value = (index + 1) / total; },
        onFrames: (frames) => draw(canvas, frames, toImageData),
      });
      status.textContent = `${video.frames.shape[0]} frames`;
      document.body.dataset.digest = await digest(video.frames.data);
    } catch (error) {
      status.textContent = error.message;
    }
    document.body.dataset.state = 'done';
    [go.disabled, cancel.disabled] = [false, true];
  });
}

/** The last of some frames. */
function draw(canvas, frames, toImageData) {
  const picture = toImageData(frames, frames.shape[0] - 1);
  [canvas.width, canvas.height] = [picture.width, picture.height];
  canvas.getContext('2d').putImageData(picture, 0, 0);
}

async function digest(bytes) {
  return Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
