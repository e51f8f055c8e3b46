/** Golden kind `image_transform`: a picture to a model input. */

import { transformPicture } from '../../io/image-transform.ts';
import type { Kind } from '../case.ts';
import { checkExpected } from '../expected.ts';

export const imageTransform: Kind = {
  kind: 'image_transform',
  steps: { '': 'S9' },
  run(c, _b, results) {
    const [height, width] = [c.config.integer('target_height'), c.config.integer('target_width')];
    checkExpected(c, 'tensor', [3, height, width]);
    results.tensor('tensor', transformPicture(c.bytes('image'), height, width)); // (3, h, w)
    return Promise.resolve();
  },
};
