/**
 * The messages that persistent sessions are owed: from a publish to the acknowledgement of each subscriber.
 *
 *   a publish ──► prepare (changes for absent subscribers, retained message) ──► on disk with its events
 *                    └──► enqueue (in memory) ──► sent ──► released (QoS 2) ──► unqueue      └── refused ──► abandon
 *
 * Always: a message is on disk for its absent subscribers before its publish is acknowledged. The state of an outgoing
 * QoS 2 message is on disk before PUBLISH and before PUBREL. Each queue is bounded and drops its oldest message; beyond
 * the bound of all queues the longest one drops its oldest. The gateway's own publishes never wait.
 */
import type { MqttStateStore, StateChange } from '../mqtt-state/mqtt-state.ts';
import type { FilterIndex, Match } from './filter-index.ts';
import type { Grant } from './grant.ts';
import { grantOf, itemOf } from './grants.ts';
import type { Message } from './message.ts';
import type { QueuedItem } from './outgoing-queue.ts';
import { isOurs } from './retained.ts';
import type { LiveSubscriber, Session, SessionLimits } from './session.ts';
import type { SessionChanges } from './session-changes.ts';

export interface QueueParts {
  readonly limits: SessionLimits;
  readonly storage: MqttStateStore;
  readonly changes: SessionChanges;
  readonly index: FilterIndex<LiveSubscriber>;
  /** by client id */
  readonly sessions: ReadonlyMap<string, Session>;
  /** of all queues together */
  readonly total: { readonly bytes: number };
  readonly isConnected: (clientId: string) => boolean;
  /** a queued message was dropped, at a bound */
  readonly onDropped: () => void;
}

const noSubscribers: readonly Match<LiveSubscriber>[] = [];
const noChanges: readonly StateChange[] = [];

export class SessionQueues {
  readonly #parts: QueueParts;
  /** by message: the sessions for which it is on disk and not yet in memory */
  readonly #prepared = new Map<number, readonly number[]>();
  #lastMessage = 0;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  /** The number of the broker's next message, greater than any before. */
  nextMessage(): number {
    return ++this.#lastMessage;
  }

  /** Notes that a message of this number is on disk. */
  recalled(message: number): void {
    this.#lastMessage = Math.max(this.#lastMessage, message);
  }

  /**
   * The disk forgets everything. A message that is being committed at this moment may be forgotten with it: its delivery
   * writes it again.
   */
  forgetAllPrepared(): void {
    this.#prepared.clear();
  }

  /**
   * What must be on disk before this publish is acknowledged, besides its events: the message for each persistent
   * session that has subscribed to it (`absentOnly`: only sessions whose client is not connected), and the topic's
   * retained message.
   */
  prepare(message: Message, owner: string, absentOnly: boolean): readonly StateChange[] {
    const { topic, qos, retain, properties } = message;
    const { changes, sessions, isConnected } = this.#parts;
    const subscribers = qos === 0 ? noSubscribers : this.#parts.index.match(topic).stored;
    if (subscribers.length === 0 && !retain) return noChanges;
    const prepared: StateChange[] = [];
    const payload = new Uint8Array(message.payload);
    const extras = changes.extras(properties, message.expiresAt);
    if (retain && !isOurs(topic))
      prepared.push(
        payload.length === 0
          ? { kind: 'unretained', topic }
          : { kind: 'retained', topic, payload, qos, owner, ...extras },
      );
    const numbers: number[] = [];
    for (const match of subscribers) {
      const session = sessions.get(match.subscriber.client);
      if (session === undefined || session !== match.subscriber) continue;
      if (absentOnly && isConnected(session.client)) continue;
      const grant = grantOf(match, message);
      if (grant === undefined || grant.qos === 0) continue;
      message.number ??= this.nextMessage();
      numbers.push(session.number);
      const item = itemOf(message, grant, payload as Buffer);
      prepared.push({ ...changes.queued(session.number, item), payload } as StateChange);
    }
    if (message.number !== undefined) this.#prepared.set(message.number, numbers);
    return prepared;
  }

  /** The publish was not committed, and its message is not delivered. */
  abandon({ number }: Message): void {
    if (number !== undefined) this.#prepared.delete(number);
  }

  /** The sessions for which the disk has this message already, by its publish. To be asked once, at its delivery. */
  removePrepared(message: Message): Set<number> | undefined {
    if (message.number === undefined) return undefined;
    const sessions = this.#prepared.get(message.number);
    this.#prepared.delete(message.number);
    return sessions === undefined || sessions.length === 0 ? undefined : new Set(sessions);
  }

  /** These sessions have unsubscribed between commit and delivery: the disk forgets the message for them. */
  forgetPrepared(message: number | undefined, onDisk: ReadonlySet<number>): void {
    if (message === undefined) return;
    for (const session of onDisk) this.#parts.storage.save({ kind: 'unqueued', session, message });
  }

  /** Queues a message that is delivered. The sessions of `onDisk` have it on disk by its publish; the others save it. */
  enqueue(session: Session, message: Message, grant: Grant, onDisk: Set<number> | undefined): QueuedItem | undefined {
    const { storage, changes } = this.#parts;
    message.number ??= this.nextMessage();
    if (session.queue.get(message.number) !== undefined) return undefined;
    const item = itemOf(message, grant, Buffer.from(message.payload));
    session.queue.add(item);
    if (onDisk?.delete(session.number) !== true) storage.save(changes.queued(session.number, item));
    this.#keepWithinLimits(session);
    return item;
  }

  /** Removes a message that was acknowledged, dropped or expired. */
  unqueue(session: Session, item: QueuedItem): void {
    session.queue.delete(item);
    this.#parts.storage.save({ kind: 'unqueued', session: session.number, message: item.message });
  }

  /**
   * A queued message is about to be sent under this packet id. Of QoS 2 the disk must know it first: a restart would
   * send the message a second time as a new one. Resolves when the disk does; undefined: send at once.
   */
  sent(session: Session, item: QueuedItem, messageId: number): Promise<void> | undefined {
    if (item.messageId !== messageId) {
      session.queue.sent(item, messageId);
      this.#saveSent(session, item);
    }
    return item.qos === 2 ? this.#parts.storage.saved() : undefined;
  }

  /** The message's PUBREC came. Resolves when PUBREL may be sent. @throws the outbox's error */
  released(session: Session, item: QueuedItem): Promise<void> {
    if (!item.released) {
      session.queue.release(item);
      this.#saveSent(session, item);
    }
    return this.#parts.storage.saved();
  }

  #saveSent(session: Session, { message, messageId, released }: QueuedItem): void {
    const sent = { message, messageId: messageId ?? null, released };
    this.#parts.storage.save({ kind: 'sent', session: session.number, ...sent });
  }

  #keepWithinLimits(session: Session): void {
    const { limits, sessions, total } = this.#parts;
    const { queue } = session;
    while (queue.length > limits.maxQueued || queue.bytes > limits.maxQueuedBytes) this.#dropOldest(session);
    while (total.bytes > limits.maxQueuedBytesAll) {
      let longest = session;
      for (const other of sessions.values()) if (other.queue.bytes > longest.queue.bytes) longest = other;
      this.#dropOldest(longest);
    }
  }

  #dropOldest(session: Session): void {
    const oldest = session.queue.oldest();
    if (oldest === undefined) return;
    this.unqueue(session, oldest);
    this.#parts.onDropped();
  }
}
