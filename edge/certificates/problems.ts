/** Sentences about certificates that end: the site's CA, and the certificates of clients. */
import type { X509Certificate } from 'node:crypto';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { dayOf } from '@forpost/shared/tls.ts';
import type { ClientState } from './certificate-door.ts';
import type { IssuedRegister, RegisterEntry } from './register.ts';
import { caState } from './validity.ts';

const dayMs = 86_400_000;
const endsSoonMs = 30 * dayMs;
/** A certificate of few days ends soon in its last third. */
const lastPart = 1 / 3;
const mostShown = 5;
const newCa = 'forpost certificate init --replace';

/** undefined: the CA is well. */
export function caProblem(ca: X509Certificate, now: number): Words | undefined {
  const [begins, day] = [dayOf(ca.validFromDate), dayOf(ca.validToDate)];
  switch (caState(ca, now)) {
    case 'valid':
      return undefined;
    case 'ends-soon':
      return words('gateway/problem.ca-ends', { day, command: newCa });
    case 'ended':
      return words('gateway/problem.ca-ended', { day, command: newCa });
    case 'early':
      return words('gateway/problem.ca-early', { day: begins, command: newCa });
  }
}

/** What a client's certificate is worth. `isLogIn`: whether its device logs in by it. */
export function clientState(
  entry: RegisterEntry,
  {
    register,
    isLogIn,
    now,
  }: { readonly register: Pick<IssuedRegister, 'hasEnded'>; readonly isLogIn: boolean; readonly now: number },
): ClientState {
  if (entry.revoked !== undefined) return 'revoked';
  if (!isLogIn) return 'unused';
  if (register.hasEnded(entry)) return 'ended';
  return endsSoon(entry, now) ? 'ends-soon' : 'valid';
}

function endsSoon({ from, to }: RegisterEntry, now: number): boolean {
  return to - now < Math.min(endsSoonMs, (to - from) * lastPart);
}

/**
 * Certificates of clients that end soon, or have ended, in at most two sentences. A device with a later certificate is
 * well. `isLogIn`: whether the device of an entry logs in by it; asked only where something ends.
 */
export function clientProblems(
  register: Pick<IssuedRegister, 'entries' | 'hasEnded'>,
  isLogIn: (entry: RegisterEntry) => boolean,
  now: number,
): readonly Words[] {
  const ending = register.entries.filter(
    (entry) => entry.revoked === undefined && endsSoon(entry, now) && isLogIn(entry),
  );
  if (ending.length === 0) return [];
  const ids = new Set(ending.map(({ id }) => id));
  const later = register.entries.filter(
    (entry) => ids.has(entry.id) && entry.revoked === undefined && !endsSoon(entry, now),
  );
  const well = new Set(later.filter(isLogIn).map(({ id }) => id));
  const ill = ending.filter(({ id }) => !well.has(id));
  const soon = ill.filter((entry) => !register.hasEnded(entry));
  const stillIn = new Set(soon.map(({ id }) => id));
  const ended = ill.filter((entry) => !stillIn.has(entry.id));
  const command = 'forpost certificate client';
  return [
    ...(soon.length === 0 ? [] : [words('gateway/problem.clients-end', { ...summary(soon), command })]),
    ...(ended.length === 0 ? [] : [words('gateway/problem.clients-ended', { ...summary(ended), command })]),
  ];
}

function summary(entries: readonly RegisterEntry[]): {
  readonly names: string;
  readonly count: number;
  readonly day: string;
} {
  const ids = [...new Set(entries.map(({ id }) => id))];
  const names = `${ids.slice(0, mostShown).join(', ')}${ids.length > mostShown ? ', …' : ''}`;
  const first = Math.min(...entries.map(({ to }) => to));
  return { names, count: ids.length, day: dayOf(new Date(first)) };
}
