/** `infinitystar/reconstruct`: pictures and videos through the tokenizer and back; the bits in between. */

export { decodeBits, encodeBits, tokenizerInput } from '../pipeline/bits.ts';
export type { DecodeBitsOptions } from '../pipeline/bits.ts';
export { planSchedule } from '../pipeline/plan.ts';
export { psnr } from '../pipeline/psnr.ts';
export { reconstructVideo, usableLength } from '../pipeline/reconstruct.ts';
export type { Reconstruction, ReconstructRequest } from '../pipeline/reconstruct.ts';
