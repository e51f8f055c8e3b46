/**
 * `infinitystar/models/toy`: the addresses of the shipped model's files, for pages. Bundlers find them by these expressions, and
 * put the files beside the page's.
 */

export const toy: Readonly<Record<string, string>> = {
  'config.json': new URL('../../fixtures/models/toy/config.json', import.meta.url).href,
  'tokenizer.safetensors': new URL('../../fixtures/models/toy/tokenizer.safetensors', import.meta.url).href,
  'transformer.safetensors': new URL('../../fixtures/models/toy/transformer.safetensors', import.meta.url).href,
  'text_encoder/config.json': new URL('../../fixtures/models/toy/text_encoder/config.json', import.meta.url).href,
  'text_encoder/tokenizer.json': new URL('../../fixtures/models/toy/text_encoder/tokenizer.json', import.meta.url).href,
  'text_encoder/model.safetensors': new URL('../../fixtures/models/toy/text_encoder/model.safetensors', import.meta.url).href,
};
