/**
 * Runs the tasks of a job on all threads.
 *
 * The caller writes the arguments, opens the job and takes tasks like every worker; it returns when all tasks are
 * done. `STATE` holds (job number, next task) as one 64-bit word, and a task is taken by compare-and-swap: a worker
 * that wakes up late, with the view of an earlier job, fails to take anything. Between jobs the next task is
 * `CLOSED`, so that nothing can be taken while the arguments change.
 *
 * Workers spin for some milliseconds for the next job, then sleep until the caller wakes them. Between two shared jobs of a small
 * model there may be one or two, and waking is slow: where the system puts a woken thread on the processor of the caller, it waits
 * there until it is moved, 3 to 8 ms as measured.
 */

import { dispatch } from './dispatch';

const STATE: usize = 64; // i64: job number << 32 | next task
const JOB: usize = 128; // i32: the job number again: what sleeping workers wait on
const SLEEPING: usize = 192; // i32: workers asleep
const DONE: usize = 256; // i32: finished tasks of this job
const KERNEL: usize = 320;
const TASKS: usize = 324;
const FAILED: usize = 384; // i32: not 0 when a worker has crashed

const CLOSED: u32 = 0x7fffffff;
const WORKER_SPINS: u32 = 3_000_000; // 6 ms

/** Runs a job on the caller's thread alone. */
export function runHere(kernel: u32, tasks: u32): void {
  for (let task: u32 = 0; task < tasks; task++) dispatch(kernel, task);
}

/** Runs a job with the workers' help; then, `join` must be called until it returns true. */
export function runShared(kernel: u32, tasks: u32): void {
  store<u32>(KERNEL, kernel);
  store<u32>(TASKS, tasks);
  atomic.store<u32>(DONE, 0);
  const job = atomic.load<u32>(JOB) + 1;
  atomic.store<u64>(STATE, u64(job) << 32);
  atomic.store<u32>(JOB, job);
  if (atomic.load<u32>(SLEEPING) > 0) atomic.notify(JOB, -1);
  takeTasks();
}

/** Waits a little; true when all tasks are done, and the job is closed. */
export function join(spins: u32): bool {
  const tasks = load<u32>(TASKS);
  for (let spin: u32 = 0; spin <= spins; spin++) {
    if (atomic.load<u32>(DONE) == tasks) {
      atomic.store<u64>(STATE, (atomic.load<u64>(STATE) & 0xffffffff00000000) | CLOSED);
      return true;
    }
  }
  return false;
}

/** A worker's life. */
export function work(): void {
  let seen = atomic.load<u32>(JOB);
  takeTasks();
  for (;;) {
    let spin: u32 = 0;
    while (atomic.load<u32>(JOB) == seen) {
      if (++spin < WORKER_SPINS) continue;
      atomic.add<u32>(SLEEPING, 1);
      atomic.wait<u32>(JOB, seen, -1);
      atomic.sub<u32>(SLEEPING, 1);
    }
    seen = atomic.load<u32>(JOB);
    takeTasks();
  }
}

/** Takes and runs tasks until none is left. */
function takeTasks(): void {
  for (;;) {
    const state = atomic.load<u64>(STATE);
    const task = u32(state);
    const tasks = load<u32>(TASKS);
    const kernel = load<u32>(KERNEL);
    if (task >= tasks || atomic.load<u32>(FAILED) != 0) return;
    if (atomic.cmpxchg<u64>(STATE, state, state + 1) != state) continue;
    dispatch(kernel, task);
    if (atomic.add<u32>(DONE, 1) + 1 == tasks) atomic.notify(DONE, 1);
  }
}
