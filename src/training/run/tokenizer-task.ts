/**
 * Training the tokenizer, stage after stage: pictures and videos from one data set, the quantizer inserted on the way
 * (knowledge inheritance, §3.3), the last scales dropped now and then (Q6).
 */

import { hostTensor } from '../../array/host.ts';
import type { HostTensor } from '../../array/host.ts';
import type { Backend } from '../../backend/backend.ts';
import { residentWeights } from '../../backend/weights.ts';
import { ArgumentError } from '../../errors.ts';
import type { ModelConfig } from '../../model/directory.ts';
import { initializeTokenizer } from '../../model/initialize.ts';
import { pixelSize, planSchedule } from '../../pipeline/plan.ts';
import { makeSchedule } from '../../pyramid/schedule.ts';
import type { Schedule } from '../../pyramid/schedule.ts';
import { droppedScales } from '../../quantizer/stochastic-depth.ts';
import { framesPerLatent } from '../../tokenizer/levels.ts';
import { tokenizerShapes } from '../../tokenizer/shapes.ts';
import { makeTokenizer } from '../../tokenizer/tokenizer.ts';
import type { FeatureNetwork } from '../critics/feature-loss.ts';
import { discriminatorLoss } from '../critics/patch-discriminator.ts';
import { checkCritics, criticTerms, initialCritics, splitCritics } from '../critics/terms.ts';
import type { TrainingVideos, VideoBatch } from '../data/videos.ts';
import { learningRate } from '../learning-rate.ts';
import { movementWeights } from '../movement-weights.ts';
import { tokenizerLoss } from '../tokenizer-loss.ts';
import type { QuantizerStage, TokenizerBatch, TokenizerLosses } from '../tokenizer-loss.ts';
import { cutAroundShapes } from './cut.ts';
import { fingerprint } from './features.ts';
import { gradientsOf } from './gradients.ts';
import type { TrainingTask } from './loop.ts';
import { stageAt, totalSteps } from './recipe.ts';
import type { TokenizerRecipe } from './recipe.ts';
import { beforeAndAfter } from './samples.ts';
import { drawsOfStep } from './state.ts';
import type { Values } from './state.ts';

export interface TokenizerTaskOptions {
  readonly backend: Backend;
  readonly config: ModelConfig;
  readonly recipe: TokenizerRecipe;
  readonly data: TrainingVideos;
  readonly heldOut: TrainingVideos;
  readonly seed: number;
  /** Weights to go on from: any continuous or quantized tokenizer of this architecture (Q8). */
  readonly start?: Values;
  /** Train the decoder alone: the codes of `start` stay as they are, and a transformer that knows them stays valid. */
  readonly decoderOnly?: boolean;
  /** For a recipe with a perceptual term. */
  readonly featureNetwork?: FeatureNetwork;
}

/** Held-out videos, or pictures, that are measured at a checkpoint, and shown. */
const [VALIDATION_VIDEOS, VALIDATION_PICTURES, SHOWN] = [4, 32, 8];
/** Samples are drawn from so many. */
const SAMPLES = 2 ** 30;

