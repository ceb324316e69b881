/**
 * Chooses the events of one message to open pages: each gateway has a share, so a gateway that floods hides no event of
 * another one, and a message holds at most `maxEvents`.
 *
 * Always: of each gateway the newest events stay. Events that are left out are counted, in all and for each gateway. Events
 * of gateways beyond `maxGateways` in one moment are only counted.
 */
import type { ForpostEvent } from '@forpost/shared/event/event.ts';

export interface ArrivedEvent {
  readonly event: ForpostEvent;
  /** ms since 1970 */
  readonly storedAt: number;
}

interface Numbered extends ArrivedEvent {
  readonly order: number;
}

/** Most events of one message: more than a person reads at once. */
export const maxEvents = 200;
const maxGateways = 1_000;

export interface ChosenEvents {
  /** oldest first */
  readonly events: readonly ArrivedEvent[];
  readonly skipped: number;
  /** how many by gateway, those with the most first */
  readonly skippedOf: Readonly<Record<string, number>>;
}

const mostNamed = 20;

export class LiveShare {
  /** by gateway: its newest events */
  readonly #gateways = new Map<string, { readonly newest: Numbered[]; count: number }>();
  #others = 0;
  #order = 0;

  get empty(): boolean {
    return this.#order === 0;
  }

  add(event: ForpostEvent, storedAt: number): void {
    const order = this.#order++;
    const known = this.#gateways.get(event.gateway);
    if (known === undefined && this.#gateways.size >= maxGateways) {
      this.#others++;
      return;
    }
    const own = known ?? { newest: [], count: 0 };
    if (known === undefined) this.#gateways.set(event.gateway, own);
    own.count++;
    own.newest.push({ event, storedAt, order });
    // cut from time to time, and not at each event
    if (own.newest.length >= 2 * maxEvents) own.newest.splice(0, maxEvents);
  }

  /** The events to show of those that came since the last call. */
  drainChosen(): ChosenEvents {
    const chosen: Numbered[] = [];
    const left = [...this.#gateways].map(([gateway, { newest, count }]) => ({ gateway, newest, count, shown: 0 }));
    // in turns, the newest of each first
    for (let round = 1; chosen.length < maxEvents; round++) {
      const before = chosen.length;
      for (const own of left) {
        const next = own.newest.at(-round);
        if (next === undefined || chosen.length >= maxEvents) continue;
        chosen.push(next);
        own.shown++;
      }
      if (chosen.length === before) break;
    }
    const skippedOf = left
      .map(({ gateway, count, shown }) => [gateway, count - shown] as const)
      .filter(([, skipped]) => skipped > 0)
      .sort(([, a], [, b]) => b - a);
    const skipped = skippedOf.reduce((sum, [, more]) => sum + more, this.#others);
    this.clear();
    return {
      events: chosen.sort((a, b) => a.order - b.order),
      skipped,
      skippedOf: Object.fromEntries(skippedOf.slice(0, mostNamed)),
    };
  }

  clear(): void {
    this.#gateways.clear();
    this.#others = 0;
    this.#order = 0;
  }
}
