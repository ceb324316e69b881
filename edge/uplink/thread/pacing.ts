/**
 * How fast one sink may be fed over a metered link: a cap in bytes a second (token buckets) and a budget for each
 * local day. Pure: (state, what happened, now) -> state or verdict; pacer.ts holds one for each sink.
 *
 *   cap R:   R ──┬── 10 % ──► telemetry's own bucket ── full: the rest ─┐
 *                └── 90 % ── while evidence is in debt: 50 % to that ─────┴──► shared bucket
 *
 * A bucket holds one second's worth and may be overdrawn, because what a batch takes is known only when it has been
 * sent; who has overdrawn waits. Telemetry takes from the shared bucket while that is not overdrawn, and else from its
 * own; alerts may overdraw the shared one by a second's worth more, so that an alert does not wait out telemetry.
 * Evidence goes only without debt and where alerts have not overdrawn; what a part takes is its debt.
 *
 * Always:
 *  - over any long time no more than R leaves, and of it telemetry has at least 10 % whatever the alerts do;
 *  - evidence has at most half of R and of the day, and what it has left over is the events';
 *  - an alert never waits for the day's budget, it is only counted; telemetry and evidence wait until the next local
 *    day;
 *  - a day is another one when its name differs, so that a clock which is corrected backwards locks nobody out; what
 *    the last few days used is kept, so that a boot in 1970, or a wrong clock, gives no day its budget a second time.
 */
import type { Lane } from '@forpost/shared/event/ids.ts';

export interface PacingLimits {
  /** on the wire, both ways; undefined: no cap */
  readonly bytesPerSecond?: number | undefined;
  /** on the wire, both ways, for each local day; undefined: no budget */
  readonly bytesPerDay?: number | undefined;
}

export interface PacingState {
  /** bytes; below 0: overdrawn */
  readonly shared: number;
  readonly telemetry: number;
  /** bytes that evidence has yet to pay back, as a number below 0; else 0 */
  readonly evidence: number;
  /** ms of the monotonic clock that the buckets are of */
  readonly at: number;
  /** the local day, as 2026-06-01, and what it has used */
  readonly day: string;
  readonly dayBytes: number;
  /** what of it was evidence */
  readonly dayEvidence: number;
  /** the days before it, in the order of this gateway's clock, newest first */
  readonly before: readonly UsedDay[];
}

/** A local day, as 2026-06-01, and what it has used, also for evidence. */
export interface UsedDay {
  readonly day: string;
  readonly bytes: number;
  readonly evidence?: number | undefined;
}

/** Who takes of the link. */
export type Payer = Lane | 'evidence';

/** Now, by the monotonic clock (ms), and the local day with the time until it ends. */
export interface PacingTime {
  readonly now: number;
  readonly day: string;
  readonly msToNextDay: number;
}

export type Verdict =
  | {
      readonly go: true /** of a batch on the wire, so that none takes much more than a second */;
      readonly maxWireBytes: number;
    }
  | { readonly go: false; readonly waitMs: number; readonly why: 'rate' | 'budget' };

/** of the cap that telemetry has for itself */
export const telemetryShare = 0.1;
/** of the cap and of the day that evidence may take */
export const evidenceShare = 0.5;
/** Whoever waits looks again no sooner than this, and no later: the clock may be set, the day end otherwise. */
const shortestWaitMs = 10;
const longestWaitMs = 60_000;
/** More than a clock takes from a boot without a battery to the right day. */
const mostDays = 4;

export function startPacing(limits: PacingLimits, time: PacingTime, used: readonly UsedDay[] = []): PacingState {
  const rate = limits.bytesPerSecond ?? 0;
  return {
    shared: rate * (1 - telemetryShare),
    telemetry: rate * telemetryShare,
    evidence: 0,
    at: time.now,
    ...onDay(time.day, used),
  };
}

/** The days that are kept, the present one first. */
export function usedDays({ day, dayBytes, dayEvidence, before }: PacingState): readonly UsedDay[] {
  return [{ day, bytes: dayBytes, evidence: dayEvidence }, ...before].slice(0, mostDays);
}

