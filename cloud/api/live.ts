/**
 * What happens now, for whoever looks: the parts of the centre publish here, open pages subscribe.
 *
 *   stored() ─► gathered for `flushMs` ─► one message with the newest `maxEvents` and how many were left out
 *   an alert in it ─► told at once          gateway() ─► the newest of each gateway, with the next flush
 *
 * Always: publishing never waits and never throws; with nobody subscribed nothing is kept; what is gathered and how
 * many may subscribe is bounded; nothing here is a record: who missed something asks the history.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { eventTypes, type ForpostEvent } from '@forpost/shared/event/event.ts';
import type { CentreAlarm } from '../alarms/centre-alarms.ts';
import type { CommandView } from '../commands/schemas.ts';
import { KnownClocks } from '../history/known-clocks.ts';
import type { CentreAcknowledgement, HistoryEvent } from '../history/store.ts';
import type { KnownGateway } from '../registry/gateways.ts';

export type LiveMessage =
  | { readonly kind: 'events'; readonly events: readonly HistoryEvent[]; readonly skipped: number }
  | { readonly kind: 'alert'; readonly event: HistoryEvent }
  | { readonly kind: 'centre-alarm'; readonly alarm: CentreAlarm }
  | { readonly kind: 'acknowledged'; readonly acknowledgement: CentreAcknowledgement }
  | { readonly kind: 'command'; readonly command: CommandView }
  | { readonly kind: 'gateway'; readonly gateway: KnownGateway };

export interface LiveFeedOptions {
  readonly clock: Clock;
  readonly flushMs?: number;
  readonly maxSubscribers?: number;
}

/** Fast enough to look immediate, slow enough that a drain of a backlog is four messages a second. */
const defaultFlushMs = 250;
/** More than anyone reads in that time. */
const maxEvents = 200;
const maxGateways = 1000;

export class LiveFeed {
  readonly #clock: Clock;
  readonly #flushMs: number;
  readonly #maxSubscribers: number;
  readonly #subscribers = new Set<(message: LiveMessage) => void>();
  #events: HistoryEvent[] = [];
  #skipped = 0;
  readonly #gateways = new Map<string, KnownGateway>();
  readonly #clocks = new KnownClocks();
  #timer: Timer | undefined;

  constructor(options: LiveFeedOptions) {
    this.#clock = options.clock;
    this.#flushMs = options.flushMs ?? defaultFlushMs;
    this.#maxSubscribers = options.maxSubscribers ?? 100;
  }

  /** Events that the history has just stored. `storedAt`: ms since 1970; default now. */
  stored(events: readonly ForpostEvent[], storedAt = this.#clock.now()): void {
    this.#clocks.note(events);
    if (this.#subscribers.size === 0 || events.length === 0) return;
    const stored = rfc3339(storedAt);
    const shown = (event: ForpostEvent): HistoryEvent => ({
      ...event,
      stored,
      ...this.#clocks.timesOf(event, storedAt),
    });
    for (const event of events) if (event.type === eventTypes.alert) this.#tell({ kind: 'alert', event: shown(event) });
    this.#skipped += Math.max(0, events.length - maxEvents);
    for (const event of events.slice(-maxEvents)) this.#events.push(shown(event));
    if (this.#events.length > maxEvents)
      this.#skipped += this.#events.splice(0, this.#events.length - maxEvents).length;
    this.#flushSoon();
  }

  /** An alarm of the centre's own was raised, changed or is over. */
  centreAlarm(alarm: CentreAlarm): void {
    this.#tell({ kind: 'centre-alarm', alarm });
  }

  /** A person acknowledged an alarm at the centre. */
  acknowledged(acknowledgement: CentreAcknowledgement): void {
    this.#tell({ kind: 'acknowledged', acknowledgement });
  }

  /** A command that was sent, or its result. */
  command(command: CommandView): void {
    this.#tell({ kind: 'command', command });
  }

  /** A gateway's new status, or that it came or went. */
  gateway(gateway: KnownGateway): void {
    if (this.#subscribers.size === 0) return;
    if (this.#gateways.size >= maxGateways && !this.#gateways.has(gateway.gateway)) return;
    this.#gateways.set(gateway.gateway, gateway);
    this.#flushSoon();
  }

  /**
   * Calls `listener` with each message; it must not throw. Returns how to stop it.
   * @throws RangeError beyond `maxSubscribers`
   */
  subscribe(listener: (message: LiveMessage) => void): () => void {
    if (this.#subscribers.size >= this.#maxSubscribers)
      throw new RangeError(`more than ${this.#maxSubscribers} subscribers of what happens now`);
    this.#subscribers.add(listener);
    return () => {
      this.#subscribers.delete(listener);
      if (this.#subscribers.size === 0) this.#forget();
    };
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  #flushSoon(): void {
    this.#timer ??= this.#clock.after(this.#flushMs, () => {
      this.#timer = undefined;
      const [events, skipped, gateways] = [this.#events, this.#skipped, [...this.#gateways.values()]];
      this.#forget();
      for (const gateway of gateways) this.#tell({ kind: 'gateway', gateway });
      if (events.length > 0) this.#tell({ kind: 'events', events, skipped });
    });
  }

  #forget(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#events = [];
    this.#skipped = 0;
    this.#gateways.clear();
  }

  #tell(message: LiveMessage): void {
    for (const subscriber of [...this.#subscribers]) subscriber(message);
  }
}
