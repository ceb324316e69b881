/**
 * Sends a connection the retained messages that its new subscriptions match, no faster than the client reads. Many messages
 * take a slow client a while, and delay no other client.
 *
 *   due ── the principal's turn ──► some are written ── the socket accepts more ──► the next turn ──► none left
 *                                          └── the socket is full ──► waits until it has drained
 *
 * Always: only the filters are kept, each once. However many messages match, at most the socket's high-water mark and the
 * messages of one turn wait for the socket. A message that several filters of one SUBSCRIBE match is sent once.
 */
import { contained } from '@forpost/shared/bounded-work.ts';
import type { Connection } from './connection.ts';
import { type KeptMessage, sizeOf } from './message.ts';
import { property, variableProperty } from './protocol/properties.ts';
import type { Subscription } from './subscription.ts';

/** Limit of one turn of the event loop. */
const messagesPerTurn = 32;
const bytesPerTurn = 64 * 1024;

export class RetainedSender {
  readonly #connection: Connection;
  readonly #matching: (filter: string) => Iterable<KeptMessage | undefined>;
  /** by filter */
  readonly #due = new Map<string, Subscription>();
  #sending: Iterator<KeptMessage | undefined> | undefined;
  #granted: Subscription = { topic: '', qos: 0 };
  /** topics that were sent since no message was due last */
  #sent = new Set<string>();
  #isUnderWay = false;

  constructor(connection: Connection, matching: (filter: string) => Iterable<KeptMessage | undefined>) {
    this.#connection = connection;
    this.#matching = matching;
  }

  /** Sends the retained messages for new subscriptions. */
  send(subscriptions: readonly Subscription[]): void {
    for (const subscription of subscriptions) this.#due.set(subscription.topic, subscription);
    // a filter that is subscribed to again gets all its messages again
    this.#sent = new Set();
    if (this.#isUnderWay || this.#due.size === 0) return;
    this.#isUnderWay = true;
    this.#goOn();
  }

  #goOn(): void {
    const { turn, work } = this.#connection.guarded;
    turn.whenNext(() => contained(work, () => this.#step()));
  }

  #step(): void {
    const { socket, turn, work } = this.#connection.guarded;
    if (socket.destroyed || this.#connection.isClosed) return;
    // the messages of the turn before are written by now
    if (socket.writableNeedDrain) {
      socket.once('drain', () => contained(work, () => this.#goOn()));
      return;
    }
    // the client has a small Receive Maximum
    if (!this.#connection.hasRoom) {
      this.#connection.outflow.whenRoom(() => this.#goOn());
      return;
    }
    let bytes = 0;
    for (let n = 0; n < messagesPerTurn && bytes < bytesPerTurn; n++) {
      if (this.#sending === undefined && !this.#nextFilter()) {
        this.#isUnderWay = false;
        this.#sent = new Set();
        return;
      }
      const { value: message, done } = this.#sending?.next() ?? { done: true, value: undefined };
      if (done === true) this.#sending = undefined;
      else if (message === undefined) n = messagesPerTurn;
      else bytes += this.#send(message);
    }
    turn.charge(messagesPerTurn, bytes);
    this.#goOn();
  }

  #nextFilter(): boolean {
    const next = this.#due.entries().next();
    if (next.done === true) return false;
    const [filter, subscription] = next.value;
    this.#due.delete(filter);
    this.#granted = subscription;
    this.#sending = this.#matching(filter)[Symbol.iterator]();
    return true;
  }

  /** Sends a message, unless its topic was sent already. Returns the bytes; 0: not sent. */
  #send(message: KeptMessage): number {
    const { topic } = message;
    if (this.#sent.has(topic)) return 0;
    this.#sent.add(topic);
    const { qos, id } = this.#granted;
    const ids = id === undefined ? undefined : variableProperty(property.subscriptionId, id);
    this.#connection.sendRetained(message, Math.min(message.qos, qos) as 0 | 1 | 2, ids);
    return sizeOf(message);
  }
}
