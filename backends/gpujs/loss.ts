/** Says when a device is lost, or refuses work, while nobody waits for it. */

/** What gpu.js hands out on WebGPU; on WebGL `context` is the GL context. */
interface Resident {
  readonly context?: { readonly device?: LosableDevice } | { readonly canvas?: EventTarget };
}

interface LosableDevice extends EventTarget {
  readonly lost: Promise<{ readonly message: string }>;
}

/** Calls `report` with the reason, maybe more than once. @param resident any array of the device. */
export function onLoss(resident: object, report: (reason: string) => void): void {
  const { context } = resident as Resident;
  if (context === undefined) return;
  if ('device' in context && context.device !== undefined) {
    const { device } = context;
    void device.lost.then(({ message }) => report(message || 'no reason given'));
    device.addEventListener('uncapturederror', (event) => {
      report((event as unknown as { readonly error: { readonly message: string } }).error.message);
    });
  } else if ('canvas' in context) {
    context.canvas?.addEventListener('webglcontextlost', () => report('WebGL context lost'));
  }
}
