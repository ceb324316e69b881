/**
 * What the broker remembers of its clients: subscriptions and queues of persistent sessions, retained messages, and
 * which QoS 2 publishes it has taken. In memory, where aedes asks through its persistence interface; each change goes
 * to the disk too (`BrokerStorage`), and after a restart, a kill included, it is all there again.
 *
 *   a publish ──► prepare (what it leaves: queued, retained, its QoS 2 id) ──► on disk with its events
 *                    └──► acknowledged ──► delivered on: now in memory too      └── refused ──► abandon
 *
 * Always:
 *  - on disk before it is answered: that a session begins or ends (CONNACK; a disk that does not take it keeps nobody
 *    out: connack.ts), subscriptions (SUBACK, UNSUBACK), a QoS 2 id (PUBREC) and its end (PUBCOMP), what
 *    a publish leaves for absent subscribers (PUBACK), the state of a message of QoS 2 that goes out (PUBLISH, PUBREL);
 *    everything else rides in the next commit. What the gateway itself publishes never waits;
 *  - each queue is bounded and drops its oldest, all together drop of the longest; no principal has more than its
 *    share of sessions; a session whose client stays away for `maxAbsentMs` ends;
 *  - a QoS 2 publish gets its PUBREC only once its gate opens, and one that is known opens no second time; its PUBREL
 *    ends it and no later publish under the same packet id, however often it comes.
 */
import { Readable } from 'node:stream';
import type { Client } from 'aedes';
import { type BrokerStorage, type Change, noStorage, type Remembered } from '../outbox/remembered.ts';
import { FilterIndex, type Match } from './filter-index.ts';
import { type Forgotten, Inbound, InboundCount } from './inbound.ts';
import { OutgoingQueue, type QueuedItem } from './outgoing-queue.ts';
import { isOurs, Retained } from './retained.ts';
import {
  brokerId,
  bufferOf,
  type ClientRef,
  copyOf,
  defaultSessionLimits,
  emptySession,
  type LiveSubscriber,
  ownerOf,
  packetOf,
  queuedChange,
  type Session,
  type SessionLimits,
  type StoredPacket,
  type Subscription,
  subscriber,
} from './session.ts';
import { Unsaved } from './unsaved.ts';

/** How a QoS 2 publish stands: known already or not, and when it may be acknowledged. */
export interface InboundGate {
  readonly duplicate: boolean;
  readonly open: Promise<void>;
}

export interface SessionOptions {
  readonly limits?: Partial<SessionLimits>;
  readonly storage?: BrokerStorage;
  readonly isConnected: (clientId: string) => boolean;
  /** whether this client may hold this subscription */
  readonly mayHold: (client: ClientRef, filter: string) => boolean;
  readonly gateOf: (packet: object) => InboundGate | undefined;
  /** the number of the broker's next message, greater than any before */
  readonly nextMessage: () => number;
  /** something was dropped at a bound */
  readonly onDropped: (what: 'queued' | 'retained' | 'session') => void;
}

