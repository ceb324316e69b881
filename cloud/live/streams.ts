/**
 * GET /api/v1/stream: sends live messages to each open page, and every few seconds the ledgers of gateways with changes.
 *
 * Always: a page that reads slowly gets fewer messages, and is asked to request the rest when it has caught up. A page that
 * reads nothing for `unreadForMs` is disconnected and reconnects by itself (shared/http/event-stream.ts). The first message
 * is `hello`; after it the stream is complete. While other centres store events too, pages are asked every few seconds to
 * request those events. Without an open page the stream sends no query to the history.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { EventStream, EventStreams } from '@forpost/shared/http/event-stream.ts';
import type { Session } from '@forpost/shared/http/sessions.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { alarmOfEvent, centreAlarmView } from '../alarms/view.ts';
import { inAnyLanguage } from '../events/in-any-language.ts';
import { withinBytes } from '../events/shorten.ts';
import { gatewayView } from '../gateways/view.ts';
import type { CentreView } from '../health/schemas.ts';
import type { LedgerView } from '../ledger/schemas.ts';
import type { LiveFeed, LiveMessage } from './feed.ts';
import type { StreamMessages } from './messages.ts';

export interface LiveStreamsOptions {
  readonly live: LiveFeed;
  readonly streams: EventStreams;
  /** undefined for an unknown gateway */
  readonly ledger: (gateway: string) => Promise<LedgerView | undefined>;
  readonly centre: () => CentreView;
  readonly storesAll: () => boolean;
  /** whether staff took a gateway out of service; absent: none */
  readonly isOut?: (gateway: string) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A ledger is counted from the history: often enough to watch it fill, seldom enough to cost nothing. */
const ledgerEveryMs = 5000;
const tickEveryMs = 4000;
/** Largest message with events. */
const maxMessageBytes = 131_072;
const unreadForMs = 30_000;
const ledgersAtOnce = 50;
/** in ticks; each time, every page sends requests to the history */
const elsewhereEvery = 3;

export class LiveStreams {
  readonly #options: LiveStreamsOptions;
  readonly #open = new Set<EventStream>();
  readonly #moved = new Set<string>();
  /** pages that messages were left out for, and since when (ms of the monotonic clock) */
  readonly #behind = new Map<EventStream, number>();
  #stopListening: (() => void) | undefined;
  #ledgerTimer: Timer | undefined;
  #tickTimer: Timer | undefined;

  constructor(options: LiveStreamsOptions) {
    this.#options = options;
  }

