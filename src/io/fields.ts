/** Typed, checked access to the fields of a parsed JSON object; a wrong field is named in full. */

import { ArgumentError } from '../errors.ts';

export class Fields {
  private readonly object: Readonly<Record<string, unknown>>;

  /**
   * @param where names the object in errors, e.g. `config` or `case.json`.
   * @throws ArgumentError if `value` is not an object.
   */
  constructor(
    value: unknown,
    readonly where: string,
  ) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw new ArgumentError(where, 'an object', value);
    }
    this.object = { __proto__: null, ...value }; // a file's own names only
  }

  has(key: string): boolean {
    return this.object[key] !== undefined && this.object[key] !== null;
  }

  get keys(): readonly string[] {
    return Object.keys(this.object);
  }

  /** @throws ArgumentError naming the first field that is none of these. */
  only(...keys: readonly string[]): void {
    const other = this.keys.find((key) => !keys.includes(key));
    if (other !== undefined) throw new ArgumentError(`${this.where}.${other}`, `no such field; there are ${keys.join(', ')}`, this.object[other]);
  }

  unknown(key: string): unknown {
    return this.object[key];
  }

  number(key: string): number {
    return this.check(key, 'a number', isNumber);
  }

  integer(key: string): number {
    return this.check(key, 'an integer', (value): value is number => Number.isInteger(value));
  }

  /** An integer from `least` to `most`. */
  count(key: string, least: number, most: number): number {
    return this.check(key, `an integer from ${least} to ${most}`, (value): value is number => isCount(value, least, most));
  }

  /** A list of at most `length` such integers. */
  counts(key: string, least: number, most: number, length: number): readonly number[] {
    return this.check(key, `a list of at most ${length} integers from ${least} to ${most}`, (value): value is number[] => {
      return Array.isArray(value) && value.length <= length && value.every((item) => isCount(item, least, most));
    });
  }

  string(key: string): string {
    return this.check(key, 'a string', (value): value is string => typeof value === 'string');
  }

  boolean(key: string): boolean {
    return this.check(key, 'true or false', (value): value is boolean => typeof value === 'boolean');
  }

  /** 0 or 1, the official switches. */
  flag(key: string): 0 | 1 {
    return this.check(key, '0 or 1', (value): value is 0 | 1 => value === 0 || value === 1);
  }

  numbers(key: string): readonly number[] {
    return this.check(key, 'a list of numbers', (value): value is number[] => Array.isArray(value) && value.every(isNumber));
  }

  strings(key: string): readonly string[] {
    return this.check(key, 'a list of strings', (value): value is string[] => {
      return Array.isArray(value) && value.every((item) => typeof item === 'string');
    });
  }

  child(key: string): Fields {
    return new Fields(this.object[key], `${this.where}.${key}`);
  }

  /** A list of objects. */
  objects(key: string): readonly Fields[] {
    const list = this.check(key, 'a list', (value): value is unknown[] => Array.isArray(value));
    return list.map((item, i) => new Fields(item, `${this.where}.${key}[${i}]`));
  }

  private check<T>(key: string, expected: string, is: (value: unknown) => value is T): T {
    const value = this.object[key];
    if (!is(value)) throw new ArgumentError(`${this.where}.${key}`, expected, value);
    return value;
  }
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value); // 1e999 is infinite
}

function isCount(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}
