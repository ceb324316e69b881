/**
 * How fast one sink may send over a metered link: a cap in bytes a second (token buckets) and a budget for each local
 * day. Pure: (state, event, now) -> state or verdict; pacer.ts holds one for each sink.
 *
 *   cap R:   R ──┬── 10 % ──► telemetry's own bucket ── full: the rest ─┐
 *                └── 90 % ── while evidence is in debt: 50 % to that ─────┴──► shared bucket
 *
 * A bucket holds one second's worth and may be overdrawn, because the bytes of a batch are known only after it was
 * sent; an overdrawn lane waits. Telemetry takes from the shared bucket while that is not overdrawn, and else from its
 * own. Alerts may overdraw the shared bucket by another second's worth, so that an alert does not wait for telemetry.
 * Evidence goes only without debt and where alerts have not overdrawn; the bytes of a part are its debt.
 *
 * Always:
 *  - over a long time at most R is sent, and telemetry has at least 10 % of it, whatever the alerts do;
 *  - evidence has at most half of R and of the day, and the events may use the rest of its half;
 *  - an alert never waits for the day's budget, it is only counted; telemetry and evidence wait until the next local
 *    day;
 *  - a new day is recognised by its name, so that a clock that is set back locks nobody out. The last few days' use is
 *    kept, so that a boot in 1970, or a wrong clock, gives no day its budget a second time.
 */
import type { Lane } from '@forpost/shared/event/ids.ts';

export interface PacingLimits {
  /** bytes a second on the wire, both ways; undefined: no cap */
  readonly bytesPerSecond?: number | undefined;
  /** bytes on the wire, both ways, for each local day; undefined: no budget */
  readonly bytesPerDay?: number | undefined;
}

export interface PacingState {
  /** bytes; below 0: overdrawn */
  readonly shared: number;
  readonly telemetry: number;
  /** bytes that evidence has yet to pay back, as a number below 0; else 0 */
  readonly evidence: number;
  /** ms of the monotonic clock: the time of the buckets' levels */
  readonly at: number;
  /** the local day, as 2026-06-01, and its bytes */
  readonly day: string;
  readonly dayBytes: number;
  /** bytes of it for evidence */
  readonly dayEvidence: number;
  /** earlier days, in the order of this gateway's clock, newest first */
  readonly before: readonly UsedDay[];
}

/** A local day, as 2026-06-01, its bytes, and those for evidence. */
export interface UsedDay {
  readonly day: string;
  readonly bytes: number;
  readonly evidence?: number | undefined;
}

/** What the bytes on the link are for. */
export type Payer = Lane | 'evidence';

/** Now, by the monotonic clock (ms), and the local day with the time until it ends. */
export interface PacingTime {
  readonly now: number;
  readonly day: string;
  readonly msToNextDay: number;
}

export type Verdict =
  | {
      readonly go: true /** a batch's share of the cap, so that none takes much more than a second */;
      readonly maxWireBytes: number;
    }
  | { readonly go: false; readonly waitMs: number; readonly why: 'rate' | 'budget' };

/** telemetry's own share of the cap */
export const telemetryShare = 0.1;
/** evidence's share of the cap and of the day */
export const evidenceShare = 0.5;
/** A waiting lane asks again within these bounds, because a step of the clock moves the end of the day. */
const shortestWaitMs = 10;
const longestWaitMs = 60_000;
/** A clock without a battery passes through fewer days between its boot and the right day. */
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

/** The state at `now`: buckets refilled, and the day changed. */
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

/** Counts `bytes` on the wire for this lane (a status counts as telemetry), or for evidence. */
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

/** Whether evidence may send its next part now. @param state of `passTime` */
export function evidenceVerdict(state: PacingState, limits: PacingLimits, time: PacingTime): Verdict {
  const { bytesPerSecond: rate, bytesPerDay = Number.POSITIVE_INFINITY } = limits;
  const ofDay = Math.min(bytesPerDay - state.dayBytes, bytesPerDay * evidenceShare - state.dayEvidence);
  if (ofDay <= 0) return { go: false, waitMs: waiting(time.msToNextDay), why: 'budget' };
  if (rate === undefined) return { go: true, maxWireBytes: ofDay };
  // telemetry alone leaves a smaller debt after half a second
  const alertsFirst = (-rate / 2 - state.shared) / (rate * (1 - telemetryShare));
  const missing = Math.max(-state.evidence / (rate * evidenceShare), alertsFirst);
  if (missing > 0) return { go: false, waitMs: waiting(missing * 1000), why: 'rate' };
  return { go: true, maxWireBytes: Math.min(rate * evidenceShare, ofDay) };
}

/** Whether a lane may send its next batch now. @param state of `passTime` */
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
