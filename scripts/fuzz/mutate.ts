/** Changes of bytes and of JSON values. */

import type { Random } from './random.ts';

/** A few changed, missing, repeated or foreign bytes; or none at all. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  let out = new Uint8Array(bytes);
  for (let times = random.below(4); times > 0 && out.length > 0; times--) {
    const at = random.below(out.length);
    const length = Math.min(1 + random.below(random.pick([2, 8, 64])), out.length - at);
    switch (random.below(7)) {
      case 0: out[at] ^= 1 << random.below(8); break;
      case 1: out[at] = random.pick([0, 1, 127, 128, 255, random.next() >>> 24]); break;
      case 2: out = out.slice(0, at); break;
      case 3: out = concat(out.subarray(0, at), out.subarray(at + length)); break;
      case 4: out = concat(out.subarray(0, at), random.bytes(length), out.subarray(at)); break;
      case 5: out = concat(out.subarray(0, at + length), out.subarray(at, at + length), out.subarray(at + length)); break;
      default: writeNumber(out, at, random); break;
    }
  }
  return out;
}

function writeNumber(out: Uint8Array, at: number, random: Random): void {
  const view = new DataView(out.buffer);
  const little = random.chance(0.5);
  if (at + 8 <= out.length && random.chance(0.3)) view.setBigUint64(at, BigInt(random.number()), little);
  else if (at + 4 <= out.length) view.setUint32(at, random.number(), little);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}

/** Items left out, repeated, in another order, or changed by `change`. */
export function mutateList<T>(items: readonly T[], random: Random, change: (item: T) => T): T[] {
  const out = [...items];
  for (let times = random.below(3); times > 0 && out.length > 0; times--) {
    const at = random.below(out.length);
    switch (random.below(5)) {
      case 0: out.splice(at, 1); break;
      case 1: out.splice(at, 0, out[random.below(out.length)]); break;
      case 2: [out[at], out[0]] = [out[0], out[at]]; break;
      default: out[at] = change(out[at]); break;
    }
  }
  return out;
}

const TEXTS = ['', ' ', '../../x', '/etc/passwd', 'a/../b', '\u0000', '\u001b[2Jx', '__proto__', 'constructor', '😀', 'a'.repeat(300), '-1', 'NaN'];

/** A JSON text of a value in which a few places are changed; now and then not even JSON. */
export function mutateJson(value: unknown, random: Random): string {
  let changed = structuredClone(value);
  for (let times = 1 + random.below(3); times > 0; times--) changed = changeSomewhere(changed, random);
  let text = JSON.stringify(changed) ?? 'null';
  if (random.chance(0.05)) text = text.replace(/\d+/, () => random.pick(['1e999', '-0', '1e308', '0.1', '2.53', '1e-400']));
  if (random.chance(0.03)) text = '['.repeat(1 + random.below(100_000)) + text;
  if (random.chance(0.03)) text = text.slice(0, random.below(text.length + 1));
  if (random.chance(0.02)) text = text.replace('{', '{"name": 1, "name": 2,');
  return text;
}

function changeSomewhere(value: unknown, random: Random): unknown {
  if (value !== null && typeof value === 'object' && random.chance(0.85)) {
    const keys = Object.keys(value);
    if (keys.length > 0) {
      const key = random.pick(keys);
      const copy = (Array.isArray(value) ? Array.from<unknown>(value) : { ...value }) as Record<string, unknown>;
      if (random.chance(0.08)) delete copy[key];
      else if (random.chance(0.04)) define(copy, random.pick(TEXTS), copy[key]);
      else copy[key] = changeSomewhere(copy[key], random);
      return copy;
    }
  }
  if (typeof value === 'number' && random.chance(0.7)) return random.pick([1, -1, 1]) * (random.number() + random.pick([0, 0, 0, 0.5]));
  if (typeof value === 'string' && random.chance(0.6)) {
    return random.pick([...TEXTS, value + value, value.slice(1), value.toUpperCase()]);
  }
  if (Array.isArray(value) && random.chance(0.3)) {
    return Array.from({ length: random.pick([0, 1, 100, 100_000]) }, () => value[0] as unknown);
  }
  return random.pick([null, true, -1, 0, 1e9, 2.5, 'x', [], {}, [[1]], { a: 1 }, random.number()]);
}

/** A name of its own, even if it is `__proto__`. */
function define(object: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
