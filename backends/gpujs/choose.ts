/** What each mode of gpu.js reports of this machine, and which is the best that runs. */

import { GPU } from 'gpu.js';
import { isSoftwareAdapter } from '../../src/backend/software-adapter.ts';
import { findAdapter } from '../../src/backend/webgpu-adapter.ts';
import { UnsupportedError } from '../../src/errors.ts';
import type { ArrayLimit } from './limit.ts';
import { bufferLimit, indexLimit, smaller, textureLimit } from './limit.ts';
import type { GpuMode } from './modes.ts';
import { gpuModes } from './modes.ts';

/** What a mode reports. */
export interface ModeReport {
  readonly mode: GpuMode;
  readonly runs: boolean;
  /** The adapter and its limits; or why it does not run. */
  readonly text: string;
  /** Whether the adapter is one in software, which computes on the processor. */
  readonly software: boolean;
  readonly limit: ArrayLimit;
}

interface Report {
  readonly text: string;
  readonly software?: boolean;
  /** Of the device; indices set one for all. */
  readonly limit?: ArrayLimit;
}

/** Whether a mode runs here, and on what. */
export async function reportOf(mode: GpuMode): Promise<ModeReport> {
  try {
    const { text, software = false, limit = indexLimit } = await REPORTS[mode]();
    return { mode, runs: true, text: software ? `${text}, in software` : text, software, limit: smaller(indexLimit, limit) };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { mode, runs: false, text, software: false, limit: indexLimit };
  }
}

export interface Choice {
  readonly mode: GpuMode;
  readonly why: string;
  /** Of every array on the device. */
  readonly limit: ArrayLimit;
}

/**
 * The mode asked for; for `auto` the first that runs, but never on an adapter in software: the modes for processors are
 * faster.
 * @returns the choice, and in one line why not a better one.
 * @throws UnsupportedError if the mode does not run here.
 */
export async function chooseMode(wanted: GpuMode | 'auto'): Promise<Choice> {
  const refusals: string[] = [];
  for (const mode of wanted === 'auto' ? gpuModes : [wanted]) {
    const { runs, software, text, limit } = await reportOf(mode);
    if (runs && (wanted === mode || !software)) return { mode, limit, why: [`gpu.js computes with ${mode} (${text})`, ...refusals].join('; ') };
    refusals.push(`not ${mode}: ${text}`);
  }
  throw new UnsupportedError(`gpu.js cannot compute here; ${refusals.join('; ')}`);
}

const REPORTS: Readonly<Record<GpuMode, () => Report | Promise<Report>>> = {
  webgpu: reportWebgpu,
  webgl2: () => reportGl(GPU.isWebGL2Supported, 'no WebGL 2'),
  headlessgl: () => reportGl(GPU.isHeadlessGLSupported, 'the package gl is not installed or has no display'),
  webasm() {
    if (!GPU.isWebAssemblySupported) throw new UnsupportedError('no WebAssembly');
    return { text: 'WebAssembly on the processor' };
  },
  cpu: () => ({ text: 'plain JavaScript' }),
};

async function reportWebgpu(): Promise<Report> {
  const { adapter: { limits }, name, software } = await findAdapter();
  const limit = bufferLimit(Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize));
  return { text: `${name}, ${limit.of}`, software, limit };
}

function reportGl(supported: boolean, otherwise: string): Report {
  if (!supported) throw new UnsupportedError(otherwise);
  if (typeof OffscreenCanvas === 'undefined') return { text: 'OpenGL without a window' };
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (gl === null) throw new UnsupportedError('no WebGL 2');
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  const name = String(gl.getParameter(names === null ? gl.RENDERER : names.UNMASKED_RENDERER_WEBGL));
  const limit = textureLimit(Number(gl.getParameter(gl.MAX_TEXTURE_SIZE)));
  gl.getExtension('WEBGL_lose_context')?.loseContext(); // pages have few contexts
  return { text: `${name}, ${limit.of}`, software: isSoftwareAdapter(name), limit };
}
