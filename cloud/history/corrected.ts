/**
 * When something happened, where the gateway's clock was not in sync and a later sync told by how much it was off.
 *
 *   event, «unsynced», of boot b ── a clock event of b is known ──► true time = its uptime + that event's offset
 *                                └── none ──► the times it came with stand
 *
 * What is corrected: `received` (the gateway stamped it), and `time` where it is the very same, because then the
 * gateway stamped it too. A `time` of the device's own clock stands: what the gateway's clock was off says nothing of it.
 * Of several clock events of one boot the nearest by uptime counts (of two as near the later one): a monotonic clock
 * drifts against true time, so the error grows with the distance.
 *
 * A time that cannot be (more than a day after the event was stored, or before 2000, when there was no gateway) is not
 * believed: the event stands where it was stored, and says so. Else whoever dates an event 9999 has it on top for ever, and
 * what a clock without a battery dates 1970 is found by nobody.
 *
 * Always: nothing is rewritten: events and clock events are kept as they came and are joined when somebody asks, so that
 * duplicates, another order of arrival and a clock event that comes late all end in the same answer. A gateway corrects
 * its own events only. A corrected time is at most `latestAfterStoredMs` after the event was stored, whatever a gateway
 * claims; that bound is also what lets a query leave out what was stored before the time it asks for.
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

/** Of one boot the first ones by uptime count: a gateway that tells its clock without end makes no query slow. */
export const maxReadings = 1000;
export const latestAfterStoredMs = 86_400_000;

const earliestMs = Date.UTC(2000, 0, 1);

export type Doubt = 'future' | 'past';

/** Why a time is not believed; undefined where it is. Both ms since 1970. */
export function doubtOf(timeMs: number, storedMs: number): Doubt | undefined {
  if (timeMs > storedMs + latestAfterStoredMs) return 'future';
  return timeMs < earliestMs ? 'past' : undefined;
}

/** Where in time an event stands: at its own time, or where that is not believed when it was stored. */
export function believedMs(timeMs: number, storedMs: number): number {
  return doubtOf(timeMs, storedMs) === undefined ? timeMs : storedMs;
}

/** Further off no Date can be. */
const farthestMs = 8_640_000_000_000_000;

/** The reading in a clock event; undefined for any other event, and for one that makes no sense. */
export function readingOf(event: ForpostEvent): ClockReading | undefined {
  if (event.type !== eventTypes.clock || typeof event.data !== 'object' || event.data === null) return undefined;
  const { boot, offset_ms: offset } = event.data as Readonly<Record<string, unknown>>;
  // its own uptime is of its own boot's clock: of another boot it would say nothing
  if (boot !== event.boot || typeof offset !== 'number' || !(Math.abs(offset) <= farthestMs)) return undefined;
  return { gateway: event.gateway, boot, uptime: Number(event.uptime), offsetMs: Math.round(offset) };
}

/** The offset that counts at `uptime`, ms. `readings`: at least one, of one boot. */
export function offsetAt(uptime: number, readings: readonly Pick<ClockReading, 'uptime' | 'offsetMs'>[]): number {
  const counted = [...readings].sort((a, b) => a.uptime - b.uptime || a.offsetMs - b.offsetMs).slice(0, maxReadings);
  const far = ({ uptime: at }: { readonly uptime: number }) => Math.abs(at - uptime);
  return counted.reduce((best, one) => (far(one) <= far(best) ? one : best)).offsetMs;
}

/**
 * The attributes that stand beside an event's own times: the corrected ones where `trueMs` (ms since 1970) is known; where
 * its own time is not believed and not corrected either, when it was stored. `storedMs`: since 1970.
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
