/**
 * Typed errors. Every error that bad input can cause is an {@link InfinityStarError}; it says which
 * argument was wrong, what was expected and what came, so that a CLI user needs no stack trace.
 */

/** Enough to name every weight of a large model. */
const MOST_CHARACTERS = 50_000;

/** Base class: an error of the user's input or environment, not a fault of this program. */
export class InfinityStarError extends Error {
  override readonly name: string = 'InfinityStarError';

  constructor(message: string, options?: ErrorOptions) {
    // One line of bounded length whatever it quotes: names come from untrusted files.
    super(printable(message.length > MOST_CHARACTERS ? `${message.slice(0, MOST_CHARACTERS)}…` : message), options);
  }
}

/** An argument has a value that is out of its range or makes no sense. */
export class ArgumentError extends InfinityStarError {
  override readonly name: string = 'ArgumentError';

  constructor(
    readonly argument: string,
    readonly expected: string,
    readonly got: unknown,
  ) {
    super(`${argument}: expected ${expected}, got ${show(got)}`);
  }
}

/** A tensor has a shape that the operation cannot take. */
export class ShapeError extends ArgumentError {
  override readonly name: string = 'ShapeError';
}

/** A file is missing, truncated, damaged or of another kind than its name says. */
export class FileError extends InfinityStarError {
  override readonly name: string = 'FileError';

  constructor(
    readonly file: string,
    readonly problem: string,
    options?: ErrorOptions,
  ) {
    super(`${file}: ${problem}`, options);
  }
}

/** A weight is missing from a checkpoint or has another shape than the configuration asks for. */
export class WeightError extends InfinityStarError {
  override readonly name: string = 'WeightError';

  constructor(
    readonly key: string,
    readonly problem: string,
  ) {
    super(`weight '${key}': ${problem}`);
  }
}

/** What this machine or this backend cannot do, and what to do instead. */
export class UnsupportedError extends InfinityStarError {
  override readonly name: string = 'UnsupportedError';
}

/** The memory of this machine or this backend does not suffice. */
export class MemoryError extends UnsupportedError {
  override readonly name: string = 'MemoryError';
}

/** Short readable form of any value, even a hostile one, for an error message. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${shorten(value)}'`;
  if (Array.isArray(value)) {
    const items = value.slice(0, 12).map((item: unknown) => (Array.isArray(item) ? '[…]' : show(item)));
    return `[${items.join(', ')}${value.length > items.length ? ', …' : ''}]`;
  }
  if (value !== null && typeof value === 'object') return `an object with ${shorten(Object.keys(value).join(', '))}`;
  return typeof value === 'function' ? 'a function' : String(value);
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Text of a file on one line of a terminal: what would move its cursor, change its colours or turn the direction of
 * reading is shown escaped. The joiners of emoji and of Persian stay.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu, (character) => {
    const code = character.codePointAt(0)!.toString(16);
    return NAMED[character] ?? (code.length > 2 ? `\\u{${code}}` : `\\x${code.padStart(2, '0')}`);
  });
}

/** JSON for a terminal: the same, with such characters in its own escapes. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(/[\p{Cc}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu, (character) => {
    if (character === '\n') return character; // of the indentation
    const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i).toString(16).padStart(4, '0'));
    return units.map((unit) => `\\u${unit}`).join('');
  });
}
