/** `infinitystar devices`: what each way of computing reports of this machine. */

import { Command } from 'commander';

export function devicesCommand(): Command {
  return new Command('devices')
    .description('list the modes of the backend gpujs and what they run on here')
    .action(devices);
}

async function devices(): Promise<void> {
  const { gpuModes, reportOf } = await import('../../backends/gpujs/index.ts');
  for (const mode of gpuModes) {
    const { runs, text } = await reportOf(mode);
    process.stdout.write(`${mode.padEnd(10)}  ${runs ? 'runs' : 'no  '}  ${text}\n`);
  }
}
