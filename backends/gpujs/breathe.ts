/** Lets the program around live: every now and then, the thread returns to the event loop. */

/** Less than two frames of a screen. */
const BREATH_MS = 30;

let last = 0;

export async function breathe(): Promise<void> {
  if (performance.now() - last < BREATH_MS) return;
  await new Promise((resolve) => setTimeout(resolve));
  last = performance.now();
}
