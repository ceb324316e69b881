/**
 * Corrects the times of events that a gateway recorded before its clock was in sync. A later clock event of the same
 * boot has the offset.
 *
 *   event, «unsynced», of boot b ── a clock event of b is known ──► true time = the event's uptime + that offset
 *                                └── none ──► the event keeps its times
 *
 * The correction changes `received`, which the gateway stamps. It changes `time` only where both are equal, because then
 * the gateway stamped `time` too. A `time` from the device's own clock stays: the gateway's offset says nothing about
 * that clock. If a boot has several clock events, the nearest by uptime counts (on a tie, the later one), because a
 * monotonic clock drifts and the error grows with the distance.
 *
 * An impossible time (more than a day after the event was stored, or before 2000) is doubted: the event is listed at the
 * time it was stored and carries `doubted`. Otherwise an event dated 9999 would stay on top forever, and nobody would
 * find an event that a clock without a battery dated 1970.
 *
 * Always: nothing is rewritten. Events and clock events are stored as they arrived and joined by each query, so
 * duplicates, another order of arrival and a late clock event lead to the same answer. A gateway corrects only its own
 * events. A corrected time is at most `latestAfterStoredMs` after the event was stored, whatever the gateway claims;
 * because of this bound a query can skip events stored before the time range that it asks for.
 */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { eventTypes, type ForpostEvent } from '@forpost/shared/event/event.ts';

/** What a clock event says: at `uptime` (ms of the boot's monotonic clock) true time was uptime + offset, ms. */
export interface ClockReading {
  readonly gateway: string;
  readonly boot: string;
  readonly uptime: number;
  readonly offsetMs: number;
}

/** Only the first readings of a boot count, by uptime: a gateway that sends clock events without end slows no query. */
export const maxReadings = 1000;
export const latestAfterStoredMs = 86_400_000;

const earliestMs = Date.UTC(2000, 0, 1);

export type Doubt = 'future' | 'past';

/** Why a time is doubted; undefined for a credible time. Both parameters: ms since 1970. */
export function doubtOf(timeMs: number, storedMs: number): Doubt | undefined {
  if (timeMs > storedMs + latestAfterStoredMs) return 'future';
  return timeMs < earliestMs ? 'past' : undefined;
}

/** The time that an event is listed at: its own, or the time it was stored where its own is doubted. */
export function believedMs(timeMs: number, storedMs: number): number {
  return doubtOf(timeMs, storedMs) === undefined ? timeMs : storedMs;
}

/** The greatest distance from 1970 that a Date can hold. */
const farthestMs = 8_640_000_000_000_000;

/** The reading in a clock event; undefined for any other event and for a malformed clock event. */
export function readingOf(event: ForpostEvent): ClockReading | undefined {
  if (event.type !== eventTypes.clock || typeof event.data !== 'object' || event.data === null) return undefined;
  const { boot, offset_ms: offset } = event.data as Readonly<Record<string, unknown>>;
  // the event's uptime belongs to the event's own boot and says nothing about another one
  if (boot !== event.boot || typeof offset !== 'number' || !(Math.abs(offset) <= farthestMs)) return undefined;
  return { gateway: event.gateway, boot, uptime: Number(event.uptime), offsetMs: Math.round(offset) };
}

/** The offset that counts at `uptime`, ms. `readings`: at least one, all of the same boot. */
export function offsetAt(uptime: number, readings: readonly Pick<ClockReading, 'uptime' | 'offsetMs'>[]): number {
  const counted = [...readings].sort((a, b) => a.uptime - b.uptime || a.offsetMs - b.offsetMs).slice(0, maxReadings);
  const far = ({ uptime: at }: { readonly uptime: number }) => Math.abs(at - uptime);
  return counted.reduce((best, one) => (far(one) <= far(best) ? one : best)).offsetMs;
}

/**
 * The attributes that stand beside an event's own times: the corrected times where `trueMs` (ms since 1970) is known, or
 * the time it was stored where its own time is doubted and has no correction. `storedMs`: ms since 1970.
 */
export function timesBeside(
  event: Pick<ForpostEvent, 'time' | 'received'>,
  storedMs: number,
  trueMs: number | undefined,
): { readonly corrected_time?: string; readonly corrected_received?: string; readonly doubted?: Doubt } {
  const received = trueMs === undefined ? {} : { corrected_received: rfc3339(trueMs) };
  const stampedByGateway = Date.parse(event.time) === Date.parse(event.received);
  if (trueMs !== undefined && stampedByGateway) return { corrected_time: rfc3339(trueMs), ...received };
  const doubted = doubtOf(Date.parse(event.time), storedMs);
  return doubted === undefined ? received : { corrected_time: rfc3339(storedMs), doubted, ...received };
}
