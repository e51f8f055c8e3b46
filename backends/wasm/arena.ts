/**
 * The memory of a backend: blocks within one WebAssembly memory.
 *
 * A two-level segregated fit (Masmano et al. 2004): free blocks are kept in lists by size class, eight classes to a power
 * of two, and bit masks find the first list that holds a fit, so that both operations take constant time; neighbouring
 * free blocks merge at once. Blocks are multiples of 64 bytes, and every block has room for reading one vector beyond its end.
 */

import { MemoryError } from '../../src/errors.ts';

const PAGE = 65536;
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
}

export class Arena {
  /** Bytes in use, now and at most so far. */
  used = 0;
  peak = 0;
  private readonly lists: Set<Block>[][] = Array.from({ length: 32 }, () => Array.from({ length: CLASSES }, () => new Set()));
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
    const [power, within] = classOf(size);
    let row = power;
    let mask = this.masks[row] & (0xfe << within);
    while (mask === 0 && ++row < 32) mask = this.masks[row]!;
    if (mask !== 0) return first(this.lists[row][31 - Math.clz32(mask & -mask)]);
    for (const block of this.lists[power][within]) if (block.size >= size) return block;
    return undefined;
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
    const block: Block = { address, size, free: false, before: this.last, after: undefined };
    if (this.last !== undefined) this.last.after = block;
    this.last = block;
    this.used += size;
    this.release(block);
  }

  private split(block: Block, size: number): void {
    const rest: Block = {
      address: block.address + size, size: block.size - size, free: true, before: block, after: block.after,
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
    const [power, within] = classOf(block.size);
    block.free = true;
    this.lists[power][within].add(block);
    this.masks[power] |= 1 << within;
  }

  private remove(block: Block): void {
    const [power, within] = classOf(block.size);
    const list = this.lists[power][within];
    list.delete(block);
    if (list.size === 0) this.masks[power] &= ~(1 << within);
  }
}

/** Power of two, and which eighth of the way to the next. */
function classOf(size: number): [power: number, within: number] {
  const granules = size / GRANULE;
  const power = 31 - Math.clz32(granules);
  return [power, power < 3 ? granules - (1 << power) : (granules >>> (power - 3)) & (CLASSES - 1)];
}

function first(blocks: Set<Block>): Block {
  for (const block of blocks) return block;
  throw new Error('an empty list is marked as filled');
}
