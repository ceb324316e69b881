/**
 * SUBSCRIBE and UNSUBSCRIBE of one connection, in the order in which they came. aedes has no part in them: it does a
 * packet's work for each of its filters, and all of it at once.
 *
 *   take ──► waits for the packets before it ──► granted, some filters a turn ──► on disk, a thousand filters a commit
 *                      ┌── in force, some a turn ◄──────────────────────────────────────┘   └── refused: closed
 *                      └──► the next thousand … ──► SUBACK ──► retained messages (retained-sender.ts)
 *
 * Always: what one packet asks for is counted before anything is done for it; each filter costs its principal's turns,
 * and nobody else's time; each gets its own return code [MQTT-3.8.4-5]; SUBACK and UNSUBACK leave when everything that
 * they say is on disk; few packets wait here, and then nothing more is read of the connection.
 */
import { contained } from '@forpost/shared/bounded-work.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { maySubscribe } from './access.ts';
import type { Connection } from './connection.ts';
import { hasWildcard } from './filter-index.ts';
import { RetainedSender } from './retained-sender.ts';
import { type LiveSubscriber, type Session, type Subscription, subscriber } from './session.ts';
import type { Sessions } from './sessions.ts';

/** The limits of the filters of one principal, in all its sessions and connections. */
export interface FilterLimits {
  /** of a home automation: one for each state topic */
  readonly maxFiltersOfConsumer: number;
  readonly maxFiltersOfDevice: number;
  /** with `+` or `#`: what a topic's match may cost depends on them */
  readonly maxWildcardsEach: number;
  /** of all filters together: they are kept in memory and on disk */
  readonly maxFilterLettersEach: number;
}

export const defaultFilterLimits: FilterLimits = {
  maxFiltersOfConsumer: 10_000,
  maxFiltersOfDevice: 1000,
  maxWildcardsEach: 1000,
  maxFilterLettersEach: 2 ** 20,
};

export interface SubscribingOptions {
  readonly connection: Connection;
  readonly sessions: Sessions;
  readonly limits: FilterLimits;
  /** it asked for what it may not have */
  readonly onForbidden: (what: string, filter?: string) => void;
  /** what was asked for could not be stored */
  readonly onFailed: (problem: string) => void;
}

const failure = 0x80;
/** Filters of which something is done in one turn of the event loop. */
const filtersPerTurn = 32;
/** Filters that are on disk with one commit. */
const filtersPerCommit = 1024;
const maxPackets = 8;
const maxBytes = 512 * 1024;

interface Packet {
  readonly kind: 'subscribe' | 'unsubscribe';
  /** behind the fixed header */
  readonly bytes: Buffer;
}

/** Work in steps: each step is within a turn of its principal; a promise is waited for. */
type Steps = Generator<Promise<void> | undefined, void>;

export class Subscribing {
  readonly #options: SubscribingOptions;
  readonly #retained: RetainedSender;
  readonly #packets: Packet[] = [];
  #bytes = 0;
  #steps: Steps | undefined;
  #own: LiveSubscriber | undefined;

