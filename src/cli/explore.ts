/** `infinitystar explore`: the explorer in a browser on this machine. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { FileError } from '../errors.ts';
import { defaultModel } from '../model/default.ts';
import { folderFiles } from '../model/folder.ts';
import { readConfig } from '../model/open.ts';
import { serveFolders } from '../serve/static-server.ts';
import type { Folders } from '../serve/static-server.ts';
import { wholeNumber } from './options.ts';

interface ExploreOptions {
  readonly model: string;
  readonly port: number;
}

export function exploreCommand(signal: AbortSignal): Command {
  return new Command('explore')
    .description('watch the model draw, bit by bit, in a browser on this machine')
    .addOption(new Option('--model <directory>', 'model directory').default(defaultModel(), 'the small one that ships'))
    .option('--port <n>', 'port to listen on (default: any free one)', wholeNumber(0), 0)
    .action(async ({ model, port }: ExploreOptions) => {
      const folders = await explorerFolders(model);
      const { server, address } = await serveFolders(folders, port);
      process.stdout.write(`open ${address} in a browser; Ctrl-C ends\n`);
      try {
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
      } finally {
        server.close();
        server.closeAllConnections();
      }
    });
}

/**
 * What the page asks for, and where it is.
 * @throws FileError if there is no such model, or the page was not built.
 */
export async function explorerFolders(model: string): Promise<Folders> {
  const { shares } = await readConfig(folderFiles(model));
  const page = await builtPage();
  return [
    ['/model/', model],
    ...(shares === undefined ? [] : [[`/${shares}/`, join(dirname(model), shares)] as const]),
    // The run that comes with the page is the default model's.
    ...(model === defaultModel() ? [] : [['/first.', join(page, 'none')] as const]),
    ['/', page],
  ];
}

/** In a clone it is built first, so that it is never older than its source; the package comes with it. */
async function builtPage(): Promise<string> {
  const script = new URL('../../scripts/build-explorer.ts', import.meta.url);
  if (existsSync(script)) {
    const { buildExplorer, explorerFolder } = (await import(script.href)) as {
      readonly buildExplorer: (options: { copyModel: boolean }) => Promise<void>;
      readonly explorerFolder: string;
    };
    await buildExplorer({ copyModel: false });
    return explorerFolder;
  }
  const page = fileURLToPath(new URL('../../explorer', import.meta.url));
  if (!existsSync(join(page, 'index.html'))) throw new FileError(page, 'the explorer is not there: npm run build:explorer');
  return page;
}
