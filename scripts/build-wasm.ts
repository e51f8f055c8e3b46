/** Compiles backends/wasm/kernels (AssemblyScript) to backends/wasm/kernels.generated.ts: `npm run build:wasm`. */

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What is used of the compiler. Its own types declare AssemblyScript's globals, which would change ours (`Array.at`). */
interface Compiler {
  createMemoryStream(): { toBuffer(): Uint8Array };
  main(
    args: readonly string[],
    io: {
      readFile(name: string, base: string): string | null;
      writeFile(name: string, contents: string | Uint8Array): void;
      listFiles(): string[];
      stderr: unknown;
    },
  ): Promise<{ error: Error | null }>;
}

const compiler: string = 'assemblyscript/asc';
const { default: asc } = (await import(compiler)) as { default: Compiler };

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'backends/wasm/kernels.generated.ts');

const FLAGS = [
  '-O3', '--noAssert', '--runtime', 'stub', '--use', 'abort=', '--disableWarning',
  '--enable', 'simd,threads,bulk-memory',
  '--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536',
];

/** The text of the generated file. */
export async function generateKernels(): Promise<string> {
  let bytes: Uint8Array | undefined;
  const messages = asc.createMemoryStream();
  const { error } = await asc.main(['index.ts', ...FLAGS, '--outFile', 'kernels.wasm'], {
    readFile: (name, base) => {
      try {
        return readFileSync(join(root, 'backends/wasm/kernels', base, name), 'utf8');
      } catch {
        return null;
      }
    },
    writeFile: (_name, contents) => void (bytes = contents as Uint8Array),
    listFiles: () => [],
    stderr: messages,
  });
  if (error !== null) throw new Error(Buffer.from(messages.toBuffer()).toString(), { cause: error });
  const base64 = Buffer.from(bytes!).toString('base64');
  return `/** Made from kernels/ by \`npm run build:wasm\`; do not edit. */\nexport const KERNELS_BASE64 =\n  '${base64}';\n`;
}

export function committedKernels(): string {
  return readFileSync(target, 'utf8');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, await generateKernels());
