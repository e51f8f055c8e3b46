/** `infinitystar/models/toy-interact`: the addresses of the shipped model of stories, for pages, as those of toy.ts. */

import { toy } from './toy.ts';

export const toyInteract: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(toy).map(([name, address]) => [`../toy/${name}`, address])), // what it shares
  'config.json': new URL('../../fixtures/models/toy-interact/config.json', import.meta.url).href,
  'transformer.safetensors': new URL('../../fixtures/models/toy-interact/transformer.safetensors', import.meta.url).href,
};
