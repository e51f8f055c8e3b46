/**
 * Whether a graphics adapter only pretends: a processor computes for it, more slowly than for a backend that was made for
 * processors. Such a one is never chosen unless it is asked for.
 */

/** As drivers name themselves: Google's, Mesa's, Microsoft's (WARP) and Apple's. */
const NAMES = new RegExp([
  'swiftshader', 'llvmpipe', 'lavapipe', 'softpipe', 'swrast', 'microsoft basic render', '\\bwarp\\b',
  'software (renderer|rasterizer|adapter)', '\\bcpu\\b',
].join('|'), 'i');

/** What WebGPU says of an adapter, in its older and its newer form. */
export interface AdapterInfo {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly device?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}

/** The adapter's name, of what it tells. */
export function adapterName({ vendor, architecture, device, description }: AdapterInfo): string {
  return [vendor, architecture, device, description].filter((part) => part).join(' ') || 'unnamed adapter';
}

export function isSoftwareAdapter(name: string): boolean {
  return NAMES.test(name);
}
