/**
 * What the broker remembers of its clients: subscriptions and queues of persistent sessions, retained messages, and
 * which QoS 2 publishes it has taken. In memory; each change goes to the disk too (`BrokerStorage`), and after a
 * restart, a kill included, it is all there again.
 *
 *   a publish ──► prepare (what it leaves: queued, retained, its QoS 2 id) ──► on disk with its events
 *                    └──► acknowledged ──► delivered on: now in memory too      └── refused ──► abandon
 *
 *   a session: absent ── attach ──► its client is here ── detach ──► absent ── its expiry, `maxAbsentMs` ──► ended
 *
 * Always:
 *  - on disk before it is answered: that a session begins or ends (CONNACK; a disk that does not take it keeps nobody
 *    out: connack.ts), subscriptions (SUBACK, UNSUBACK), a QoS 2 id (PUBREC) and its end (PUBCOMP), what
 *    a publish leaves for absent subscribers (PUBACK), the state of a message of QoS 2 that goes out (PUBLISH, PUBREL);
 *    everything else rides in the next commit. What the gateway itself publishes never waits;
 *  - each queue is bounded and drops its oldest, all together drop of the longest; no principal has more than its
 *    share of sessions; a session whose client stays away for longer than it asked, or for `maxAbsentMs`, ends;
 *  - a QoS 2 publish that is known is not taken a second time; its PUBREL ends it and no later publish under the same
 *    packet id, however often it comes;
 *  - times on disk are those of the wall clock, in memory those of the uptime: a clock that is set moves no expiry.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import {
  type BrokerStorage,
  type Change,
  noStorage,
  type Remembered,
  type StoredSession,
} from '../mqtt-state/mqtt-state.ts';
import { FilterIndex, type Match } from './filter-index.ts';
import { type Grant, grantOf, itemOf } from './grants.ts';
import { type Forgotten, Inbound, InboundCount } from './inbound.ts';
import { type KeptMessage, kept, type Message } from './message.ts';
import { OutgoingQueue, type QueuedItem } from './outgoing-queue.ts';
import { isOurs, Retained, retainedBytes } from './retained.ts';
import {
  bufferOf,
  type ClientRef,
  defaultSessionLimits,
  isSame,
  type LiveSubscriber,
  ownerOf,
  type Session,
  type SessionLimits,
  type Subscription,
  subscriber,
} from './session.ts';
import { optionsOf, subscribedChange } from './stored-subscriptions.ts';
import { Unsaved } from './unsaved.ts';

export interface SessionOptions {
  readonly limits?: Partial<SessionLimits>;
  readonly storage?: BrokerStorage;
  readonly clock: Clock;
  readonly isConnected: (clientId: string) => boolean;
  /** something was dropped at a bound */
  readonly onDropped: (what: 'queued' | 'retained' | 'session') => void;
  /** a client's session has ended, whatever ended it */
  readonly onEnded?: (clientId: string) => void;
}

const nobody: readonly Match<LiveSubscriber>[] = [];
const nothing: readonly Change[] = [];

export class Sessions {
  readonly #options: SessionOptions;
  readonly #limits: SessionLimits;
  readonly #storage: BrokerStorage;
  /** by client id, the longest known first */
  readonly #sessions = new Map<string, Session>();
  readonly #retained: Retained<KeptMessage>;
  /** the subscriptions of all sessions, and of connections without one */
  readonly index = new FilterIndex<LiveSubscriber>();
  readonly #inboundCount: InboundCount;
  /** of clients whose session ends with their connection */
  readonly #cleanInbound = new Map<string, Inbound>();
  /** by message: the sessions for which it is on disk and not yet in memory */
  readonly #prepared = new Map<number, readonly number[]>();
  readonly #queued = { bytes: 0 };
  readonly #unsaved: Unsaved;
  /** of absent sessions that end sooner than all do */
  readonly #expiring = new Map<Session, Timer>();
  #lastNumber = 0;
  #lastMessage = 0;

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

  /** The number of the broker's next message, greater than any before. */
  nextMessage(): number {
    return ++this.#lastMessage;
  }

  // the disk

