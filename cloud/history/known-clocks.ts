/**
 * The clock readings that arrived since the centre's start, to correct the times of events in the live feed. Earlier
 * readings are in the history.
 *
 * Always: bounded to the `maxBoots` boots with the latest readings, and to the newest `maxKept` readings of each.
 */
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import { type ClockReading, latestAfterStoredMs, offsetAt, readingOf, timesBeside } from './corrected.ts';

const maxBoots = 10_000;
const maxKept = 16;

export class KnownClocks {
  /** by gateway and boot; the boot whose last reading is oldest comes first */
  readonly #boots = new Map<string, readonly ClockReading[]>();

  /** Notes the readings of the clock events among `events`. */
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

  /** The corrected times of an event, from the readings noted here. `storedMs`: ms since 1970. */
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