  /** Answers `request` with a stream that ends with its session. @throws HttpProblem 503 where too many are open */
  open(request: FastifyRequest, reply: FastifyReply, session?: Pick<Session, 'ended' | 'use'>): void {
    const { streams, clock, centre } = this.#options;
    const stream = streams.open(request, reply, session?.ended, () => session?.use());
    if (stream.ended.aborted) return;
    this.#open.add(stream);
    this.#options.live.pages = this.#open.size;
    stream.ended.addEventListener('abort', () => this.#leave(stream), { once: true });
    if (this.#stopListening === undefined) this.#listen();
    send(stream, 'hello', { now: rfc3339(clock.now()) });
    send(stream, 'centre', centre());
  }

  #listen(): void {
    const stop = this.#options.live.subscribe((message) => this.#pass(message));
    this.#stopListening = stop;
    let problems = '';
    let ticks = 0;
    let storedAll = true;
    const tick = () => {
      const storesAll = this.#options.storesAll();
      // once more when this centre alone stores events again, because others may have stored some meanwhile
      if (!(storesAll && storedAll) && ticks++ % elsewhereEvery === 0) {
        this.#sendAll('elsewhere', {});
        storedAll = storesAll;
      }
      this.#catchUp();
      this.#sendAll('tick', { now: rfc3339(this.#options.clock.now()) });
      const centre = this.#options.centre();
      const now = JSON.stringify([centre.problems, centre.notes, centre.current, centre.current || centre.as_of]);
      if (now !== problems) this.#sendAll('centre', centre);
      problems = now;
      if (this.#stopListening === stop) this.#tickTimer = this.#options.clock.after(tickEveryMs, tick);
    };
    this.#tickTimer = this.#options.clock.after(tickEveryMs, tick);
    const sendLedgers = () =>
      this.#sendLedgers().finally(() => {
        if (this.#stopListening === stop) arm();
      });
    const arm = () => {
      this.#ledgerTimer = this.#options.clock.after(ledgerEveryMs, sendLedgers);
    };
    arm();
  }

  #leave(stream: EventStream): void {
    this.#open.delete(stream);
    this.#options.live.pages = this.#open.size;
    this.#behind.delete(stream);
    if (this.#open.size > 0) return;
    this.#stopListening?.();
    this.#stopListening = undefined;
    this.#ledgerTimer?.cancel();
    this.#tickTimer?.cancel();
    this.#moved.clear();
  }

  #pass(message: LiveMessage): void {
    switch (message.kind) {
      case 'events':
        for (const { gateway } of message.events) this.#moved.add(gateway);
        this.#sendEvents(message);
        break;
      case 'alerts-left-out':
        for (const stream of this.#open) this.#fallBehind(stream);
        break;
      case 'alert':
        this.#sendAll('alert', alarmOfEvent(message.event));
        break;
      case 'centre-alarm':
        this.#sendAll('alert', centreAlarmView(message.alarm));
        break;
      case 'acknowledged': {
        const { gateway, alarm, by, at } = message.acknowledgement;
        this.#sendAll('acknowledged', { gateway, alarm, by, at: rfc3339(at) });
        break;
      }
      case 'command':
        this.#sendAll('command', message.command);
        break;
      case 'message':
        this.#sendJson(message.name, JSON.stringify(message.message));
        break;
      case 'gateway':
        this.#moved.add(message.gateway.gateway);
        this.#sendAll('gateway', {
          now: rfc3339(this.#options.clock.now()),
          gateway: gatewayView(message.gateway, !(this.#options.isOut?.(message.gateway.gateway) ?? false)),
        });
        break;
    }
  }

  #sendAll<Name extends keyof StreamMessages>(name: Name, message: StreamMessages[Name]): void {
    this.#sendJson(name, JSON.stringify(message));
  }

  #sendJson(name: string, json: string): void {
    // a gateway's flood must not end a page's stream: a slow page is asked to request the rest when it has caught up
    for (const stream of [...this.#open]) if (!stream.offer(name, json)) this.#fallBehind(stream);
  }

  #fallBehind(stream: EventStream): void {
    if (!this.#behind.has(stream)) this.#behind.set(stream, this.#options.clock.uptime());
  }

  #sendEvents({ events, skipped, skippedOf }: Extract<LiveMessage, { kind: 'events' }>): void {
    const kept = withinBytes(events.toReversed(), maxMessageBytes).toReversed().map(inAnyLanguage);
    const left = { ...skippedOf };
    for (const { gateway } of events.slice(0, events.length - kept.length)) left[gateway] = (left[gateway] ?? 0) + 1;
    this.#sendAll('events', { events: kept, skipped: skipped + events.length - kept.length, skipped_of: left });
  }

  /**
   * Tells a page that has caught up to request the events left out; disconnects a page that has read nothing for long, which
   * then reconnects.
   */
  #catchUp(): void {
    const now = this.#options.clock.uptime();
    for (const [stream, since] of this.#behind) {
      if (stream.caughtUp) {
        this.#behind.delete(stream);
        stream.offer('elsewhere', '{}');
      } else if (now - since > unreadForMs) {
        this.#options.logger.warn({ seconds: unreadForMs / 1000 }, 'a page reads no messages and is disconnected');
        stream.cutOff();
      }
    }
  }

  async #sendLedgers(): Promise<void> {
    for (const gateway of [...this.#moved].slice(0, ledgersAtOnce)) {
      this.#moved.delete(gateway);
      try {
        const ledger = await this.#options.ledger(gateway);
        if (ledger !== undefined) this.#sendAll('ledger', ledger);
      } catch (error) {
        // a ledger that fails does not keep the others back
        this.#options.logger.warn({ err: error, gateway }, 'a ledger could not be sent to open pages');
      }
    }
  }
}

function send<Name extends keyof StreamMessages>(stream: EventStream, name: Name, message: StreamMessages[Name]): void {
  stream.send(name, message);
}
