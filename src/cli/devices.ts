/** `infinitystar devices`: what each way of computing reports of this machine. */

import { Command } from 'commander';
import { printable } from '../errors.ts';

export function devicesCommand(): Command {
  return new Command('devices')
    .description('list what the backend webgpu and the modes of gpujs run on here')
    .action(devices);
}

async function devices(): Promise<void> {
  const { webgpuReport } = await import('../../backends/webgpu/index.ts');
  const { gpuModes, reportOf } = await import('../../backends/gpujs/index.ts');
  print('webgpu', await webgpuReport());
  for (const mode of gpuModes) print(`gpujs ${mode}`, await reportOf(mode));
}

function print(name: string, { runs, text }: { readonly runs: boolean; readonly text: string }): void {
  process.stdout.write(`${name.padEnd(16)}  ${runs ? 'runs' : 'no  '}  ${printable(text)}\n`);
}
