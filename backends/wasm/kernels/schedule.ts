/**
 * Runs jobs one after the other, the tasks of each on all threads.
 *
 * The caller publishes jobs in a ring and goes on; workers, and the caller when it waits, take tasks of the *current* job, the
 * oldest that is not done. Who finishes its last task makes the next one current, so a job sees all that earlier ones
 * wrote. The state of a slot holds (job number, next task) as one 64-bit word, and tasks are taken by compare-and-swap: a
 * thread that comes late, with the view of an earlier job in the slot, fails to take anything. While a slot is filled its next
 * task is `CLOSED`.
 *
 * Workers spin for some milliseconds for something to do, then sleep until a job is published. Between two jobs of a small
 * model there may be one or two, and waking is slow: where the system puts a woken thread on the processor of the caller, it
 * waits there until it is moved, 3 to 8 ms as measured.
 */

import { dispatch } from './dispatch';
import { setArguments } from './job';

// Each in a cache line of its own
const PUBLISHED: usize = 64; // u32: jobs so far; what sleeping workers wait on
const CURRENT: usize = 128; // u32: the job whose tasks are taken; what the sleeping caller waits on
const SLEEPING: usize = 192; // i32: workers asleep
const WAITING: usize = 256; // i32: whether the caller sleeps
const FAILED: usize = 384; // i32: not 0 when a worker has crashed

const RING: usize = 4096;
const SLOTS: u32 = 16;
const SLOT: u32 = 512 + 4096; // the arguments, the words below, and a table for the job alone
const KERNEL: usize = 400;
const TASKS: usize = 404;
const AT_ONCE: usize = 408; // tasks that one thread takes
const STATE: usize = 448; // u64: job number << 32 | next task
const DONE: usize = 456; // u32: finished tasks

const CLOSED: u32 = 0x7fffffff;
const WORKER_SPINS: u32 = 3_000_000; // 6 ms

// @ts-ignore: decorator
@inline
function slotOf(job: u32): usize {
  return RING + (job & (SLOTS - 1)) * SLOT;
}

/** Runs a job on the caller's thread alone, from the first slot. */
export function runHere(kernel: u32, tasks: u32): void {
  setArguments(RING);
  for (let task: u32 = 0; task < tasks; task++) dispatch(kernel, task);
}

/** Adds a job, whose arguments are in its slot. */
export function publish(kernel: u32, tasks: u32, atOnce: u32): void {
  const job = atomic.load<u32>(PUBLISHED);
  const slot = slotOf(job);
  atomic.store<u64>(slot + STATE, (u64(job) << 32) | CLOSED);
  store<u32>(slot + KERNEL, kernel);
  store<u32>(slot + TASKS, tasks);
  store<u32>(slot + AT_ONCE, atOnce);
  atomic.store<u32>(slot + DONE, 0);
  atomic.store<u64>(slot + STATE, u64(job) << 32);
  atomic.store<u32>(PUBLISHED, job + 1);
  if (atomic.load<u32>(SLEEPING) > 0) atomic.notify(PUBLISHED, -1);
}

/** The caller takes tasks until all jobs before `end` are done: true; or until it has spun in vain for a while: false. */
export function help(end: u32, spins: u32): bool {
  for (let spin: u32 = 0; spin <= spins; spin++) {
    const job = atomic.load<u32>(CURRENT);
    if (i32(job - end) >= 0) return true;
    if (takeTasks(job)) spin = 0;
  }
  return false;
}

/** A worker's life. */
export function work(): void {
  for (;;) {
    const published = atomic.load<u32>(PUBLISHED);
    for (let spin: u32 = 0; spin < WORKER_SPINS; spin++) {
      if (takeTasks(atomic.load<u32>(CURRENT))) spin = 0;
    }
    atomic.add<u32>(SLEEPING, 1);
    if (atomic.load<u32>(PUBLISHED) == published) atomic.wait<u32>(PUBLISHED, published, -1);
    atomic.sub<u32>(SLEEPING, 1);
  }
}

/** Takes and runs some tasks; false where there are none, or another thread was faster. */
function takeTasks(job: u32): bool {
  const slot = slotOf(job);
  const state = atomic.load<u64>(slot + STATE);
  const tasks = load<u32>(slot + TASKS);
  const kernel = load<u32>(slot + KERNEL);
  const first = u32(state);
  if (u32(state >> 32) != job || first >= tasks || atomic.load<u32>(FAILED) != 0) return false;
  const count = min(load<u32>(slot + AT_ONCE), tasks - first);
  if (atomic.cmpxchg<u64>(slot + STATE, state, state + count) != state) return false;
  setArguments(slot);
  for (let task = first; task < first + count; task++) dispatch(kernel, task);
  if (atomic.add<u32>(slot + DONE, count) + count == tasks) finish(job);
  return true;
}

function finish(job: u32): void {
  atomic.store<u32>(CURRENT, job + 1);
  if (atomic.load<u32>(SLEEPING) > 0) atomic.notify(PUBLISHED, -1);
  if (atomic.load<u32>(WAITING) != 0) atomic.notify(CURRENT, -1);
}
