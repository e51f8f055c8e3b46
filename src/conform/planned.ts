/** Kinds of the format that this program does not compute yet; a run lists their cases and does not fail for them. */
export const plannedKinds: ReadonlySet<string> = new Set(['adamw', 'bit_loss', 'checkpoint', 'checkpoint_hostile', 'train_step']);
