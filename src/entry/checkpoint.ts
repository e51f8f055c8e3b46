/** `infinitystar/checkpoint`: readers of PyTorch, safetensors, GGUF and NumPy files; nothing in them is executed. */

export { openCheckpoint, readCheckpoint } from '../checkpoint/checkpoint.ts';
export { listCheckpoint } from '../checkpoint/list.ts';
export type { ListedConstant, ListedTensor, Listing } from '../checkpoint/list.ts';
export { readFloats } from '../checkpoint/read-floats.ts';
export { readFloat } from '../checkpoint/stored-tensor.ts';
export type { StoredTensor } from '../checkpoint/stored-tensor.ts';
export { isDict, isList, isOpaque, isTensor, tensorBytes } from '../checkpoint/value.ts';
export type {
  Checkpoint, CheckpointDict, CheckpointFormat, CheckpointList, CheckpointOpaque, CheckpointValue,
} from '../checkpoint/value.ts';
