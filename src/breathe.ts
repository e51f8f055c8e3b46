/**
 * Lets the program around live: work that never waits returns to the event loop every now and then, so that timers,
 * signals and pages are served, and whoever wants the work to end can say so.
 */

/** Less than two frames of a screen. */
const BREATH_MS = 25;

let last = -Infinity;

/** Returns to the event loop once, unless that has just been done. */
export async function breathe(): Promise<void> {
  if (performance.now() - last < BREATH_MS) return;
  await nextTurn();
  last = performance.now();
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve);
      return;
    }
    // Not a timer: browsers make those wait for 4 ms, and for a second in a page that is hidden.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
