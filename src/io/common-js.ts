/**
 * The exports of an imported CommonJS module: Node puts them under `default`, other loaders at the top.
 * @param name one of the exports.
 */
export function exportsOf<T extends object>(module: T, name: keyof T & string): T {
  return name in module ? module : (module as unknown as { readonly default: T }).default;
}
