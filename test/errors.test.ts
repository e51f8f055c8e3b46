import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ArgumentError, show } from '../src/errors.ts';

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
