/** Finds what the source says about steps: `Spec V5.` in comments, and where a listed function is. */

/** `Spec S3–S7, T6`: the list, without what follows it. */
const DECLARATION = /\bSpec ((?:[A-Z]\d+(?:[–-][A-Z]?\d+)?(?:, (?=[A-Z]\d)| and (?=[A-Z]\d))?)+)/g;

/** Steps that a comment declares to implement, such as `Spec S3–S7, T6.`; `spec` in lower case only mentions. */
export function declaredSteps(source: string): string[] {
  const comments = source.match(/\/\*\*[\s\S]*?\*\//g) ?? [];
  return comments.flatMap((comment) => {
    const text = comment.replace(/\n\s*\*\s?/g, ' ');
    return [...text.matchAll(DECLARATION)].flatMap((match) => expand(match[1]));
  });
}

/** `S3–S5, T6` → S3, S4, S5, T6 */
function expand(list: string): string[] {
  return list.split(/, | and /).flatMap((item) => {
    const [, letter, from, to] = /^([A-Z])(\d+)(?:[–-][A-Z]?(\d+))?$/.exec(item)!;
    const last = to === undefined ? Number(from) : Number(to);
    return Array.from({ length: last - Number(from) + 1 }, (_, i) => `${letter}${Number(from) + i}`);
  });
}

/** The line, from 1, of the declaration of an exported function, constant or class; 0 if there is none. */
export function lineOf(source: string, name: string): number {
  const pattern = new RegExp(`^export (?:async )?(?:function\\*?|const|class) ${name}\\b`);
  return source.split('\n').findIndex((line) => pattern.test(line)) + 1;
}
