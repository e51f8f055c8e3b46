import { hostTensor, rowMajor } from '../../array/host.ts';
import type { HostTensor } from '../../array/host.ts';
import { adamwStep, initialState } from '../../training/adamw.ts';
import type { Kind } from '../case.ts';

/** L5: some steps of clipped AdamW; what the parameters have moved since the start. */
export const adamw: Kind = {
  kind: 'adamw',
  steps: { '': 'L5' },
  async run(c, _b, results) {
    const { config } = c;
    const names = [...Array(config.count('parameters', 1, 1000)).keys()].map(String);
    const copy = (x: HostTensor): HostTensor => hostTensor(rowMajor(x).slice(), x.shape);
    const parameters = new Map(names.map((i) => [i, copy(c.input(`p${i}`))]));
    const [beta1, beta2] = config.numbers('betas');
    const options = {
      betas: [beta1, beta2],
      eps: config.number('eps'),
      weight_decay: config.number('weight_decay'),
      clip: config.number('clip'),
    } as const;
    let state = initialState(parameters);
    for (let step = 0; step < config.count('steps', 1, 1000); step++) {
      const gradients = new Map(names.map((i) => [i, c.input(`g${step}/${i}`)]));
      const result = adamwStep(parameters, gradients, state, config.number('lr'), options);
      state = result.state;
      results.tensor(`norm/${step}`, hostTensor(Float32Array.of(result.norm), [1]));
      for (const [i, { data, shape }] of parameters) {
        const start = rowMajor(c.input(`p${i}`));
        results.tensor(`change/${step}/${i}`, hostTensor(data.map((value, n) => value - start[n]), shape));
      }
    }
  },
};
