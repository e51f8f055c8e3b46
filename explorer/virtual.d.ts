/** What scripts/build-explorer.ts makes of src/spec/steps.ts: titles, and where the steps are. */
declare module 'virtual:spec' {
  export const SPEC: Readonly<Record<string, {
    readonly title: string;
    readonly paper: string;
    readonly specLine: number;
    readonly places: readonly { readonly file: string; readonly line: number }[];
  }>>;
}
