import { join } from 'node:path';
import type { CheckpointValue } from '../../checkpoint/checkpoint.ts';
import { isDict, isList, isTensor, openCheckpoint } from '../../checkpoint/checkpoint.ts';
import { ArgumentError, InfinityStarError } from '../../errors.ts';
import { plainPath } from '../../io/plain-path.ts';
import type { Kind } from '../case.ts';

/** Reads hostile checkpoints in full; each must be read or rejected as its verdict says. */
export const checkpointHostile: Kind = {
  kind: 'checkpoint_hostile',
  steps: {},
  async run(c) {
    for (const item of c.config.objects('files')) {
      const [file, verdict] = [item.string('file'), item.string('verdict')];
      const outcome = await read(join(c.directory, plainPath(file, `${item.where}.file`)));
      if (verdict !== 'no_crash' && outcome !== verdict) {
        throw new ArgumentError(file, `to be ${verdict} (${item.string('reason')})`, outcome);
      }
    }
  },
};

/** An error that is no InfinityStarError passes through: it is a crash. */
async function read(path: string): Promise<'accepted' | 'rejected'> {
  try {
    const checkpoint = await openCheckpoint(path);
    try {
      await readTensors(checkpoint.value);
    } finally {
      await checkpoint.close();
    }
    return 'accepted';
  } catch (error) {
    if (error instanceof InfinityStarError) return 'rejected';
    throw error;
  }
}

async function readTensors(value: CheckpointValue): Promise<void> {
  if (isTensor(value)) await value.bytes();
  if (isDict(value)) for (const item of value.entries.values()) await readTensors(item);
  if (isList(value)) for (const item of value.items) await readTensors(item);
}
