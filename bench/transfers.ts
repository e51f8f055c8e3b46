/** For devices: the text encoder, which is on the device only for a prompt, and what weights cost that do not stay. */

import type { HostTensor } from '../src/array/host.ts';
import type { Backend, Tensor } from '../src/backend/backend.ts';
import type { WeightStore } from '../src/backend/weights.ts';
import { weightsAt } from '../src/backend/weights.ts';
import { shippedModel } from '../src/model/default.ts';
import { loadModel } from '../src/model/load.ts';
import type { Stage, Times } from './generation.ts';
import { stagesOf, stopwatch } from './generation.ts';
import { makeModel, requestFor, sample } from './models.ts';
import { SIZES } from './sizes.ts';
import type { SizeName } from './sizes.ts';

/** A prompt through the text encoder of the model that ships: its weights go up each time. */
export async function timeText(b: Backend): Promise<Stage[]> {
  const model = await loadModel(shippedModel('toy'), b, { weightBudget: 0 }); // nothing of it but the encoder
  const stages = await twice(b, 'a prompt through the text encoder', async () => {
    await model.encodePrompt('a red circle moving right on a white background');
  });
  await model.close();
  return stages;
}

/** Text to image as in generation.ts, but the transformer's weights are uploaded whenever they are used. */
export function timeUploads(b: Backend, size: SizeName): Promise<Stage[]> {
  const config = SIZES[size];
  const model = makeModel(b, config, uploadedWeights);
  return twice(b, 'text to image: sampling, weights not resident', async () => {
    await b.scope('generate', async (b) => void (await b.read(await sample(b, model, requestFor(config, 1)))));
  });
}

/** The second run counts. */
async function twice(b: Backend, name: string, body: () => Promise<void>): Promise<Stage[]> {
  const [first, later] = [new Map<string, Times>(), new Map<string, Times>()];
  await stopwatch(b, first)(name, body);
  await stopwatch(b, later)(name, body);
  return stagesOf(later, first);
}

function uploadedWeights(_b: Backend, values: ReadonlyMap<string, HostTensor>): WeightStore {
  return {
    shapes: new Map([...values].map(([key, value]) => [key, value.shape])),
    async load(scope, prefix) {
      const start = prefix === '' ? '' : `${prefix}.`;
      const tensors = new Map<string, Tensor>();
      for (const [key, value] of values) if (key.startsWith(start)) tensors.set(key, scope.upload(value));
      return weightsAt(tensors, start);
    },
    tensor: async (scope, key) => scope.upload(values.get(key)!),
  };
}
