/**
 * What the broker remembers on disk, in the outbox's file and in its commits: sessions with their subscriptions and
 * queues, retained messages, QoS 2 publishes between PUBREC and PUBREL, and the newest QoS 1 publishes of each client.
 * The broker works on its own copy in memory; here are the changes of it, and what it finds after a restart.
 *
 * Always: the changes of a publish are on disk in the commit of its events, or not at all; other changes are on disk
 * in the order in which they were saved, at the latest with the next commit after `saved` was asked for, and in one
 * commit before those of its publishes: what undoes a change of a publish is saved once that is committed.
 */
import type { Redelivery } from './redelivery.ts';

/** A session's number, given by the broker and never again to another. */
export type SessionNumber = number;

/** What MQTT 5 has for a message beside its payload; an older version of the file has none of it. */
export interface MessageExtras {
  /** what its subscribers get, as the bytes of MQTT 5 */
  readonly properties?: Uint8Array | null | undefined;
  /** when it is of no use any more, ms since 1970 */
  readonly expiresAt?: number | null | undefined;
}

/** What MQTT 5 has for a subscription beside its QoS. */
export interface SubscriptionOptions {
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly id: number | null;
}

/** A message for one session, in the order of `message`, the broker's own count of its messages. */
export interface QueuedMessage extends MessageExtras {
  readonly session: SessionNumber;
  readonly message: number;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 1 | 2;
  /** the packet id under which it was sent, once it was */
  readonly messageId: number | null;
  /** its PUBREC came: what is owed is PUBREL, and the payload is gone */
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
  /** how long its client may stay away; none: as long as the broker keeps any */
  readonly expiryMs?: number | null | undefined;
}

export interface StoredSubscription {
  readonly filter: string;
  readonly qos: 0 | 1 | 2;
  readonly options?: SubscriptionOptions | null | undefined;
}

/** Each says what is true afterwards, so that one that is made twice does no harm. Payloads own their memory. */
export type Change =
  | ({ readonly kind: 'session' } & SessionRecord)
  /** with its subscriptions, its queue and its QoS 2 state */
  | { readonly kind: 'session-ended'; readonly session: SessionNumber }
  | ({ readonly kind: 'subscribed'; readonly session: SessionNumber } & StoredSubscription)
  | { readonly kind: 'unsubscribed'; readonly session: SessionNumber; readonly filter: string }
  | ({ readonly kind: 'queued' } & QueuedMessage)
  | ({ readonly kind: 'sent' } & Pick<QueuedMessage, 'session' | 'message' | 'messageId' | 'released'>)
  /** acknowledged, or dropped at a bound */
  | { readonly kind: 'unqueued'; readonly session: SessionNumber; readonly message: number }
  /** a QoS 2 publish of the client was taken, until its PUBREL */
  | { readonly kind: 'received'; readonly session: SessionNumber; readonly messageId: number }
  | { readonly kind: 'released'; readonly session: SessionNumber; readonly messageId: number }
  | ({ readonly kind: 'retained' } & RetainedMessage)
  | { readonly kind: 'unretained'; readonly topic: string };

/** What one publish leaves besides its events, in the same commit. */
export interface PublishRecord {
  /** QoS 1 and 2 of a device */
  readonly redelivery?: Redelivery | undefined;
  readonly changes?: readonly Change[] | undefined;
}

export interface StoredSession extends SessionRecord {
  readonly subscriptions: readonly StoredSubscription[];
  /** oldest first */
  readonly queue: readonly QueuedMessage[];
  readonly inbound: readonly number[];
}

/** What is found at the start. */
export interface Remembered {
  /** oldest first */
  readonly sessions: readonly StoredSession[];
  readonly retained: readonly RetainedMessage[];
  /** packed, oldest first: see redelivery.ts */
  readonly redeliveries: Uint8Array;
}

/** The broker's view of the disk. */
export interface BrokerStorage {
  /** Calls `take` once with what was on disk at the start: now, or when a disk that was full lets it be read. */
  recall(take: (remembered: Remembered) => void): void;
  /** false while a disk that was full at the start has not let anything be read: nobody knows then what was */
  isRead(): boolean;
  /** Rides in the next commit; does not ask for one, but a second later. */
  save(change: Change): void;
  /** Everything saved until now is on disk. @throws what the outbox says; it is then saved with a later commit */
  saved(): Promise<void>;
  /** The changes of `sender`'s publish that has no events, all of them in one commit. @throws what the outbox says */
  commit(changes: readonly Change[], sender: string): Promise<void>;
  /** `save` all that is true: the file is a new one, or too much was saved for a disk that takes nothing. */
  onAnew(listener: () => void): void;
}

/** A broker whose memory ends with it. */
export const noStorage: BrokerStorage = {
  recall: () => undefined,
  isRead: () => true,
  save: () => undefined,
  saved: () => Promise.resolve(),
  commit: () => Promise.resolve(),
  onAnew: () => undefined,
};
