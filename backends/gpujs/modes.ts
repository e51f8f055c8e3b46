/** The modes of gpu.js that this backend uses; see choose.ts. No code of gpu.js is loaded for these names. */

/** From the fastest on. */
export const gpuModes = ['webgpu', 'webgl2', 'headlessgl', 'webasm', 'cpu'] as const;

export type GpuMode = (typeof gpuModes)[number];
