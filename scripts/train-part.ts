/** One part of the training of a model that ships. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';

const program = join(import.meta.dirname, '../bin/infinitystar.js');

/** Runs `infinitystar train …`; ends this program if it fails or is stopped. */
export async function train(...args: string[]): Promise<void> {
  process.stdout.write(`infinitystar train ${args.join(' ')}\n`);
  const command = spawn(process.execPath, [program, 'train', ...args], { stdio: ['inherit', 'pipe', 'inherit'] });
  let said = '';
  command.stdout.on('data', (part: Buffer) => {
    process.stdout.write(part);
    said += part.toString();
  });
  process.on('SIGINT', () => undefined); // the command gets it too, saves, and ends
  const code = await new Promise<number>((resolve) => command.on('close', (value) => resolve(value ?? 1)));
  if (code !== 0 || !said.includes('finished')) process.exit(code === 0 ? 130 : code);
}
