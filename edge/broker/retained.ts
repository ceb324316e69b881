/**
 * The retained messages: the newest of each topic, for whoever subscribes later. Bounded; in memory, and those of
 * clients on disk too (sessions.ts).
 *
 * Always: a full table takes no new topic of devices, and one device never has more than its share of it; what the
 * gateway says itself (the alarms' states) is bounded by its configuration and always kept.
 */
import { hasWildcard } from './filter-index.ts';
import { sizeOf } from './message.ts';
import { TopicTree } from './topic-tree.ts';

export interface RetainedLimits {
  readonly maxRetained: number;
  /** of topics, payloads and properties */
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
   * Whether this principal may have so many bytes retained on the topic; notes them then. None of them takes the
   * topic's message away.
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

  /** false where there is no room for it. `message` is kept as it is. */
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

  /** Takes the topic's message away, whoever retained it: its time is over. */
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

  /** What clients have retained, each with the principal whose share it counts to. */
  *owned(): Generator<readonly [Message, string]> {
    for (const [principal, { topics }] of this.#shares)
      for (const topic of topics.keys()) {
        const message = this.#messages.get(topic);
        if (message !== undefined) yield [message, principal];
      }
  }

  /** The messages on topics that the filter matches; undefined now and then, when it looks for long: see TopicTree. */
  matching(filter: string): Iterable<Message | undefined> {
    if (hasWildcard(filter)) return this.#tree.matching(filter);
    const message = this.#messages.get(filter);
    return message === undefined ? [] : [message];
  }
}

/** What a message takes of the limits; 0: it takes the topic's message away, whatever its properties. */
export function retainedBytes(message: RetainedMessage): number {
  return message.payload.length === 0 ? 0 : sizeOf(message);
}

/** Where the gateway alone speaks: no device may publish there. */
export function isOurs(topic: string): boolean {
  return topic.startsWith('forpost/') && !topic.startsWith('forpost/devices/');
}
