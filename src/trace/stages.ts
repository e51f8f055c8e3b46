/**
 * Names of stages in traces and conformance kits: an interface, documented in docs/traces.md. They follow from the
 * scopes of the model, less what only says which program called it.
 */

/** The stable name of a scope's path. */
export function stageName(path: string): string {
  return path
    .replace(/^generate(\/|$)/, '')
    .replace(/^text\/(?=text_encoder)/, '')
    .replace(/^clip(\d+)(\/interact)?(?=\/|$)(?!\/(scale|step))/, 'call$1')
    .replace(/(^|\/)sample(?=\/|$)/, '')
    .replace(/^\//, '')
    .replace(/^encode\/(?=clip)/, 'quantize/')
    .replace(/^decode\/(?=clip)/, 'dequantize/')
    .replace(/^(encode|decode)\/\1(?=\/|$)/, '$1');
}

/** Patterns of names and the spec step that makes the value; the first that fits counts. */
const STEPS: readonly (readonly [RegExp, string])[] = [
  [/^text_encoder/, 'X2'],
  [/(^|\/)text\/.*rope$/, 'R2'],
  [/^(semantic|detail)\/rope$/, 'S11'],
  [/\/rope$/, 'R3'],
  [/(keys|values)$/, 'T5'],
  [/attention(\/rows\d+(\/weights)?)?$/, 'T4'],
  [/(mlp|block\d+)$/, 'T3'],
  [/embed$/, 'T2'],
  [/project$/, 'T1'],
  [/prefix$/, 'S1'],
  [/rep\d+\/logits$/, 'T6'],
  [/guided$/, 'S4'],
  [/(uniforms|sampled|margin)$/, 'S5'],
  [/rep\d+\/bits$/, 'S9'],
  [/rep\d+\/code$/, 'S6'],
  [/residual$/, 'Q4'],
  [/step\d+\/bits$/, 'Q1'],
  [/quantize\/clip\d+(\/step\d+\/code)?$/, 'Q4'],
  [/dequantize\/clip\d+(\/step\d+)?$/, 'Q5'],
  [/(conv_in|conv_out|conv\d?)$/, 'V1'],
  [/downsampler$/, 'V4'],
  [/upsampler$/, 'V5'],
  [/(mid|resnet_\d+)$/, 'V3'],
  [/decode\/chunk\d+\/.*(norm\d|norm_out)$/, 'V6'],
  [/(norm\d?|norm_out)$/, 'V2'],
  [/\/(down|up)\d+$/, 'V7'],
  [/encode(\/chunk\d+(\/project)?)?$/, 'V9'],
  [/decode(\/chunk\d+(\/project)?)?$/, 'V10'],
  [/interact$|call\d+$|semantic|detail/, 'S11'],
  [/condition$/, 'S9'],
];

/** The spec step that makes the value of a stage; '' for values that are only passed on. */
export function stepOfStage(name: string): string {
  return STEPS.find(([pattern]) => pattern.test(name))?.[1] ?? '';
}

/**
 * What a trace holds unless it is asked for more: nothing from inside a block or a level, no keys and values, and nothing
 * twice: a decoded chunk is what its last layer gives.
 */
export function isOutline(name: string): boolean {
  return !/\/block\/?\d+\/|\/position_bias$|\/chunk\d+\/[^/]+\/|\/(keys|values)$|(^|\/)decode(\/chunk\d+)?$/.test(name);
}

/**
 * A filter from a pattern: `*` stands for any part of one name, `**` for any number of names. Several patterns are
 * separated by commas.
 */
export function stageFilter(patterns: string): (name: string) => boolean {
  const sources = patterns.split(',').map((pattern) => {
    const escaped = pattern.trim().replace(/[.+^${}()|[\]\\?]/g, '\\$&');
    return escaped.replace(/\*\*\/?|\*/g, (star) => (star === '*' ? '[^/]*' : '.*'));
  });
  const regex = new RegExp(`^(${sources.join('|')})$`);
  return (name) => regex.test(name);
}
