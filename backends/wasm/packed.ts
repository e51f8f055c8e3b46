/** Values of a tensor in another form, which stays with the tensor from the second use on. */

import type { Device, Packed, Storage } from './device.ts';

/** Runs `body` with the address of what `fill` has written in so many bytes. One form of a tensor is kept, the first used. */
export function withPacked(
  d: Device, storage: Storage, form: Packed['form'], bytes: number, fill: (to: number) => void, body: (address: number) => void,
): void {
  if (storage.packed?.form !== form) {
    storage.packed ??= { form, block: undefined };
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
