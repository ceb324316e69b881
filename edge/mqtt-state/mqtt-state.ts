/**
 * The state that the broker keeps across restarts, and the interface of its store: sessions with their subscriptions and
 * queues, retained messages, QoS 2 publishes between PUBREC and PUBREL, and the newest QoS 1 and 2 publishes of each
 * client. The broker works on a copy in memory, saves each change, and recalls the whole state after a restart.
 *
 * Always:
 *  - the changes of a publish are on disk in the commit of its events, or not at all;
 *  - other changes are on disk in the order in which they were saved, at the latest with the next commit after a call of
 *    `saved`;
 *  - in one commit, saved changes come before the changes of publishes. The broker saves a change that undoes a change of a
 *    publish only after that publish is committed.
 *
 * The outbox implements the store in its own file and its own commits (outbox/sqlite/main/mqtt-state-writes.ts,
 * outbox/sqlite/writer/mqtt-state/): one fsync makes a reading durable together with the state changes of its publish.
 */
import type { Redelivery } from './redelivery.ts';

/** A session's number. The broker gives each number to one session only. */
export type SessionNumber = number;

/** The additions of MQTT 5 to a message. A file of an older version has none. */
export interface MessageExtras {
  /** the properties that subscribers get, as bytes of MQTT 5 */
  readonly properties?: Uint8Array | null | undefined;
  /** when the message expires, ms since 1970 */
  readonly expiresAt?: number | null | undefined;
}

/** The additions of MQTT 5 to a subscription. */
export interface SubscriptionOptions {
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly id: number | null;
}

/** A message for one session. `message`: the broker's own count of its messages, which orders the queue. */
export interface QueuedMessage extends MessageExtras {
  readonly session: SessionNumber;
  readonly message: number;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 1 | 2;
  /** the packet id under which it was sent; null: it was not sent yet */
  readonly messageId: number | null;
  /** PUBREC has come: the broker sends PUBREL until PUBCOMP, and the payload is deleted. */
  readonly released: boolean;
  /** goes out with the retain flag */
  readonly retain?: boolean | undefined;
}

export interface RetainedMessage extends MessageExtras {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  /** the principal in whose share it counts */
  readonly owner: string;
}

export interface SessionRecord {
  readonly session: SessionNumber;
  readonly client: string;
  readonly absentMs: number;
  /** how long the client may stay away; absent: as long as the broker keeps any session */
  readonly expiryMs?: number | null | undefined;
}

export interface StoredSubscription {
  readonly filter: string;
  readonly qos: 0 | 1 | 2;
  readonly options?: SubscriptionOptions | null | undefined;
}

/** A change describes the state after it, so applying it twice does no harm. Payloads own their memory. */
export type StateChange =
  | ({ readonly kind: 'session' } & SessionRecord)
  /** with its subscriptions, its queue and its QoS 2 state */
  | { readonly kind: 'session-ended'; readonly session: SessionNumber }
  | ({ readonly kind: 'subscribed'; readonly session: SessionNumber } & StoredSubscription)
  | { readonly kind: 'unsubscribed'; readonly session: SessionNumber; readonly filter: string }
  | ({ readonly kind: 'queued' } & QueuedMessage)
  | ({ readonly kind: 'sent' } & Pick<QueuedMessage, 'session' | 'message' | 'messageId' | 'released'>)
  /** acknowledged, or dropped at a bound */
  | { readonly kind: 'unqueued'; readonly session: SessionNumber; readonly message: number }
  /** a QoS 2 publish of the client was admitted; its PUBREL ends it */
  | { readonly kind: 'received'; readonly session: SessionNumber; readonly messageId: number }
  | { readonly kind: 'released'; readonly session: SessionNumber; readonly messageId: number }
  | ({ readonly kind: 'retained' } & RetainedMessage)
  | { readonly kind: 'unretained'; readonly topic: string };

/** The state changes of one publish, in the commit of its events. */
export interface PublishRecord {
  /** of a device's publish with QoS 1 or 2 */
  readonly redelivery?: Redelivery | undefined;
  readonly changes?: readonly StateChange[] | undefined;
}

export interface StoredSession extends SessionRecord {
  readonly subscriptions: readonly StoredSubscription[];
  /** oldest first */
  readonly queue: readonly QueuedMessage[];
  /** packet ids of QoS 2 publishes that were admitted and not released */
  readonly inbound: readonly number[];
}

/** The whole state, as a restart finds it. */
export interface MqttState {
  /** oldest first */
  readonly sessions: readonly StoredSession[];
  readonly retained: readonly RetainedMessage[];
  /** packed, oldest first: see redelivery.ts */
  readonly redeliveries: Uint8Array;
}

/** The store of the state, as the broker uses it. */
export interface MqttStateStore {
  /** Calls `restore` once with the state at the start: at once, or when a disk that was full can be read. */
  recall(restore: (state: MqttState) => void): void;
  /** false: a disk that was full at the start has not been readable yet, and the state is unknown */
  isRead(): boolean;
  /** Saves a change with the next commit, or with one of its own a second later. */
  save(change: StateChange): void;
  /** Resolves when everything saved until now is on disk. @throws the outbox's error; a later commit saves it then */
  saved(): Promise<void>;
  /** Saves the changes of a publish of `sender` that has no events, all of them in one commit. @throws the outbox's error */
  commit(changes: readonly StateChange[], sender: string): Promise<void>;
  /**
   * Calls `listener` when it must `save` the whole state: the file is new, or too many changes waited while the disk
   * refused writes.
   */
  onAnew(listener: () => void): void;
}

/** A store that keeps nothing. */
export const noStateStore: MqttStateStore = {
  recall: () => undefined,
  isRead: () => true,
  save: () => undefined,
  saved: () => Promise.resolve(),
  commit: () => Promise.resolve(),
  onAnew: () => undefined,
};
