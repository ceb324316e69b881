/**
 * Handles SUBSCRIBE and UNSUBSCRIBE of one connection, in the order of arrival.
 *
 *   enqueue ──► waits for earlier packets ──► granted, some filters a turn ──► on disk, a thousand filters a commit
 *                      ┌── in force, some a turn ◄──────────────────────────────────────┘   └── refused: closed
 *                      └──► the next thousand … ──► SUBACK ──► retained messages (retained-sender.ts)
 *
 * Always: a packet's filters are counted before they are handled. Each filter is charged to its principal's read turn, and
 * gets its own return code [MQTT-3.8.4-5]. SUBACK and UNSUBACK are sent when all their filters are on disk. A few packets
 * wait here; beyond that the connection is not read.
 */
import { contained } from '@forpost/shared/bounded-work.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { limitsOf, maySubscribe } from './access.ts';
import type { Connection } from './connection.ts';
import { hasWildcard } from './filter-index.ts';
import { numberAt } from './protocol/fields.ts';
import { endOfAll, numbersOf, property } from './protocol/properties.ts';
import { reason } from './protocol/reason-codes.ts';
import { packet } from './protocol/server-packets.ts';
import { RetainedSender } from './retained-sender.ts';
import type { LiveSubscriber, Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import type { Subscription } from './subscription.ts';

/** The limits of the filters of one principal, in all its sessions and connections. */
export interface FilterLimits {
  /** enough for a home automation with one filter for each state topic */
  readonly maxFiltersOfConsumer: number;
  readonly maxFiltersOfDevice: number;
  /** filters with `+` or `#`: the cost of matching a topic depends on their number */
  readonly maxWildcardsEach: number;
  /** characters of all filters together, which are kept in memory and on disk */
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
  /** called when the client asks for a filter that it may not have */
  readonly onForbidden: (what: string, filter?: string) => void;
  /** called when a subscription could not be stored */
  readonly onFailed: (problem: string) => void;
}

/** The failure code of MQTT 3.1.1, one for all reasons. */
const failure = 0x80;
const noProperties = Uint8Array.of(0);
const none = new Uint8Array(0);
/** Filters that are handled in one turn of the event loop. */
const filtersPerTurn = 32;
/** Filters that are stored with one commit. */
const filtersPerCommit = 1024;
const maxPackets = 8;
const maxBytes = 512 * 1024;

interface Packet {
  readonly kind: 'subscribe' | 'unsubscribe';
  /** behind the fixed header */
  readonly bytes: Buffer;
}

/** Work in steps. Each step is charged to the principal's turn; a yielded promise is awaited. */
type Steps = Generator<Promise<void> | undefined, void>;

export class Subscribing {
  readonly #options: SubscribingOptions;
  readonly #retained: RetainedSender;
  readonly #packets: Packet[] = [];
  #bytes = 0;
  #steps: Steps | undefined;

  constructor(options: SubscribingOptions) {
    this.#options = options;
    const { connection, sessions } = options;
    this.#retained = new RetainedSender(connection, (filter) => sessions.retained.matching(filter));
  }

  /** Whether another packet may come. */
  get hasRoom(): boolean {
    return this.#packets.length < maxPackets && this.#bytes < maxBytes;
  }

  /** Queues SUBSCRIBE or UNSUBSCRIBE; packets are handled one after the other. `bytes`: without the fixed header. */
  enqueue(kind: Packet['kind'], bytes: Buffer): void {
    this.#packets.push({ kind, bytes });
    this.#bytes += bytes.length;
    if (this.#packets.length === 1) this.#begin();
  }

  /** The connection has gone. */
  close(): void {
    this.#steps = undefined;
    this.#packets.length = 0;
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
    const { guarded, isClosed, session } = connection;
    if (isClosed || guarded.socket.destroyed || this.#steps === undefined || session?.isEnded === true) return;
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

  /** Charges each filter once to the principal's credit; later steps only to its turn. */
  #pay(filters: number): void {
    this.#options.connection.guarded.turn.charge(filters, 0);
  }

  #spend(filters: number): void {
    this.#options.connection.guarded.turn.spend(filters, 0);
  }

  *#subscribe(bytes: Buffer): Steps {
    const { connection, onForbidden } = this.#options;
    const { isV5 } = connection;
    const from = isV5 ? endOfAll(bytes, 2) : 2;
    const count = countFilters(bytes, from, 1);
    const codes = Buffer.alloc(count, isV5 ? reason.quotaExceeded : failure);
    const limit = this.#maxFilters();
    if (count > limit) {
      onForbidden(`asks for ${count} filters in one packet, and may have ${limit} in all: all of them are refused`);
      this.#pay(filtersPerTurn);
      this.#answer(packet.suback, bytes, codes);
      return;
    }
    const due: Subscription[] = [];
    const filters = subscriptionsOf(bytes, from, isV5);
    for (let n = 0; n < count; ) {
      const asked = new PendingFilters();
      while (asked.subscriptions.length < filtersPerCommit && n < count) {
        const begin = n;
        for (const next of some(filters, filtersPerTurn)) {
          const subscription = connection.meant(next);
          const refusal = this.#refusalOf(next.topic, asked);
          if (refusal === undefined) {
            if (this.#bringsRetained(subscription)) due.push(subscription);
            asked.add(subscription);
            codes[n] = next.qos;
          } else codes[n] = isV5 ? refusal : failure;
          n++;
        }
        this.#pay(n - begin);
        if (n < count) yield undefined;
      }
      yield* this.#bringIntoForce(asked.subscriptions);
    }
    this.#answer(packet.suback, bytes, codes);
    this.#retained.send(due);
  }

  /** `codes`: one for each filter; UNSUBACK of MQTT 3.1.1 has none. */
  #answer(first: number, bytes: Buffer, codes: Uint8Array): void {
    const { connection } = this.#options;
    connection.answer(first, bytes.subarray(0, 2), connection.isV5 ? noProperties : none, codes);
  }

  #bringsRetained({ topic, retainHandling = 0 }: Subscription): boolean {
    if (retainHandling !== 1) return retainHandling === 0;
    return !this.#options.connection.subscriber.subscriptions.has(topic);
  }

  *#bringIntoForce(asked: readonly Subscription[]): Steps {
    const { connection, sessions } = this.#options;
    const own = connection.subscriber;
    const isStored = isSession(own);
    if (isStored) {
      const changed: string[] = [];
      for (const part of parts(asked)) {
        changed.push(...sessions.subscriptions.save(own, part));
        this.#spend(part.length);
        yield undefined;
      }
      if (changed.length > 0) yield sessions.subscriptions.saved(own, changed);
    }
    for (const part of parts(asked)) {
      if (isStored) sessions.subscriptions.apply(own, part);
      else for (const subscription of part) sessions.index.add(own, subscription);
      this.#spend(part.length);
      if (part.length === filtersPerTurn) yield undefined;
    }
  }

  *#unsubscribe(bytes: Buffer): Steps {
    const { connection, sessions } = this.#options;
    const { isV5, subscriber: own } = connection;
    const filters = filtersOf(bytes, isV5 ? endOfAll(bytes, 2) : 2);
    const codes: number[] = [];
    for (let isLast = false; !isLast; ) {
      let n = 0;
      while (n < filtersPerCommit && !isLast) {
        const part = [...some(filters, filtersPerTurn)];
        isLast = part.length < filtersPerTurn;
        n += part.length;
        for (const filter of part) {
          const was = isSession(own) ? sessions.subscriptions.drop(own, filter) : sessions.index.remove(own, filter);
          if (isV5) codes.push(was ? reason.success : reason.noSubscriptionExisted);
        }
        this.#pay(part.length);
        if (!isLast) yield undefined;
      }
      if (isSession(own)) yield sessions.subscriptions.dropped();
    }
    this.#answer(packet.unsuback, bytes, Uint8Array.from(codes));
  }

  #maxFilters(): number {
    const { connection, limits } = this.#options;
    return limitsOf(connection.principal) === 'device' ? limits.maxFiltersOfDevice : limits.maxFiltersOfConsumer;
  }

  /** The reason code with which the filter is refused; undefined: it is granted. */
  #refusalOf(filter: string, asked: PendingFilters): number | undefined {
    const { connection, limits, sessions, onForbidden } = this.#options;
    if (filter.startsWith('$share/')) {
      onForbidden(`shared subscriptions are not served: ${filter}`, filter);
      return reason.sharedSubscriptionsNotSupported;
    }
    if (!mayHold(connection, filter)) {
      onForbidden(`may not subscribe to ${filter}`, filter);
      return reason.notAuthorized;
    }
    const own = connection.subscriber;
    if (own.subscriptions.has(filter)) return undefined;
    const held = sessions.index.heldBy(own.owner);
    const reached = (count: number, limit: number, what: string) => (count > limit ? `${limit} ${what}` : undefined);
    const full =
      reached(held.filters + asked.subscriptions.length + 1, this.#maxFilters(), 'filters') ??
      (hasWildcard(filter)
        ? reached(held.wildcards + asked.wildcards + 1, limits.maxWildcardsEach, 'filters with wildcards')
        : undefined) ??
      reached(held.letters + asked.letters + filter.length, limits.maxFilterLettersEach, 'letters of filters');
    if (full === undefined) return undefined;
    onForbidden(`may have ${full} in all: ${filter} is refused`);
    return reason.quotaExceeded;
  }
}

