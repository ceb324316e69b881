/**
 * Sends QoS 1 and 2 messages on one connection, and handles their acknowledgements (MQTT 5 and 3.1.1, section 4.3).
 *
 *   offer ──► [waits: others are in front, or the client's window is full] ──► sent ── PUBACK, PUBCOMP ──► done
 *                    └── expired, too large, or no longer allowed ──► dropped
 *   QoS 2:  sent ── PUBREC ──► PUBREL is sent ── PUBCOMP ──► done           (PUBREC with a failure [MQTT-4.3.3-4] ──► done)
 *
 * Always: at most `receiveMaximum` messages are unacknowledged [MQTT-3.3.4-9]. A message of a persistent session stays until
 * it is acknowledged; after a reconnection the sent ones are resent first, with their packet ids [MQTT-4.4.0-1]. A QoS 2
 * message is sent only once its packet id is on disk. The waiting messages of a session that ends with its connection are
 * bounded like a session's queue. A sent message keeps no payload.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import type { Grant } from './grant.ts';
import { type KeptMessage, type Message, outgoing, sizeOf } from './message.ts';
import { OutgoingQueue, type QueuedItem } from './outgoing-queue.ts';
import { frameOf, withId } from './protocol/publish.ts';
import { firstFailure, reason } from './protocol/reason-codes.ts';
import { packet } from './protocol/server-packets.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import type { SocketOutput } from './socket-output.ts';

export interface OutflowOptions {
  readonly output: SocketOutput;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly isV5: boolean;
  readonly receiveMaximum: number;
  readonly maximumPacketSize: number;
  /** limit of the bytes of waiting messages, for a session that ends with its connection */
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
  readonly isOpen: () => boolean;
  /** whether the client may still subscribe to this topic */
  readonly mayReceive: (topic: string) => boolean;
  readonly onDropped: (what: 'queued' | 'tooLarge') => void;
  /** called when the disk refuses state that must be stored first */
  readonly onFailed: (error: unknown) => void;
}

const nothing = Buffer.alloc(0);
/** Limit of messages that wait here although the session's queue has dropped them. */
const maxGone = 1000;

export class Outflow {
  readonly #options: OutflowOptions;
  /** of a persistent session; undefined: the session ends with the connection */
  readonly #session: Session | undefined;
  readonly #queue: OutgoingQueue;
  /** packet ids of unacknowledged messages; of QoS 2 until PUBCOMP */
  readonly #inFlight = new Set<number>();
  #waiting: QueuedItem[] = [];
  #next = 0;
  #waitingBytes = 0;
  /** called once when the client's window has space again */
  #onRoom: (() => void) | undefined;
  #number = 0;

  constructor(options: OutflowOptions, session: Session | undefined) {
    this.#options = options;
    this.#session = session;
    this.#queue = session?.queue ?? new OutgoingQueue();
  }

  /** Whether a message would be sent at once. */
  get hasRoom(): boolean {
    return this.#next === this.#waiting.length && this.#inFlight.size < this.#options.receiveMaximum;
  }

  /** Bytes that wait here. Messages that a session's queue has dropped may be among them, within `maxWaitingBytes`. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Calls `goOn` once, when the client's window has space. */
  whenRoom(goOn: () => void): void {
    this.#onRoom = goOn;
  }

  /** Sends all messages in the session's queue; those that were sent before are resent. */
  begin(): void {
    this.#waiting = [...this.#queue.items()];
    this.#next = 0;
    this.#weigh();
    this.#pump();
  }

  /** Sends a QoS 1 or 2 message, now or in its turn. @param item of the session's queue; undefined: it is in no queue */
  offer(message: Message, grant: Grant, item?: QueuedItem): void {
    if (this.hasRoom) {
      const sent = item ?? this.#loose(message, grant, nothing);
      const packetId = this.#newPacketId();
      if (this.#send(sent, packetId, () => this.#bytesOf(message, grant, packetId))) return;
      this.#inFlight.delete(packetId);
      return;
    }
    this.#wait(item ?? this.#loose(message, grant, Buffer.from(message.payload)));
  }

  /** Sends a retained message for a new subscription. It is in no queue, and is not resent after a reconnection. */
  offerRetained(message: KeptMessage, qos: 1 | 2, ids: Buffer | undefined): void {
    const { topic, payload, expiresAt } = message;
    const own = [ids, message.properties].filter((part) => part !== undefined);
    const properties = own.length === 0 ? undefined : Buffer.concat(own);
    const state = { message: --this.#number, messageId: undefined, released: false, retain: true };
    const item = { ...state, topic, payload, qos, expiresAt, properties };
    this.#waiting.push(item);
    this.#waitingBytes += sizeOf(item);
    this.#pump();
  }

  /** false: no message is in flight with this packet id. */
  puback(packetId: number): boolean {
    return this.#end(packetId);
  }

  pubrec(packetId: number, code: number): boolean {
    if (code >= firstFailure) return this.#end(packetId);
    const isKnown = this.#inFlight.has(packetId);
    const { output, sessions, isV5, isOpen, onFailed } = this.#options;
    const item = this.#queue.byId(packetId);
    if (this.#session === undefined || item === undefined) {
      output.acknowledge(packet.pubrel, packetId, isKnown || !isV5 ? 0 : reason.packetIdNotFound);
      return isKnown;
    }
    sessions.queues.released(this.#session, item).then(() => {
      if (isOpen()) output.acknowledge(packet.pubrel, packetId);
    }, onFailed);
    return isKnown;
  }

  pubcomp(packetId: number): boolean {
    return this.#end(packetId);
  }

  #end(packetId: number): boolean {
    const item = this.#queue.byId(packetId);
    if (item !== undefined) this.#forget(item);
    return this.#free(packetId);
  }

