/**
 * For measuring times on a shared machine: with FORPOST_REALTIME=1 the gateway and this process have priority over everything
 * else (SCHED_FIFO; their later children do not), so that the figures show only their cost to each other. Needs `chrt` and
 * the right to use it.
 */
import { execFileSync } from 'node:child_process';

export function goRealtime(gateway: number | undefined): void {
  if (process.env.FORPOST_REALTIME !== '1' || gateway === undefined) return;
  for (const pid of [gateway, process.pid])
    execFileSync('chrt', ['--all-tasks', '--reset-on-fork', '--fifo', '--pid', '10', String(pid)]);
}