/** The granted filters of a packet that are not in force yet. */
class PendingFilters {
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

/** `from`: where the filters begin; `behind`: bytes after each filter. The packet reader has checked the packet. */
function countFilters(bytes: Buffer, from: number, behind: number): number {
  let count = 0;
  for (let at = from; at < bytes.length; count++) at += 2 + numberAt(bytes, at) + behind;
  return count;
}

const noLocalBit = 0x04;
const retainAsPublishedBit = 0x08;
const retainHandlingShift = 4;

function* subscriptionsOf(bytes: Buffer, from: number, isV5: boolean): Generator<Subscription> {
  const id = isV5 ? numbersOf(bytes, 2).get(property.subscriptionId) : undefined;
  for (let at = from; at < bytes.length; ) {
    const end = at + 2 + numberAt(bytes, at);
    const options = bytes[end] ?? 0;
    const topic = bytes.toString('utf8', at + 2, end);
    const qos = (options & 3) as 0 | 1 | 2;
    if (isV5)
      yield {
        topic,
        qos,
        id,
        noLocal: (options & noLocalBit) !== 0,
        retainAsPublished: (options & retainAsPublishedBit) !== 0,
        retainHandling: ((options >> retainHandlingShift) & 3) as 0 | 1 | 2,
      };
    else yield { topic, qos };
    at = end + 1;
  }
}

function* filtersOf(bytes: Buffer, from: number): Generator<string> {
  for (let at = from; at < bytes.length; ) {
    const end = at + 2 + numberAt(bytes, at);
    yield bytes.toString('utf8', at + 2, end);
    at = end;
  }
}

/** The next `count` items of an iterator, or fewer at its end. */
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
