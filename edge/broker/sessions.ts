/**
 * What the broker remembers of its clients: subscriptions and queues of persistent sessions, retained messages, and
 * which QoS 2 publishes it has taken. In memory, bounded; aedes calls it through its persistence interface.
 *
 * Always: each queue is bounded and drops its oldest; no principal has more than its share of sessions; a QoS 2
 * publish is stored (and so gets its PUBREC) only once its gate opens, and one that is known opens no second time.
 * Memory only: a restart of the gateway ends all sessions, as CONNACK's session-present flag tells the clients.
 */
import { Readable } from 'node:stream';
import { Retained, type RetainedLimits } from './retained.ts';
import { topicMatches } from './topic-filter.ts';

export interface SessionLimits extends RetainedLimits {
  readonly maxSessions: number;
  /** of one principal: client ids are its own to choose */
  readonly maxSessionsEach: number;
  readonly maxQueued: number;
  readonly maxQueuedBytes: number;
  /** QoS 2 publishes of one client between PUBREC and PUBREL */
  readonly maxInbound: number;
}

export const defaultSessionLimits: SessionLimits = {
  maxSessions: 1000,
  maxSessionsEach: 16,
  maxQueued: 1000,
  maxQueuedBytes: 2 ** 20,
  maxRetained: 10_000,
  maxRetainedBytes: 16 * 2 ** 20,
  maxRetainedEach: 200,
  maxRetainedBytesEach: 2 ** 20,
  maxInbound: 1000,
};

/** The fields of aedes's packets that matter here. */
export interface StoredPacket {
  readonly cmd: string;
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly dup: boolean;
  readonly brokerId?: string;
  readonly brokerCounter?: number;
  messageId?: number | undefined;
}

interface Subscription {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly rh?: unknown;
  readonly rap?: unknown;
  readonly nl?: unknown;
}

interface ClientRef {
  readonly id: string;
}

interface Session {
  readonly subscriptions: Map<string, Subscription>;
  queue: StoredPacket[];
  queuedBytes: number;
}

/** How a QoS 2 publish stands: known already or not, and when it may be acknowledged. */
export interface InboundGate {
  readonly duplicate: boolean;
  readonly open: Promise<void>;
}

export interface SessionOptions {
  readonly limits?: Partial<SessionLimits>;
  readonly isConnected: (clientId: string) => boolean;
  /** whether this client may hold this subscription */
  readonly mayHold: (client: ClientRef, filter: string) => boolean;
  readonly gateOf: (packet: object) => InboundGate | undefined;
  /** something was dropped at a bound */
  readonly onDropped: (what: 'queued' | 'retained' | 'session') => void;
}

/** Topics whose subscribers are remembered between changes of subscriptions. */
const maxCachedTopics = 10_000;

