/** `infinitystar/convert`: official checkpoints to model directories, and back. */

export { convert } from '../convert/convert.ts';
export type { ConvertOptions } from '../convert/convert.ts';
export { exportOfficial } from '../convert/export.ts';
export { presetConfig, PRESETS } from '../model/presets.ts';
