/**
 * Probes of time services. Each probe asks one service whether the system clock is in sync, and answers `unknown` if that
 * service does not run on this machine. The first other answer decides.
 *
 * Always: a probe never blocks the thread and answers within `probeDeadlineMs`, in doubt with `unknown`. After the clock
 * was set, a service vouches for it only with a later measurement.
 */
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ClockQuality } from '@forpost/shared/event/event.ts';

export interface ClockProbe {
  readonly name: string;
  /** `setAtMs`: when the clock was set last, in the new time; absent: it was not set */
  read(nowMs: number, setAtMs?: number): Promise<ClockQuality | 'unknown'>;
}

export const probeDeadlineMs = 2000;
/**
 * How long after its last sync a clock still counts as in sync: the kernel's own limit, a worst drift of 500 ppm until
 * the error may be 16 s (NTP_PHASE_LIMIT, adjtimex(2)).
 */
const trustedForMs = (16 / 500e-6) * 1000;

/** The uncertainty of the moments at which the clock was set and a service measured it. */
const slackMs = 5000;

/** Whether a service's measurement is about the clock as it is now. */
function isLaterMeasurement(lookedMs: number, nowMs: number, setAtMs: number | undefined): boolean {
  if (setAtMs === undefined) return true;
  return lookedMs >= setAtMs - slackMs && lookedMs <= nowMs + slackMs;
}

const run = promisify(execFile);

async function ask(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const options = { timeout: probeDeadlineMs, killSignal: 'SIGKILL', maxBuffer: 65_536 } as const;
    const { stdout } = await run(command, [...args], { ...options, env: { ...process.env, LC_ALL: 'C' } });
    return stdout;
  } catch {
    // the service is not installed, its daemon does not run, or it hangs
    return undefined;
  }
}

/** chrony: "Leap status" is "Not synchronised" until it has a source that it trusts (chronyc(1), tracking). */
export function chronyProbe(command = 'chronyc'): ClockProbe {
  return {
    name: 'chrony',
    async read(nowMs, setAtMs) {
      const tracking = (await ask(command, ['-n', 'tracking'])) ?? '';
      const leap = /^Leap status\s*:\s*(.+)$/m.exec(tracking)?.[1]?.trim();
      if (leap === undefined) return 'unknown';
      if (leap === 'Not synchronised') return 'unsynced';
      // the time of its newest measurement; a chrony that omits it is trusted
      const measured = Date.parse(`${/^Ref time \(UTC\)\s*:\s*(.+)$/m.exec(tracking)?.[1]?.trim()} UTC`);
      return Number.isNaN(measured) || isLaterMeasurement(measured, nowMs, setAtMs) ? 'synced' : 'unsynced';
    },
  };
}

/** systemd-timesyncd touches this file each time it has set the clock; the folder is there while it runs. */
export function timesyncdProbe(folder = '/run/systemd/timesync'): ClockProbe {
  return {
    name: 'timesyncd',
    async read(nowMs, setAtMs) {
      const touchedMs = await modified(`${folder}/synchronized`);
      if (touchedMs !== undefined)
        return Math.abs(nowMs - touchedMs) <= trustedForMs && isLaterMeasurement(touchedMs, nowMs, setAtMs)
          ? 'synced'
          : 'unsynced';
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
    // no file: the service does not run, or was never in sync since the boot
    return undefined;
  }
}
