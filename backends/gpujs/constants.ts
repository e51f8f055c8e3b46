/** Small arrays that stay on the device: 0 and 1 in place of optional arguments, and the tables of resizings. */

import type { ResizeMode } from '../../src/backend/backend.ts';
import type { Resizing } from '../../src/backend/table-backend.ts';
import type { View } from './operations.ts';
import type { GpuDevice, Storage } from './device.ts';
import { resizeTable, spreadTable } from '../../src/backend/windows.ts';

/** Tables kept, the least recently used goes first. */
const TABLES = 256;

interface Table {
  readonly storage: Storage;
  readonly columns: number;
}

export class Constants {
  readonly zero: View;
  readonly one: View;
  private readonly tables = new Map<string, Table>();

  constructor(private readonly device: GpuDevice) {
    const number = (value: number): View => ({ shape: [1], storage: device.upload(Float32Array.of(value), [1]) });
    this.zero = number(0);
    this.one = number(1);
  }

  /** @param from extent of the axis before, `to` after the resizing (of the values or of their gradient). */
  table(direction: Resizing, mode: ResizeMode, from: number, to: number): Table {
    const key = `${direction} ${mode} ${from} ${to}`;
    let table = this.tables.get(key);
    if (table === undefined) {
      const { values, columns } = direction === 'resize' ? resizeTable(mode, from, to) : spreadTable(mode, to, from);
      table = { storage: this.device.upload(values, [values.length]), columns };
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
}
