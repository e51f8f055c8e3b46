/** A device that was lost, has no room, or refuses work. */

import { InfinityStarError } from '../errors.ts';

export class DeviceError extends InfinityStarError {
  override readonly name: string = 'DeviceError';
}
