/**
 * The drain plan: how quickly a sink's backlog goes down, and when it will be gone. Pure, from samples of the waiting
 * and of the safe events.
 *
 * Always: the plan names an end only where the backlog shrinks, new events subtracted. Where more events come in than
 * go out, or none goes out, it says so and names no time.
 */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { DrainPlan } from '@forpost/shared/event/status.ts';

export interface BacklogSample {
  /** ms of the monotonic clock */
  readonly at: number;
  /** events called safe since the start */
  readonly safeEvents: number;
  readonly safeBytes: number;
  /** events that wait */
  readonly events: number;
  readonly bytes: number;
}

const windowMs = 30_000;
const spacingMs = 500;
/** Samples over less time give no rate yet. */
const leastMs = 2_000;
/** A backlog that drains within this time counts as events on their way. */
const onTheWaySeconds = 2;
const longestSeconds = 10 * 365 * 86_400;

/** `samples` with one more, oldest first, within the window. */
export function withSample(samples: readonly BacklogSample[], next: BacklogSample): readonly BacklogSample[] {
  const kept = samples.filter(({ at }) => at >= next.at - windowMs && at <= next.at);
  const last = kept.at(-1);
  // the newest sample always counts; older ones keep a distance
  const before = kept.at(-2);
  if (last !== undefined && before !== undefined && last.at - before.at < spacingMs) kept.pop();
  return [...kept, next];
}

/** `now`: ms since 1970 of the gateway's clock. */
export function drainPlan(samples: readonly BacklogSample[], now: number): DrainPlan {
  const first = samples[0];
  const last = samples.at(-1);
  const still = { eventsPerSecond: 0, bytesPerSecond: 0, arrivingPerSecond: 0, secondsLeft: null, endsAt: null };
  if (first === undefined || last === undefined) return { ...still, outlook: 'unknown' };
  const seconds = (last.at - first.at) / 1000;
  if (last.events <= 0) return { ...rates(first, last, seconds), secondsLeft: 0, endsAt: null, outlook: 'empty' };
  if (seconds * 1000 < leastMs) return { ...still, outlook: 'unknown' };
  const measured = rates(first, last, seconds);
  const { eventsPerSecond, arrivingPerSecond } = measured;
  if (eventsPerSecond <= 0) return { ...measured, secondsLeft: null, endsAt: null, outlook: 'stopped' };
  const gross = last.events / eventsPerSecond;
  const left = gross <= onTheWaySeconds ? gross : last.events / (eventsPerSecond - arrivingPerSecond);
  if (left <= 0 || left > longestSeconds) return { ...measured, secondsLeft: null, endsAt: null, outlook: 'growing' };
  return { ...measured, secondsLeft: tenths(left), endsAt: rfc3339(now + left * 1000), outlook: 'ending' };
}

function rates(first: BacklogSample, last: BacklogSample, seconds: number) {
  if (seconds <= 0) return { eventsPerSecond: 0, bytesPerSecond: 0, arrivingPerSecond: 0 };
  const events = last.safeEvents - first.safeEvents;
  return {
    eventsPerSecond: tenths(events / seconds),
    bytesPerSecond: Math.round((last.safeBytes - first.safeBytes) / seconds),
    arrivingPerSecond: tenths(Math.max(0, events + last.events - first.events) / seconds),
  };
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
