/**
 * A WebGPU device that does nothing: values that are read are zeros. What the backend takes beside its driver is left, and sizes
 * can be tried that no machine at hand has room for.
 */

import { WebgpuBackend } from '../backends/webgpu/backend.ts';
import { WebgpuDevice } from '../backends/webgpu/device.ts';

/** @param most bytes of a buffer. */
export function nullWebgpu(most = 2 ** 31): WebgpuBackend {
  return new WebgpuBackend(new WebgpuDevice(nullDevice(most), 'no adapter', true));
}

function nullDevice(most: number): GPUDevice {
  const nothing = (): void => undefined;
  const nobody = {};
  const pass = { setPipeline: nothing, setBindGroup: nothing, dispatchWorkgroups: nothing, end: nothing };
  const encoder = { beginComputePass: () => pass, copyBufferToBuffer: nothing, finish: () => nobody };
  const device = {
    limits: { maxBufferSize: most, maxStorageBufferBindingSize: most },
    lost: new Promise(nothing),
    addEventListener: nothing,
    destroy: nothing,
    pushErrorScope: nothing,
    popErrorScope: () => Promise.resolve(null),
    createBuffer: ({ size }: { size: number }) => ({
      size, destroy: nothing, unmap: nothing, mapAsync: () => Promise.resolve(),
      getMappedRange: (_from: number, bytes: number) => new ArrayBuffer(bytes),
    }),
    createShaderModule: () => nobody,
    createPipelineLayout: () => nobody,
    createBindGroupLayout: () => nobody,
    createBindGroup: () => nobody,
    createComputePipelineAsync: () => Promise.resolve(nobody),
    createCommandEncoder: () => encoder,
    queue: { writeBuffer: nothing, submit: nothing, onSubmittedWorkDone: () => Promise.resolve() },
  };
  return device as unknown as GPUDevice; // what the backend uses of it
}
