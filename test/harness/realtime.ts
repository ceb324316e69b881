/**
 * For a timing on a machine that others use too: with FORPOST_REALTIME=1 the gateway and this process go before everything
 * else (SCHED_FIFO; what they start from then on does not), so that what is measured is what they cost each other. Needs
 * `chrt` and the right to use it.
 */
import { execFileSync } from 'node:child_process';

export function goRealtime(gateway: number | undefined): void {
  if (process.env.FORPOST_REALTIME !== '1' || gateway === undefined) return;
  for (const pid of [gateway, process.pid])
    execFileSync('chrt', ['--all-tasks', '--reset-on-fork', '--fifo', '--pid', '10', String(pid)]);
}
