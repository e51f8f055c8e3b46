/**
 * Python's pickle machine, restricted: a program of one-byte opcodes that builds a value on a stack. Nothing of the
 * program's choice is run or looked up: what a global name stands for and what a persistent id means is asked of the
 * caller, who refuses all but a few. Every opcode takes bounded time and memory, so the whole does.
 *
 * Opcodes of protocols 0 to 5 that PyTorch's writers use; the table is Python's Lib/pickletools.py.
 */

import { FileError } from '../errors.ts';
import { Budget } from '../io/memory-budget.ts';
import { PickleCursor } from './pickle-cursor.ts';
import type { PickleValue } from './pickle-values.ts';
import { isPickleKey, PickleDict, PickleFunction, PickleList, PickleObject, PickleOpaque, PickleTuple } from './pickle-values.ts';

export interface PickleEnvironment {
  /** What a global stands for. @throws FileError for all that are not permitted. */
  global(module: string, name: string): PickleObject;
  /** @throws FileError if the id is of no known form. */
  persistent(id: PickleValue): PickleObject;
}

const MAX_PROTOCOL = 5;

/** Far above any checkpoint: a tensor takes about 60. */
const MAX_STEPS = 2_000_000;

/** Bytes that a value takes here and in the walks over it, roughly: a map, an object with a list, a number. */
const COST = { dict: 700, object: 350, constant: 50 };

/**
 * Runs one pickle at the beginning of `bytes`.
 * @returns its value and where it ends.
 * @throws PickleEnd if `bytes` end first. @throws FileError if it is damaged or asks for what is not permitted.
 */
export function runPickle(
  bytes: Uint8Array,
  file: string,
  environment: PickleEnvironment,
): { readonly value: PickleValue; readonly end: number } {
  const machine = new Machine(new PickleCursor(bytes, file), environment, new Budget(file, bytes.length));
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    if (machine.step()) return { value: machine.pop(), end: machine.cursor.at };
  }
  throw new FileError(file, `is refused: its pickle has more than ${MAX_STEPS} steps`);
}

class Machine {
  private stack: PickleValue[] = [];
  /** The stacks below each mark. */
  private readonly below: PickleValue[][] = [];
  private readonly memo = new Map<number, PickleValue>();

  constructor(
    readonly cursor: PickleCursor,
    private readonly environment: PickleEnvironment,
    private readonly budget: Budget,
  ) {}

  pop(): PickleValue {
    const value = this.stack.pop();
    return value === undefined ? this.cursor.fail('a value is missing') : value;
  }

  /** Runs one opcode. @returns whether it was the last. */
  step(): boolean {
    const { cursor } = this;
    const opcode = cursor.u8();
    switch (String.fromCharCode(opcode)) {
      // Frame of the program
      case '\x80': this.protocol(cursor.u8()); break; // PROTO
      case '\x95': this.frame(cursor.length64()); break; // FRAME
      case '.': return true; // STOP

      // Constants
      case 'N': this.push(null); break; // NONE
      case '\x88': this.push(true); break; // NEWTRUE
      case '\x89': this.push(false); break; // NEWFALSE
      case 'I': this.push(this.integerLine(cursor.line())); break; // INT
      case 'J': this.push(BigInt(cursor.i32())); break; // BININT
      case 'K': this.push(BigInt(cursor.u8())); break; // BININT1
      case 'M': this.push(BigInt(cursor.u16())); break; // BININT2
      case 'L': this.push(cursor.decimal(cursor.line().replace(/L$/, ''))); break; // LONG
      case '\x8a': this.push(cursor.integer(cursor.u8())); break; // LONG1
      case '\x8b': this.push(cursor.integer(cursor.i32())); break; // LONG4
      case 'F': this.push(this.floatLine(cursor.line())); break; // FLOAT
      case 'G': this.push(cursor.float64()); break; // BINFLOAT
      case 'U': case '\x8c': this.push(cursor.utf8(cursor.u8())); break; // SHORT_BINSTRING, SHORT_BINUNICODE
      case 'T': case 'X': this.push(cursor.utf8(cursor.u32())); break; // BINSTRING, BINUNICODE
      case '\x8d': this.push(cursor.utf8(cursor.length64())); break; // BINUNICODE8
      case 'C': this.push(cursor.take(cursor.u8())); break; // SHORT_BINBYTES
      case 'B': this.push(cursor.take(cursor.u32())); break; // BINBYTES
      case '\x8e': this.push(cursor.take(cursor.length64())); break; // BINBYTES8

      // The stack and the memo
      case '(': this.mark(); break; // MARK
      case '0': if (this.stack.length > 0) this.pop(); else this.popMark(); break; // POP
      case '1': this.popMark(); break; // POP_MARK
      case '2': this.stack.push(this.top()); break; // DUP
      case 'g': this.stack.push(this.recall(Number(cursor.decimal(cursor.line())))); break; // GET
      case 'h': this.stack.push(this.recall(cursor.u8())); break; // BINGET
      case 'j': this.stack.push(this.recall(cursor.u32())); break; // LONG_BINGET
      case 'p': this.remember(Number(cursor.decimal(cursor.line()))); break; // PUT
      case 'q': this.remember(cursor.u8()); break; // BINPUT
      case 'r': this.remember(cursor.u32()); break; // LONG_BINPUT
      case '\x94': this.remember(this.memo.size); break; // MEMOIZE

      // Containers
      case ')': this.push(new PickleTuple([])); break; // EMPTY_TUPLE
      case 't': this.push(new PickleTuple(this.popMark())); break; // TUPLE
      case '\x85': this.tuple(1); break; // TUPLE1
      case '\x86': this.tuple(2); break; // TUPLE2
      case '\x87': this.tuple(3); break; // TUPLE3
      case ']': this.push(new PickleList()); break; // EMPTY_LIST
      case 'l': this.newList(); break; // LIST
      case 'a': this.append([this.pop()]); break; // APPEND
      case 'e': this.append(this.popMark()); break; // APPENDS
      case '}': this.push(new PickleDict(false)); break; // EMPTY_DICT
      case 'd': this.newDict(); break; // DICT
      case 's': this.setItems([this.pop(), this.pop()].reverse()); break; // SETITEM
      case 'u': this.setItems(this.popMark()); break; // SETITEMS

      // What names something outside
      case 'c': this.push(this.environment.global(cursor.line(), cursor.line())); break; // GLOBAL
      case '\x93': this.stackGlobal(); break; // STACK_GLOBAL
      case 'Q': this.push(this.environment.persistent(this.pop())); break; // BINPERSID
      case 'R': case '\x81': this.call(this.pop(), this.pop()); break; // REDUCE, NEWOBJ
      case 'i': this.instance(); break; // INST
      case 'o': this.object(); break; // OBJ
      case 'b': this.build(); break; // BUILD
      default: cursor.fail(`the opcode 0x${opcode.toString(16).padStart(2, '0')}, which no checkpoint needs,`);
    }
    return false;
  }

