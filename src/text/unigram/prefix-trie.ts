/** A trie over code points: all entries that begin at a position of a text, in one walk. */

/** One past the largest Unicode code point: a node and a character make one number. */
const alphabet = 0x110000;

export class PrefixTrie {
  private readonly children = new Map<number, number>();
  private readonly values = new Map<number, number>();
  private nodes = 1;

  /** Number of nodes: what the trie takes of memory. */
  get size(): number {
    return this.nodes;
  }

  /** Adds an entry; a later one of the same text replaces it. The empty text is no entry. */
  add(text: string, value: number): void {
    let node = 0;
    for (const character of text) {
      const edge = node * alphabet + character.codePointAt(0)!;
      let child = this.children.get(edge);
      if (child === undefined) this.children.set(edge, (child = this.nodes++));
      node = child;
    }
    if (node !== 0) this.values.set(node, value);
  }

  /** Calls `visit` for every entry that begins at `start`, shortest first; `end` is one past its last character. */
  visitFrom(text: readonly string[], start: number, visit: (end: number, value: number) => void): void {
    let node = 0;
    for (let i = start; i < text.length; i++) {
      const child = this.children.get(node * alphabet + text[i].codePointAt(0)!);
      if (child === undefined) return;
      node = child;
      const value = this.values.get(node);
      if (value !== undefined) visit(i + 1, value);
    }
  }
}
