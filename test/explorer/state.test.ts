/** The explorer's address: what is looked at goes in and comes back, and addresses from anywhere do no harm. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseKitReport } from '../../explorer/parts/kit-report-file.ts';
import { DEFAULTS, formatState, parseState, toggled, VIEWS } from '../../explorer/state/state.ts';
import { TOUR } from '../../explorer/tour.ts';

const small = fc.nat({ max: 100 });
const states = fc.record({
  view: fc.constantFrom(...VIEWS), prompt: fc.string({ maxLength: 60 }), seed: fc.nat(), frames: small,
  backend: fc.constantFrom('wasm', 'webgpu'),
  cfg: fc.double({ min: 0.5, max: 100, noNaN: true }), guidance: fc.constantFrom('cfg' as const, 'apg' as const),
  clip: small, scale: small, repeat: small, token: small, bit: small, other: small, block: small, head: small,
  flips: fc.array(fc.record({ step: small, bit: small }), { maxLength: 5 }),
  redraw: fc.boolean(), tour: fc.nat({ max: TOUR.length }),
});

it('a state in the address comes back as it was', () => {
  fc.assert(fc.property(states, (state) => void expect(parseState(formatState(state))).toEqual(state)));
});

it('any address at all is a state', () => {
  fc.assert(fc.property(fc.string(), (hash) => void expect(VIEWS).toContain(parseState(hash).view)));
  expect(parseState(`#view=none&seed=-1&token=1e9&flips=<b>&cfg=NaN&backend=<img>&prompt=${'x'.repeat(9999)}`)).toEqual({ ...DEFAULTS, prompt: 'x'.repeat(500) });
});

it('a bit that is turned twice is as it was', () => {
  const flip = { step: 1, bit: 2 };
  expect(toggled(toggled([], [flip]), [flip])).toEqual([]);
  expect(toggled([flip], [{ step: 1, bit: 3 }])).toHaveLength(2);
});

it('the tour has at most twelve stops', () => expect(TOUR.length).toBeLessThanOrEqual(12));

it.each(['', '[]', '{}', '{"cases":3}', '{"cases":[3]}'])('%j is no report of kit check', (text) => {
  expect(() => parseKitReport(text)).toThrow(/no report of kit check/);
});

it('reads a report, and cuts what is too long', () => {
  const divergence = { output: 'x'.repeat(999), step: 'P1', causes: ['a', 3] };
  const [only] = parseKitReport(JSON.stringify({ cases: [{ id: 'a/b', level: 'L0', status: 'failed', divergence }] })).cases;
  expect(only).toMatchObject({ id: 'a/b', fault: { step: 'P1', causes: ['a', ''], where: '' } });
  expect(only.fault!.output).toHaveLength(300);
});
