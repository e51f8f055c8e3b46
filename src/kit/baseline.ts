/** What a port could do before, to fail only where it has become worse; and a badge of what it can do now. */

import { ArgumentError } from '../errors.ts';
import { Fields } from '../io/fields.ts';
import { escapeMarkup } from '../io/markup.ts';
import type { KitCaseReport, KitReport } from './check.ts';

/** From worst to best; what is not listed was never better. */
const ORDER = ['unreadable', 'error', 'failed', 'not run', 'partly run', 'passed'];

/** The content of a baseline: the status of every case. */
export function baselineOf({ kit, profile, cases }: KitReport): object {
  const statuses = Object.fromEntries(cases.map(({ id, status }) => [id, status]));
  return { kit: { version: kit.version, sha256: kit.sha256 }, profile, cases: statuses };
}

/**
 * @param content of a file that `baselineOf` made.
 * @returns a line for every case that was better then; cases that are new or were not chosen are none.
 * @throws ArgumentError if it is no baseline, or one of another profile.
 */
export function regressions(content: unknown, { profile, cases }: KitReport): string[] {
  const baseline = new Fields(content, 'baseline');
  if (baseline.string('profile') !== profile) {
    throw new ArgumentError('--baseline', `a baseline of profile ${profile}`, baseline.string('profile'));
  }
  const before = baseline.child('cases');
  const isWorse = ({ id, status }: KitCaseReport): boolean => {
    return before.has(id) && ORDER.indexOf(status) < ORDER.indexOf(before.string(id));
  };
  return cases.filter(isWorse).map(({ id, level, status }) => `worse: ${level} ${id} was ${before.string(id)}, is ${status}`);
}

/** An SVG picture for a README: how many cases have passed. */
export function badge({ cases }: KitReport): string {
  const passed = cases.filter(({ status }) => status === 'passed').length;
  const failed = cases.some(({ status }) => status === 'failed' || status === 'error' || status === 'unreadable');
  const text = escapeMarkup(`${passed} of ${cases.length} passed`);
  const [left, right] = [118, 22 + 7 * text.length];
  const colour = failed ? '#c0392b' : passed === cases.length ? '#2e7d32' : '#8a6d00';
  const label = 'infinitystar kit';
  const words = (x: number, content: string): string => `<text x="${x}" y="14" text-anchor="middle">${content}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${label}: ${text}">` +
    `<rect width="${left}" height="20" fill="#555"/><rect x="${left}" width="${right}" height="20" fill="${colour}"/>` +
    `<g fill="#fff" font-family="Verdana,sans-serif" font-size="11">${words(left / 2, label)}${words(left + right / 2, text)}</g></svg>\n`;
}
