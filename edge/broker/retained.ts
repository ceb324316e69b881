/**
 * The retained messages in memory: the newest of each topic, for later subscribers. retained-messages.ts saves those of
 * clients to disk.
 *
 * Always: at the limit no new topic of a client is retained, and no device has more than its share. The gateway's own
 * messages (the alarms' states) are bounded by its configuration and always retained.
 */
import { hasWildcard } from './filter-index.ts';
import { sizeOf } from './message.ts';
import { TopicTree } from './topic-tree.ts';

export interface RetainedLimits {
  readonly maxRetained: number;
  /** limit of the bytes of topics, payloads and properties */
  readonly maxRetainedBytes: number;
  /** of one device */
  readonly maxRetainedEach: number;
  readonly maxRetainedBytesEach: number;
  /** of one consumer: a bridge retains states and discovery of all its devices */
  readonly maxRetainedOfConsumer: number;
  readonly maxRetainedBytesOfConsumer: number;
}

interface RetainedMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly properties?: Buffer | undefined;
}

interface Share {
  readonly topics: Map<string, number>;
  bytes: number;
}

export class Retained<Message extends RetainedMessage> {
  readonly #limits: RetainedLimits;
  readonly #messages = new Map<string, Message>();
  readonly #tree = new TopicTree<Message>();
  readonly #shares = new Map<string, Share>();
  #bytes = 0;

  constructor(limits: RetainedLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#messages.size;
  }

  /**
   * Whether this principal may have `bytes` retained on the topic; counts them if so. 0 bytes delete the topic's message.
   */
  mayRetain(principal: string, topic: string, bytes: number, kind: 'device' | 'consumer' = 'device'): boolean {
    const { maxRetainedEach, maxRetainedBytesEach, maxRetainedOfConsumer, maxRetainedBytesOfConsumer } = this.#limits;
    const most = kind === 'device' ? maxRetainedEach : maxRetainedOfConsumer;
    const mostBytes = kind === 'device' ? maxRetainedBytesEach : maxRetainedBytesOfConsumer;
    const share = this.#shares.get(principal) ?? { topics: new Map<string, number>(), bytes: 0 };
    const before = share.topics.get(topic);
    const after = share.bytes - (before ?? 0) + bytes;
    if (bytes > 0) {
      const isFull = before === undefined && share.topics.size >= most;
      if (isFull || after > mostBytes) return false;
      share.topics.set(topic, bytes);
    } else share.topics.delete(topic);
    share.bytes = after;
    if (share.topics.size === 0) this.#shares.delete(principal);
    else this.#shares.set(principal, share);
    return true;
  }

  /** Stores a message. false: the limits do not allow it. */
  store(message: Message): boolean {
    const { topic, payload } = message;
    const known = this.#messages.get(topic);
    const before = known === undefined ? 0 : retainedBytes(known);
    if (payload.length === 0) {
      this.#messages.delete(topic);
      this.#tree.delete(topic);
      this.#bytes -= before;
      return true;
    }
    const bytes = this.#bytes - before + retainedBytes(message);
    const isFull = known === undefined && this.#messages.size >= this.#limits.maxRetained;
    if ((isFull || bytes > this.#limits.maxRetainedBytes) && !isOurs(topic)) return false;
    this.#messages.set(topic, message);
    this.#tree.set(topic, message);
    this.#bytes = bytes;
    return true;
  }

  /** Deletes the topic's expired message, of any principal. */
  forget(topic: string): void {
    const known = this.#messages.get(topic);
    if (known === undefined) return;
    this.#messages.delete(topic);
    this.#tree.delete(topic);
    this.#bytes -= retainedBytes(known);
    for (const [principal, share] of this.#shares) {
      const bytes = share.topics.get(topic);
      if (bytes === undefined) continue;
      share.topics.delete(topic);
      share.bytes -= bytes;
      if (share.topics.size === 0) this.#shares.delete(principal);
    }
  }

  /** The clients' messages, each with the principal in whose share it counts. */
  *owned(): Generator<readonly [Message, string]> {
    for (const [principal, { topics }] of this.#shares)
      for (const topic of topics.keys()) {
        const message = this.#messages.get(topic);
        if (message !== undefined) yield [message, principal];
      }
  }

  /** The messages on matching topics, with undefined now and then during a long search: see TopicTree. */
  matching(filter: string): Iterable<Message | undefined> {
    if (hasWildcard(filter)) return this.#tree.matching(filter);
    const message = this.#messages.get(filter);
    return message === undefined ? [] : [message];
  }
}

/** Bytes that a message counts towards the limits; 0: it deletes the topic's message, even if it has properties. */
export function retainedBytes(message: RetainedMessage): number {
  return message.payload.length === 0 ? 0 : sizeOf(message);
}

/** Whether only the gateway publishes on this topic. */
export function isOurs(topic: string): boolean {
  return topic.startsWith('forpost/') && !topic.startsWith('forpost/devices/');
}
