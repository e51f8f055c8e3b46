/**
 * The processors that the control groups of this process grant, as containers set them: the least of the quotas of its group
 * and of all above it, Infinity without any.
 *
 *   version 2   <mount>/<group>/cpu.max                       "50000 100000": quota and period in microseconds, or "max 100000"
 *   version 1   <mount>/cpu/<group>/cpu.cfs_quota_us, …/cpu.cfs_period_us                        −1: none
 *
 * Source: Linux, Documentation/admin-guide/cgroup-v2.rst and scheduler/sched-bwc.rst.
 */

const MOUNT = '/sys/fs/cgroup';

/** @param read the text of a file; undefined if there is none. */
export function cgroupQuota(read: (path: string) => string | undefined): number {
  const quotas = (read('/proc/self/cgroup') ?? '').split('\n').flatMap((line) => {
    const [, controllers, group] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (group === undefined) return [];
    if (controllers === '') return above(group).map((place) => quotaOf(read(`${MOUNT}${place}/cpu.max`)?.split(/\s+/)));
    if (!controllers.split(',').includes('cpu')) return [];
    // Containers that see the groups of the machine have their own one mounted.
    return above(group).map((place) => {
      const folder = `${MOUNT}/cpu${place}`;
      return quotaOf([read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`)]);
    });
  });
  return Math.min(Infinity, ...quotas);
}

/** '/a/b' → '/a/b', '/a', ''. */
function above(group: string): string[] {
  const parts = group.split('/').filter((part) => part !== '' && part !== '..');
  return Array.from({ length: parts.length + 1 }, (_, i) => parts.slice(0, parts.length - i).map((part) => `/${part}`).join(''));
}

function quotaOf([quota, period]: readonly (string | undefined)[] = []): number {
  const processors = Number(quota) / Number(period);
  return processors > 0 && Number.isFinite(processors) ? processors : Infinity;
}
