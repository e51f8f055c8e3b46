import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ArgumentError, FileError, printable, show } from '../src/errors.ts';

it('shows any value, even a hostile one, in bounded length', () => {
  fc.assert(fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, maxDepth: 3 }), (value) => {
    expect(show(value).length).toBeLessThan(1500);
  }));
  expect(show(JSON.parse('{"toString": 1}'))).toBe('an object with toString');
  expect(show('x'.repeat(100))).toBe(`'${'x'.repeat(77)}...'`);
  expect(show([1, 'a', [2]])).toBe("[1, 'a', […]]");
});

it('names argument, expected and got', () => {
  const error = new ArgumentError('frames', 'at least 1', 0);
  expect(error.message).toBe('frames: expected at least 1, got 0');
  expect(error).toMatchObject({ name: 'ArgumentError', argument: 'frames', expected: 'at least 1', got: 0 });
});

it('shows control characters of a file escaped, on one line', () => {
  expect(printable('a\x1b[31mb\u009bc\u202ed\u2028\n\x7f')).toBe('a\\x1b[31mb\\x9bc\\u{202e}d\\u{2028}\\n\\x7f');
  expect(printable('émoji 👩‍🚀 — fa می‌خواهم')).toBe('émoji 👩‍🚀 — fa می‌خواهم');
  expect(new FileError('a\x1b]0;title\x07', 'is "\r\n"').message).toBe('a\\x1b]0;title\\x07: is "\\r\\n"');
  expect(new FileError('x', 'y'.repeat(1e6)).message.length).toBeLessThan(60_000);
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
    expect(printable(text)).not.toMatch(/\p{Cc}|\u2028|\p{Bidi_Control}/u);
    expect(printable(printable(text))).toBe(printable(text));
  }));
});
