/**
 * Who knows whether the system clock is in sync. Each probe asks one time service and says `unknown` where that
 * service is not on this machine; the first that knows decides.
 *
 * Always: a probe never blocks the thread and answers within `probeDeadlineMs`; what it cannot find out is `unknown`.
 */
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ClockQuality } from '@forpost/shared/event/event.ts';

export interface ClockProbe {
  readonly name: string;
  read(nowMs: number): Promise<ClockQuality | 'unknown'>;
}

export const probeDeadlineMs = 2000;
/**
 * How long after its last sync a clock still counts as in sync: the kernel's own limit, a worst drift of 500 ppm until
 * the error may be 16 s (NTP_PHASE_LIMIT, adjtimex(2)).
 */
const trustedForMs = (16 / 500e-6) * 1000;

const run = promisify(execFile);

async function ask(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const options = { timeout: probeDeadlineMs, killSignal: 'SIGKILL', maxBuffer: 65_536 } as const;
    const { stdout } = await run(command, [...args], { ...options, env: { ...process.env, LC_ALL: 'C' } });
    return stdout;
  } catch {
    // not installed, its daemon is not running, or it hangs: this service knows nothing
    return undefined;
  }
}

/** chrony: "Leap status" is "Not synchronised" until it has a source that it trusts (chronyc(1), tracking). */
export function chronyProbe(command = 'chronyc'): ClockProbe {
  return {
    name: 'chrony',
    async read() {
      const leap = /^Leap status\s*:\s*(.+)$/m.exec((await ask(command, ['-n', 'tracking'])) ?? '')?.[1]?.trim();
      if (leap === undefined) return 'unknown';
      return leap === 'Not synchronised' ? 'unsynced' : 'synced';
    },
  };
}

/** systemd-timesyncd touches this file each time it has set the clock; the folder is there while it runs. */
export function timesyncdProbe(folder = '/run/systemd/timesync'): ClockProbe {
  return {
    name: 'timesyncd',
    async read(nowMs) {
      const touchedMs = await modified(`${folder}/synchronized`);
      if (touchedMs !== undefined) return Math.abs(nowMs - touchedMs) <= trustedForMs ? 'synced' : 'unsynced';
      return (await modified(folder)) === undefined ? 'unknown' : 'unsynced';
    },
  };
}

/** The kernel's own flag (STA_UNSYNC), whoever sets it: ntpd, ptp4l, a virtual machine's host. */
export function timedatectlProbe(command = 'timedatectl'): ClockProbe {
  return {
    name: 'timedatectl',
    async read() {
      const answer = (await ask(command, ['show', '--property=NTPSynchronized', '--value']))?.trim();
      if (answer === 'yes') return 'synced';
      return answer === 'no' ? 'unsynced' : 'unknown';
    },
  };
}

export function systemProbes(): readonly ClockProbe[] {
  return [chronyProbe(), timesyncdProbe(), timedatectlProbe()];
}

async function modified(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    // not there: not running, or never in sync since the boot
    return undefined;
  }
}