export function tokenizerTask(options: TokenizerTaskOptions): TrainingTask {
  const { backend, config, recipe, data, heldOut, seed, start, decoderOnly = false } = options;
  const { stages } = recipe;
  if (decoderOnly && start === undefined) throw new ArgumentError('start', 'a trained tokenizer for the decoder', start);
  const critics = recipe.critics === undefined
    ? undefined
    : { config: recipe.critics, ...(options.featureNetwork === undefined ? {} : { network: options.featureNetwork }) };
  for (const side of sidesOf(stages, pixelSize(scheduleOf(config, 1)))) if (critics !== undefined) checkCritics(critics, side);
  const frozen: Values = new Map(decoderOnly ? [...start!].filter(([key]) => !ofDecoder(key)) : []);

  const weighted = ({ video, foreground }: VideoBatch): TokenizerBatch => {
    const { movement = 0 } = recipe;
    const moving = movement > 0 ? movementWeights(video).data : undefined; // (B, 1, T, H, W)
    const weights = foreground.data.map((share, i) => 1 + recipe.foreground * share + movement * (moving?.[i] ?? 0));
    return { video, weights: hostTensor(weights, foreground.shape) };
  };
  const quantizerStage = (frames: number, count: number, drop: (scales: number) => boolean[]): QuantizerStage => {
    const schedule = scheduleOf(config, frames);
    return {
      quantizer: { config: config.quantizer, channels: config.tokenizer.latent_channels * 4 },
      schedule,
      repetition: config.sampling,
      dropped: Array.from({ length: count }, () => drop(schedule.scalesPerClip)),
    };
  };

  const whole = (trained: Values): Values => new Map([...frozen, ...splitCritics(trained).others]);

  /** Held-out videos through the averaged weights, no scale dropped. */
  const heldOutLosses = async (b: Backend, step: number, average: Values): Promise<TokenizerLosses & TokenizerBatch> => {
    const { stage } = stageAt(stages, step);
    const count = stage.frames === 1 ? VALIDATION_PICTURES : VALIDATION_VIDEOS;
    const batch = weighted(await heldOut.batch(0, count, stage.frames));
    const noDrop = (scales: number): boolean[] => new Array<boolean>(scales).fill(false);
    const quantizer = stage.quantized ? quantizerStage(stage.frames, count, noDrop) : undefined;
    const tokenizer = makeTokenizer(config.tokenizer, residentWeights(b, whole(average)));
    return { ...batch, ...(await tokenizerLoss(b, tokenizer, batch, quantizer, recipe.loss)) };
  };

  return {
    steps: totalSteps(stages),
    stages,
    settings: JSON.stringify({
      task: 'tokenizer', recipe, seed, data: data.fingerprint, ...(decoderOnly ? { codes: fingerprint(frozen) } : {}),
      ...(options.featureNetwork === undefined ? {} : { features: fingerprint(options.featureNetwork) }),
    }),
    initial: () => {
      const all = start ?? initializeTokenizer(tokenizerShapes(config.tokenizer), seed);
      const own = [...all].filter(([key]) => !frozen.has(key));
      return new Map(critics === undefined ? own : [...own, ...initialCritics(critics, seed)]);
    },
    whole,
    plan(step) {
      const { stage, local } = stageAt(stages, step);
      const rate = learningRate(stage.rate, local, stage.steps);
      return { rate, restart: local === 0, adamw: recipe.adamw, decay: recipe.decay };
    },
    async gradients(step, parameters) {
      const { stage } = stageAt(stages, step);
      const uniforms = drawsOfStep(seed, step);
      const [kind, place] = Array.from(uniforms.next(2));
      const [count, frames] = kind < stage.videoShare ? [stage.videos, stage.frames] : [stage.pictures, 1];
      const shown = await data.batch(Math.floor(place * SAMPLES), count, frames);
      const batch = weighted(stage.side === undefined ? shown : cutAroundShapes(shown, stage.side, uniforms.next(3 * count)));
      const { last, probability } = stage.drop;
      const drop = (scales: number): boolean[] => droppedScales(scales, last, probability, uniforms.next(last));
      const between = stage.quantized ? quantizerStage(frames, count, drop) : { uniforms };
      const metrics: Record<string, number> = { frames: count * frames };
      const { discriminator, others } = splitCritics(parameters);
      let made: HostTensor | undefined; // (B, 3, T, H, W)
      const gradients = await gradientsOf(backend, others, async (b, weights) => {
        const losses = await tokenizerLoss(b, makeTokenizer(config.tokenizer, weights), batch, between, recipe.loss);
        metrics['loss'] = (await b.read(losses.total)).data[0];
        metrics['psnr'] = decibels((await b.read(losses.squares)).data[0]);
        if (critics === undefined) return losses.total;
        if (discriminator.size > 0) made = await b.read(losses.output);
        const terms = await criticTerms(b, critics, weights, batch.video, losses.output); // (1)
        metrics['critics'] = (await b.read(terms)).data[0];
        return b.add(losses.total, terms);
      }, new Map([...frozen, ...discriminator]));
      if (made === undefined) return { gradients, metrics };
      const [real, fake] = [batch.video, made];
      const judging = await gradientsOf(backend, discriminator, async (b, weights) => {
        const loss = await discriminatorLoss(b, weights, real, fake); // (1)
        metrics['discriminator'] = (await b.read(loss)).data[0];
        return loss;
      });
      return { gradients: new Map([...gradients, ...judging]), metrics };
    },
    validate(step, average) {
      return backend.scope('validate', async (b) => {
        const { squares } = await heldOutLosses(b, step, average);
        return { held_out_psnr: decibels((await b.read(squares)).data[0]) };
      });
    },
    samples(step, average) {
      return backend.scope('samples', async (b) => {
        const { video, output } = await heldOutLosses(b, step, average); // (B, 3, T, H, W)
        return beforeAndAfter(video, await b.read(output)).slice(0, SHOWN);
      });
    },
  };
}

/** Height and width of what each stage trains on. */
function sidesOf(stages: TokenizerRecipe['stages'], whole: readonly number[]): (readonly number[])[] {
  return stages.map(({ side }) => (side === undefined ? whole : [side, side]));
}

/** Whether a weight plays no part in what the codes are. */
function ofDecoder(key: string): boolean {
  return key.startsWith('decoder.') || key.startsWith('proj_up');
}

/** Any number of frames that the tokenizer takes; shorter ones than the transformer's are used on the way. */
export function scheduleOf({ schedule, tokenizer }: ModelConfig, frames: number): Schedule {
  const { scales, scalesPerClip } = planSchedule(schedule, 1);
  const sizes = scales.slice(0, scalesPerClip).map(([, h, w]) => [h, w] as const);
  const latents = (frames - 1) / framesPerLatent(tokenizer) + 1;
  return makeSchedule(sizes, schedule.frames_inner_clip, latents, schedule.frames_first_clip);
}

/** Of pixels in [−1, 1]. */
function decibels(meanSquare: number): number {
  return 10 * Math.log10(4 / meanSquare);
}

