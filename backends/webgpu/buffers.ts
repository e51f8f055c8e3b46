/**
 * Buffers of the device, pooled: what a tensor frees, the next one of about its size gets, for creating a buffer costs as
 * much as a small kernel. Commands run in order, so a result may lie where an operand of an earlier command lay; what the host
 * writes is there at once, and must not.
 */

/** A buffer of the pool, or of a tensor. */
export interface Buffer {
  readonly gpu: GPUBuffer;
  /** For the cache of bind groups. */
  readonly id: number;
  readonly size: number;
  /** The latest batch of commands that uses it. */
  batch: number;
}

/** How much larger a buffer may be than what it is taken for: with buffers of about the size alone, more of them lie unused. */
const ROOM = 2;

/** Bytes that may lie in the pool unused. */
const SPARE = 512 * 2 ** 20;

export class BufferPool {
  /** Bytes of all buffers, and of those that no tensor has. */
  bytes = 0;
  spare = 0;
  count = 0;
  private nextId = 0;
  /** By size, the latest freed last. */
  private readonly free = new Map<number, Buffer[]>();

  /** @param create makes a buffer of so many bytes. @param most bytes of a buffer. */
  constructor(
    private readonly create: (size: number) => GPUBuffer,
    private readonly most: number,
  ) {}

  /**
   * A buffer of at least so many bytes.
   * @param written the number of batches that are on their way: a buffer for the host to write is of none that is not.
   */
  take(bytes: number, written = Infinity): Buffer {
    const size = Math.min(classOf(bytes), Math.max(this.most, bytes));
    for (let wide = size; wide <= ROOM * size; wide = classOf(wide + 1)) {
      const list = this.free.get(wide);
      const at = list === undefined ? -1 : list.findLastIndex(({ batch }) => batch <= written);
      if (list === undefined || at < 0) continue;
      this.spare -= wide;
      return list.splice(at, 1)[0];
    }
    const gpu = this.create(size);
    this.bytes += size;
    this.count++;
    return { gpu, id: this.nextId++, size, batch: -1 };
  }

  give(buffer: Buffer): void {
    const list = this.free.get(buffer.size);
    if (list === undefined) this.free.set(buffer.size, [buffer]);
    else list.push(buffer);
    this.spare += buffer.size;
  }

  /** Ends spare buffers beyond the bound, large ones first. @param done batches on their way: those of others are in use. */
  trim(done: number): void {
    if (this.spare <= SPARE) return;
    for (const size of [...this.free.keys()].sort((a, b) => b - a)) {
      const list = this.free.get(size)!;
      while (this.spare > SPARE && list.length > 0 && list[0].batch <= done) this.end(list.shift()!);
    }
  }

  private end(buffer: Buffer): void {
    buffer.gpu.destroy();
    this.spare -= buffer.size;
    this.bytes -= buffer.size;
    this.count--;
  }
}

/** The next of 4 sizes between powers of 2; at most a fifth of a buffer is unused. */
function classOf(bytes: number): number {
  if (bytes <= 256) return 256;
  const quarter = 2 ** (Math.floor(Math.log2(bytes - 1)) - 2);
  return Math.ceil(bytes / quarter) * quarter;
}