const nobody: readonly Match<LiveSubscriber>[] = [];
const nothing: readonly Change[] = [];
const anything = () => true;
const isOfQos1 = ({ qos }: QueuedItem) => qos === 1;
export class Sessions {
  readonly #options: SessionOptions;
  readonly #limits: SessionLimits;
  readonly #storage: BrokerStorage;
  /** by client id, the longest known first */
  readonly #sessions = new Map<string, Session>();
  readonly #retained: Retained<StoredPacket>;
  /** the subscriptions of all sessions, and of connections without one */
  readonly index = new FilterIndex<LiveSubscriber>();
  readonly #inboundCount: InboundCount;
  /** of clients whose session ends with their connection */
  readonly #cleanInbound = new Map<string, Inbound>();
  /** by message: the sessions for which it is on disk and not yet in memory */
  readonly #prepared = new Map<number, readonly number[]>();
  readonly #queued = { bytes: 0 };
  readonly #unsaved: Unsaved;
  #lastNumber = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#limits = { ...defaultSessionLimits, ...options.limits };
    this.#retained = new Retained(this.#limits);
    this.#unsaved = new Unsaved(this.#limits.maxSessions);
    this.#inboundCount = new InboundCount({ each: this.#limits.maxInbound, all: this.#limits.maxInboundAll });
    this.#storage = options.storage ?? noStorage;
    this.#storage.onAnew(() => this.#tellAll());
  }

  sizes() {
    let queued = 0;
    let inbound = this.#cleanInbound.size;
    for (const session of this.#sessions.values()) {
      queued += session.queue.length;
      if (session.inbound.size > 0) inbound++;
    }
    return { sessions: this.#sessions.size, queued, retained: this.#retained.size, inbound };
  }

  async setup(): Promise<void> {}

  // the disk

  /** Takes in what was on disk at the start. Returns the greatest number of a message in it. */
  recall({ sessions, retained }: Pick<Remembered, 'sessions' | 'retained'>): number {
    let greatest = 0;
    const early = [...this.#sessions.values()];
    this.#lastNumber = sessions.reduce((last, { session }) => Math.max(last, session), this.#lastNumber);
    // whoever came before the disk could be read was told that he has no session
    for (const session of early) session.number = ++this.#lastNumber;
    for (const stored of sessions) {
      const known = this.#sessions.get(stored.client);
      if (known !== undefined && early.includes(known)) continue;
      // of two for one client the older was to be ended
      if (known !== undefined) this.#end(known);
      const session = this.#empty(stored.session, stored.client);
      session.absentMs = stored.absentMs;
      for (const { filter, qos } of stored.subscriptions) this.index.add(session, { topic: filter, qos });
      for (const { message, topic, payload, qos, messageId, released } of stored.queue) {
        session.queue.add({
          ...{ message, topic, payload: bufferOf(payload), qos, messageId: messageId ?? undefined, released },
        });
        greatest = Math.max(greatest, message);
      }
      for (const id of stored.inbound) session.inbound.recall(id);
      this.#sessions.set(stored.client, session);
    }
    for (const { topic, payload, qos, owner } of retained) {
      const packet = { cmd: 'publish', topic, payload: bufferOf(payload), qos, retain: true, dup: false };
      if (!this.#retained.mayRetain(owner, topic, payload.length) || !this.#retained.store(packet))
        this.#storage.save({ kind: 'unretained', topic });
    }
    return greatest;
  }

  /** Everything that must outlive a restart. */
  #tellAll(): void {
    const { save } = this.#storage;
    // what is being committed at this moment may go with what the disk forgets: it is written at its delivery
    this.#prepared.clear();
    for (const { number, client, absentMs, subscriptions, queue, inbound } of this.#sessions.values()) {
      save({ kind: 'session', session: number, client, absentMs });
      for (const { topic, qos } of subscriptions.values())
        save({ kind: 'subscribed', session: number, filter: topic, qos });
      for (const item of queue.items()) save(queuedChange(number, item));
      inbound.tellTaken((messageId) => save({ kind: 'received', session: number, messageId }));
    }
    for (const [{ topic, payload, qos }, owner] of this.#retained.owned())
      save({ kind: 'retained', topic, payload, qos, owner });
  }

  /** `elapsedMs` more have gone by: sessions of absent clients grow older, and the oldest end. */
  age(elapsedMs: number): void {
    for (const session of [...this.#sessions.values()]) {
      const absentMs = this.#options.isConnected(session.client) ? 0 : session.absentMs + elapsedMs;
      if (absentMs > this.#limits.maxAbsentMs) {
        this.#end(session);
        this.#options.onDropped('session');
      } else this.#setAbsent(session, absentMs);
    }
  }

  #setAbsent(session: Session, absentMs: number): void {
    if (session.absentMs === absentMs) return;
    session.absentMs = absentMs;
    this.#storage.save({ kind: 'session', session: session.number, client: session.client, absentMs });
  }

  /**
   * Resolves once the disk knows this client's session as it is, or that it has none; undefined where it does, and where
   * it could not be read yet: who comes then is told that he has no session, whatever there is. @throws what the outbox says
   */
  settled(clientId: string): Promise<void> | undefined {
    if (!this.#unsaved.has(clientId) || !this.#storage.isRead()) return undefined;
    return this.#unsaved.settle(() => this.#storage.saved());
  }

  // what a publish leaves

  /**
   * What must be on disk before this publish is acknowledged, besides its events: the message for each persistent
   * session that has subscribed to it (`absentOnly`: whose client is not connected), and the topic's retained message.
   */
  prepare(packet: StoredPacket, owner: string, absentOnly: boolean): readonly Change[] {
    const { topic, qos, retain } = packet;
    const subscribers = qos === 0 ? nobody : this.#subscribersOf(topic);
    if (subscribers.length === 0 && !retain) return nothing;
    const changes: Change[] = [];
    const payload = new Uint8Array(packet.payload);
    if (retain && !isOurs(topic))
      changes.push(
        payload.length === 0 ? { kind: 'unretained', topic } : { kind: 'retained', topic, payload, qos, owner },
      );
    const sessions: number[] = [];
    for (const { subscriber, qos: granted } of subscribers) {
      const session = this.#sessions.get(subscriber.client);
      if (
        session === undefined ||
        session !== subscriber ||
        (absentOnly && this.#options.isConnected(subscriber.client))
      )
        continue;
      packet.brokerId = brokerId;
      packet.brokerCounter ??= this.#options.nextMessage();
      const message = packet.brokerCounter;
      sessions.push(session.number);
      changes.push({
        ...{ kind: 'queued', session: session.number, message, topic, payload },
        ...{ qos: Math.min(qos, granted) as 1 | 2, messageId: null, released: false },
      });
    }
    if (packet.brokerCounter !== undefined) this.#prepared.set(packet.brokerCounter, sessions);
    return changes;
  }

  /** Whether a persistent session is to get it: one that was there when it was taken, or is now. */
  isWanted({ topic, brokerCounter }: StoredPacket): boolean {
    return brokerCounter !== undefined || this.#subscribersOf(topic).length > 0;
  }

  /** It was not committed, and is not delivered. */
  abandon(packet: StoredPacket): void {
    if (packet.brokerCounter !== undefined) this.#prepared.delete(packet.brokerCounter);
  }

  // QoS 2, inbound

  /** The admission of this publish where it is known, so that a second sending of it is not admitted again. */
  inbound(client: ClientRef, messageId: number): Promise<void> | undefined {
    return this.#inboundOf(client)?.get(messageId)?.admission;
  }

  /** What is to be on disk with a publish that begins, so that it is known after a restart too. */
  inboundChange(client: ClientRef, messageId: number): Change | undefined {
    if (client.clean !== false) return undefined;
    return { kind: 'received', session: this.#session(client.id).number, messageId };
  }

  /** Notes a publish that is being admitted; it is forgotten if that fails. */
  beginInbound(client: ClientRef, messageId: number, admission: Promise<void>): void {
    let known = this.#inboundOf(client);
    if (known === undefined) {
      known = new Inbound(this.#inboundCount);
      this.#cleanInbound.set(client.id, known);
    }
    for (const forgotten of known.begin(messageId, admission)) this.#saveForgotten(client, forgotten);
  }

  #inboundOf(client: ClientRef): Inbound | undefined {
    if (client.clean !== false) return this.#cleanInbound.get(client.id);
    return this.#session(client.id).inbound;
  }

  /** One that is under way comes on disk with its commit, and goes from there after that, or with the next of its id. */
  #saveForgotten(client: ClientRef, { messageId, admission }: Forgotten): void {
    const forget = () => {
      const next = this.#sessions.get(client.id)?.inbound.get(messageId);
      if (next === undefined) this.#saveReleased(client, messageId);
      else next.admission.catch(forget);
    };
    if (client.clean === false) admission.then(forget, () => undefined);
  }

  #saveReleased(client: ClientRef, messageId: number): void {
    const session = client.clean === false ? this.#sessions.get(client.id) : undefined;
    if (session !== undefined) this.#storage.save({ kind: 'released', session: session.number, messageId });
  }

  async incomingGetPacket(client: ClientRef, packet: StoredPacket): Promise<StoredPacket> {
    if (packet.cmd === 'publish') {
      const gate = this.#options.gateOf(packet);
      if (gate?.duplicate !== true) throw new Error('no such packet');
      await gate.open;
      return packet;
    }
    // before the disk is read nobody knows whether it holds this packet id: its end is not confirmed
    if (client.clean === false && !this.#storage.isRead()) client.conn?.destroy();
    if (packet.messageId === undefined || this.inbound(client, packet.messageId) === undefined)
      throw new Error('no such packet');
    return packet;
  }

  async incomingStorePacket(_client: ClientRef, packet: StoredPacket): Promise<void> {
    await this.#options.gateOf(packet)?.open;
  }

  /**
   * PUBREL: the packet id is free again, once the disk knows it; else its next message would be taken for this one
   * after a restart [MQTT-4.3.3-2]. PUBREL may come twice, and the id be a new publish's before the second is through.
   */
  async incomingDelPacket(client: ClientRef, packet: StoredPacket): Promise<void> {
    const { messageId } = packet;
    const known = this.#inboundOf(client);
    const publish = messageId === undefined ? undefined : known?.get(messageId);
    if (messageId === undefined || known === undefined || publish === undefined) return;
    await publish.admission.catch(() => undefined);
    if (known.get(messageId) !== publish) return;
    if (client.clean === false) {
      this.#saveReleased(client, messageId);
      try {
        await this.#storage.saved();
      } catch (error) {
        // aedes would send PUBCOMP all the same
        client.conn?.destroy();
        throw error;
      }
    }
    known.end(messageId, publish);
    if (client.clean !== false && known.size === 0) this.#cleanInbound.delete(client.id);
  }

  /** The QoS 2 state of a clean session; that of a persistent one goes with it [MQTT-3.1.2-6]. */
  async cleanIncoming(client: ClientRef): Promise<void> {
    this.#cleanInbound.get(client.id)?.clear();
    this.#cleanInbound.delete(client.id);
  }

  // retained messages

  /** See `Retained.mayRetain`. */
  mayRetain(principal: string, topic: string, bytes: number): boolean {
    if (this.#retained.mayRetain(principal, topic, bytes)) return true;
    this.#options.onDropped('retained');
    return false;
  }

  /** What clients have retained is on disk with their publish; what the gateway says itself it says anew. */
  async storeRetained(packet: StoredPacket): Promise<void> {
    if (this.#retained.store(copyOf(packet))) return;
    this.#options.onDropped('retained');
    this.#storage.save({ kind: 'unretained', topic: packet.topic });
  }

  /** See `Retained.matching`. */
  retainedFor(filter: string): Iterable<StoredPacket | undefined> {
    return this.#retained.matching(filter);
  }

  // subscriptions of persistent sessions

  /** The session of a client that has one, and its client is this connection from now on. */
  attach(client: Client): Session {
    const session = this.#session(client.id);
    session.live = client;
    return session;
  }

  /** In force, and answered, once they are on disk. */
  async addSubscriptions(client: ClientRef, subscriptions: readonly Subscription[]): Promise<void> {
    const session = this.#session(client.id);
    await this.subscriptionsSaved(session, this.saveSubscriptions(session, subscriptions));
    this.applySubscriptions(session, subscriptions);
  }

  /** Notes subscriptions for the disk. Returns those of their filters that it does not know so. */
  saveSubscriptions(session: Session, subscriptions: readonly Subscription[]): readonly string[] {
    const changed: string[] = [];
    for (const { topic, qos } of subscriptions) {
      if (session.subscriptions.get(topic)?.qos === qos) continue;
      changed.push(topic);
      this.#storage.save({ kind: 'subscribed', session: session.number, filter: topic, qos });
    }
    return changed;
  }

  /** Resolves once the disk knows the `changed` ones. @throws what the outbox says: then they do not hold */
  async subscriptionsSaved(session: Session, changed: readonly string[]): Promise<void> {
    try {
      // on a site whose disk was full at the start alerts go on: what holds then is written with all else, once it can be
      if (changed.length > 0 && this.#storage.isRead()) await this.#storage.saved();
    } catch (error) {
      if (!session.isEnded) for (const filter of changed) this.#saveAsItIs(session, filter);
      throw error;
    }
  }

  /** Brings subscriptions into force. */
  applySubscriptions(session: Session, subscriptions: readonly Subscription[]): void {
    if (session.isEnded) return;
    for (const { topic, qos } of subscriptions) this.index.add(session, { topic, qos });
  }

  #saveAsItIs(session: Session, filter: string): void {
    const held = session.subscriptions.get(filter);
    if (held === undefined) this.#storage.save({ kind: 'unsubscribed', session: session.number, filter });
    else this.#storage.save({ kind: 'subscribed', session: session.number, filter, qos: held.qos });
  }

  async removeSubscriptions(client: ClientRef, filters: readonly string[]): Promise<void> {
    const session = this.#sessions.get(client.id);
    if (session === undefined) return;
    this.dropSubscriptions(session, filters);
    await this.subscriptionsDropped();
  }

  /** Ends subscriptions, and notes that for the disk. */
  dropSubscriptions(session: Session, filters: readonly string[]): void {
    if (session.isEnded) return;
    for (const filter of filters)
      if (this.index.remove(session, filter))
        this.#storage.save({ kind: 'unsubscribed', session: session.number, filter });
  }

  /** Resolves once the disk knows which subscriptions are dropped. @throws what the outbox says */
  subscriptionsDropped(): Promise<void> {
    return this.#storage.saved();
  }

  async cleanSubscriptions(client: ClientRef): Promise<void> {
    // a clean session begins with nothing, its queue included [MQTT-3.1.2-6]
    const session = this.#sessions.get(client.id);
    if (session !== undefined) this.#end(session);
  }

  /** Asked when a client without a clean session connects: it has one from now on [MQTT-3.1.2-4, 3.2.2-2]. */
  async subscriptionsByClient(client: ClientRef): Promise<Subscription[]> {
    const known = this.#sessions.get(client.id);
    if (known === undefined) {
      this.#session(client.id);
      return [];
    }
    this.#setAbsent(known, 0);
    return [emptySession];
  }

  /** The persistent subscribers of a topic with QoS above 0, each once, with the highest QoS that it asked for. */
  async subscriptionsByTopic(topic: string) {
    return this.#subscribersOf(topic).map(({ subscriber: { client }, qos }) => ({ clientId: client, topic, qos }));
  }

  #subscribersOf(topic: string): readonly Match<LiveSubscriber>[] {
    return this.index.match(topic).stored;
  }

  async countOffline() {
    return { subsCount: 0, clientsCount: this.#sessions.size };
  }

  // queues of persistent sessions

  async outgoingEnqueue(subscription: { readonly clientId: string; readonly qos?: number }, packet: StoredPacket) {
    await this.outgoingEnqueueCombi([subscription], packet);
  }

  /** A message is delivered on. Where its publish has brought it to disk already, it is not written again. */
  async outgoingEnqueueCombi(
    subscribers: readonly { readonly clientId: string; readonly qos?: number }[],
    packet: StoredPacket,
  ): Promise<void> {
    const message = packet.brokerCounter ?? 0;
    const onDisk = new Set(this.#prepared.get(message));
    this.#prepared.delete(message);
    let payload: Buffer | undefined;
    for (const { clientId, qos = 1 } of subscribers) {
      const session = this.#sessions.get(clientId);
      if (session === undefined || session.queue.get(message) !== undefined) continue;
      payload ??= Buffer.from(packet.payload);
      const granted = Math.min(qos, packet.qos) as 1 | 2;
      const item = { message, topic: packet.topic, payload, qos: granted, messageId: undefined, released: false };
      session.queue.add(item);
      if (!onDisk.delete(session.number)) this.#storage.save(queuedChange(session.number, item));
      this.#keepWithinLimits(session);
    }
    // who has unsubscribed since
    for (const session of onDisk) this.#storage.save({ kind: 'unqueued', session, message });
  }

  #keepWithinLimits(session: Session): void {
    const { queue } = session;
    while (queue.length > this.#limits.maxQueued || queue.bytes > this.#limits.maxQueuedBytes)
      this.#dropOldest(session);
    while (this.#queued.bytes > this.#limits.maxQueuedBytesAll) {
      let longest = session;
      for (const other of this.#sessions.values()) if (other.queue.bytes > longest.queue.bytes) longest = other;
      this.#dropOldest(longest);
    }
  }

  #dropOldest(session: Session): void {
    const oldest = session.queue.oldest();
    if (oldest === undefined) return;
    this.#unqueue(session, oldest);
    this.#options.onDropped('queued');
  }

  #unqueue(session: Session, item: QueuedItem): void {
    session.queue.delete(item);
    this.#storage.save({ kind: 'unqueued', session: session.number, message: item.message });
  }

  /**
   * A queued message is about to be sent under its packet id, or its PUBREC came. One that was dropped is no error. Of
   * QoS 2 the disk has to know it before, or a restart would send the message a second time as a new one.
   */
  async outgoingUpdate(client: ClientRef, packet: StoredPacket): Promise<void> {
    const session = this.#sessions.get(client.id);
    const { messageId } = packet;
    if (session === undefined || messageId === undefined) return;
    const { queue } = session;
    if (packet.cmd === 'pubrel') {
      const item = queue.byId(messageId);
      if (item === undefined) return;
      if (!item.released) {
        queue.release(item);
        this.#saveSent(session, item);
      }
      await this.#storage.saved();
      return;
    }
    const item = packet.brokerCounter === undefined ? undefined : queue.get(packet.brokerCounter);
    if (item === undefined || item.messageId === messageId) return;
    queue.sent(item, messageId);
    this.#saveSent(session, item);
    if (item.qos === 2) await this.#storage.saved();
  }

  #saveSent(session: Session, { message, messageId, released }: QueuedItem): void {
    const sent = { message, messageId: messageId ?? null, released };
    this.#storage.save({ kind: 'sent', session: session.number, ...sent });
  }

  /**
   * PUBACK or PUBCOMP; or a message that aedes did not send, because the client's rights have changed, because it has
   * it on its way already, or because it does not read: those last two it is still owed.
   */
  async outgoingClearMessageId(client: ClientRef, packet: StoredPacket): Promise<StoredPacket | undefined> {
    if (packet.cmd === 'publish' && this.#options.mayHold(client, packet.topic)) return undefined;
    const session = this.#sessions.get(client.id);
    // a packet without an id is one that was not sent: it stands for none in the queue
    if (session === undefined || packet.messageId === undefined) return undefined;
    const item = session.queue.byId(packet.messageId);
    if (item === undefined) return undefined;
    this.#unqueue(session, item);
    return packetOf(item);
  }

  /** What is owed, in order: under their packet ids and as duplicates where they were sent before [MQTT-4.4.0-1]. */
  outgoingStream(client: ClientRef): Readable {
    const session = this.#sessions.get(client.id);
    return session === undefined ? Readable.from([]) : Readable.from(this.#owed(session));
  }

  async *#owed(session: Session): AsyncGenerator<StoredPacket> {
    const items = [...session.queue.items()].map((item) => ({ item, dup: item.messageId !== undefined }));
    for (const { item, dup } of items) {
      if (dup) continue;
      session.queue.sent(item, session.queue.takeId());
      this.#saveSent(session, item);
    }
    const maySend = items.some(({ item }) => item.qos === 2) && !(await this.#isSaved()) ? isOfQos1 : anything;
    // acknowledged or dropped meanwhile
    for (const { item, dup } of items)
      if (session.queue.get(item.message) === item && maySend(item))
        yield { ...packetOf(item), dup: dup && !item.released };
  }

  /** false on a disk that takes nothing: what of QoS 2 it does not know stays owed, and alerts go on. */
  async #isSaved(): Promise<boolean> {
    try {
      await this.#storage.saved();
      return true;
    } catch {
      return false;
    }
  }

  /** The packet ids of what is sent to a client beside its queue; undefined where it has no session. */
  queueOf(clientId: string): OutgoingQueue | undefined {
    return this.#sessions.get(clientId)?.queue;
  }

  // wills: aedes holds those of its living clients itself, and nobody else publishes ours

  async putWill(): Promise<void> {}
  async getWill(): Promise<undefined> {}
  async delWill(): Promise<undefined> {}

  streamWill(): Readable {
    return Readable.from([]);
  }

  async destroy(): Promise<void> {}

  /**
   * Which sessions (the longest known first) must make room for a new one: of absent clients, of the same principal
   * where that has its share, so that nobody is driven out by client ids that another makes up.
   */
  #outdated(clientId: string): readonly Session[] {
    const { maxSessions, maxSessionsEach } = this.#limits;
    const all = [...this.#sessions.values()];
    const owner = ownerOf(clientId);
    const own = all.filter(({ client }) => ownerOf(client) === owner);
    const [among, excess] =
      own.length >= maxSessionsEach ? [own, own.length - maxSessionsEach] : [all, all.length - maxSessions];
    const outdated: Session[] = [];
    for (const session of among) {
      if (outdated.length > excess) break;
      if (!this.#options.isConnected(session.client)) outdated.push(session);
    }
    return outdated;
  }

  /** The client's session, a new one where it has none. */
  #session(clientId: string): Session {
    const known = this.#sessions.get(clientId);
    if (known !== undefined) return known;
    for (const outdated of this.#outdated(clientId)) {
      this.#end(outdated);
      this.#options.onDropped('session');
    }
    const session = this.#empty(++this.#lastNumber, clientId);
    this.#sessions.set(clientId, session);
    this.#unsaved.note(clientId);
    this.#storage.save({ kind: 'session', session: session.number, client: clientId, absentMs: 0 });
    return session;
  }

  #empty(number: number, clientId: string): Session {
    const queue = new OutgoingQueue(this.#queued);
    return { ...subscriber(clientId, true), number, absentMs: 0, queue, inbound: new Inbound(this.#inboundCount) };
  }

  #end(session: Session): void {
    this.#sessions.delete(session.client);
    session.inbound.clear();
    session.queue.clear();
    this.index.end(session);
    this.#unsaved.note(session.client);
    this.#storage.save({ kind: 'session-ended', session: session.number });
  }
}
