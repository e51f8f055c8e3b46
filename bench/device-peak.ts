/** What a WebGPU adapter does at most: multiplications and additions between registers, and copying from buffer to buffer. */

import { findAdapter } from '../src/backend/webgpu-adapter.ts';
import { measure } from './measure.ts';

export interface DevicePeak {
  /** Operations and bytes (read and written) a second, by the clock. */
  readonly flops: number;
  readonly bytes: number;
}

const GROUPS = 256;
const ROUNDS = 512;
const BYTES = 2 ** 25;

/** Sixteen chains of vectors of four hide the latencies. */
const names = Array.from({ length: 16 }, (_, i) => `c${i}`);
const CODE = `
@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) g: vec3u) {
  let x = vec4f(f32(g.x) * 1e-9 + 0.5);
  ${names.map((name, i) => `var ${name} = vec4f(${i}.0);`).join(' ')}
  for (var i = 0u; i < ${ROUNDS}u; i++) { ${names.map((name) => `${name} = ${name} * x + x;`).join(' ')} }
  let sum = ${names.join(' + ')};
  y[g.x] = sum.x + sum.y + sum.z + sum.w;
}`;

export async function measureDevicePeak(): Promise<DevicePeak> {
  const { adapter } = await findAdapter({ powerPreference: 'high-performance' });
  const device = await adapter.requestDevice();
  const [STORAGE, COPY] = [128, 12];
  const [from, to] = [0, 1].map(() => device.createBuffer({ size: BYTES, usage: STORAGE | COPY }));
  const module = device.createShaderModule({ code: CODE });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: 'main' } });
  const entries = [{ binding: 0, resource: { buffer: to } }];
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  const timed = async (encode: (encoder: GPUCommandEncoder) => void): Promise<number> => {
    const { wall } = await measure(async () => {
      const encoder = device.createCommandEncoder();
      encode(encoder);
      device.queue.submit([encoder.finish()]);
      await device.queue.onSubmittedWorkDone();
    }, { seconds: 1 });
    return wall;
  };
  const computing = await timed((encoder) => {
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(GROUPS);
    pass.end();
  });
  const copying = await timed((encoder) => encoder.copyBufferToBuffer(from, 0, to, 0, BYTES));
  device.destroy();
  return { flops: (2 * 4 * names.length * ROUNDS * 64 * GROUPS) / computing, bytes: (2 * BYTES) / copying };
}
