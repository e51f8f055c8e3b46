/**
 * The memory of a backend: blocks within one WebAssembly memory.
 *
 * A two-level segregated fit (Masmano et al. 2004): free blocks are kept in lists by size class, eight classes to a power
 * of two, and bit masks find the first list that holds a fit, so that both operations take constant time; neighbouring
 * free blocks merge at once. Blocks are multiples of 64 bytes, and every block has room for reading one vector beyond its end.
 */

import { MemoryError } from '../../src/errors.ts';

/** Bytes. */
export const PAGE = 65536;
/** One page short of 4 GiB, so that no address computed in 32 bits wraps around. */
const MOST_PAGES = 65535;
const GRANULE = 64;
const BEYOND = 16;
const CLASSES = 8;

export interface Block {
  readonly address: number;
  size: number;
  free: boolean;
  /** Neighbours in memory. */
  before: Block | undefined;
  after: Block | undefined;
  /** Neighbours in the list of free blocks. */
  previous: Block | undefined;
  next: Block | undefined;
}

export class Arena {
  /** Bytes in use, now and at most so far. */
  used = 0;
  peak = 0;
  /** The first free block of every class: what was released last, and so is likely to be in a cache. */
  private readonly lists = new Array<Block | undefined>(32 * CLASSES).fill(undefined);
  private readonly masks = new Uint8Array(32); // per power of two: which lists are not empty
  private last: Block | undefined;

  /**
   * @param grown called whenever the memory's buffer has changed.
   * @param reserved bytes at the start that are not the arena's.
   */
  constructor(
    readonly memory: WebAssembly.Memory,
    reserved: number,
    private readonly grown: () => void,
  ) {
    this.append(reserved, memory.buffer.byteLength - reserved);
  }

  /** @throws MemoryError when the memory cannot grow enough. */
  allocate(bytes: number): Block {
    const size = Math.max(Math.ceil((bytes + BEYOND) / GRANULE), 1) * GRANULE;
    const block = this.find(size) ?? this.grow(size);
    this.remove(block);
    if (block.size > size) this.split(block, size);
    block.free = false;
    this.used += block.size;
    this.peak = Math.max(this.peak, this.used);
    return block;
  }

  release(block: Block): void {
    this.used -= block.size;
    const { before, after } = block;
    if (after?.free === true) {
      this.remove(after);
      this.absorb(block, after);
    }
    if (before?.free === true) {
      this.remove(before);
      this.absorb(before, block);
      this.insert(before);
    } else {
      this.insert(block);
    }
  }

  /** The first block of a class in which all are large enough; else one of the class of `size` itself. */
  private find(size: number): Block | undefined {
    const list = listOf(size);
    let row = Math.floor(list / CLASSES);
    let mask = this.masks[row] & (0xfe << list % CLASSES);
    while (mask === 0 && ++row < 32) mask = this.masks[row]!;
    if (mask !== 0) return this.lists[row * CLASSES + 31 - Math.clz32(mask & -mask)];
    let block = this.lists[list];
    while (block !== undefined && block.size < size) block = block.next;
    return block;
  }

  private grow(size: number): Block {
    const present = this.memory.buffer.byteLength;
    const open = this.last?.free === true ? this.last.size : 0;
    const needed = Math.ceil((size - open) / PAGE);
    const wanted = Math.max(needed, Math.min(present / 8 / PAGE, 4096) | 0);
    const room = MOST_PAGES - present / PAGE;
    const problem = `the tensor of ${size} bytes does not fit: ${this.used} bytes are in use, and the memory of this backend ends at 4 GiB`;
    if (needed > room) throw new MemoryError(problem);
    let pages = Math.min(wanted, room);
    try {
      this.memory.grow(pages);
    } catch {
      try {
        this.memory.grow(needed);
        pages = needed;
      } catch (cause) {
        throw new MemoryError(`${problem}; this machine gave no more than ${present} bytes`, { cause });
      }
    }
    this.append(present, pages * PAGE);
    this.grown();
    return this.last!;
  }

  private append(address: number, size: number): void {
    const block: Block = {
      address, size, free: false, before: this.last, after: undefined, previous: undefined, next: undefined,
    };
    if (this.last !== undefined) this.last.after = block;
    this.last = block;
    this.used += size;
    this.release(block);
  }

  private split(block: Block, size: number): void {
    const rest: Block = {
      address: block.address + size, size: block.size - size, free: true, before: block, after: block.after,
      previous: undefined, next: undefined,
    };
    if (rest.after === undefined) this.last = rest;
    else rest.after.before = rest;
    block.after = rest;
    block.size = size;
    this.insert(rest);
  }

  /** `block` takes in its neighbour `after`. */
  private absorb(block: Block, after: Block): void {
    block.size += after.size;
    block.after = after.after;
    if (block.after === undefined) this.last = block;
    else block.after.before = block;
  }

  private insert(block: Block): void {
    const list = listOf(block.size);
    block.free = true;
    block.previous = undefined;
    block.next = this.lists[list];
    if (block.next !== undefined) block.next.previous = block;
    this.lists[list] = block;
    this.masks[Math.floor(list / CLASSES)] |= 1 << list % CLASSES;
  }

  private remove(block: Block): void {
    const { previous, next } = block;
    if (next !== undefined) next.previous = previous;
    if (previous !== undefined) {
      previous.next = next;
      return;
    }
    const list = listOf(block.size);
    this.lists[list] = next;
    if (next === undefined) this.masks[Math.floor(list / CLASSES)] &= ~(1 << list % CLASSES);
  }
}

/** The class of a size: its power of two, and which eighth of the way to the next. */
function listOf(size: number): number {
  const granules = size / GRANULE;
  const power = 31 - Math.clz32(granules);
  return power * CLASSES + (power < 3 ? granules - (1 << power) : (granules >>> (power - 3)) & (CLASSES - 1));
}
