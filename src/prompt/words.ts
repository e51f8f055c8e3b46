/**
 * The words of a text, however they are written: compatibility forms unified (Unicode NFKC), lower case, no accents, no
 * punctuation. "Piñata!" and "piñata" are `pinata`, "man’s" is `mans`, "T-Rex" is `t rex`.
 */
export function wordsOf(text: string): string[] {
  const plain = text.normalize('NFKC').toLowerCase().normalize('NFKD').replace(/[\p{M}'’ʼ]+/gu, '');
  return plain.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
}

/** Whether an emoji, or half of a flag, is in a text. */
export function hasEmoji(text: string): boolean {
  return /\p{Extended_Pictographic}|\p{Regional_Indicator}/u.test(text);
}
