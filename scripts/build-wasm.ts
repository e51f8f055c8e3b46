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

const COMMON = ['-O3', '--noAssert', '--runtime', 'stub', '--use', 'abort=', '--disableWarning'];

const FLAGS = [
  '--enable', 'simd,threads,bulk-memory',
  '--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536',
];

/**
 * Compiles AssemblyScript.
 * @param read gives a source file by its name, or null.
 */
export async function compileAssemblyScript(
  entry: string, read: (name: string, base: string) => string | null, flags: readonly string[],
): Promise<Uint8Array<ArrayBuffer>> {
  let bytes: Uint8Array | undefined;
  const messages = asc.createMemoryStream();
  const { error } = await asc.main([entry, ...COMMON, ...flags, '--outFile', 'out.wasm'], {
    readFile: read,
    writeFile: (_name, contents) => void (bytes = contents as Uint8Array),
    listFiles: () => [],
    stderr: messages,
  });
  if (error !== null) throw new Error(Buffer.from(messages.toBuffer()).toString(), { cause: error });
  return new Uint8Array(bytes!);
}

/** The text of the generated file. */
export async function generateKernels(): Promise<string> {
  const bytes = await compileAssemblyScript('index.ts', (name, base) => {
    try {
      return readFileSync(join(root, 'backends/wasm/kernels', base, name), 'utf8');
    } catch {
      return null;
    }
  }, FLAGS);
  const base64 = Buffer.from(bytes).toString('base64');
  return `/** Made from kernels/ by \`npm run build:wasm\`; do not edit. */\nexport const KERNELS_BASE64: string =\n  '${base64}';\n`;
}

export function committedKernels(): string {
  return readFileSync(target, 'utf8');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, await generateKernels());
