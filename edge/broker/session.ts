/**
 * A client's session, which may outlive its connection, and its limits.
 *
 * Always: a session's number is never given twice (mqtt-state/mqtt-state.ts).
 */
import type { Subscriber } from './filter-index.ts';
import type { Grant } from './grant.ts';
import type { GuardedSocket } from './guarded-socket.ts';
import type { Inbound } from './inbound.ts';
import type { Message } from './message.ts';
import type { OutgoingQueue, QueuedItem } from './outgoing-queue.ts';
import type { RetainedLimits } from './retained.ts';

export interface SessionLimits extends RetainedLimits {
  readonly maxSessions: number;
  /** limit of one principal, which may invent client ids */
  readonly maxSessionsEach: number;
  readonly maxQueued: number;
  readonly maxQueuedBytes: number;
  /** of all sessions */
  readonly maxQueuedBytesAll: number;
  /** limit of QoS 2 publishes between PUBREC and PUBREL: those that every client may have, and those of all clients */
  readonly maxInbound: number;
  readonly maxInboundAll: number;
  /** ms of the gateway's running time without its client after which a session ends */
  readonly maxAbsentMs: number;
}

const dayMs = 86_400_000;

export const defaultSessionLimits: SessionLimits = {
  maxSessions: 1000,
  maxSessionsEach: 16,
  maxQueued: 1000,
  maxQueuedBytes: 2 ** 20,
  maxQueuedBytesAll: 64 * 2 ** 20,
  maxRetained: 20_000,
  maxRetainedBytes: 32 * 2 ** 20,
  maxRetainedEach: 200,
  maxRetainedBytesEach: 2 ** 20,
  maxRetainedOfConsumer: 5000,
  maxRetainedBytesOfConsumer: 8 * 2 ** 20,
  maxInbound: 1000,
  maxInboundAll: 2 ** 17,
  maxAbsentMs: 7 * dayMs,
};

export interface ClientRef {
  /** with its principal's name in front */
  readonly id: string;
  /** its session outlives its connection */
  readonly stays: boolean;
}

/** The connection of a subscriber, as deliveries see it (connection.ts). */
export interface LiveConnection {
  readonly guarded: Pick<GuardedSocket, 'work'>;
  /** QoS 0 */
  send(message: Message, grant: Grant): void;
  /** QoS 1 and 2. false: the message is dropped, and its `item` leaves the session's queue */
  offer(message: Message, grant: Grant, item?: QueuedItem): boolean;
}

/** A subscriber: a session, or a connection whose session ends with it. */
export interface LiveSubscriber extends Subscriber {
  /** its connection */
  live: LiveConnection | undefined;
}

export interface Session extends LiveSubscriber {
  number: number;
  readonly queue: OutgoingQueue;
  readonly inbound: Inbound;
  absentMs: number;
  /** how long its client may stay away, ms */
  expiryMs: number;
}

/** A subscriber without filters. */
export function subscriber(client: string, isStored: boolean): LiveSubscriber {
  const owner = ownerOf(client);
  return {
    client,
    owner,
    subscriptions: new Map(),
    isStored,
    wildcards: 0,
    letters: 0,
    isEnded: false,
    live: undefined,
  };
}

/** `<principal>/<its own client id>`; no principal has a slash in its id. */
export function ownerOf(clientId: string): string {
  return clientId.slice(0, clientId.indexOf('/') + 1);
}

/** A Buffer over the same memory: another thread's messages have Uint8Arrays. */
export function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
