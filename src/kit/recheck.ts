/**
 * After a first divergence all later values differ too. To tell a second fault from a consequence of the first, a stage
 * is computed anew from what the port itself had before it: where that agrees with the port, the stage is right.
 */

import { hostTensor, hostZeros, rowMajor } from '../array/host.ts';
import type { HostArray, HostTensor } from '../array/host.ts';
import type { Backend } from '../backend/backend.ts';
import type { Case } from '../conform/case.ts';
import { sampleModels, sampleRequest } from '../conform/sample-case.ts';
import type { SampleModels } from '../conform/sample-case.ts';
import { fullSize, networkInput, upsampledCodes } from '../quantizer/running-code.ts';
import { drawBits } from '../sampler/draw.ts';
import { guide } from '../sampler/guidance.ts';
import { embedCodes } from '../transformer/embed.ts';
import { bytesOfVideo } from './bytes.ts';
import type { KitCase } from './manifest.ts';
import type { Profile } from './profiles.ts';
import { recheckQuantized } from './recheck-quantized.ts';
import type { PortArray } from './results.ts';

/** The value of an output as it follows from the port's own earlier values; nothing where that cannot be said. */
export type Recheck = (output: string) => Promise<HostArray | undefined>;

/** @param got what the port wrote, by output. */
export function recheckOf({ case: c, profile }: KitCase, b: Backend, got: ReadonlyMap<string, PortArray>): Recheck {
  const isGeneration = c.kind.startsWith('sample');
  const models = lazy(() => sampleModels(c, b));
  return async (output) => {
    if (c.kind === 'residual_quantization') return recheckQuantized(c, b, got, output);
    if (!isGeneration) return undefined;
    const [, name, k] = /^(logits_guided|bits_sampled|bits_used|summed)\/(\d+)$/.exec(output) ?? [];
    if (output === 'frames_u8') return ownBytes(got, profile);
    if (name === undefined) return embedded(c, b, models, got, output);
    const step = Number(k);
    switch (name) {
      case 'logits_guided': return guided(c, got.get(`logits_raw/${step}`), step);
      case 'bits_sampled': return drawn(c, got.get(`logits_guided/${step}`), step);
      case 'bits_used': return used(c, got, step);
      default: return summed(c, b, models, got, step);
    }
  };
}

const float = ({ values, shape }: PortArray): HostTensor => hostTensor(Float32Array.from(values), shape);
const byte = ({ values, shape }: PortArray) => hostTensor(Uint8Array.from(values), shape);

function guided(c: Case, raw: PortArray | undefined, k: number): HostArray | undefined {
  if (raw === undefined) return undefined;
  const { tau, cfg, guidance } = sampleRequest(c);
  const { si } = stepOf(c, k);
  const values = Float32Array.from(guide(float(raw), tau[si], cfg[si], guidance));
  return hostTensor(values, [1, values.length / 2, 2]);
}

function drawn(c: Case, logits: PortArray | undefined, k: number): HostArray | undefined {
  if (logits === undefined) return undefined;
  const bits = drawBits(Float64Array.from(logits.values), rowMajor(c.input(`uniforms/${k}`)));
  return hostTensor(bits, [bits.length]);
}

function used(c: Case, got: ReadonlyMap<string, PortArray>, k: number): HostArray | undefined {
  const forced = c.config.has('gt_leak') ? c.config.integer('gt_leak') : 0;
  const sampled = got.get(`bits_sampled/${k}`) ?? asBits(drawn(c, got.get(`logits_guided/${k}`), k));
  if (sampled === undefined || stepOf(c, k).si < forced) return undefined;
  const { shape } = c.outputs.find(({ name }) => name === `bits_used/${k}`)!;
  return hostTensor(Uint8Array.from(sampled.values), shape);
}

function asBits(bits: HostArray | undefined): PortArray | undefined {
  return bits === undefined ? undefined : { values: rowMajor(bits), shape: bits.shape, dtype: 'uint8' };
}

type Models = () => Promise<SampleModels>;

async function summed(
  c: Case,
  b: Backend,
  models: Models,
  got: ReadonlyMap<string, PortArray>,
  k: number,
): Promise<HostArray | undefined> {
  const bits = got.get(`bits_used/${k}`);
  const before = await codeBefore(c, models, got, k);
  if (bits === undefined || before === undefined) return undefined;
  const { quantizer } = await models();
  const { schedule } = sampleRequest(c);
  const share = upsampledCodes(b, quantizer, schedule, stepOf(c, k).si, byte(bits));
  return b.read(b.add(b.upload(before), share));
}

/** The running code before step k: the port's own, or zeros at the start of a clip. (1, C, t, H, W) */
async function codeBefore(
  c: Case,
  models: Models,
  got: ReadonlyMap<string, PortArray>,
  k: number,
): Promise<HostTensor | undefined> {
  const { schedule } = sampleRequest(c);
  const clipOf = (step: number): number => Math.floor(stepOf(c, step).si / schedule.scalesPerClip);
  if (k === 0 || clipOf(k - 1) !== clipOf(k)) {
    const [t] = schedule.scales[stepOf(c, k).si];
    return hostZeros([1, (await models()).quantizer.channels, t, ...fullSize(schedule)]);
  }
  const former = got.get(`summed/${k - 1}`);
  return former === undefined ? undefined : float(former);
}

/** `stage/clip<c>/scale<s>/rep<r>/embed` */
async function embedded(
  c: Case,
  b: Backend,
  models: Models,
  got: ReadonlyMap<string, PortArray>,
  output: string,
): Promise<HostArray | undefined> {
  const [, clip, scale, repeat] = /^stage\/clip(\d+)\/scale(\d+)\/rep(\d+)\/embed$/.exec(output) ?? [];
  if (clip === undefined) return undefined;
  const { schedule } = sampleRequest(c);
  const si = Number(clip) * schedule.scalesPerClip + Number(scale);
  const k = c.config.objects('steps').findIndex((step) => step.integer('si') === si && step.integer('repeat') === Number(repeat));
  const before = await codeBefore(c, models, got, k);
  if (before === undefined) return undefined;
  const { transformer } = await models();
  const seen = networkInput(b, b.upload(before), schedule.scales[si]);
  return b.read(await embedCodes(b, transformer, seen, c.expected(output).shape[0]));
}

/** The bytes of the port's own video (B, 3, T, H, W), where it shows one. */
export function ownBytes(got: ReadonlyMap<string, PortArray>, profile: Profile): HostArray | undefined {
  const [video, bytes] = [got.get('video'), got.get('frames_u8')];
  return video?.shape.length !== 5 || bytes === undefined ? undefined : bytesOfVideo(float(video), bytes, profile);
}

function lazy<T>(make: () => T): () => T {
  let value: { readonly made: T } | undefined;
  return () => (value ??= { made: make() }).made;
}

function stepOf(c: Case, k: number): { readonly si: number } {
  return { si: c.config.objects('steps')[k].integer('si') };
}
