/** Reads an augmentation (augment.ts) from the JSON of a recipe; what is left out is 0. */

import type { Fields } from '../../io/fields.ts';
import { atLeast, share } from '../run/recipe-fields.ts';
import type { Augmentation } from './augment.ts';

/** @throws ArgumentError naming the field that is wrong. */
export function parseAugmentation(fields: Fields): Augmentation {
  fields.only('shift', 'scale', 'turn', 'hue', 'mirror', 'plain', 'offset', 'stills');
  const amount = (key: string): number => (fields.has(key) ? atLeast(fields, key, 0) : 0);
  const part = (key: string): number => (fields.has(key) ? share(fields, key) : 0);
  return {
    shift: amount('shift'), scale: amount('scale'), turn: amount('turn'), hue: amount('hue'),
    mirror: part('mirror'), plain: part('plain'), offset: part('offset'), stills: part('stills'),
  };
}