  constructor(options: SubscribingOptions) {
    this.#options = options;
    const { connection, sessions } = options;
    this.#retained = new RetainedSender(connection.client, connection.guarded, (filter) =>
      sessions.retainedFor(filter),
    );
  }

  /** Whether another packet may come. */
  get hasRoom(): boolean {
    return this.#packets.length < maxPackets && this.#bytes < maxBytes;
  }

  take(kind: Packet['kind'], bytes: Buffer): void {
    this.#packets.push({ kind, bytes });
    this.#bytes += bytes.length;
    if (this.#packets.length === 1) this.#begin();
  }

  /** The connection has gone. */
  close(): void {
    const { connection, sessions } = this.#options;
    const { client } = connection;
    if (this.#own === undefined) return;
    if (this.#own.live === client) this.#own.live = undefined;
    if (!this.#own.isStored) sessions.index.end(this.#own);
  }

  /** The subscriber of this connection: its session from the log-in on, where it has one. */
  subscriber(): LiveSubscriber {
    const { connection, sessions } = this.#options;
    const { client } = connection;
    // one that has ended was taken over by a connection with a clean session
    if (this.#own === undefined) {
      this.#own = client.clean ? subscriber(client.id, false) : sessions.attach(client);
      this.#own.live = client;
    }
    return this.#own;
  }

  #begin(): void {
    const packet = this.#packets[0];
    if (packet === undefined) return;
    const { bytes, kind } = packet;
    this.#steps = kind === 'subscribe' ? this.#subscribe(bytes) : this.#unsubscribe(bytes);
    this.#step();
  }

  #step(): void {
    const { connection } = this.#options;
    const { guarded, client } = connection;
    if (client.closed || guarded.socket.destroyed || this.#steps === undefined || this.#own?.isEnded === true) return;
    const { value, done } = this.#steps.next();
    if (done === true) {
      const packet = this.#packets.shift();
      this.#bytes -= packet?.bytes.length ?? 0;
      this.#begin();
      connection.resume();
    } else if (value === undefined) this.#goOn();
    else
      value.then(
        () => this.#goOn(),
        (error: unknown) => {
          this.#options.onFailed(messageOf(error));
          guarded.socket.destroy();
        },
      );
  }

  #goOn(): void {
    const { guarded } = this.#options.connection;
    guarded.turn.whenNext(() => contained(guarded.work, () => this.#step()));
  }

  /** Each filter is taken once, and what else is done with it is spent. */
  #pay(filters: number): void {
    this.#options.connection.guarded.turn.take(filters, 0);
  }

  #spend(filters: number): void {
    this.#options.connection.guarded.turn.spend(filters, 0);
  }

  *#subscribe(bytes: Buffer): Steps {
    const { connection, onForbidden } = this.#options;
    const count = countFilters(bytes, 1);
    const codes = Buffer.alloc(count, failure);
    const limit = this.#maxFilters();
    if (count > limit) {
      onForbidden(`asks for ${count} filters in one packet, and may have ${limit} in all: all of them are refused`);
      this.#pay(filtersPerTurn);
      connection.answer(0x90, bytes.subarray(0, 2), codes);
      return;
    }
    const granted: Subscription[] = [];
    const filters = subscriptionsOf(bytes);
    for (let n = 0; n < count; ) {
      const asked = new Asked();
      while (asked.subscriptions.length < filtersPerCommit && n < count) {
        const begin = n;
        for (const next of some(filters, filtersPerTurn)) {
          if (this.#mayHave(next.topic, asked)) {
            asked.add(next);
            codes[n] = next.qos;
          }
          n++;
        }
        this.#pay(n - begin);
        if (n < count) yield undefined;
      }
      yield* this.#bringIntoForce(asked.subscriptions);
      granted.push(...asked.subscriptions);
    }
    connection.answer(0x90, bytes.subarray(0, 2), codes);
    this.#retained.send(granted);
  }

  *#bringIntoForce(asked: readonly Subscription[]): Steps {
    const { sessions } = this.#options;
    const own = this.subscriber();
    const isStored = isSession(own);
    if (isStored) {
      const changed: string[] = [];
      for (const part of parts(asked)) {
        changed.push(...sessions.saveSubscriptions(own, part));
        this.#spend(part.length);
        yield undefined;
      }
      if (changed.length > 0) yield sessions.subscriptionsSaved(own, changed);
    }
    for (const part of parts(asked)) {
      if (isStored) sessions.applySubscriptions(own, part);
      else for (const subscription of part) sessions.index.add(own, subscription);
      this.#spend(part.length);
      if (part.length === filtersPerTurn) yield undefined;
    }
  }

  *#unsubscribe(bytes: Buffer): Steps {
    const { connection, sessions } = this.#options;
    const own = this.subscriber();
    const filters = filtersOf(bytes);
    for (let isLast = false; !isLast; ) {
      let n = 0;
      while (n < filtersPerCommit && !isLast) {
        const part = [...some(filters, filtersPerTurn)];
        isLast = part.length < filtersPerTurn;
        n += part.length;
        if (isSession(own)) sessions.dropSubscriptions(own, part);
        else for (const filter of part) sessions.index.remove(own, filter);
        this.#pay(part.length);
        if (!isLast) yield undefined;
      }
      if (isSession(own)) yield sessions.subscriptionsDropped();
    }
    connection.answer(0xb0, bytes.subarray(0, 2));
  }

  #maxFilters(): number {
    const { connection, limits } = this.#options;
    return connection.principal.kind === 'device' ? limits.maxFiltersOfDevice : limits.maxFiltersOfConsumer;
  }

  #mayHave(filter: string, asked: Asked): boolean {
    const { connection, limits, sessions, onForbidden } = this.#options;
    if (!mayHold(connection, filter)) {
      onForbidden(`may not subscribe to ${filter}`, filter);
      return false;
    }
    const own = this.subscriber();
    if (own.subscriptions.has(filter)) return true;
    const held = sessions.index.heldBy(own.owner);
    const reached = (count: number, limit: number, what: string) => (count > limit ? `${limit} ${what}` : undefined);
    const full =
      reached(held.filters + asked.subscriptions.length + 1, this.#maxFilters(), 'filters') ??
      (hasWildcard(filter)
        ? reached(held.wildcards + asked.wildcards + 1, limits.maxWildcardsEach, 'filters with wildcards')
        : undefined) ??
      reached(held.letters + asked.letters + filter.length, limits.maxFilterLettersEach, 'letters of filters');
    if (full !== undefined) onForbidden(`may have ${full} in all: ${filter} is refused`);
    return full === undefined;
  }
}

/** What a packet was granted and what is not in force yet. */
class Asked {
  readonly subscriptions: Subscription[] = [];
  wildcards = 0;
  letters = 0;

  add(subscription: Subscription): void {
    this.subscriptions.push(subscription);
    if (hasWildcard(subscription.topic)) this.wildcards++;
    this.letters += subscription.topic.length;
  }
}

export function mayHold({ principal }: Connection, filter: string): boolean {
  return maySubscribe(principal, filter);
}

function isSession(subscriber: LiveSubscriber): subscriber is Session {
  return subscriber.isStored;
}

/** `behind`: bytes behind each filter. The packet was checked. */
function countFilters(bytes: Buffer, behind: number): number {
  let count = 0;
  for (let at = 2; at < bytes.length; count++) at += 2 + bytes.readUInt16BE(at) + behind;
  return count;
}

function* subscriptionsOf(bytes: Buffer): Generator<Subscription> {
  for (let at = 2; at < bytes.length; ) {
    const end = at + 2 + bytes.readUInt16BE(at);
    yield { topic: bytes.toString('utf8', at + 2, end), qos: bytes[end] as 0 | 1 | 2 };
    at = end + 1;
  }
}

function* filtersOf(bytes: Buffer): Generator<string> {
  for (let at = 2; at < bytes.length; ) {
    const end = at + 2 + bytes.readUInt16BE(at);
    yield bytes.toString('utf8', at + 2, end);
    at = end;
  }
}

/** The next ones, at most so many; the iterator goes on behind them. */
function* some<T>(from: Iterator<T>, count: number): Generator<T> {
  for (let n = 0; n < count; n++) {
    const { value, done } = from.next();
    if (done === true) return;
    yield value;
  }
}

function* parts<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += filtersPerTurn) yield all.slice(at, at + filtersPerTurn);
}
