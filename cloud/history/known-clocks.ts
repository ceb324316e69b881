/**
 * The clock readings of boots that were told of since this start, for events that are shown as they are stored; what was
 * told before, the history knows.
 *
 * Always: bounded: of `maxBoots` boots the latest ones told of, of each the newest `maxKept` readings.
 */
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import { type ClockReading, latestAfterStoredMs, offsetAt, readingOf, timesBeside } from './corrected.ts';

const maxBoots = 10_000;
const maxKept = 16;

export class KnownClocks {
  /** by gateway and boot, told of longest ago first */
  readonly #boots = new Map<string, readonly ClockReading[]>();

  /** Notes what the clock events among these say. */
  note(events: readonly ForpostEvent[]): void {
    for (const event of events) {
      const reading = readingOf(event);
      if (reading === undefined) continue;
      const name = nameOf(reading);
      const known = this.#boots.get(name) ?? [];
      this.#boots.delete(name);
      this.#boots.set(name, [...known, reading].slice(-maxKept));
      const oldest = this.#boots.keys().next().value;
      if (this.#boots.size > maxBoots && oldest !== undefined) this.#boots.delete(oldest);
    }
  }

  /** The corrected times of an event, as far as they are known here. `storedMs`: since 1970. */
  timesOf(event: ForpostEvent, storedMs: number): ReturnType<typeof timesBeside> {
    const readings = event.clock === 'unsynced' ? this.#boots.get(nameOf(event)) : undefined;
    if (readings === undefined) return timesBeside(event, storedMs, undefined);
    const uptime = Number(event.uptime);
    const trueMs = Math.min(uptime + offsetAt(uptime, readings), storedMs + latestAfterStoredMs);
    return timesBeside(event, storedMs, trueMs);
  }
}

function nameOf({ gateway, boot }: { readonly gateway: string; readonly boot: string }): string {
  return JSON.stringify([gateway, boot]);
}
