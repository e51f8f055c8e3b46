/**
 * Golden JSON cases hold inputs and answers in one tree. A kit keeps them apart, `in.json` and `out.json`, so that no
 * case passes by copying back what was given; what is neither, such as SentencePiece's own answers, is left out.
 */

interface Split {
  /** By name; absent where the settings say all. */
  readonly given?: unknown;
  readonly answers: Readonly<Record<string, unknown>>;
}

/** Of a list's items, which keys are inputs and which are answers. */
const ITEM_KEYS: Readonly<Record<string, { readonly inputs: readonly string[]; readonly answers: readonly string[] }>> = {
  unigram_tokenize: { inputs: ['text', 'max_length', 'pad_to'], answers: ['ids', 'length', 'tokens', 'normalized', 'decoded'] },
  scale_pack_info: { inputs: ['schedule', 'args'], answers: ['first_full_index', 'info'] },
  full_size_index: { inputs: ['schedule'], answers: ['first', 'all'] },
};

/** @param json what `out.json` of a golden case holds, by name. */
export function splitJson(kind: string, json: Readonly<Record<string, unknown>>): Split {
  if (kind === 'nearest_ratio') {
    // `activated` is what a list that no case stores maps to: nothing to compute it from.
    return { given: { values: json['values'] }, answers: { templates: json['templates'] } };
  }
  const keys = ITEM_KEYS[kind];
  if (keys === undefined) return { answers: json };
  const part = (names: readonly string[]) => mapTrees(json, (item) => pick(item, names));
  return { given: part(keys.inputs), answers: part(keys.answers) };
}

type Tree = Readonly<Record<string, unknown>>;

/** Every item of the lists under the names, or the value itself where it is no list. */
function mapTrees(json: Tree, f: (item: Tree) => Tree): Record<string, unknown> {
  return Object.fromEntries(Object.entries(json).map(([name, value]) => {
    return [name, Array.isArray(value) ? value.map((item) => f(item as Tree)) : f(value as Tree)];
  }));
}

function pick(item: Tree, names: readonly string[]): Tree {
  return Object.fromEntries(names.filter((name) => name in item).map((name) => [name, item[name]]));
}

/** What of a port's JSON is compared: the keys that the answer has, also where the port repeats its inputs. */
export function likeAnswer(got: unknown, answer: unknown): unknown {
  if (Array.isArray(answer) && Array.isArray(got) && got.length === answer.length) {
    return got.map((item, i) => likeAnswer(item, answer[i]));
  }
  const isTree = (value: unknown): value is Tree => value !== null && typeof value === 'object' && !Array.isArray(value);
  if (!isTree(answer) || !isTree(got)) return got;
  const shared = Object.keys(answer).filter((key) => Object.hasOwn(got, key));
  return Object.fromEntries(shared.map((key) => [key, likeAnswer(got[key], answer[key])]));
}
