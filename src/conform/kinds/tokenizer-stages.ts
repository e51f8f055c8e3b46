/** Reports the stages of the tokenizer as golden outputs: scope `…/chunk<i>/<name>` → `stage/<name>/chunk<i>`. */

import type { Backend } from '../../backend/backend.ts';
import { Tensor } from '../../backend/backend.ts';
import { observe } from '../../backend/observe.ts';
import type { Results } from '../case.ts';

export function reportStages(b: Backend, results: Results): Backend {
  return observe(b, async (path, value, inner) => {
    const match = /^(?:encode|decode)\/(chunk\d+)\/([^/]+)$/.exec(path);
    if (match === null || value === null || typeof value !== 'object' || !('y' in value)) return;
    if (value.y instanceof Tensor) results.tensor(`stage/${match[2]!}/${match[1]!}`, await inner.read(value.y));
  });
}
