/** What was asked for next the last time is begun before it is asked for again, and never gives another group's values. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReadAhead } from '../../src/model/read-ahead.ts';

function recorded(): { ahead: ReadAhead<string>; begun: string[] } {
  const begun: string[] = [];
  const ahead = new ReadAhead(async (group: string) => {
    begun.push(group);
    await Promise.resolve();
    if (group === 'broken') throw new Error('cannot be read');
    return `values of ${group}`;
  });
  return { ahead, begun };
}

describe('read-ahead', () => {
  it('begins the next group while one computes with the last, once the order is known', async () => {
    const { ahead, begun } = recorded();
    for (const group of ['a', 'b', 'c']) await ahead.take(group);
    expect(begun).toEqual(['a', 'b', 'c']);
    await ahead.take('a');
    expect(begun).toEqual(['a', 'b', 'c', 'a', 'b']); // b is on its way
    await ahead.take('b');
    await ahead.take('c');
    expect(begun).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a']); // each is read once a step
  });

  it('gives every group its own values, in any order of asking', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 40 }), async (groups) => {
      const { ahead } = recorded();
      for (const group of groups) expect(await ahead.take(group)).toBe(`values of ${group}`);
    }));
  });

  it('hands an error to whoever asks for the group, and to nobody else', async () => {
    const { ahead } = recorded();
    await ahead.take('a');
    await expect(ahead.take('broken')).rejects.toThrow('cannot be read');
    await ahead.take('a'); // begins the broken one
    await ahead.take('b');
    await ahead.take('a');
    await new Promise((resolve) => void setTimeout(resolve, 5)); // an unhandled rejection would end the test
    expect(await ahead.take('b')).toBe('values of b');
  });
});
