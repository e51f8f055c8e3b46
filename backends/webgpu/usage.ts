/** Flags of the WebGPU standard, which not every environment has as globals. */

export const USAGE = { mapRead: 1, copySource: 4, copyTarget: 8, uniform: 64, storage: 128, queryResolve: 512 } as const;

/** Of bindings: visible to compute kernels. */
export const COMPUTE = 4;

/** Of mapping: for the host to read. */
export const READ = 1;