function onDay(
  day: string,
  used: readonly UsedDay[],
): Pick<PacingState, 'day' | 'dayBytes' | 'dayEvidence' | 'before'> {
  const before = used.filter((other) => other.day !== day).slice(0, mostDays - 1);
  const { bytes = 0, evidence = 0 } = used.find((other) => other.day === day) ?? {};
  return { day, dayBytes: bytes, dayEvidence: evidence, before };
}

/** The buckets as they are now, and the day. */
export function passTime(state: PacingState, limits: PacingLimits, time: PacingTime): PacingState {
  const day = state.day === time.day ? state : { ...state, ...onDay(time.day, usedDays(state)) };
  const rate = limits.bytesPerSecond;
  if (rate === undefined) return day;
  const gained = (Math.max(0, time.now - state.at) / 1000) * rate;
  const own = state.telemetry + gained * telemetryShare;
  const over = Math.max(0, own - rate * telemetryShare);
  const paid = Math.min(-state.evidence, gained * evidenceShare);
  const shared = Math.min(rate * (1 - telemetryShare), state.shared + gained * (1 - telemetryShare) - paid + over);
  return { ...day, telemetry: own - over, evidence: state.evidence + paid, shared, at: time.now };
}

/** `bytes` were on the wire for this lane (or for the gateway's state, which counts as telemetry), or for evidence. */
export function spend(state: PacingState, limits: PacingLimits, payer: Payer, bytes: number): PacingState {
  const dayEvidence = state.dayEvidence + (payer === 'evidence' ? bytes : 0);
  const spent = { ...state, dayBytes: state.dayBytes + bytes, dayEvidence };
  if (limits.bytesPerSecond === undefined) return spent;
  if (payer === 'evidence') return { ...spent, evidence: state.evidence - bytes };
  if (payer === 'alerts') return { ...spent, shared: state.shared - bytes };
  if (state.shared < 0) return { ...spent, telemetry: state.telemetry - bytes };
  return {
    ...spent,
    shared: state.shared - bytes * (1 - telemetryShare),
    telemetry: state.telemetry - bytes * telemetryShare,
  };
}

/** Whether evidence may send its next part now; `state` is as `passTime` made it. */
export function evidenceVerdict(state: PacingState, limits: PacingLimits, time: PacingTime): Verdict {
  const { bytesPerSecond: rate, bytesPerDay = Number.POSITIVE_INFINITY } = limits;
  const ofDay = Math.min(bytesPerDay - state.dayBytes, bytesPerDay * evidenceShare - state.dayEvidence);
  if (ofDay <= 0) return { go: false, waitMs: waiting(time.msToNextDay), why: 'budget' };
  if (rate === undefined) return { go: true, maxWireBytes: ofDay };
  // telemetry alone leaves less of a debt than that after half a second
  const alertsFirst = (-rate / 2 - state.shared) / (rate * (1 - telemetryShare));
  const missing = Math.max(-state.evidence / (rate * evidenceShare), alertsFirst);
  if (missing > 0) return { go: false, waitMs: waiting(missing * 1000), why: 'rate' };
  return { go: true, maxWireBytes: Math.min(rate * evidenceShare, ofDay) };
}

/** Whether a lane may send its next batch now; `state` is as `passTime` made it. */
export function verdict(state: PacingState, limits: PacingLimits, lane: Lane, time: PacingTime): Verdict {
  const { bytesPerSecond: rate, bytesPerDay } = limits;
  if (lane === 'telemetry' && bytesPerDay !== undefined && state.dayBytes >= bytesPerDay)
    return { go: false, waitMs: waiting(time.msToNextDay), why: 'budget' };
  const ofDay =
    lane === 'alerts' || bytesPerDay === undefined ? Number.POSITIVE_INFINITY : bytesPerDay - state.dayBytes;
  if (rate === undefined) return { go: true, maxWireBytes: ofDay };
  const missing =
    lane === 'alerts'
      ? (-rate - state.shared) / (rate * (1 - telemetryShare))
      : Math.min(-state.telemetry / (rate * telemetryShare), -state.shared / (rate * (1 - telemetryShare)));
  if (missing > 0) return { go: false, waitMs: waiting(missing * 1000), why: 'rate' };
  return { go: true, maxWireBytes: Math.min(rate, ofDay) };
}

function waiting(ms: number): number {
  return Math.min(Math.max(Math.ceil(ms), shortestWaitMs), longestWaitMs);
}