export class Sessions {
  readonly #options: SessionOptions;
  readonly #limits: SessionLimits;
  readonly #sessions = new Map<string, Session>();
  readonly #retained: Retained<StoredPacket>;
  readonly #inbound = new Map<string, Map<number, Promise<void>>>();
  readonly #byTopic = new Map<string, readonly (Subscription & { readonly clientId: string })[]>();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#limits = { ...defaultSessionLimits, ...options.limits };
    this.#retained = new Retained(this.#limits);
  }

  sizes() {
    let queued = 0;
    for (const session of this.#sessions.values()) queued += session.queue.length;
    return { sessions: this.#sessions.size, queued, retained: this.#retained.size, inbound: this.#inbound.size };
  }

  async setup(): Promise<void> {}

  // QoS 2, inbound

  /** The admission of this publish where it is known, so that a second sending of it is not admitted again. */
  inbound(clientId: string, messageId: number): Promise<void> | undefined {
    return this.#inbound.get(clientId)?.get(messageId);
  }

  /** Notes a publish that is being admitted; it is forgotten if that fails. */
  beginInbound(clientId: string, messageId: number, admission: Promise<void>): void {
    const known = this.#inbound.get(clientId) ?? new Map<number, Promise<void>>();
    if (!this.#inbound.has(clientId))
      for (const id of this.#outdated(this.#inbound.keys(), clientId)) this.#inbound.delete(id);
    this.#inbound.set(clientId, known);
    known.set(messageId, admission);
    for (const oldest of known.keys()) {
      if (known.size <= this.#limits.maxInbound) break;
      known.delete(oldest);
    }
    admission.catch(() => {
      if (known.get(messageId) === admission) known.delete(messageId);
    });
  }

  async incomingGetPacket(client: ClientRef, packet: StoredPacket): Promise<StoredPacket> {
    if (packet.cmd === 'publish') {
      const gate = this.#options.gateOf(packet);
      if (gate?.duplicate !== true) throw new Error('no such packet');
      await gate.open;
      return packet;
    }
    if (packet.messageId === undefined || this.inbound(client.id, packet.messageId) === undefined)
      throw new Error('no such packet');
    return packet;
  }

  async incomingStorePacket(_client: ClientRef, packet: StoredPacket): Promise<void> {
    await this.#options.gateOf(packet)?.open;
  }

  async incomingDelPacket(client: ClientRef, packet: StoredPacket): Promise<void> {
    const known = this.#inbound.get(client.id);
    if (packet.messageId === undefined || known === undefined) return;
    known.delete(packet.messageId);
    if (known.size === 0) this.#inbound.delete(client.id);
  }

  async cleanIncoming(client: ClientRef): Promise<void> {
    this.#inbound.delete(client.id);
  }

  // retained messages

  /** See `Retained.mayRetain`. */
  mayRetain(principal: string, topic: string, bytes: number): boolean {
    if (this.#retained.mayRetain(principal, topic, bytes)) return true;
    this.#options.onDropped('retained');
    return false;
  }

  async storeRetained(packet: StoredPacket): Promise<void> {
    if (!this.#retained.store(copyOf(packet))) this.#options.onDropped('retained');
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    return Readable.from(this.#retained.matching(filters));
  }

  // subscriptions of persistent sessions

  async addSubscriptions(client: ClientRef, subscriptions: readonly Subscription[]): Promise<void> {
    const session = this.#session(client.id);
    for (const { topic, qos, rh, rap, nl } of subscriptions)
      if (this.#options.mayHold(client, topic)) session.subscriptions.set(topic, { topic, qos, rh, rap, nl });
    this.#byTopic.clear();
  }

  async removeSubscriptions(client: ClientRef, filters: readonly string[]): Promise<void> {
    const session = this.#sessions.get(client.id);
    if (session === undefined) return;
    for (const filter of filters) session.subscriptions.delete(filter);
    if (session.subscriptions.size === 0 && session.queue.length === 0) this.#sessions.delete(client.id);
    this.#byTopic.clear();
  }

  async cleanSubscriptions(client: ClientRef): Promise<void> {
    // a clean session begins with nothing, its queue included [MQTT-3.1.2-6]
    if (this.#sessions.delete(client.id)) this.#byTopic.clear();
  }

  async subscriptionsByClient(client: ClientRef): Promise<Subscription[]> {
    return [...(this.#sessions.get(client.id)?.subscriptions.values() ?? [])];
  }

  /** The persistent subscribers of a topic with QoS above 0, each once, with the highest QoS that it asked for. */
  async subscriptionsByTopic(topic: string) {
    const known = this.#byTopic.get(topic);
    if (known !== undefined) return known;
    const found: (Subscription & { readonly clientId: string })[] = [];
    for (const [clientId, session] of this.#sessions) {
      let best: Subscription | undefined;
      for (const subscription of session.subscriptions.values())
        if (subscription.qos > (best?.qos ?? 0) && topicMatches(subscription.topic, topic)) best = subscription;
      if (best !== undefined) found.push({ clientId, ...best });
    }
    if (this.#byTopic.size >= maxCachedTopics) this.#byTopic.clear();
    this.#byTopic.set(topic, found);
    return found;
  }

  async countOffline() {
    return { subsCount: 0, clientsCount: this.#sessions.size };
  }

  // queues of persistent sessions

  async outgoingEnqueue(subscription: { readonly clientId: string }, packet: StoredPacket): Promise<void> {
    this.#enqueue(subscription.clientId, packet);
  }

  #enqueue(clientId: string, packet: StoredPacket): void {
    const session = this.#sessions.get(clientId);
    if (session === undefined) return;
    session.queue.push(copyOf(packet));
    session.queuedBytes += packet.payload.length;
    while (session.queue.length > this.#limits.maxQueued || session.queuedBytes > this.#limits.maxQueuedBytes) {
      const dropped = session.queue.shift();
      if (dropped === undefined) break;
      session.queuedBytes -= dropped.payload?.length ?? 0;
      this.#options.onDropped('queued');
    }
  }

  async outgoingEnqueueCombi(subscriptions: readonly { readonly clientId: string }[], packet: StoredPacket) {
    for (const subscription of subscriptions) this.#enqueue(subscription.clientId, packet);
  }

  /** Gives a queued message its packet id, or puts the PUBREL in its place. One that was dropped is no error. */
  async outgoingUpdate(client: ClientRef, packet: StoredPacket): Promise<void> {
    const queue = this.#sessions.get(client.id)?.queue ?? [];
    for (const [i, queued] of queue.entries()) {
      if (queued.brokerId === packet.brokerId && queued.brokerId !== undefined) {
        if (queued.brokerCounter !== packet.brokerCounter) continue;
        queued.messageId = packet.messageId;
        return;
      }
      if (queued.messageId !== undefined && queued.messageId === packet.messageId) {
        this.#release(client.id, queued);
        queue[i] = packet;
        return;
      }
    }
  }

  async outgoingClearMessageId(client: ClientRef, packet: StoredPacket): Promise<StoredPacket | undefined> {
    const queue = this.#sessions.get(client.id)?.queue;
    // a packet without an id is one that was not sent: it stands for none in the queue
    if (queue === undefined || packet.messageId === undefined) return undefined;
    const at = queue.findIndex((queued) => queued.messageId === packet.messageId);
    const [cleared] = at < 0 ? [] : queue.splice(at, 1);
    if (cleared !== undefined) this.#release(client.id, cleared);
    return cleared;
  }

  outgoingStream(client: ClientRef): Readable {
    return Readable.from([...(this.#sessions.get(client.id)?.queue ?? [])]);
  }

  // wills: aedes holds those of its living clients itself, and nobody else publishes ours

  async putWill(): Promise<void> {}
  async getWill(): Promise<undefined> {}
  async delWill(): Promise<undefined> {}

  streamWill(): Readable {
    return Readable.from([]);
  }

  async destroy(): Promise<void> {}

  #release(clientId: string, packet: StoredPacket): void {
    const session = this.#sessions.get(clientId);
    if (session !== undefined) session.queuedBytes -= packet.payload?.length ?? 0;
  }

  /**
   * Which of `held` (client ids, oldest first) must make room for a new one: absent ones, of the same principal where
   * that has its share, so that nobody is driven out by client ids that another makes up.
   */
  #outdated(held: Iterable<string>, clientId: string): readonly string[] {
    const { maxSessions, maxSessionsEach } = this.#limits;
    const all = [...held];
    const own = all.filter((id) => ownerOf(id) === ownerOf(clientId));
    const [among, excess] =
      own.length >= maxSessionsEach ? [own, own.length - maxSessionsEach] : [all, all.length - maxSessions];
    const outdated: string[] = [];
    for (const id of among) {
      if (outdated.length > excess) break;
      if (!this.#options.isConnected(id)) outdated.push(id);
    }
    return outdated;
  }

  #session(clientId: string): Session {
    const known = this.#sessions.get(clientId);
    if (known !== undefined) return known;
    for (const id of this.#outdated(this.#sessions.keys(), clientId)) {
      this.#sessions.delete(id);
      this.#inbound.delete(id);
      this.#options.onDropped('session');
    }
    const session: Session = { subscriptions: new Map(), queue: [], queuedBytes: 0 };
    this.#sessions.set(clientId, session);
    return session;
  }
}

/** `<principal>/<its own client id>`; no principal has a slash in its id. */
function ownerOf(clientId: string): string {
  return clientId.slice(0, clientId.indexOf('/') + 1);
}

/** A payload is a view of the socket's buffer, which must not live as long as the message. */
function copyOf(packet: StoredPacket): StoredPacket {
  const { cmd, topic, qos, retain, dup, brokerId, brokerCounter } = packet;
  const payload = Buffer.from(packet.payload);
  return {
    cmd,
    topic,
    payload,
    qos,
    retain,
    dup,
    ...(brokerId === undefined ? {} : { brokerId }),
    ...(brokerCounter === undefined ? {} : { brokerCounter }),
  };
}
