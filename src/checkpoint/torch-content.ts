/** What both formats of torch.save come down to. */

import type { PickleValue } from './pickle-values.ts';
import type { TorchTensor } from './torch-values.ts';

export interface TorchContent {
  readonly value: PickleValue;
  /** Elements of one of its tensors, row-major. */
  read(tensor: TorchTensor): Promise<Uint8Array>;
}

/** Bytes of a pickle; a thousand tensors take about a hundred thousand. */
export const MAX_PICKLE = 2 ** 26;
