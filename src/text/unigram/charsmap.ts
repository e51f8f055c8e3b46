/**
 * The precompiled normalizer: a table of replacements, compiled to a double-array trie over UTF-8 bytes.
 *
 * File: uint32 byte length of the trie, the trie's units (uint32), then the replacements, each ended by a zero byte.
 * A unit holds a label (bits 0–7), whether the node is an entry (bit 8), and the offset of its children
 * (bits 10–31, times 256 if bit 9 is set); node ^ offset ^ byte is the child. An entry's value is where its
 * replacement starts.
 *
 * A text is taken by extended grapheme clusters. One shorter than 6 bytes is looked up whole: the *shortest*
 * entry that begins it wins and the rest of the cluster is lost (½ with a stroke becomes 1⁄2). Otherwise each
 * of its characters is looked up by itself; one without an entry stays. That is how the released text encoder's
 * tokenizer behaves and what its ids rest on; SentencePiece itself takes the longest entry over the whole text.
 *
 * Source: Hugging Face tokenizers, normalizers/precompiled.rs and the crate spm_precompiled. Spec X1.
 */

import { FileError } from '../../errors.ts';
import { graphemeClusters } from './grapheme-clusters.ts';

export class Charsmap {
  private readonly units: Uint32Array;
  /** The replacements, zero-terminated UTF-8. */
  private readonly replacements: Uint8Array;
  private readonly file: string;

  /**
   * @param file names the source in errors.
   * @throws FileError if the bytes are not such a table.
   */
  constructor(bytes: Uint8Array, file: string) {
    if (bytes.length < 4) throw new FileError(file, `charsmap has ${bytes.length} bytes, expected at least 4`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const trieBytes = view.getUint32(0, true);
    if (trieBytes === 0 || trieBytes % 4 !== 0 || trieBytes > bytes.length - 4) {
      throw new FileError(file, `charsmap declares a trie of ${trieBytes} bytes, has ${bytes.length - 4}`);
    }
    this.file = file;
    this.units = Uint32Array.from({ length: trieBytes / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
    this.replacements = bytes.subarray(4 + trieBytes);
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(this.replacements);
    } catch (error) {
      throw new FileError(file, 'charsmap replacements are not UTF-8', { cause: error });
    }
  }

  normalize(text: string): string {
    let out = '';
    for (const cluster of graphemeClusters(text)) {
      const whole = utf8.encode(cluster).length < 6 ? this.lookUp(cluster) : undefined;
      if (whole !== undefined) {
        out += whole;
      } else {
        for (const character of cluster) out += this.lookUp(character) ?? character;
      }
    }
    return out;
  }

  /** The replacement of the shortest entry that begins `chunk`. */
  private lookUp(chunk: string): string | undefined {
    let node = childrenOf(this.unit(0));
    for (const byte of utf8.encode(chunk)) {
      if (byte === 0) return undefined;
      node ^= byte;
      const unit = this.unit(node);
      if ((unit & 0x800000ff) >>> 0 !== byte) return undefined;
      node ^= childrenOf(unit);
      if ((unit & 0x100) !== 0) return this.replacement(this.unit(node) & 0x7fffffff);
    }
    return undefined;
  }

  private unit(node: number): number {
    const unit = this.units[node];
    if (unit === undefined) throw new FileError(this.file, 'charsmap trie points outside of itself');
    return unit;
  }

  private replacement(start: number): string {
    if (start > this.replacements.length) throw new FileError(this.file, 'charsmap entry points outside of the table');
    const end = this.replacements.indexOf(0, start);
    return new TextDecoder().decode(this.replacements.subarray(start, end === -1 ? undefined : end));
  }
}

const utf8 = new TextEncoder();

function childrenOf(unit: number): number {
  return ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
}
