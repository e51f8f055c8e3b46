import { describe, expect, it } from 'vitest';
import { Forwarding } from '../../src/backend/forwarding.ts';
import type { Backend, MatmulOptions, Tensor } from '../../src/backend/backend.ts';
import { sizeOf } from '../../src/array/host.ts';
import { shippedModel } from '../../src/model/default.ts';
import { loadModel } from '../../src/model/load.ts';
import { makeBackend } from '../../src/backends.ts';
import { generateVideo } from '../../src/pipeline/generate.ts';
import { planSchedule } from '../../src/pipeline/plan.ts';
import { estimateWork } from '../../src/pipeline/work.ts';

/** Counts what really runs. */
class Counting extends Forwarding {
  constructor(
    inner: Backend,
    private readonly count: { matmul: number; conv3d: number },
  ) {
    super(inner);
  }

  override matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
    const y = super.matmul(a, b, options);
    this.count.matmul += 2 * sizeOf(y.shape) * a.shape.at(options.transposeA ? -2 : -1)!;
    return y;
  }

  override conv3d(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
    const y = super.conv3d(x, weight, bias);
    this.count.conv3d += 2 * sizeOf(y.shape) * sizeOf(weight.shape.slice(1));
    return y;
  }

  override scope<T>(stage: string, body: (b: Backend) => Promise<T>): Promise<T> {
    return super.scope(stage, (b) => body(new Counting(b, this.count)));
  }
}

describe('estimateWork', () => {
  it.each([1, 17, 33])('counts what %i frames really take, within a tenth', async (frames) => {
    const count = { matmul: 0, conv3d: 0 };
    const model = await loadModel(shippedModel('toy'), new Counting(await makeBackend(), count));
    const prompt = 'a red circle moving left on a black background';
    const tokens = (await model.encodePrompt(prompt)).shape[0];
    count.matmul = 0;
    await generateVideo(model, { prompt, frames });
    const work = estimateWork(model.config, planSchedule(model.config.schedule, frames), tokens);
    expect(work.sampling / count.matmul).toBeGreaterThan(0.9);
    expect(work.sampling / count.matmul).toBeLessThan(1.1);
    expect(work.decoding / count.conv3d).toBeGreaterThan(0.9);
    expect(work.decoding / count.conv3d).toBeLessThan(1.1);
  });
});
