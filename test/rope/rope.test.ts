import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inverseFrequencies, rotaryTable } from '../../src/rope/frequencies.ts';
import { textRope } from '../../src/rope/text-rope.ts';
import { gridRows, visualRope } from '../../src/rope/visual-rope.ts';

const config = { head_dim: 16, text_maxlen: 12 }; // n = 2, frequencies 1 and 1/100

describe('frequencies', () => {
  it('are 10000^(−i/n)', () => {
    const frequencies = inverseFrequencies({ head_dim: 32, text_maxlen: 0 });
    expect([...frequencies]).toEqual([1, 0.1, 0.01, 0.001].map(Math.fround));
    expect([...inverseFrequencies({ ...config, base: 16 })]).toEqual([1, 0.25]);
  });

  it.each([0, -8, 12, 16.5])('refuse head_dim %s', (head_dim) => {
    const compute = () => inverseFrequencies({ head_dim, text_maxlen: 0 });
    expect(compute).toThrow(/head_dim: expected a positive multiple of 8/);
  });

  it('have angles of single precision and no largest position', () => {
    const position = 1_000_003;
    const { data } = rotaryTable(config, [position]); // (2, 1, 2)
    const angle = Math.fround(position * Math.fround(1 / 100));
    const exact = [Math.cos(position), Math.cos(angle), Math.sin(position), Math.sin(angle)];
    expect([...data]).toEqual(exact.map(Math.fround));
  });
});

describe('grid rows', () => {
  it('round single-precision products', () => {
    expect(gridRows(14, 57)[7]).toBe(29);
    expect([...gridRows(4, 2)]).toEqual([0, 0, 1, 2]); // 0, 0.5, 1, 1.5: ties to even
  });

  it('start at 0, never fall, and stay within the full grid', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(400), (count, more) => {
      const rows = gridRows(count, count + more);
      expect(rows[0]).toBe(0);
      rows.forEach((row, i) => {
        expect(row).toBeLessThan(count + more);
        if (i > 0) expect(row).toBeGreaterThan(rows[i - 1]);
      });
    }));
  });

  it('are all rows at full size', () => {
    expect([...gridRows(53, 53)]).toEqual([...Array(53).keys()]);
  });
});

describe('text rope', () => {
  it('turns only the scale part', () => {
    const rope = textRope(config, 5); // (2, 5, 8)
    expect(rope.shape).toEqual([2, 5, 8]);
    for (let i = 0; i < 5; i++) {
      expect(rope.get(1, i, 0)).toBe(Math.fround(Math.sin(i)));
      for (let pair = 2; pair < 8; pair++) expect([rope.get(0, i, pair), rope.get(1, i, pair)]).toEqual([1, 0]);
    }
  });

  it('refuses text that would stand at visual positions', () => {
    expect(textRope(config, 12).shape[1]).toBe(12);
    expect(() => textRope(config, 13)).toThrow(/length: expected 0 to 12 text tokens \(text_maxlen\), got 13/);
  });
});

describe('visual rope', () => {
  const extent = fc.integer({ min: 1, max: 5 });
  const steps = fc.record({
    realSi: fc.nat(900),
    frames: fc.array(fc.nat(50), { minLength: 1, maxLength: 4 }),
    size: fc.tuple(extent, extent),
    fullSize: fc.tuple(fc.integer({ min: 5, max: 9 }), fc.integer({ min: 5, max: 9 })),
  });

  it('puts token (t, y, x) at [scale | frame | row | column]', () => {
    fc.assert(fc.property(steps, ({ realSi, frames, size, fullSize }) => {
      const [h, w] = size;
      const rope = visualRope(config, { realSi, frames, size, fullSize }); // (2, L, 8)
      expect(rope.shape).toEqual([2, frames.length * h * w, 8]);
      const rows = gridRows(h, fullSize[0]);
      const columns = gridRows(w, fullSize[1]);
      frames.forEach((frame, t) => {
        for (let y = 0; y < h; y++) {
          for (let x = 0; x < w; x++) {
            const token = (t * h + y) * w + x;
            [12 + realSi, frame, rows[y], columns[x]].forEach((position, axis) => {
              const { data } = rotaryTable(config, [position]); // (2, 1, 2)
              const got = [0, 1].flatMap((part) => [0, 1].map((i) => rope.get(part, token, axis * 2 + i)));
              expect(got).toEqual([...data]);
            });
          }
        }
      });
    }), { numRuns: 30 });
  });

  it('refuses positions and extents that are no counts', () => {
    const step = { realSi: 0, frames: [0], size: [1, 1], fullSize: [2, 2] } as const;
    expect(() => visualRope(config, { ...step, realSi: -1 })).toThrow(/realSi/);
    expect(() => visualRope(config, { ...step, frames: [0.5] })).toThrow(/frames/);
    expect(() => visualRope(config, { ...step, size: [0, 1] })).toThrow(/size/);
    expect(() => visualRope(config, { ...step, fullSize: [2, NaN] })).toThrow(/fullSize/);
  });
});
