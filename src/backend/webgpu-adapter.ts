/** WebGPU as this program finds it: built in (browsers), or the package `webgpu` (Node), which is not required. */

import { UnsupportedError } from '../errors.ts';
import { adapterName, isSoftwareAdapter } from './software-adapter.ts';

export interface FoundAdapter {
  readonly adapter: GPUAdapter;
  readonly name: string;
  /** Whether a processor computes for it. */
  readonly software: boolean;
}

/** The adapter that the system offers first. @throws UnsupportedError where there is none, in one line that says why. */
export async function findAdapter(options: GPURequestAdapterOptions = {}): Promise<FoundAdapter> {
  await provideWebgpu();
  const { gpu } = navigator as { readonly gpu?: GPU };
  if (gpu === undefined) throw new UnsupportedError('this program has no navigator.gpu');
  const adapter = await gpu.requestAdapter(options);
  if (adapter === null) throw new UnsupportedError('there is no adapter');
  const name = adapterName(adapter.info);
  const { isFallbackAdapter = adapter.info.isFallbackAdapter } = adapter as { readonly isFallbackAdapter?: boolean };
  return { adapter, name, software: isFallbackAdapter || isSoftwareAdapter(name) };
}

async function provideWebgpu(): Promise<void> {
  const inNode = typeof process === 'object' && process.versions?.node !== undefined;
  if (!inNode || (globalThis as { navigator?: { gpu?: unknown } }).navigator?.gpu !== undefined) return;
  const name = 'webgpu'; // not to be bundled
  const loading = import(/* @vite-ignore */ /* webpackIgnore: true */ name) as Promise<WebgpuPackage>;
  const webgpu = await loading.catch((cause: unknown) => {
    throw new UnsupportedError('the package webgpu is not installed, or not for this machine (npm install webgpu)', { cause });
  });
  Object.assign(globalThis, webgpu.globals);
  // Kernels here write workgroup memory before they read it; clearing it first doubles what software adapters compile.
  const gpu = webgpu.create(['enable-dawn-features=disable_workgroup_init']);
  if (globalThis.navigator === undefined) Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  else Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
}

interface WebgpuPackage {
  create(flags: readonly string[]): unknown;
  readonly globals: object;
}
