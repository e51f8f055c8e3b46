/**
 * The files of a model behind addresses, for browsers: each is fetched whole.
 *
 * Hosts differ: some do not know HEAD, or sign addresses for GET alone; some send a page where there is no file, with status
 * 200; some send no type. So a file is there if fetching it gives something that is not a page.
 */

import { FileError } from '../errors.ts';
import { memorySource } from '../io/byte-source.ts';
import type { ModelFiles } from './files.ts';

export interface FetchOptions {
  /** Ends fetching with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * @param base address of the model directory, whose query, a signature perhaps, goes with every file; or the address of each
 *   file by its name, of those that there are.
 */
export function fetchedFiles(base: string | ((name: string) => string | undefined), options: FetchOptions = {}): ModelFiles {
  const addressOf = typeof base === 'string' ? below(base) : base;
  const place = typeof base === 'string' ? bare(base) : placeOf(base('config.json'));
  /** Asked for and not opened yet; what is not there stays so. */
  const known = new Map<string, Fetched>();
  const find = async (name: string): Promise<Fetched> => {
    const address = addressOf(name);
    const found = known.get(name) ?? (address === undefined ? NOT_KNOWN : await fetchFile(address, options));
    known.set(name, found);
    return found;
  };
  return {
    place,
    has: async (name) => (await find(name)) instanceof Uint8Array,
    async open(name) {
      const bytes = await find(name);
      const address = bare(addressOf(name) ?? `${place}/${name}`);
      if (!(bytes instanceof Uint8Array)) throw new FileError(address, bytes.missing);
      known.delete(name);
      return memorySource(bytes, address);
    },
    beside(name) {
      if (typeof base !== 'string') return fetchedFiles((file) => base(`../${name}/${file}`), options);
      const [folder, query] = split(base);
      return fetchedFiles(`${folder.slice(0, folder.lastIndexOf('/') + 1)}${name}${query}`, options);
    },
  };
}

const NOT_KNOWN = { missing: 'is not among the addresses' } as const;

/** What errors call a model whose files have an address each. */
function placeOf(config: string | undefined): string {
  return config === undefined || config.startsWith('data:') ? 'the model' : bare(config).replace(/\/config\.json$/, '');
}

/** The bytes, or why there are none. */
type Fetched = Uint8Array | { readonly missing: string };

/** @throws FileError if it cannot be known whether there is such a file. */
async function fetchFile(address: string, { signal }: FetchOptions): Promise<Fetched> {
  try {
    const response = await fetch(address, signal === undefined ? {} : { signal });
    if ([403, 404, 410].includes(response.status)) return { missing: `cannot be fetched (${response.status})` };
    if (!response.ok) throw new FileError(bare(address), `cannot be fetched (${response.status})`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    return isPage(bytes) ? { missing: 'is not there: the site sent a page in its place' } : bytes;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof FileError) throw error;
    throw new FileError(bare(address), `cannot be fetched (${error instanceof Error ? error.message : String(error)})`, { cause: error });
  }
}

/** No file of a model begins like this. */
function isPage(bytes: Uint8Array): boolean {
  return /^\uFEFF?\s*<(!doctype|!--|html|head|body|\?xml)/i.test(new TextDecoder().decode(bytes.subarray(0, 256)));
}

function below(base: string): (name: string) => string {
  const [folder, query] = split(base);
  return (name) => `${folder}/${name}${query}`;
}

/** An address without its last slash; its query. */
function split(base: string): readonly [folder: string, query: string] {
  const [, folder, query] = /^([^?#]*?)\/?(\?[^#]*)?(?:#.*)?$/s.exec(base)!;
  return [folder, query ?? ''];
}

/** For messages: without the query, which may be a secret. */
function bare(address: string): string {
  return split(address)[0];
}
