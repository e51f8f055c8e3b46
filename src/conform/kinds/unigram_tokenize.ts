import { Fields } from '../../io/fields.ts';
import { readWholeSync } from '../../io/files.ts';
import type { Tokenizer } from '../../text/unigram/tokenizer.ts';
import { parseTokenizerJson } from '../../text/unigram/tokenizer-json.ts';
import type { Kind } from '../case.ts';

/** X1: ids, token texts, normalized and decoded text. What SentencePiece itself would give is only repeated. */
export const unigramTokenize: Kind = {
  kind: 'unigram_tokenize',
  steps: { '': 'X1' },
  async run(c, _b, results) {
    const tokenizer = readTokenizer(c.file('tokenizer', c.root));
    const padId = c.config.integer('pad_id');
    for (const name of c.jsonOutputs) {
      const items = new Fields(c.given, `${c.id}: given`).objects(name);
      results.json(name, items.map((item) => tokenize(tokenizer, item, padId)));
    }
  },
};

function readTokenizer(file: string): Tokenizer {
  return parseTokenizerJson(new TextDecoder().decode(readWholeSync(file)), file);
}

/** The item with every result that it has computed anew. */
function tokenize(tokenizer: Tokenizer, item: Fields, padId: number): Record<string, unknown> {
  const text = item.string('text');
  const { ids, tokens } = tokenizer.encode(text, item.has('max_length') ? item.integer('max_length') : Infinity);
  const padding = item.has('pad_to') ? Math.max(0, item.count('pad_to', 0, 65_536) - ids.length) : 0;
  const computed: Record<string, unknown> = {
    ids: [...ids, ...Array<number>(padding).fill(padId)],
    length: ids.length,
    tokens,
    normalized: tokenizer.normalize(text),
    decoded: tokenizer.decode(ids),
  };
  // A golden item lists its results, a kit's only what they are computed from.
  const names = item.has('ids') ? item.keys : [...item.keys, ...Object.keys(computed)];
  return Object.fromEntries(names.map((key) => [key, key in computed ? computed[key] : item.unknown(key)]));
}
