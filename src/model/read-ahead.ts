/**
 * Reads what will be asked for next while what was asked for is computed with. Blocks are asked for in the same order in every
 * step, so the group that followed the last time is begun as soon as its forerunner has been handed out: the system reads from
 * disk on threads of its own. One group is ahead at most, so it takes the memory of one more block, on the host's side.
 */

export class ReadAhead<T> {
  /** Group → the one that was asked for after it. */
  private readonly following = new Map<string, string>();
  private last: string | undefined;
  private ahead: { readonly group: string; readonly values: Promise<T> } | undefined;

  /** @param read all values of a group. */
  constructor(private readonly read: (group: string) => Promise<T>) {}

  /** What `read` gives for the group, and its error. */
  async take(group: string): Promise<T> {
    if (this.last !== undefined) this.following.set(this.last, group);
    this.last = group;
    const begun = this.ahead?.group === group ? this.ahead.values : undefined;
    const values = await (begun ?? this.read(group));
    if (this.last === group) this.begin(this.following.get(group));
    return values;
  }

  private begin(group: string | undefined): void {
    if (group === undefined || group === this.last) {
      this.ahead = undefined;
      return;
    }
    const values = this.read(group);
    values.catch(() => undefined); // whoever takes it gets the error; if nobody does, it does not matter
    this.ahead = { group, values };
  }
}