  /** Frees a packet id, so that waiting messages may be sent. false: no message was in flight with it. */
  #free(packetId: number): boolean {
    const isKnown = this.#inFlight.delete(packetId);
    if (this.#next < this.#waiting.length) this.#pump();
    const onRoom = this.#onRoom;
    if (onRoom !== undefined && this.hasRoom) {
      this.#onRoom = undefined;
      onRoom();
    }
    return isKnown;
  }

  #forget(item: QueuedItem): void {
    if (this.#session === undefined) this.#queue.delete(item);
    else this.#options.sessions.queues.unqueue(this.#session, item);
  }

  #loose({ topic, qos, properties, expiresAt }: Message, grant: Grant, payload: Buffer): QueuedItem {
    const own = [grant.ids, properties].filter((part) => part !== undefined);
    return {
      message: --this.#number,
      topic,
      payload,
      qos: Math.min(qos, grant.qos) as 1 | 2,
      messageId: undefined,
      released: false,
      retain: grant.retain,
      expiresAt,
      properties: own.length === 0 ? undefined : Buffer.concat(own),
    };
  }

  #wait(item: QueuedItem): void {
    const { maxWaiting, maxWaitingBytes, onDropped } = this.#options;
    this.#waiting.push(item);
    this.#waitingBytes += sizeOf(item);
    const isFull =
      this.#waiting.length - this.#next > 2 * this.#queue.length + maxGone ||
      this.#waitingBytes > 2 * this.#queue.bytes + maxWaitingBytes;
    // forget the messages that the session's queue has dropped
    if (this.#session !== undefined && isFull) {
      this.#waiting = this.#waiting
        .slice(this.#next)
        .filter((one) => one.message < 0 || this.#queue.get(one.message) === one);
      this.#next = 0;
      this.#weigh();
    }
    while (
      this.#session === undefined &&
      (this.#waiting.length - this.#next > maxWaiting || this.#waitingBytes > maxWaitingBytes) &&
      this.#shiftWaiting() !== undefined
    )
      onDropped('queued');
  }

  #weigh(): void {
    this.#waitingBytes = this.#waiting.reduce((sum, item) => sum + sizeOf(item), 0);
  }

  /** Removes and returns the message that has waited longest; undefined: none waits. */
  #shiftWaiting(): QueuedItem | undefined {
    const item = this.#waiting[this.#next];
    if (item === undefined) return undefined;
    this.#next++;
    this.#waitingBytes -= sizeOf(item);
    if (this.#next === this.#waiting.length || this.#next > 1000) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
    return item;
  }

  #pump(): void {
    const { isOpen, receiveMaximum } = this.#options;
    while (this.#inFlight.size < receiveMaximum && isOpen()) {
      const item = this.#shiftWaiting();
      if (item === undefined) return;
      if (this.#isOwed(item)) this.#sendWaiting(item);
    }
  }

  /** Whether a message must still be sent; drops it if not. */
  #isOwed(item: QueuedItem): boolean {
    const { clock, mayReceive } = this.#options;
    // a negative number: the message is in no queue, and for this connection only
    if (item.message >= 0 && this.#queue.get(item.message) !== item) return false;
    if (item.released) return true;
    const isOver = item.expiresAt !== undefined && item.messageId === undefined && item.expiresAt <= clock.uptime();
    if (!isOver && mayReceive(item.topic)) return true;
    this.#forget(item);
    return false;
  }

  #sendWaiting(item: QueuedItem): void {
    const { output, clock, isV5 } = this.#options;
    const { messageId: before, qos, retain } = item;
    if (before !== undefined) this.#inFlight.add(before);
    if (item.released && before !== undefined && this.#session !== undefined) {
      const { sessions, isOpen } = this.#options;
      sessions.queues.released(this.#session, item).then(
        () => {
          if (isOpen()) output.acknowledge(packet.pubrel, before);
        },
        () => this.#free(before),
      );
      return;
    }
    const packetId = before ?? this.#newPacketId();
    const isSent = this.#send(item, packetId, () => {
      const frame = frameOf(outgoing(item, clock.uptime()), isV5, qos, retain);
      return withId(frame, packetId, before !== undefined);
    });
    if (!isSent) this.#inFlight.delete(packetId);
  }

  /** false: it is dropped. */
  #send(item: QueuedItem, packetId: number, bytesOf: () => Buffer): boolean {
    const { output, sessions, isOpen } = this.#options;
    const session = item.message < 0 ? undefined : this.#session;
    const bytes = bytesOf();
    if (bytes.length > this.#options.maximumPacketSize) {
      this.#options.onDropped('tooLarge');
      this.#forget(item);
      return false;
    }
    if (session === undefined) {
      output.write(bytes);
      return true;
    }
    const stored = sessions.queues.sent(session, item, packetId);
    if (stored === undefined) {
      output.write(bytes);
      return true;
    }
    stored.then(
      () => {
        if (isOpen() && this.#queue.get(item.message) === item) output.write(bytes);
      },
      // while the disk refuses writes, unsaved QoS 2 messages stay in the queue, and other messages are sent
      () => this.#free(packetId),
    );
    return true;
  }

  #bytesOf(message: Message, { qos, retain, ids }: Grant, packetId: number): Buffer {
    const { isV5, clock } = this.#options;
    return message.bytesFor(isV5, qos, retain, packetId, () => clock.uptime(), ids);
  }

  /** A packet id without a message in flight. */
  #newPacketId(): number {
    let id = this.#queue.advanceId();
    while (this.#inFlight.has(id)) id = this.#queue.advanceId();
    this.#inFlight.add(id);
    return id;
  }
}
