/** Says when a device is lost, out of memory, or refuses work, while nobody waits for it. */

/** What gpu.js hands out on WebGPU; on WebGL `context` is the GL context. */
interface Resident {
  readonly context?: { readonly device?: LosableDevice } | { readonly canvas?: EventTarget };
}

interface LosableDevice extends EventTarget {
  readonly lost: Promise<{ readonly message: string }>;
}

/** Calls `report` with the problem, maybe more than once. @param resident any array of the device. */
export function onFailure(resident: object, report: (problem: string) => void): void {
  const { context } = resident as Resident;
  if (context === undefined) return;
  if ('device' in context && context.device !== undefined) {
    const { device } = context;
    void device.lost.then(({ message }) => report(`was lost: ${message || 'no reason given'}`));
    device.addEventListener('uncapturederror', (event) => {
      const { error } = event as unknown as { readonly error: Error };
      report(`${error.constructor.name === 'GPUOutOfMemoryError' ? 'is out of memory' : 'failed'}: ${error.message}`);
    });
  } else if ('canvas' in context) {
    context.canvas?.addEventListener('webglcontextlost', () => report('was lost: WebGL context lost'));
  }
}

/** Whether a texture had no place: nothing else would tell, it would read as zeros. Forgets all errors so far. */
export function outOfMemory(gl: WebGL2RenderingContext): boolean {
  let found = false;
  for (let error = gl.getError(); error !== 0; error = gl.getError()) {
    found ||= error === gl.OUT_OF_MEMORY;
    if (error === gl.CONTEXT_LOST_WEBGL) break;
  }
  return found;
}
