/**
 * Sends one connection the retained messages that its new subscriptions match, no faster than the client reads: a large table
 * takes a slow reader a while, and holds up nobody else.
 *
 *   due ── the principal's turn ──► some of them written ── the socket takes more ──► the turn after ──► none left
 *                                          └── it does not ──► waits until it has drained
 *
 * Always: only the filters are kept, each once. At most one turn's share above its mark waits in front of the socket,
 * however many messages match. A message that several filters of one SUBSCRIBE match is sent once.
 */
import { contained } from '@forpost/shared/bounded-work.ts';
import type { Connection } from './connection.ts';
import { type KeptMessage, sizeOf } from './message.ts';
import { property, variableProperty } from './protocol/properties.ts';
import type { Subscription } from './subscription.ts';

/** Of one turn of the event loop. */
const messagesPerTurn = 32;
const bytesPerTurn = 64 * 1024;

export class RetainedSender {
  readonly #connection: Connection;
  readonly #matching: (filter: string) => Iterable<KeptMessage | undefined>;
  /** by filter */
  readonly #due = new Map<string, Subscription>();
  #sending: Iterator<KeptMessage | undefined> | undefined;
  #granted: Subscription = { topic: '', qos: 0 };
  /** topics that were sent since nothing was due */
  #sent = new Set<string>();
  #isUnderWay = false;

  constructor(connection: Connection, matching: (filter: string) => Iterable<KeptMessage | undefined>) {
    this.#connection = connection;
    this.#matching = matching;
  }

  /** The connection has subscribed to these. */
  send(subscriptions: readonly Subscription[]): void {
    for (const subscription of subscriptions) this.#due.set(subscription.topic, subscription);
    // asked for once more, all of it is sent once more
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
    // what was delivered in the turn before is written by now
    if (socket.writableNeedDrain) {
      socket.once('drain', () => contained(work, () => this.#goOn()));
      return;
    }
    // a client that allows few unacknowledged messages
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

  /** Returns how much it is. */
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
