/**
 * The entries that wait because the outbox refused them. At the limit the least valuable events are dropped.
 *
 *   more than `mostWaiting` events ──► readings are dropped ──► only the latest state of each alarm stays (collapsed)
 *                                  ──► the oldest entry is dropped, alerts of devices before alerts without a sender
 *
 * Always: entries stand in the order in which they were added (`turn`), whatever the order of the outbox's refusals. An
 * event with the same device and `resendId` waits once. Every dropped event is counted in the loss of its lane until a
 * gap record names it.
 */
import { type AlertData, eventTypes } from '@forpost/shared/event/event.ts';
import type { Lane } from '@forpost/shared/event/ids.ts';
import type { EventDraft, OutboxEntry } from '../outbox/outbox.ts';

/** Limit of waiting events. */
const mostWaiting = 1000;

export interface WaitingEntry {
  readonly entry: OutboxEntry;
  /** counts up with each added entry */
  readonly turn: number;
}

/** The dropped events of one lane. Times in ms since 1970. */
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

  /** Number of dropped events. */
  get lost(): number {
    return this.#lost;
  }

  /** Number of updates of alarms that were replaced by a later state of the same alarm. */
  get collapsed(): number {
    return this.#collapsed;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Whether there is a loss that no gap record names yet. */
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

  /** Removes events that the outbox has stored. */
  forget(stored: readonly EventDraft[]): void {
    if (stored.length === 0) return;
    const gone = new Set(stored);
    this.#keepOnly((event) => !gone.has(event));
  }

  /** Removes the entries of these turns. */
  remove(turns: ReadonlySet<number>): void {
    this.#entries = this.#entries.filter(({ turn }) => !turns.has(turn));
    this.#count();
  }

  /** Counts the event as lost. */
  giveUp({ lane, time }: EventDraft): void {
    this.#lost++;
    this.#addLoss(lane, { count: 1, firstTime: time, lastTime: time });
  }

  /** Returns the losses that no gap record names yet, and forgets them. */
  drainLosses(): ReadonlyMap<Lane, Loss> {
    const losses = this.#losses;
    this.#losses = new Map();
    return losses;
  }

  /** Takes losses back whose gap records could not be stored. */
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
      // a device may report its alarm again; an alert without a sender exists only here
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
