/**
 * How long certificates live, and when the server's is made anew. Pure functions of certificates and time.
 *
 *   server:  none, unreadable, of another CA ──► made
 *            valid ── a third of its time is left, or a name of this machine is missing ──► made anew
 *              └── begins in the future, or ends too late, by a clock that is in sync ──► made anew: the clock was wrong
 *
 * Always: a clock before `earliest` (1970 at a start without a battery) counts as `earliest`. Certificates begin a year
 * before they are made, so that a device whose clock lags takes them. A browser refuses one of more than 825 days.
 */
import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { isForCertificates } from './box-names.ts';

const dayMs = 86_400_000;
/** No gateway with this code ran before. */
export const earliest = Date.UTC(2026, 11, 1);
const beforeMs = 365 * dayMs;
const caMs = 20 * 365 * dayMs;
const serverMs = 397 * dayMs;
/** the last third of a server's certificate */
const renewMs = serverMs / 3;
/** A new certificate that ends this much later is worth a renewal; one under a CA that ends soon may not be. */
const gainMs = dayMs;
/** The CA is replaced by hand, at each device: people need to know long before. */
const caEndsSoonMs = 365 * dayMs;
/** clocks differ by seconds */
const toleranceMs = 60_000;

export const longestClientDays = 3650;
export const usualClientDays = 397;

export interface Lifetime {
  /** ms since 1970 */
  readonly from: number;
  readonly to: number;
}

/** The time that counts, ms since 1970. */
export function plausible(now: number): number {
  return Math.max(now, earliest);
}

export function caLifetime(now: number): Lifetime {
  return { from: plausible(now) - beforeMs, to: plausible(now) + caMs };
}

export function serverLifetime(now: number, ca: X509Certificate): Lifetime {
  return within(ca, { from: plausible(now) - beforeMs, to: plausible(now) + serverMs });
}

/** A client's begins when it is made: only a server checks it, this one. */
export function clientLifetime(now: number, days: number, ca: X509Certificate): Lifetime {
  return within(ca, { from: plausible(now) - dayMs, to: plausible(now) + days * dayMs });
}

/** No certificate is valid longer than its CA (RFC 5280, 6.1). */
function within(ca: X509Certificate, { from, to }: Lifetime): Lifetime {
  return { from: Math.max(from, ca.validFromDate.getTime()), to: Math.min(to, ca.validToDate.getTime()) };
}

export type CaState = 'valid' | 'ends-soon' | 'ended' | 'early';

/** A CA that has ended, or begins in the future, signs nothing. */
export function caState(ca: X509Certificate, now: number): CaState {
  const time = plausible(now);
  if (time > ca.validToDate.getTime()) return 'ended';
  if (time < ca.validFromDate.getTime() - toleranceMs) return 'early';
  return ca.validToDate.getTime() - time < caEndsSoonMs ? 'ends-soon' : 'valid';
}

export type RenewalReason = 'none' | 'other-ca' | 'names' | 'ends' | 'clock-was-wrong';

export interface RenewalQuestion {
  /** the present certificate; undefined: none that can be used */
  readonly own: X509Certificate | undefined;
  readonly ca: X509Certificate;
  /** of this machine now */
  readonly names: readonly string[];
  readonly now: number;
  /** whether a time service vouches for the clock */
  readonly isClockRight: boolean;
}

/** Why the server's certificate is to be made anew; undefined: it is good. */
export function renewalReason({ own, ca, names, now, isClockRight }: RenewalQuestion): RenewalReason | undefined {
  if (own === undefined) return 'none';
  if (!isSignedBy(own, ca)) return 'other-ca';
  const time = plausible(now);
  const [from, to] = [own.validFromDate.getTime(), own.validToDate.getTime()];
  const fresh = serverLifetime(now, ca);
  if (isClockRight && (time < from - toleranceMs || to > fresh.to + gainMs)) return 'clock-was-wrong';
  if (to - time < renewMs && fresh.to > to + gainMs) return 'ends';
  return names.every((name) => covers(own, name)) ? undefined : 'names';
}

export function isSignedBy(certificate: X509Certificate, ca: X509Certificate): boolean {
  return certificate.issuer === ca.subject && certificate.verify(ca.publicKey);
}

function covers(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
}

/** The names in a certificate, as boxNames() writes them. */
export function namesIn({ subjectAltName = '' }: X509Certificate): readonly string[] {
  return subjectAltName
    .split(', ')
    .flatMap((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1] ?? [])
    .map((name) => (isIP(name) === 6 ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name.toLowerCase()))
    .filter(isForCertificates);
}
