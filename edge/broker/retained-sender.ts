/**
 * Sends one connection the retained messages that its new subscriptions match, no faster than it reads: a table larger
 * than its buffers takes a slow reader a while, and holds nobody else up.
 *
 *   due ── the principal's turn ──► some of them written ── the socket takes more ──► the turn after ──► none left
 *                                          └── it does not ──► waits until it has drained
 *
 * Always: of what is due only the filters are kept, each once; what waits in front of the socket is one turn's share
 * above its mark, however much is retained; a message that several filters of one SUBSCRIBE match is sent once.
 */
import { contained } from '@forpost/shared/bounded-work.ts';
import type { Client } from 'aedes';
import { deliver } from './aedes-internals.ts';
import type { GuardedSocket } from './guarded-socket.ts';
import type { StoredPacket, Subscription } from './session.ts';

/** Of one turn of the event loop. */
const messagesPerTurn = 32;
const bytesPerTurn = 64 * 1024;

export class RetainedSender {
  readonly #client: Client;
  readonly #guarded: GuardedSocket;
  readonly #matching: (filter: string) => Iterable<StoredPacket | undefined>;
  /** the QoS granted, by filter */
  readonly #due = new Map<string, 0 | 1 | 2>();
  #sending: Iterator<StoredPacket | undefined> | undefined;
  #granted: 0 | 1 | 2 = 0;
  /** topics that were sent since nothing was due */
  #sent = new Set<string>();
  #isUnderWay = false;

  constructor(
    client: Client,
    guarded: GuardedSocket,
    matching: (filter: string) => Iterable<StoredPacket | undefined>,
  ) {
    this.#client = client;
    this.#guarded = guarded;
    this.#matching = matching;
  }

  /** The connection has subscribed to these. */
  send(subscriptions: readonly Subscription[]): void {
    for (const { topic, qos } of subscriptions) this.#due.set(topic, qos);
    // asked for once more, all of it is sent once more
    this.#sent = new Set();
    if (this.#isUnderWay || this.#due.size === 0) return;
    this.#isUnderWay = true;
    this.#goOn();
  }

  #goOn(): void {
    this.#guarded.turn.whenNext(() => contained(this.#guarded.work, () => this.#step()));
  }

  #step(): void {
    const { socket, turn } = this.#guarded;
    if (socket.destroyed || this.#client.closed) return;
    // what was delivered in the turn before is written by now
    if (socket.writableNeedDrain) {
      socket.once('drain', () => contained(this.#guarded.work, () => this.#goOn()));
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
    turn.take(messagesPerTurn, bytes);
    this.#goOn();
  }

  #nextFilter(): boolean {
    const next = this.#due.entries().next();
    if (next.done === true) return false;
    const [filter, qos] = next.value;
    this.#due.delete(filter);
    this.#granted = qos;
    this.#sending = this.#matching(filter)[Symbol.iterator]();
    return true;
  }

  /** Returns how much it is. */
  #send({ topic, payload, qos }: StoredPacket): number {
    if (this.#sent.has(topic)) return 0;
    this.#sent.add(topic);
    const granted = Math.min(qos, this.#granted) as 0 | 1 | 2;
    // without a broker's number: it is no second copy of anything
    const packet = {
      cmd: 'publish',
      brokerId: '',
      brokerCounter: 0,
      topic,
      payload,
      retain: true,
      dup: false,
    } as const;
    deliver(this.#client, { ...packet, qos: granted }, () => undefined);
    return topic.length + payload.length;
  }
}
