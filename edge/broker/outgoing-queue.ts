/**
 * The messages that one persistent session is owed: QoS 1 and 2 without acknowledgement, in order, with the packet ids under
 * which they were sent (MQTT 3.1.1, section 4.4).
 *
 *   queued ── sent (it has a packet id) ── PUBACK ──► gone
 *                     └── PUBREC ──► released (PUBREL is owed) ── PUBCOMP ──► gone
 *
 * Always: no two of them have the same packet id.
 */

import { sizeOf } from './message.ts';

export interface QueuedItem {
  /** the broker's own count of its messages */
  readonly message: number;
  readonly topic: string;
  payload: Buffer;
  readonly qos: 1 | 2;
  /** goes out with the retain flag: a subscription asked for that */
  readonly retain: boolean;
  /** MQTT 5 properties as bytes, subscription identifiers included */
  readonly properties: Buffer | undefined;
  /** the uptime at which it expires, ms */
  readonly expiresAt: number | undefined;
  messageId: number | undefined;
  released: boolean;
}

const maxMessageId = 65_535;
const nothing = Buffer.alloc(0);

/** The bytes of all queues together. */
export interface QueueTotal {
  bytes: number;
}

export class OutgoingQueue {
  readonly #total: QueueTotal;
  readonly #items = new Map<number, QueuedItem>();
  readonly #byId = new Map<number, QueuedItem>();
  #bytes = 0;
  #nextId = 1;

  constructor(total: QueueTotal = { bytes: 0 }) {
    this.#total = total;
  }

  get length(): number {
    return this.#items.size;
  }

  /** topics, payloads and properties */
  get bytes(): number {
    return this.#bytes;
  }

  items(): IterableIterator<QueuedItem> {
    return this.#items.values();
  }

  get(message: number): QueuedItem | undefined {
    return this.#items.get(message);
  }

  byId(messageId: number): QueuedItem | undefined {
    return this.#byId.get(messageId);
  }

  add(item: QueuedItem): void {
    this.#items.set(item.message, item);
    this.#weigh(sizeOf(item));
    if (item.messageId === undefined) return;
    this.#byId.set(item.messageId, item);
    // ids are given in turn: the ones in use lie behind
    this.#nextId = following(item.messageId);
  }

  /** A packet id for the next message, of this queue or not, that is not in use here. */
  get nextId(): number {
    while (this.#byId.has(this.#nextId)) this.#nextId = following(this.#nextId);
    return this.#nextId;
  }

  advanceId(): number {
    const id = this.nextId;
    this.#nextId = following(id);
    return id;
  }

  sent(item: QueuedItem, messageId: number): void {
    if (item.messageId !== undefined) this.#byId.delete(item.messageId);
    item.messageId = messageId;
    this.#byId.set(messageId, item);
  }

  /** PUBREC came: the payload is no longer needed. */
  release(item: QueuedItem): void {
    item.released = true;
    this.#weigh(-item.payload.length);
    item.payload = nothing;
  }

  delete(item: QueuedItem): void {
    if (!this.#items.delete(item.message)) return;
    this.#weigh(-sizeOf(item));
    if (item.messageId !== undefined) this.#byId.delete(item.messageId);
  }

  clear(): void {
    this.#weigh(-this.#bytes);
    this.#items.clear();
    this.#byId.clear();
  }

  #weigh(bytes: number): void {
    this.#bytes += bytes;
    this.#total.bytes += bytes;
  }

  oldest(): QueuedItem | undefined {
    return this.#items.values().next().value;
  }
}

function following(id: number): number {
  return id >= maxMessageId ? 1 : id + 1;
}
