/**
 * The entries that wait because the outbox refused them, bounded by value.
 *
 *   more than `mostWaiting` events ──► readings are given up ──► of each alarm only the latest state stays (collapsed)
 *                                  ──► the oldest entry is given up, alerts of devices before alerts without a sender
 *
 * Always: entries stand in the order in which they were handed over (`turn`), which is not that in which the outbox
 * refused them; an event with the same device and `resendId` waits once; every event that is given up is counted in the
 * loss of its lane until a gap record has told it.
 */
import { type AlertData, eventTypes } from '@forpost/shared/event/event.ts';
import type { Lane } from '@forpost/shared/event/ids.ts';
import type { EventDraft, OutboxEntry } from '../outbox/outbox.ts';

/** Events that wait at most. */
const mostWaiting = 1000;

export interface WaitingEntry {
  readonly entry: OutboxEntry;
  /** counts up with each entry that is handed over */
  readonly turn: number;
}

/** Events of one lane that were given up. Times in ms since 1970. */
export interface Loss {
  readonly count: number;
  readonly firstTime: number;
  readonly lastTime: number;
}

export class WaitingEntries {
  #entries: WaitingEntry[] = [];
  #events = 0;
  #lost = 0;
  #collapsed = 0;
  #losses = new Map<Lane, Loss>();

  /** Events that wait. */
  get events(): number {
    return this.#events;
  }

  /** Events that were given up. */
  get lost(): number {
    return this.#lost;
  }

  /** Updates of alarms that were dropped for a later state of the same alarm. */
  get collapsed(): number {
    return this.#collapsed;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Whether a loss is not told yet. */
  get hasLosses(): boolean {
    return this.#losses.size > 0;
  }

  /** In their order. */
  all(): readonly WaitingEntry[] {
    return [...this.#entries];
  }

  /** The waiting alerts of the devices of these events. */
  alertsOf(events: readonly EventDraft[]): readonly EventDraft[] {
    const devices = new Set(events.map(({ device }) => device));
    return this.#entries.flatMap(({ entry }) =>
      entry.events.filter((event) => isAlert(event) && devices.has(event.device)),
    );
  }

  add({ events, ...rest }: OutboxEntry, turn: number): void {
    const entry = { ...rest, events: events.filter((event) => !this.#has(event)) };
    if (entry.events.length > 0)
      this.#entries.splice(this.#entries.findLastIndex((one) => one.turn < turn) + 1, 0, { entry, turn });
    this.#events += entry.events.length;
    if (this.#events > mostWaiting) this.#makeRoom();
  }

  /** These events wait no more: the outbox has them. */
  forget(stored: readonly EventDraft[]): void {
    if (stored.length === 0) return;
    const gone = new Set(stored);
    this.#keepOnly((event) => !gone.has(event));
  }

  /** The entries of these turns wait no more. */
  remove(turns: ReadonlySet<number>): void {
    this.#entries = this.#entries.filter(({ turn }) => !turns.has(turn));
    this.#count();
  }

  /** Counts the event as lost. */
  giveUp({ lane, time }: EventDraft): void {
    this.#lost++;
    this.#addLoss(lane, { count: 1, firstTime: time, lastTime: time });
  }

  /** The losses that are not told yet; they count as told from now on. */
  takeLosses(): ReadonlyMap<Lane, Loss> {
    const losses = this.#losses;
    this.#losses = new Map();
    return losses;
  }

  /** The losses could not be told: they are to be told another time. */
  returnLosses(losses: ReadonlyMap<Lane, Loss>): void {
    for (const [lane, loss] of losses) this.#addLoss(lane, loss);
  }

  #addLoss(lane: Lane, { count, firstTime, lastTime }: Loss): void {
    const known = this.#losses.get(lane);
    this.#losses.set(lane, {
      count: count + (known?.count ?? 0),
      firstTime: Math.min(firstTime, known?.firstTime ?? firstTime),
      lastTime: Math.max(lastTime, known?.lastTime ?? lastTime),
    });
  }

  #has({ device, resendId }: EventDraft): boolean {
    if (resendId === undefined) return false;
    return this.#entries.some(({ entry }) =>
      entry.events.some((event) => event.resendId === resendId && event.device === device),
    );
  }

  #makeRoom(): void {
    this.#keepOnly((event) => {
      if (event.lane !== 'telemetry') return true;
      this.giveUp(event);
      return false;
    });
    if (this.#events <= mostWaiting) return;
    this.#collapse();
    while (this.#events > mostWaiting) {
      // a device may report its alarm anew; an alert without a sender is known to nobody else
      const index = this.#entries.findIndex(({ entry }) => entry.reserved !== true);
      const [oldest] = this.#entries.splice(Math.max(0, index), 1);
      if (oldest === undefined) return;
      this.#events -= oldest.entry.events.length;
      for (const event of oldest.entry.events) this.giveUp(event);
    }
  }

  /** Keeps the latest state of each alarm. */
  #collapse(): void {
    const latest = new Map<string, EventDraft>();
    for (const { entry } of this.#entries)
      for (const event of entry.events) if (isAlert(event)) latest.set(alarmOf(event), event);
    this.#keepOnly((event) => {
      if (!isAlert(event) || latest.get(alarmOf(event)) === event) return true;
      this.#collapsed++;
      return false;
    });
  }

  #keepOnly(stays: (event: EventDraft) => boolean): void {
    this.#entries = this.#entries
      .map(({ entry, turn }) => ({ entry: { ...entry, events: entry.events.filter(stays) }, turn }))
      .filter(({ entry }) => entry.events.length > 0);
    this.#count();
  }

  #count(): void {
    this.#events = this.#entries.reduce((sum, { entry }) => sum + entry.events.length, 0);
  }
}

export function isAlert({ type }: EventDraft): boolean {
  return type === eventTypes.alert;
}

function alarmOf({ data }: EventDraft): string {
  return (JSON.parse(data) as AlertData).alarm;
}
