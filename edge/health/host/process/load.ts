/** Load and memory: proc(5), Documentation/accounting/psi.rst, Documentation/admin-guide/cgroup-v2.rst. */
import { words } from '@forpost/shared/texts/english.ts';
import type { Known, Load, Memory } from '../reading.ts';
import { numberIn, type Root } from './root.ts';

export async function load(root: Root): Promise<Known<Load>> {
  const [averages, stat] = await Promise.all([root.text('/proc/loadavg'), root.text('/proc/stat')]);
  const [load1, load5, load15] = (averages ?? '').split(' ').map(numberIn);
  if (load1 === undefined || load5 === undefined || load15 === undefined)
    return { unknown: words('gateway/reason.host-no-proc') };
  return { cores: Math.max(1, (stat ?? '').match(/^cpu\d+ /gm)?.length ?? 1), load1, load5, load15 };
}

export async function memory(root: Root): Promise<Known<Memory>> {
  const [info, pressure, limit, kills] = await Promise.all([
    root.text('/proc/meminfo'),
    root.text('/proc/pressure/memory'),
    groupLimit(root),
    oomKills(root),
  ]);
  const bytes = (name: string) => {
    const kilobytes = numberIn(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(info ?? '')?.[1]);
    return kilobytes === undefined ? undefined : kilobytes * 1024;
  };
  const [total, available] = [bytes('MemTotal'), bytes('MemAvailable')];
  if (total === undefined || available === undefined) return { unknown: words('gateway/reason.host-no-proc') };
  const stalled = numberIn(/^full .*avg300=([\d.]+)/m.exec(pressure ?? '')?.[1]);
  return {
    total: Math.min(total, limit?.max ?? total),
    available: Math.min(available, limit === undefined ? available : Math.max(0, limit.max - limit.used)),
    swapTotal: bytes('SwapTotal') ?? 0,
    swapFree: bytes('SwapFree') ?? 0,
    ...(stalled === undefined ? {} : { stalledShare: stalled / 100 }),
    ...(kills === undefined ? {} : { oomKills: kills }),
  };
}

/** The memory limit of a container, in which /proc/meminfo has the whole machine's memory. Undefined: no limit. */
async function groupLimit(root: Root): Promise<{ readonly max: number; readonly used: number } | undefined> {
  const [max, current, stat] = await Promise.all([
    root.number('/sys/fs/cgroup/memory.max'),
    root.number('/sys/fs/cgroup/memory.current'),
    root.text('/sys/fs/cgroup/memory.stat'),
  ]);
  if (max === undefined || current === undefined) return undefined;
  // the kernel frees cached pages of files before it ends a program
  const files = numberIn(/^inactive_file (\d+)$/m.exec(stat ?? '')?.[1]) ?? 0;
  return { max, used: Math.max(0, current - files) };
}

async function oomKills(root: Root): Promise<number | undefined> {
  const [machine, group] = await Promise.all([root.text('/proc/vmstat'), root.text('/sys/fs/cgroup/memory.events')]);
  return numberIn((/^oom_kill (\d+)$/m.exec(group ?? '') ?? /^oom_kill (\d+)$/m.exec(machine ?? ''))?.[1]);
}
