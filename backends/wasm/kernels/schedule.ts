/**
 * Runs jobs one after the other, the tasks of each on all threads.
 *
 * The caller publishes jobs in a ring and goes on; workers, and the caller when it waits, take tasks of the *current* job, the
 * oldest that is not done. Who finishes its last share makes the next one current, so a job sees all that earlier ones
 * wrote. Half of the threads take tasks from the front and half from the back, so that what one job has left in a
 * processor's cache is likely to be there in the next. The state of a slot holds the job's number and what is left as one
 * 64-bit word, and shares of the tasks are taken by compare-and-swap: a thread that comes late, with the view of an earlier job in
 * the slot, fails to take anything.
 *
 * Workers spin for some milliseconds for something to do, then sleep until a job is published. Between two jobs of a small
 * model there may be one or two, and waking is slow: where the system puts a woken thread on the processor of the caller, it
 * waits there until it is moved, 3 to 8 ms as measured.
 */

import { dispatch } from './dispatch';
import { setArguments, thread } from './job';

// Each in a cache line of its own
const PUBLISHED: usize = 64; // u32: jobs so far; what sleeping workers wait on
const CURRENT: usize = 128; // u32: the job whose tasks are taken; what the sleeping caller waits on
const SLEEPING: usize = 192; // i32: workers asleep
const WAITING: usize = 256; // i32: whether the caller sleeps
const FAILED: usize = 384; // i32: not 0 when a worker has crashed

const RING: usize = 4096;
const SLOTS: u32 = 16;
const SLOT: u32 = 512 + 4096; // the words below, the arguments, and a table for the job alone
const STATE: usize = 0; // u64: job number << 40 | first share that is left << 20 | end of those
const DONE: usize = 8; // u32: finished shares
const KERNEL: usize = 12;
const TASKS: usize = 16;
const AT_ONCE: usize = 20; // tasks in a share, which one thread takes
const ARGUMENTS: usize = 64;

const MOST_SHARES: u32 = 0xfffff;
const WORKER_SPINS: u32 = 3_000_000; // 6 ms

// @ts-ignore: decorator
@inline
function slotOf(job: u32): usize {
  return RING + (job & (SLOTS - 1)) * SLOT;
}

/** Runs a job on the caller's thread alone, from the first slot. */
export function runHere(kernel: u32, tasks: u32): void {
  setArguments(RING + ARGUMENTS);
  for (let task: u32 = 0; task < tasks; task++) dispatch(kernel, task);
}

/** Adds a job, whose arguments are in its slot. */
export function publish(kernel: u32, tasks: u32, atOnce: u32): void {
  const job = atomic.load<u32>(PUBLISHED);
  const slot = slotOf(job);
  const share = max(atOnce, tasks / MOST_SHARES + 1);
  atomic.store<u64>(slot + STATE, u64(job & 0xffffff) << 40); // no shares while the rest is written
  store<u32>(slot + KERNEL, kernel);
  store<u32>(slot + TASKS, tasks);
  store<u32>(slot + AT_ONCE, share);
  atomic.store<u32>(slot + DONE, 0);
  atomic.store<u64>(slot + STATE, (u64(job & 0xffffff) << 40) | ((tasks + share - 1) / share));
  atomic.store<u32>(PUBLISHED, job + 1);
  if (atomic.load<u32>(SLEEPING) > 0) atomic.notify(PUBLISHED, -1);
}

/** The caller takes shares until all jobs before `end` are done: true; or until it has spun in vain for a while: false. */
export function help(end: u32, spins: u32): bool {
  for (let spin: u32 = 0; spin <= spins; spin++) {
    const job = atomic.load<u32>(CURRENT);
    if (i32(job - end) >= 0) return true;
    if (takeShare(job)) spin = 0;
  }
  return false;
}

/** A worker's life. */
export function work(): void {
  for (;;) {
    const published = atomic.load<u32>(PUBLISHED);
    for (let spin: u32 = 0; spin < WORKER_SPINS; spin++) {
      if (takeShare(atomic.load<u32>(CURRENT))) spin = 0;
    }
    atomic.add<u32>(SLEEPING, 1);
    if (atomic.load<u32>(PUBLISHED) == published) atomic.wait<u32>(PUBLISHED, published, -1);
    atomic.sub<u32>(SLEEPING, 1);
  }
}

/** Takes and runs a share of a job; false where there is none, or another thread was faster. */
function takeShare(job: u32): bool {
  const slot = slotOf(job);
  const state = atomic.load<u64>(slot + STATE);
  const first = u32(state >> 20) & 0xfffff;
  const end = u32(state) & 0xfffff;
  if (state >> 40 != u64(job & 0xffffff) || first >= end || atomic.load<u32>(FAILED) != 0) return false;
  const fromFront = (thread & 1) == 0;
  if (atomic.cmpxchg<u64>(slot + STATE, state, fromFront ? state + (1 << 20) : state - 1) != state) return false;
  const tasks = load<u32>(slot + TASKS);
  const atOnce = load<u32>(slot + AT_ONCE);
  const kernel = load<u32>(slot + KERNEL);
  const task = (fromFront ? first : end - 1) * atOnce;
  setArguments(slot + ARGUMENTS);
  for (let i = task; i < min(task + atOnce, tasks); i++) dispatch(kernel, i);
  if (atomic.add<u32>(slot + DONE, 1) + 1 == (tasks + atOnce - 1) / atOnce) finish(job);
  return true;
}

function finish(job: u32): void {
  atomic.store<u32>(CURRENT, job + 1);
  if (atomic.load<u32>(SLEEPING) > 0) atomic.notify(PUBLISHED, -1);
  if (atomic.load<u32>(WAITING) != 0) atomic.notify(CURRENT, -1);
}