  /** Takes in what was on disk at the start. */
  recall({ sessions, retained }: Pick<Remembered, 'sessions' | 'retained'>): void {
    const early = [...this.#sessions.values()];
    this.#lastNumber = sessions.reduce((last, { session }) => Math.max(last, session), this.#lastNumber);
    // whoever came before the disk could be read was told that he has no session
    for (const session of early) session.number = ++this.#lastNumber;
    for (const stored of sessions) {
      const known = this.#sessions.get(stored.client);
      if (known !== undefined && early.includes(known)) continue;
      // of two for one client the older was to be ended
      if (known !== undefined) this.#end(known);
      this.#recallSession(stored);
    }
    for (const { owner, expiresAt, ...stored } of retained) {
      const { topic, qos } = stored;
      const payload = bufferOf(stored.payload);
      const properties = stored.properties == null ? undefined : bufferOf(stored.properties);
      const message = { topic, payload, qos, properties, expiresAt: this.#uptimeOf(expiresAt) };
      // what was within a share then is within the larger one now: the owner may be either
      if (!this.#retained.mayRetain(owner, topic, retainedBytes(message), 'consumer') || !this.#retained.store(message))
        this.#storage.save({ kind: 'unretained', topic });
    }
  }

  #recallSession(stored: StoredSession): void {
    const session = this.#empty(stored.session, stored.client, stored.expiryMs ?? this.#limits.maxAbsentMs);
    session.absentMs = stored.absentMs;
    for (const { filter, qos, options } of stored.subscriptions)
      this.index.add(session, { topic: filter, qos, ...optionsOf(options) });
    for (const { message, topic, qos, messageId, released, ...rest } of stored.queue) {
      session.queue.add({
        ...{ message, topic, qos, messageId: messageId ?? undefined, released, payload: bufferOf(rest.payload) },
        properties: rest.properties == null ? undefined : bufferOf(rest.properties),
        expiresAt: this.#uptimeOf(rest.expiresAt),
        retain: rest.retain ?? false,
      });
      this.#lastMessage = Math.max(this.#lastMessage, message);
    }
    for (const id of stored.inbound) session.inbound.recall(id);
    this.#sessions.set(stored.client, session);
    this.#expireLater(session);
  }

  #uptimeOf(wall: number | null | undefined): number | undefined {
    const { clock } = this.#options;
    return wall == null ? undefined : clock.uptime() + wall - clock.now();
  }

  #wallOf(uptime: number | undefined): number | null {
    const { clock } = this.#options;
    return uptime === undefined ? null : clock.now() + uptime - clock.uptime();
  }

