/** Values of a tensor in another form, which stays with the tensor from the second use on. */

import type { Device, Packed, Storage } from './device.ts';

/**
 * Runs `body` with the address of what `fill` has written in so many bytes.
 * @param form to keep beside the tensor, of which one is kept, the first used; undefined where none is.
 */
export function withPacked(
  d: Device, storage: Storage, form: Packed['form'] | undefined, bytes: number, fill: (to: number) => void,
  body: (address: number) => void,
): void {
  if (form === undefined || storage.packed?.form !== form) {
    if (form !== undefined) storage.packed ??= { form, block: undefined };
    d.withScratch(bytes, (scratch) => {
      fill(scratch);
      body(scratch);
    });
    return;
  }
  let { block } = storage.packed;
  if (block === undefined) {
    block = d.arena.allocate(bytes);
    storage.packed = { form, block };
    fill(block.address);
  }
  body(block.address);
}
