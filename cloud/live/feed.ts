/**
 * The live feed: the parts of the centre publish changes here, and open pages subscribe.
 *
 *   stored() ─► gathered for `flushMs` ─► one message with a share of each gateway, and the number left out (share.ts)
 *   an alert in it ─► sent at once, `maxAlertsAtOnce` of a gateway       gateway() ─► its newest state, once a second
 *
 * Always: publishing never waits and never throws. Without subscribers no event is kept. The gathered events and the
 * subscribers are bounded. The feed keeps no history: a page that missed a message asks the API.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { eventTypes, type ForpostEvent } from '@forpost/shared/event/event.ts';
import type { CentreAlarm } from '../alarms/centre-alarm.ts';
import type { CommandView } from '../commands/schemas.ts';
import type { KnownGateway } from '../gateways/directory.ts';
import { KnownClocks } from '../history/known-clocks.ts';
import type { CentreAcknowledgement, HistoryEvent } from '../history/store.ts';
import { type ArrivedEvent, LiveShare } from './share.ts';

export type LiveMessage =
  | {
      readonly kind: 'events';
      readonly events: readonly HistoryEvent[];
      readonly skipped: number;
      readonly skippedOf: Readonly<Record<string, number>>;
    }
  /** the gateway sent too many alerts at once; the list of alarms has the others */
  | { readonly kind: 'alerts-left-out'; readonly count: number }
  | { readonly kind: 'alert'; readonly event: HistoryEvent }
  | { readonly kind: 'centre-alarm'; readonly alarm: CentreAlarm }
  | { readonly kind: 'acknowledged'; readonly acknowledgement: CentreAcknowledgement }
  | { readonly kind: 'command'; readonly command: CommandView }
  | { readonly kind: 'gateway'; readonly gateway: KnownGateway }
  /** a message of a capability that this feed does not know */
  | { readonly kind: 'message'; readonly name: string; readonly message: unknown };

export interface LiveFeedOptions {
  readonly clock: Clock;
  readonly flushMs?: number;
  readonly maxSubscribers?: number;
}

/** Fast enough to look immediate, and slow enough that a draining backlog is four messages a second. */
const defaultFlushMs = 250;
const maxGateways = 1000;
/** Of one gateway between two flushes. */
const maxAlertsAtOnce = 20;
const stateEveryMs = 1_000;

export class LiveFeed {
  readonly #clock: Clock;
  readonly #flushMs: number;
  readonly #maxSubscribers: number;
  readonly #subscribers = new Set<(message: LiveMessage) => void>();
  readonly #share = new LiveShare();
  readonly #gateways = new Map<string, KnownGateway>();
  /** when each gateway's state was last sent, ms of the monotonic clock */
  readonly #statesSentAt = new Map<string, number>();
  /** number of each gateway's alerts sent since the last flush */
  readonly #alertsSent = new Map<string, number>();
  #alertsLeftOut = 0;
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
    for (const event of events) {
      if (event.type === eventTypes.alert && this.#maySendAlert(event.gateway))
        this.#send({ kind: 'alert', event: this.#shown({ event, storedAt }) });
      this.#share.add(event, storedAt);
    }
    this.#flushSoon();
  }

  #shown({ event, storedAt }: ArrivedEvent): HistoryEvent {
    return { ...event, stored: rfc3339(storedAt), ...this.#clocks.timesOf(event, storedAt) };
  }

  /** Whether one more alert of this gateway is sent at once. Pages find the others in the list. */
  #maySendAlert(gateway: string): boolean {
    const sent = this.#alertsSent.get(gateway) ?? 0;
    if (sent >= maxAlertsAtOnce) {
      this.#alertsLeftOut++;
      return false;
    }
    this.#alertsSent.set(gateway, sent + 1);
    return true;
  }

  /** An alarm of the centre itself was raised, has changed or is over. */
  centreAlarm(alarm: CentreAlarm): void {
    this.#send({ kind: 'centre-alarm', alarm });
  }

  /** A person acknowledged an alarm at the centre. */
  acknowledged(acknowledgement: CentreAcknowledgement): void {
    this.#send({ kind: 'acknowledged', acknowledgement });
  }

  /** A command that was sent, or its result. */
  command(command: CommandView): void {
    this.#send({ kind: 'command', command });
  }

  /**
   * Sends a message of a capability's own to every open page. `name`: the name of the server-sent event, which is unique
   * among capabilities.
   */
  message(name: string, message: unknown): void {
    this.#send({ kind: 'message', name, message });
  }

  /** A gateway has a new status, has come online or has gone offline. */
  gateway(gateway: KnownGateway): void {
    if (this.#subscribers.size === 0) return;
    if (this.#gateways.size >= maxGateways && !this.#gateways.has(gateway.gateway)) return;
    this.#gateways.set(gateway.gateway, gateway);
    this.#flushSoon();
  }

  /**
   * Calls `listener` with each message; it must not throw. Returns a function that unsubscribes.
   * @throws RangeError beyond `maxSubscribers`
   */
  subscribe(listener: (message: LiveMessage) => void): () => void {
    if (this.#subscribers.size >= this.#maxSubscribers)
      throw new RangeError(`more than ${this.#maxSubscribers} subscribers of the live feed`);
    this.#subscribers.add(listener);
    return () => {
      this.#subscribers.delete(listener);
      if (this.#subscribers.size === 0) this.#forget();
    };
  }

  /** Number of open pages, which the stream counts. */
  pages = 0;

  get subscribers(): number {
    return this.#subscribers.size;
  }

  #flushSoon(): void {
    this.#timer ??= this.#clock.after(this.#flushMs, () => {
      this.#timer = undefined;
      this.#sendGateways();
      if (!this.#share.empty) {
        const { events, skipped, skippedOf } = this.#share.drainChosen();
        this.#send({ kind: 'events', events: events.map((one) => this.#shown(one)), skipped, skippedOf });
      }
      const leftOut = this.#alertsLeftOut;
      this.#alertsLeftOut = 0;
      this.#alertsSent.clear();
      if (leftOut > 0) this.#send({ kind: 'alerts-left-out', count: leftOut });
      if (this.#gateways.size > 0) this.#flushSoon();
    });
  }

  /** Sends the newest state of each gateway once in `stateEveryMs`; a state that comes sooner waits for the next flush. */
  #sendGateways(): void {
    const now = this.#clock.uptime();
    for (const [name, gateway] of this.#gateways) {
      const sentAt = this.#statesSentAt.get(name);
      if (sentAt !== undefined && now - sentAt < stateEveryMs) continue;
      this.#gateways.delete(name);
      this.#statesSentAt.delete(name);
      this.#statesSentAt.set(name, now);
      this.#send({ kind: 'gateway', gateway });
    }
    for (const [oldest] of this.#statesSentAt) {
      if (this.#statesSentAt.size <= maxGateways) break;
      this.#statesSentAt.delete(oldest);
    }
  }

  #forget(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#share.clear();
    this.#alertsSent.clear();
    this.#alertsLeftOut = 0;
    this.#gateways.clear();
    this.#statesSentAt.clear();
  }

  #send(message: LiveMessage): void {
    for (const subscriber of [...this.#subscribers]) subscriber(message);
  }
}