  /** Everything that must outlive a restart. */
  #tellAll(): void {
    const { save } = this.#storage;
    // what is being committed at this moment may go with what the disk forgets: it is written at its delivery
    this.#prepared.clear();
    for (const session of this.#sessions.values()) {
      const { number, subscriptions, queue, inbound } = session;
      this.#saveSession(session);
      for (const subscription of subscriptions.values()) save(subscribedChange(number, subscription));
      for (const item of queue.items()) save(this.#queuedChange(number, item));
      inbound.tellTaken((messageId) => save({ kind: 'received', session: number, messageId }));
    }
    for (const [message, owner] of this.#retained.owned()) save(this.#retainedChange(message, owner));
  }

  #saveSession({ number, client, absentMs, expiryMs }: Session): void {
    const isShort = expiryMs < this.#limits.maxAbsentMs;
    this.#storage.save({
      ...{ kind: 'session', session: number, client, absentMs },
      ...(isShort ? { expiryMs } : {}),
    });
  }

  #queuedChange(session: number, item: QueuedItem): Change {
    const { message, topic, payload, qos, released, messageId = null, properties, retain } = item;
    const change = { kind: 'queued' as const, session, message, topic, payload, qos, messageId, released };
    return { ...change, ...this.#extras(properties, item.expiresAt), ...(retain ? { retain } : {}) };
  }

  #retainedChange({ topic, payload, qos, properties, expiresAt }: KeptMessage, owner: string): Change {
    return { kind: 'retained', topic, payload, qos, owner, ...this.#extras(properties, expiresAt) };
  }

  #extras(properties: Uint8Array | undefined, expiresAt: number | undefined) {
    return properties === undefined && expiresAt === undefined
      ? undefined
      : {
          // a view of shared memory would take all of that to the disk's thread
          properties: properties === undefined ? null : new Uint8Array(properties),
          expiresAt: this.#wallOf(expiresAt),
        };
  }

  /** `elapsedMs` more have gone by: sessions of absent clients grow older, and the oldest end. */
  age(elapsedMs: number): void {
    for (const session of [...this.#sessions.values()]) {
      const absentMs = this.#options.isConnected(session.client) ? 0 : session.absentMs + elapsedMs;
      if (absentMs > session.expiryMs) {
        this.#end(session);
        this.#options.onDropped('session');
      } else this.#setAbsent(session, absentMs);
    }
  }

  #setAbsent(session: Session, absentMs: number): void {
    if (session.absentMs === absentMs) return;
    session.absentMs = absentMs;
    this.#saveSession(session);
  }

  /**
   * Resolves once the disk knows this client's session as it is, or that it has none; undefined where it does, and where
   * it could not be read yet: who comes then is told that he has no session, whatever there is. @throws what the outbox says
   */
  settled(clientId: string): Promise<void> | undefined {
    if (!this.#unsaved.has(clientId) || !this.#storage.isRead()) return undefined;
    return this.#unsaved.settle(() => this.#storage.saved());
  }

  // sessions

  /** The longest that a session may outlive its connection, ms. */
  get maxExpiryMs(): number {
    return this.#limits.maxAbsentMs;
  }

  has(clientId: string): boolean {
    return this.#sessions.has(clientId);
  }

  /** The session of a client, a new one where it has none [MQTT-3.1.2-4]; its client is here, and stays away no longer than this. */
  attach(clientId: string, expiryMs = this.#limits.maxAbsentMs): Session {
    const known = this.#sessions.has(clientId);
    const bounded = Math.min(expiryMs, this.#limits.maxAbsentMs);
    const session = this.#session(clientId, bounded);
    this.#expiring.get(session)?.cancel();
    this.#expiring.delete(session);
    if (known && (bounded !== session.expiryMs || session.absentMs !== 0)) {
      session.expiryMs = bounded;
      session.absentMs = 0;
      this.#saveSession(session);
    }
    return session;
  }

  /** Its client has gone; `expiryMs`: for how long it may, where it has said so only now. */
  detach(session: Session, expiryMs = session.expiryMs): void {
    if (session.isEnded) return;
    if (expiryMs !== session.expiryMs) {
      session.expiryMs = Math.min(expiryMs, this.#limits.maxAbsentMs);
      this.#saveSession(session);
    }
    this.#expireLater(session);
  }

  /** Ends a client's session, its queue included [MQTT-3.1.2-6]. */
  endSession(clientId: string): void {
    const session = this.#sessions.get(clientId);
    if (session !== undefined) this.#end(session);
  }

  #expireLater(session: Session): void {
    if (session.expiryMs >= this.#limits.maxAbsentMs) return;
    const leftMs = session.expiryMs - session.absentMs;
    if (leftMs <= 0) this.#end(session);
    else
      this.#expiring.set(
        session,
        this.#options.clock.after(leftMs, () => this.#end(session)),
      );
  }

  /** No timer is left. */
  close(): void {
    for (const timer of this.#expiring.values()) timer.cancel();
    this.#expiring.clear();
  }

  // what a publish leaves

  /**
   * What must be on disk before this publish is acknowledged, besides its events: the message for each persistent
   * session that has subscribed to it (`absentOnly`: whose client is not connected), and the topic's retained message.
   */
  prepare(message: Message, owner: string, absentOnly: boolean): readonly Change[] {
    const { topic, qos, retain, properties } = message;
    const subscribers = qos === 0 ? nobody : this.#subscribersOf(topic);
    if (subscribers.length === 0 && !retain) return nothing;
    const changes: Change[] = [];
    const payload = new Uint8Array(message.payload);
    const extras = this.#extras(properties, message.expiresAt);
    if (retain && !isOurs(topic))
      changes.push(
        payload.length === 0
          ? { kind: 'unretained', topic }
          : { kind: 'retained', topic, payload, qos, owner, ...extras },
      );
    const sessions: number[] = [];
    for (const match of subscribers) {
      const session = this.#sessions.get(match.subscriber.client);
      if (session === undefined || session !== match.subscriber) continue;
      if (absentOnly && this.#options.isConnected(session.client)) continue;
      const grant = grantOf(match, message);
      if (grant === undefined || grant.qos === 0) continue;
      message.number ??= this.nextMessage();
      sessions.push(session.number);
      const item = itemOf(message, grant, payload as Buffer);
      changes.push({ ...this.#queuedChange(session.number, item), payload } as Change);
    }
    if (message.number !== undefined) this.#prepared.set(message.number, sessions);
    return changes;
  }

  /** Whether a persistent session is to get it: one that was there when it was taken, or is now. */
  isWanted({ topic, number }: Message): boolean {
    return number !== undefined || this.#subscribersOf(topic).length > 0;
  }

  /** It was not committed, and is not delivered. */
  abandon({ number }: Message): void {
    if (number !== undefined) this.#prepared.delete(number);
  }

  #subscribersOf(topic: string): readonly Match<LiveSubscriber>[] {
    return this.index.match(topic).stored;
  }

  // QoS 2, inbound

  /** The admission of this publish where it is known, so that a second sending of it is not admitted again. */
  inbound(client: ClientRef, messageId: number): Promise<void> | undefined {
    return this.#inboundOf(client)?.get(messageId)?.admission;
  }

  /** What is to be on disk with a publish that begins, so that it is known after a restart too. */
  inboundChange(client: ClientRef, messageId: number): Change | undefined {
    if (!client.stays) return undefined;
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
    return client.stays ? this.#session(client.id).inbound : this.#cleanInbound.get(client.id);
  }

  /** One that is under way comes on disk with its commit, and goes from there after that, or with the next of its id. */
  #saveForgotten(client: ClientRef, { messageId, admission }: Forgotten): void {
    const forget = () => {
      const next = this.#sessions.get(client.id)?.inbound.get(messageId);
      if (next === undefined) this.#saveReleased(client, messageId);
      else next.admission.catch(forget);
    };
    if (client.stays) admission.then(forget, () => undefined);
  }

  #saveReleased(client: ClientRef, messageId: number): void {
    const session = client.stays ? this.#sessions.get(client.id) : undefined;
    if (session !== undefined) this.#storage.save({ kind: 'released', session: session.number, messageId });
  }

  /**
   * PUBREL: the packet id is free again, once the disk knows it; else its next message would be taken for this one
   * after a restart [MQTT-4.3.3-2]. PUBREL may come twice, and the id be a new publish's before the second is through.
   * false: no publish is known under it. @throws what the outbox says: PUBCOMP must not be sent then
   */
  async endInbound(client: ClientRef, messageId: number): Promise<boolean> {
    // before the disk is read nobody knows whether it holds this packet id: its end is not confirmed
    if (client.stays && !this.#storage.isRead()) throw new Error('the disk could not be read yet');
    const known = this.#inboundOf(client);
    const publish = known?.get(messageId);
    if (known === undefined || publish === undefined) return false;
    await publish.admission.catch(() => undefined);
    if (known.get(messageId) !== publish) return true;
    if (client.stays) {
      this.#saveReleased(client, messageId);
      await this.#storage.saved();
    }
    known.end(messageId, publish);
    if (!client.stays && known.size === 0) this.#cleanInbound.delete(client.id);
    return true;
  }

  /** The QoS 2 state of a session that ends with its connection; that of another one goes with it [MQTT-3.1.2-6]. */
  forgetInbound(client: ClientRef): void {
    if (client.stays) return;
    this.#cleanInbound.get(client.id)?.clear();
    this.#cleanInbound.delete(client.id);
  }

  // retained messages

  /** See `Retained.mayRetain`. */
  mayRetain(principal: string, topic: string, bytes: number, kind: 'device' | 'consumer' = 'device'): boolean {
    if (this.#retained.mayRetain(principal, topic, bytes, kind)) return true;
    this.#options.onDropped('retained');
    return false;
  }

  /** What clients have retained is on disk with their publish; what the gateway says itself it says anew. */
  storeRetained(message: KeptMessage): void {
    if (this.#retained.store(kept(message))) return;
    this.#options.onDropped('retained');
    this.#storage.save({ kind: 'unretained', topic: message.topic });
  }

  /** See `Retained.matching`; without those whose time is over. */
  *retainedFor(filter: string): Iterable<KeptMessage | undefined> {
    for (const message of this.#retained.matching(filter)) {
      const isOver = message?.expiresAt !== undefined && message.expiresAt <= this.#options.clock.uptime();
      if (isOver) this.#forgetRetained(message.topic);
      else yield message;
    }
  }

  #forgetRetained(topic: string): void {
    this.#retained.forget(topic);
    this.#storage.save({ kind: 'unretained', topic });
  }

  // subscriptions of persistent sessions

  /** Notes subscriptions for the disk. Returns those of their filters that it does not know so. */
  saveSubscriptions(session: Session, subscriptions: readonly Subscription[]): readonly string[] {
    const changed: string[] = [];
    for (const subscription of subscriptions) {
      const { topic } = subscription;
      if (isSame(session.subscriptions.get(topic), subscription)) continue;
      changed.push(topic);
      this.#storage.save(subscribedChange(session.number, subscription));
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
    for (const subscription of subscriptions) this.index.add(session, subscription);
  }

  #saveAsItIs(session: Session, filter: string): void {
    const held = session.subscriptions.get(filter);
    if (held === undefined) this.#storage.save({ kind: 'unsubscribed', session: session.number, filter });
    else this.#storage.save(subscribedChange(session.number, held));
  }

  /** Ends a subscription, and notes that for the disk. false: there was none. */
  dropSubscription(session: Session, filter: string): boolean {
    if (session.isEnded || !this.index.remove(session, filter)) return false;
    this.#storage.save({ kind: 'unsubscribed', session: session.number, filter });
    return true;
  }

  /** Resolves once the disk knows which subscriptions are dropped. @throws what the outbox says */
  subscriptionsDropped(): Promise<void> {
    return this.#storage.saved();
  }

  // queues of persistent sessions

  /** The sessions for which the disk has this message already: by its publish. To be asked once, at its delivery. */
  takePrepared(message: Message): Set<number> | undefined {
    if (message.number === undefined) return undefined;
    const sessions = this.#prepared.get(message.number);
    this.#prepared.delete(message.number);
    return sessions === undefined || sessions.length === 0 ? undefined : new Set(sessions);
  }

  /** A message is delivered on. Where its publish has brought it to disk already (`onDisk`), it is not written again. */
  enqueue(session: Session, message: Message, grant: Grant, onDisk: Set<number> | undefined): QueuedItem | undefined {
    message.number ??= this.nextMessage();
    if (session.queue.get(message.number) !== undefined) return undefined;
    const item = itemOf(message, grant, Buffer.from(message.payload));
    session.queue.add(item);
    if (onDisk?.delete(session.number) !== true) this.#storage.save(this.#queuedChange(session.number, item));
    this.#keepWithinLimits(session);
    return item;
  }

  /** Who has unsubscribed since: the disk has it for them, and nobody owes it. */
  forgetPrepared(message: number | undefined, onDisk: ReadonlySet<number>): void {
    if (message === undefined) return;
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
    this.unqueue(session, oldest);
    this.#options.onDropped('queued');
  }

  /** It is acknowledged, dropped, or of no use any more. */
  unqueue(session: Session, item: QueuedItem): void {
    session.queue.delete(item);
    this.#storage.save({ kind: 'unqueued', session: session.number, message: item.message });
  }

  /**
   * A queued message is about to be sent under its packet id. Of QoS 2 the disk has to know it before, or a restart
   * would send the message a second time as a new one: the promise says when; undefined: at once.
   */
  sent(session: Session, item: QueuedItem, messageId: number): Promise<void> | undefined {
    if (item.messageId !== messageId) {
      session.queue.sent(item, messageId);
      this.#saveSent(session, item);
    }
    return item.qos === 2 ? this.#storage.saved() : undefined;
  }

  /** Its PUBREC came. Resolves when PUBREL may be sent. @throws what the outbox says */
  released(session: Session, item: QueuedItem): Promise<void> {
    if (!item.released) {
      session.queue.release(item);
      this.#saveSent(session, item);
    }
    return this.#storage.saved();
  }

  #saveSent(session: Session, { message, messageId, released }: QueuedItem): void {
    const sent = { message, messageId: messageId ?? null, released };
    this.#storage.save({ kind: 'sent', session: session.number, ...sent });
  }

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
  #session(clientId: string, expiryMs = this.#limits.maxAbsentMs): Session {
    const known = this.#sessions.get(clientId);
    if (known !== undefined) return known;
    for (const outdated of this.#outdated(clientId)) {
      this.#end(outdated);
      this.#options.onDropped('session');
    }
    const session = this.#empty(++this.#lastNumber, clientId, expiryMs);
    this.#sessions.set(clientId, session);
    this.#unsaved.note(clientId);
    this.#saveSession(session);
    return session;
  }

  #empty(number: number, clientId: string, expiryMs: number): Session {
    const queue = new OutgoingQueue(this.#queued);
    const inbound = new Inbound(this.#inboundCount);
    return { ...subscriber(clientId, true), number, absentMs: 0, expiryMs, queue, inbound };
  }

  #end(session: Session): void {
    this.#sessions.delete(session.client);
    this.#expiring.get(session)?.cancel();
    this.#expiring.delete(session);
    session.inbound.clear();
    session.queue.clear();
    this.index.end(session);
    this.#unsaved.note(session.client);
    this.#storage.save({ kind: 'session-ended', session: session.number });
    this.#options.onEnded?.(session.client);
  }
}
