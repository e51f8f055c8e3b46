/** The tables of resizings (windows.ts) on a device: made when first wanted; the least recently used goes first. */

import type { ResizeMode } from './backend.ts';
import type { Resizing } from './table-backend.ts';
import { resizeTable, spreadTable } from './windows.ts';

/** Tables kept. */
const TABLES = 256;

export interface StoredTable<Storage> {
  readonly storage: Storage;
  readonly columns: number;
}

export class ResizeTables<Storage> {
  private readonly tables = new Map<string, StoredTable<Storage>>();

  constructor(
    private readonly upload: (values: Float32Array) => Storage,
    private readonly release: (storage: Storage) => void,
  ) {}

  /** @param from extent of the axis before, `to` after the resizing (of the values or of their gradient). */
  table(direction: Resizing, mode: ResizeMode, from: number, to: number): StoredTable<Storage> {
    const key = `${direction} ${mode} ${from} ${to}`;
    let table = this.tables.get(key);
    if (table === undefined) {
      const { values, columns } = direction === 'resize' ? resizeTable(mode, from, to) : spreadTable(mode, to, from);
      table = { storage: this.upload(values), columns };
    }
    this.tables.delete(key);
    this.tables.set(key, table);
    const [oldest] = this.tables;
    if (this.tables.size > TABLES) {
      this.tables.delete(oldest[0]);
      this.release(oldest[1].storage);
    }
    return table;
  }
}
