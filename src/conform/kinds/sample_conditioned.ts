/** Golden kind `sample_conditioned`: a picture or video becomes the given bits. */

import { encodeCondition } from '../../sampler/condition.ts';
import { sampleCodes } from '../../sampler/sample.ts';
import type { Kind } from '../case.ts';
import { emitStep, emitVideo, givenUniforms, sampleModels, SAMPLE_STEPS, sampleRequest } from '../sample-case.ts';

export const sampleConditioned: Kind = {
  kind: 'sample_conditioned',
  steps: SAMPLE_STEPS,
  async run(c, b, results) {
    const { transformer, tokenizer, quantizer } = await sampleModels(c, b);
    const plain = sampleRequest(c);
    const { schedule, repetition } = plain;
    const video = c.input('condition_video'); // (1, 3, T, H, W)
    const { features, forced } = await encodeCondition(b, tokenizer, quantizer, schedule, repetition, video);
    results.tensor('condition_features', await b.read(features));
    forced.bits.forEach((bits, realSi) => results.tensor(`condition_bits/${realSi}`, bits));

    const request = { ...plain, forced };
    const codes = await sampleCodes(b, transformer, quantizer, request, givenUniforms(c), emitStep(results));
    results.tensor('summed_codes', await b.read(codes));
    await emitVideo(b, tokenizer, codes, results);
  },
};
