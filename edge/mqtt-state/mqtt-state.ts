/**
 * What the broker keeps across restarts, as an interface between the broker and whoever stores it: sessions with their
 * subscriptions and queues, retained messages, QoS 2 publishes between PUBREC and PUBREL, and the newest QoS 1 and 2
 * publishes of each client. The broker works on its own copy in memory and saves each change of it; after a restart it
 * recalls the whole.
 *
 * Always:
 *  - the changes of a publish are on disk in the commit of its events, or not at all;
 *  - other changes are on disk in the order in which they were saved, at the latest with the next commit after `saved`
 *    was asked for;
 *  - in one commit, saved changes come before the changes of its publishes: a change that undoes a publish's is saved
 *    only once that publish is committed.
 *
 * The outbox implements it in its own file and its own commits (outbox/sqlite/main/mqtt-state-writes.ts,
 * outbox/sqlite/writer/mqtt-state/): one fsync makes a reading durable together with what its publish leaves here.
 */
import type { Redelivery } from './redelivery.ts';

/** A session's number, given by the broker and never again to another session. */
export type SessionNumber = number;

/** What MQTT 5 adds to a message besides its payload. An older version of the file has none of it. */
export interface MessageExtras {
  /** the properties that subscribers get, as bytes of MQTT 5 */
  readonly properties?: Uint8Array | null | undefined;
  /** when the message expires, ms since 1970 */
  readonly expiresAt?: number | null | undefined;
}

/** What MQTT 5 adds to a subscription besides its QoS. */
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
  /** Its PUBREC came: the broker owes PUBREL, and the payload is gone. */
  readonly released: boolean;
  /** goes out with the retain flag */
  readonly retain?: boolean | undefined;
}

export interface RetainedMessage extends MessageExtras {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  /** the principal to whose share it belongs */
  readonly owner: string;
}

export interface SessionRecord {
  readonly session: SessionNumber;
  readonly client: string;
  readonly absentMs: number;
  /** how long its client may stay away; none: as long as the broker keeps any session */
  readonly expiryMs?: number | null | undefined;
}

export interface StoredSubscription {
  readonly filter: string;
  readonly qos: 0 | 1 | 2;
  readonly options?: SubscriptionOptions | null | undefined;
}

/** Each change says what is true afterwards, so that making it twice does no harm. Payloads own their memory. */
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

/** What one publish leaves besides its events, in the same commit. */
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

/** The broker's view of the disk. */
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
   * The listener must `save` the whole state: the file is a new one, or too many changes waited for a disk that takes
   * nothing.
   */
  onAnew(listener: () => void): void;
}

/** For a broker whose state ends with it. */
export const noStateStore: MqttStateStore = {
  recall: () => undefined,
  isRead: () => true,
  save: () => undefined,
  saved: () => Promise.resolve(),
  commit: () => Promise.resolve(),
  onAnew: () => undefined,
};
