/**
 * Extended grapheme clusters of a text of any length.
 *
 * A step of `Intl.Segmenter` takes time in proportion to the whole text in some engines (100 000 characters: 18 s),
 * so it is given windows. A window begins at a cluster's start, where segmentation may begin anew, and its last
 * cluster, which may go on behind it, begins the next one.
 *
 * Source: Unicode Standard Annex #29; which version's tables is up to the engine.
 */

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

export function* graphemeClusters(text: string, shortest = 128): Generator<string> {
  let start = 0;
  let size = shortest;
  while (start < text.length) {
    let end = Math.min(start + size, text.length);
    if (end < text.length && isHighSurrogate(text, end - 1)) end++; // never between the halves of a character
    const clusters = Array.from(segmenter.segment(text.slice(start, end)), ({ segment }) => segment);
    const open = end < text.length ? clusters.pop()! : '';
    yield* clusters;
    size = clusters.length === 0 ? 2 * size : shortest; // a cluster longer than the window
    start = end - open.length;
  }
}

function isHighSurrogate(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800;
}
