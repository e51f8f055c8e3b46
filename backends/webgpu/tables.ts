/** Small arrays that stay on the device: 1 in place of an optional argument, and the tables of resizings. */

import type { ResizeMode } from '../../src/backend/backend.ts';
import type { Resizing } from '../../src/backend/table-backend.ts';
import { resizeTable, spreadTable } from '../../src/backend/windows.ts';
import type { Storage, WebgpuDevice } from './device.ts';

/** Tables kept, the least recently used goes first. */
const TABLES = 256;

interface Table {
  readonly storage: Storage;
  readonly columns: number;
}

export class Tables {
  readonly one: Storage;
  private readonly tables = new Map<string, Table>();

  constructor(private readonly device: WebgpuDevice) {
    this.one = this.upload(Float32Array.of(1));
  }

  /** @param from extent of the axis before, `to` after the resizing (of the values or of their gradient). */
  table(direction: Resizing, mode: ResizeMode, from: number, to: number): Table {
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
      this.device.release(oldest[1].storage);
    }
    return table;
  }

  private upload(values: Float32Array): Storage {
    return this.device.upload(values, 'f32', { operation: 'table', shape: [values.length], stage: '' });
  }
}
