/**
 * What the broker knows of one client whose session may outlive its connection, in aedes's words and in its own.
 *
 * Always: a session's number is never given twice (see remembered.ts).
 */
import type { Client } from 'aedes';
import type { Change } from '../outbox/remembered.ts';
import type { Subscriber } from './filter-index.ts';
import type { Inbound } from './inbound.ts';
import type { OutgoingQueue, QueuedItem } from './outgoing-queue.ts';
import type { RetainedLimits } from './retained.ts';

export interface SessionLimits extends RetainedLimits {
  readonly maxSessions: number;
  /** of one principal: client ids are its own to choose */
  readonly maxSessionsEach: number;
  readonly maxQueued: number;
  readonly maxQueuedBytes: number;
  /** of all sessions */
  readonly maxQueuedBytesAll: number;
  /** QoS 2 publishes of one client between PUBREC and PUBREL, whatever others have; of all clients together */
  readonly maxInbound: number;
  readonly maxInboundAll: number;
  /** how long the gateway runs without a session's client before it ends it, ms */
  readonly maxAbsentMs: number;
}

const dayMs = 86_400_000;

export const defaultSessionLimits: SessionLimits = {
  maxSessions: 1000,
  maxSessionsEach: 16,
  maxQueued: 1000,
  maxQueuedBytes: 2 ** 20,
  maxQueuedBytesAll: 64 * 2 ** 20,
  maxRetained: 10_000,
  maxRetainedBytes: 16 * 2 ** 20,
  maxRetainedEach: 200,
  maxRetainedBytesEach: 2 ** 20,
  maxInbound: 1000,
  maxInboundAll: 2 ** 17,
  maxAbsentMs: 7 * dayMs,
};

/** The fields of aedes's packets that matter here. */
export interface StoredPacket {
  readonly cmd: string;
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly dup: boolean;
  brokerId?: string;
  brokerCounter?: number;
  messageId?: number | undefined;
}

export interface Subscription {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly rh?: unknown;
  readonly rap?: unknown;
  readonly nl?: unknown;
}

export interface ClientRef {
  readonly id: string;
  /** ends with its connection */
  readonly clean?: boolean;
  readonly conn?: { destroy(): void };
}

/** A subscriber: a session, or a connection whose session ends with it. */
export interface LiveSubscriber extends Subscriber {
  /** its connection */
  live: Client | undefined;
}

export interface Session extends LiveSubscriber {
  number: number;
  readonly queue: OutgoingQueue;
  readonly inbound: Inbound;
  absentMs: number;
}

/** One that has no filters yet. */
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

/** Who the broker says it is in its messages' ids: the same after each start, so that queued ones are known again. */
export const brokerId = 'forpost';

/** Makes aedes say «session present»; it is never granted: subscriptions are the broker's own (subscribing.ts). */
export const emptySession: Subscription = Object.freeze({ topic: '$session', qos: 0 });

/** `<principal>/<its own client id>`; no principal has a slash in its id. */
export function ownerOf(clientId: string): string {
  return clientId.slice(0, clientId.indexOf('/') + 1);
}

export function queuedChange(session: number, item: QueuedItem): Change {
  return { kind: 'queued', session, ...item, messageId: item.messageId ?? null };
}

/** As it goes out: an established subscription gets no retain flag [MQTT-3.3.1-9]. */
export function packetOf({ message, topic, payload, qos, messageId, released }: QueuedItem): StoredPacket {
  const cmd = released ? 'pubrel' : 'publish';
  return {
    ...{ cmd, topic, payload, qos, retain: false, dup: false },
    ...{ brokerId, brokerCounter: message, messageId },
  };
}

/** A payload is a view of the socket's buffer, which must not live as long as the message. */
export function copyOf({ topic, payload, qos }: StoredPacket): StoredPacket {
  return { cmd: 'publish', topic, payload: Buffer.from(payload), qos, retain: true, dup: false };
}

/** What comes from another thread is no Buffer. */
export function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