  private push(value: PickleValue): void {
    const cost = value === null || typeof value !== 'object' ? COST.constant : value instanceof PickleDict ? COST.dict : COST.object;
    this.budget.spend(cost, 'its pickle');
    this.stack.push(value);
  }

  private mark(): void {
    this.budget.spend(COST.object, 'its pickle');
    this.below.push(this.stack);
    this.stack = [];
  }

  private remember(index: number): void {
    this.budget.spend(COST.constant, 'its pickle');
    this.memo.set(index, this.top());
  }

  private top(): PickleValue {
    const value = this.stack.at(-1);
    return value === undefined ? this.cursor.fail('a value is missing') : value;
  }

  /** The values above the last mark; the mark goes with them. */
  private popMark(): PickleValue[] {
    const below = this.below.pop();
    if (below === undefined) return this.cursor.fail('a mark is missing');
    const above = this.stack;
    this.stack = below;
    return above;
  }

  private recall(index: number): PickleValue {
    const value = this.memo.get(index);
    return value === undefined ? this.cursor.fail(`the unknown memo entry ${index}`) : value;
  }

  private protocol(version: number): void {
    if (version > MAX_PROTOCOL) this.cursor.fail(`the unknown protocol ${version}`);
  }

  private frame(length: number): void {
    const { cursor } = this;
    const start = cursor.at;
    cursor.take(length); // there must be so many
    cursor.at = start;
  }

  /** Protocol 0 writes booleans as 00 and 01. */
  private integerLine(line: string): PickleValue {
    return line === '00' ? false : line === '01' ? true : this.cursor.decimal(line);
  }

  private floatLine(line: string): number {
    const named = new Map([['inf', Infinity], ['-inf', -Infinity], ['nan', NaN]]).get(line);
    if (named !== undefined) return named;
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(line) ? Number(line) : this.cursor.fail('a malformed float');
  }

  private tuple(length: number): void {
    if (this.stack.length < length) this.cursor.fail('a value is missing');
    this.push(new PickleTuple(this.stack.splice(-length)));
  }

  private newList(): void {
    const items = this.popMark();
    this.push(new PickleList());
    this.append(items);
  }

  private newDict(): void {
    const items = this.popMark();
    this.push(new PickleDict(false));
    this.setItems(items);
  }

  private append(items: readonly PickleValue[]): void {
    const list = this.top();
    if (!(list instanceof PickleList)) this.cursor.fail('an item for what is no list');
    for (const item of items) list.items.push(item);
  }

  private setItems(items: readonly PickleValue[]): void {
    const dict = this.top();
    if (!(dict instanceof PickleDict)) return this.cursor.fail('an entry for what is no dict');
    if (items.length % 2 !== 0) this.cursor.fail('a key without a value');
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i]!;
      if (!isPickleKey(key)) return this.cursor.fail('a key that is neither text nor number');
      dict.entries.set(key, items[i + 1]);
    }
  }

  private stackGlobal(): void {
    const [name, module] = [this.pop(), this.pop()];
    if (typeof name !== 'string' || typeof module !== 'string') this.cursor.fail('a global whose name is not text');
    this.push(this.environment.global(module, name));
  }

  private call(args: PickleValue, callee: PickleValue): void {
    if (!(callee instanceof PickleFunction)) this.cursor.fail('a call of what is no function');
    if (!(args instanceof PickleTuple)) this.cursor.fail('a call whose arguments are no tuple');
    this.push(callee.call(args.items));
  }

  private instance(): void {
    const callee = this.environment.global(this.cursor.line(), this.cursor.line());
    this.call(new PickleTuple(this.popMark()), callee);
  }

  private object(): void {
    const [callee, ...args] = this.popMark();
    this.call(new PickleTuple(args), callee ?? this.cursor.fail('a value is missing'));
  }

  /** Attributes of an object: `_metadata` of a state_dict, the details of what is only shown. Nobody needs them. */
  private build(): void {
    this.pop();
    const target = this.top();
    const takes = (target instanceof PickleDict && target.ordered) || target instanceof PickleOpaque;
    if (!takes) this.cursor.fail('attributes for what has none');
  }
}
