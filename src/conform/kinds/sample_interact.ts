/** Golden kind `sample_interact`: the first clip of a story, or one that follows on a former clip. */

import { collectFrames, decodeFrames } from '../../sampler/frames.ts';
import { decodeNextClip, sampleNextClip } from '../../sampler/interact.ts';
import { sampleCodes } from '../../sampler/sample.ts';
import type { Kind } from '../case.ts';
import { emitStep, givenBits, givenUniforms, interactSettings, sampleModels, SAMPLE_STEPS, sampleRequest } from '../sample-case.ts';

export const sampleInteract: Kind = {
  kind: 'sample_interact',
  steps: SAMPLE_STEPS,
  async run(c, b, results) {
    const { transformer, tokenizer, quantizer } = await sampleModels(c, b);
    const [request, uniforms, onStep] = [{ ...sampleRequest(c), ...givenBits(c) }, givenUniforms(c), emitStep(results)];
    const channels = 'bgr';
    const { mode, ...settings } = interactSettings(c);
    if (mode === 'first_iv_clip') {
      const codes = await sampleCodes(b, transformer, quantizer, request, uniforms, onStep);
      results.tensor('returned_features', await b.read(codes));
      results.tensor('frames_u8', await collectFrames(decodeFrames(b, tokenizer, codes, { channels })));
      return;
    }
    const former = {
      features: b.upload(c.input('former_features')), // (1, C, N+1, H, W)
      firstFrame: b.upload(c.input('first_frame_features')), // (1, C, 1, H, W)
    };
    const next = await sampleNextClip(b, transformer, quantizer, request, former, settings, uniforms, onStep);
    results.tensor('returned_features', await b.read(next.features));
    results.tensor('frames_u8', await collectFrames(decodeNextClip(b, tokenizer, former, next.codes, { channels })));
  },
};
