/**
 * Patchify: 2×2 pixels of each frame become channels, in the order (c, ph, pw); and back.
 *
 * Official infinity/models/videovae/models/wan_bsq_vae.py:patchify, unpatchify. Spec V9, V10.
 */

import type { Backend, Tensor } from '../backend/backend.ts';

/** (B, c, T, 2h, 2w) → (B, 4c, T, h, w) */
export function patchify(b: Backend, x: Tensor): Tensor {
  const [B, C, T, H, W] = x.shape as [number, number, number, number, number];
  const cells = b.reshape(x, [B * C, T, H / 2, 2, W / 2, 2]); // (B·c, T, h, ph, w, pw)
  const moved = b.permute(cells, [0, 3, 5, 1, 2, 4]); // (B·c, ph, pw, T, h, w)
  return b.reshape(moved, [B, C * 4, T, H / 2, W / 2]); // (B, 4c, T, h, w)
}

/** (B, 4c, T, h, w) → (B, c, T, 2h, 2w) */
export function unpatchify(b: Backend, x: Tensor): Tensor {
  const [B, C, T, H, W] = x.shape as [number, number, number, number, number];
  const cells = b.reshape(x, [(B * C) / 4, 2, 2, T, H, W]); // (B·c, ph, pw, T, h, w)
  const moved = b.permute(cells, [0, 3, 4, 1, 5, 2]); // (B·c, T, h, ph, w, pw)
  return b.reshape(moved, [B, C / 4, T, H * 2, W * 2]); // (B, c, T, 2h, 2w)
}
