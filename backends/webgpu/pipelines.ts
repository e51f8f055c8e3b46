/** Compiled kernels: each text with its constants once, several at the same time, the queue waiting only for what it runs. */

import type { Constants, Kernel } from './kernels/kernel.ts';
import { COMPUTE } from './usage.ts';

export interface Pipeline {
  readonly kernel: Kernel;
  /** undefined until it is ready. */
  compiled: GPUComputePipeline | undefined;
  readonly ready: Promise<void>;
}

export class Pipelines {
  count = 0;
  private readonly modules = new WeakMap<Kernel, GPUShaderModule>();
  private readonly pipelines = new WeakMap<Kernel, Map<string, Pipeline>>();
  private readonly layouts = new Map<number, GPUBindGroupLayout>();

  constructor(private readonly device: GPUDevice) {}

  of(kernel: Kernel, constants: Constants): Pipeline {
    let variants = this.pipelines.get(kernel);
    if (variants === undefined) this.pipelines.set(kernel, variants = new Map<string, Pipeline>());
    let key = '';
    for (const name in constants) key += `${constants[name]} `;
    let pipeline = variants.get(key);
    if (pipeline === undefined) variants.set(key, pipeline = this.compile(kernel, constants));
    return pipeline;
  }

  /** Of the parameters, so many arrays to read, and one to write. */
  layoutFor(inputs: number): GPUBindGroupLayout {
    let layout = this.layouts.get(inputs);
    if (layout === undefined) {
      const types = [...new Array<GPUBufferBindingType>(inputs).fill('read-only-storage'), 'storage' as const];
      layout = this.device.createBindGroupLayout({
        entries: [
          { binding: 0, visibility: COMPUTE, buffer: { type: 'uniform', hasDynamicOffset: true } },
          ...types.map((type, i) => ({ binding: i + 1, visibility: COMPUTE, buffer: { type } })),
        ],
      });
      this.layouts.set(inputs, layout);
    }
    return layout;
  }

  private compile(kernel: Kernel, constants: Constants): Pipeline {
    let module = this.modules.get(kernel);
    if (module === undefined) {
      this.device.pushErrorScope('validation'); // told where the pipeline is awaited
      module = this.device.createShaderModule({ label: kernel.name, code: kernel.code });
      this.device.popErrorScope().catch(() => undefined);
      this.modules.set(kernel, module);
    }
    const layout = this.device.createPipelineLayout({ bindGroupLayouts: [this.layoutFor(kernel.inputs)] });
    const compiling = this.device.createComputePipelineAsync({
      label: kernel.name, layout, compute: { module, entryPoint: 'main', constants: { ...constants } },
    });
    this.count++;
    const pipeline: Pipeline = {
      kernel,
      compiled: undefined,
      ready: compiling.then((compiled) => {
        pipeline.compiled = compiled;
      }, async (error: unknown) => {
        const { messages } = await module.getCompilationInfo();
        throw new Error(messages.find(({ type }) => type === 'error')?.message ?? (error as Error).message, { cause: error });
      }),
    };
    pipeline.ready.catch(() => undefined); // told to who waits for it
    return pipeline;
  }
}
