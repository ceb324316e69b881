/**
 * What the probe process does: reads the machine when the gateway asks (host/probe-process.ts).
 *
 *   configured ── read ──► reading ── answered ──► configured
 *
 * Always: the process leads its own group, so that one signal also ends every program that it started.
 */
import { realpath } from 'node:fs/promises';
import { systemClock } from '@forpost/shared/clock.ts';
import { lowerPriority } from '@forpost/shared/priority.ts';
import type { FromProbe, ToProbe } from '../messages.ts';
import { linuxProbes, type Probes } from './probes.ts';
import { Root } from './root.ts';
import { run } from './run.ts';

lowerPriority();

let probes: Promise<Probes> | undefined;

export function handle(message: ToProbe): void {
  if (message.kind === 'configure') probes ??= probesFor(message);
  else void read(message.id);
}

async function probesFor({ folder, smart }: Extract<ToProbe, { kind: 'configure' }>): Promise<Probes> {
  const whole = await realpath(folder).catch(() => folder);
  if (process.platform === 'linux')
    return linuxProbes({ root: new Root(), run, clock: systemClock, folder: whole, smart });
  // loaded where it is used: it takes 4 MB
  const [library, { otherProbes }] = await Promise.all([import('systeminformation'), import('./other-systems.ts')]);
  return otherProbes(library.default, systemClock, whole);
}

async function read(id: number): Promise<void> {
  const reading = await (await probes)?.read();
  if (reading !== undefined && process.connected) process.send?.({ kind: 'reading', id, reading } satisfies FromProbe);
}
