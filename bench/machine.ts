/** The machine that the results belong to. */

import { existsSync, readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os';

export interface Machine {
  readonly processor: string;
  readonly threads: number;
  readonly memory: number;
  readonly system: string;
  readonly node: string;
  /** Processes that wanted to run in the last minute: above `threads`, times on the clock are not to be trusted. */
  readonly load: number;
}

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    threads: availableParallelism(),
    memory: totalmem(),
    system: `${platform()} ${arch()}`,
    node: process.version,
    load: loadavg()[0],
  };
}

/** Bytes of memory that this process held at most. */
export function peakMemory(): number {
  // Linux counts in resourceUsage what the process held that started this one.
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  const line = /^VmHWM:\s+(\d+) kB/m.exec(status);
  return 1024 * (line === null ? process.resourceUsage().maxRSS : Number(line[1]));
}
