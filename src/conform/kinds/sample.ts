/** Golden kind `sample`: text (and given bits) to codes, video and bytes. */

import { sampleCodes } from '../../sampler/sample.ts';
import type { Kind } from '../case.ts';
import {
  emitStep, emitVideo, givenBits, givenUniforms, sampleModels, SAMPLE_STEPS, sampleRequest,
} from '../sample-case.ts';

export const sampleKind: Kind = {
  kind: 'sample',
  steps: SAMPLE_STEPS,
  async run(c, b, results) {
    const { transformer, tokenizer, quantizer } = await sampleModels(c, b);
    const request = { ...sampleRequest(c), ...givenBits(c) };
    const codes = await sampleCodes(b, transformer, quantizer, request, givenUniforms(c), emitStep(results));
    results.tensor('summed_codes', await b.read(codes));
    await emitVideo(b, tokenizer, codes, results);
  },
};
