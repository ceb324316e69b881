/**
 * The sessions of the broker's clients: their beginning, their end and their persistence. Queues, subscriptions, QoS 2
 * publishes and retained messages have their own files (session-queues.ts, saved-subscriptions.ts, inbound-publishes.ts,
 * retained-messages.ts). All state is in memory; each change is saved to disk too (mqtt-state/mqtt-state.ts), and restored
 * after a restart or a kill.
 *
 *   a session: absent ── attach ──► its client is here ── detach ──► absent ── its expiry, `maxAbsentMs` ──► ended
 *
 * Always: the beginning or end of a session is on disk before CONNACK (connack.ts says what happens if the disk refuses
 * writes). No principal has more than its share of sessions. A session ends when its client stays away longer than its
 * expiry or than `maxAbsentMs`, and at once when its principal is revoked: nobody gets its queue any more.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { type MqttState, type MqttStateStore, noStateStore, type StoredSession } from '../mqtt-state/mqtt-state.ts';
import { FilterIndex } from './filter-index.ts';
import { Inbound, InboundCount } from './inbound.ts';
import { InboundPublishes } from './inbound-publishes.ts';
import { OutgoingQueue } from './outgoing-queue.ts';
import { RetainedMessages } from './retained-messages.ts';
import { optionsOf, SavedSubscriptions, subscribedChange } from './saved-subscriptions.ts';
import {
  bufferOf,
  defaultSessionLimits,
  type LiveSubscriber,
  ownerOf,
  type Session,
  type SessionLimits,
  subscriber,
} from './session.ts';
import { SessionChanges } from './session-changes.ts';
import { SessionQueues } from './session-queues.ts';
import { UnsavedSessions } from './unsaved-sessions.ts';

export interface SessionOptions {
  readonly limits?: Partial<SessionLimits>;
  readonly storage?: MqttStateStore;
  readonly clock: Clock;
  readonly isConnected: (clientId: string) => boolean;
  /** called when something is dropped at a limit */
  readonly onDropped: (what: 'queued' | 'retained' | 'session') => void;
  /** called when a client's session has ended, for any reason */
  readonly onEnded?: (clientId: string) => void;
}

export class Sessions {
  readonly #options: SessionOptions;
  readonly #limits: SessionLimits;
  readonly #storage: MqttStateStore;
  readonly #changes: SessionChanges;
  /** by client id, the longest known first */
  readonly #sessions = new Map<string, Session>();
  readonly #inboundCount: InboundCount;
  readonly #queued = { bytes: 0 };
  readonly #unsaved: UnsavedSessions;
  /** timers of absent sessions that expire before `maxAbsentMs` */
  readonly #expiring = new Map<Session, Timer>();
  #lastNumber = 0;
  /** the subscriptions of all sessions, and of connections without one */
  readonly index = new FilterIndex<LiveSubscriber>();
  readonly queues: SessionQueues;
  readonly subscriptions: SavedSubscriptions;
  readonly inbound: InboundPublishes;
  readonly retained: RetainedMessages;

  constructor(options: SessionOptions) {
    const { clock, isConnected, onDropped, storage = noStateStore } = options;
    const limits = { ...defaultSessionLimits, ...options.limits };
    this.#options = options;
    this.#limits = limits;
    this.#storage = storage;
    this.#unsaved = new UnsavedSessions(limits.maxSessions);
    this.#inboundCount = new InboundCount({ each: limits.maxInbound, all: limits.maxInboundAll });
    const changes = new SessionChanges(storage, clock, limits.maxAbsentMs);
    this.#changes = changes;
    this.subscriptions = new SavedSubscriptions(storage, this.index);
    this.retained = new RetainedMessages({ limits, storage, changes, clock, onDropped: () => onDropped('retained') });
    this.queues = new SessionQueues({
      limits,
      storage,
      changes,
      index: this.index,
      sessions: this.#sessions,
      total: this.#queued,
      isConnected,
      onDropped: () => onDropped('queued'),
    });
    this.inbound = new InboundPublishes({
      storage,
      count: this.#inboundCount,
      find: (clientId) => this.#sessions.get(clientId),
      findOrBegin: (clientId) => this.#findOrBegin(clientId),
    });
    storage.onAnew(() => this.#saveAll());
  }

  sizes() {
    let queued = 0;
    let inbound = this.inbound.cleanClients;
    for (const session of this.#sessions.values()) {
      queued += session.queue.length;
      if (session.inbound.size > 0) inbound++;
    }
    return { sessions: this.#sessions.size, queued, retained: this.retained.size, inbound };
  }

  /** Restores the sessions that were on disk at the start. */
  recall({ sessions, retained }: Pick<MqttState, 'sessions' | 'retained'>): void {
    const early = [...this.#sessions.values()];
    this.#lastNumber = sessions.reduce((last, { session }) => Math.max(last, session), this.#lastNumber);
    // a client that connected before the disk was readable got «no session»: its new session stays
    for (const session of early) session.number = ++this.#lastNumber;
    for (const stored of sessions) {
      const known = this.#sessions.get(stored.client);
      if (known !== undefined && early.includes(known)) continue;
      // keep the newer session; the older one's deletion was lost
      if (known !== undefined) this.#end(known);
      this.#recallSession(stored);
    }
    this.retained.recall(retained);
  }

  #recallSession(stored: StoredSession): void {
    const session = this.#empty(stored.session, stored.client, stored.expiryMs ?? this.#limits.maxAbsentMs);
    session.absentMs = stored.absentMs;
    for (const { filter, qos, options } of stored.subscriptions)
      this.index.add(session, { topic: filter, qos, ...optionsOf(options) });
    for (const { message, topic, qos, messageId, released, payload, properties, expiresAt, retain } of stored.queue) {
      session.queue.add({
        message,
        topic,
        qos,
        messageId: messageId ?? undefined,
        released,
        payload: bufferOf(payload),
        properties: properties == null ? undefined : bufferOf(properties),
        expiresAt: this.#changes.uptimeOf(expiresAt),
        retain: retain ?? false,
      });
      this.queues.recalled(message);
    }
    for (const id of stored.inbound) session.inbound.recall(id);
    this.#sessions.set(stored.client, session);
    this.#expireLater(session);
  }

  /** Saves the whole persistent state. */
  #saveAll(): void {
    this.queues.forgetAllPrepared();
    for (const session of this.#sessions.values()) {
      const { number, subscriptions, queue, inbound } = session;
      this.#changes.saveSession(session);
      for (const subscription of subscriptions.values()) this.#storage.save(subscribedChange(number, subscription));
      for (const item of queue.items()) this.#storage.save(this.#changes.queued(number, item));
      inbound.forEachCommitted((messageId) => this.#storage.save({ kind: 'received', session: number, messageId }));
    }
    this.retained.saveAll();
  }

  /**
   * Resolves once the beginning or end of this client's session is on disk. undefined: it is, or the disk is not readable
   * yet (such a client gets «no session»). @throws the outbox's error
   */
  settled(clientId: string): Promise<void> | undefined {
    if (!this.#unsaved.has(clientId) || !this.#storage.isRead()) return undefined;
    return this.#unsaved.settle(() => this.#storage.saved());
  }

  /** The longest that a session may outlive its connection, ms. */
  get maxExpiryMs(): number {
    return this.#limits.maxAbsentMs;
  }

  has(clientId: string): boolean {
    return this.#sessions.has(clientId);
  }

  /**
   * The session of a connecting client; a new one if it has none [MQTT-3.1.2-4].
   * @param expiryMs how long the client may stay away afterwards
   */
  attach(clientId: string, expiryMs = this.#limits.maxAbsentMs): Session {
    const known = this.#sessions.has(clientId);
    const bounded = Math.min(expiryMs, this.#limits.maxAbsentMs);
    const session = this.#findOrBegin(clientId, bounded);
    this.#expiring.get(session)?.cancel();
    this.#expiring.delete(session);
    if (known && (bounded !== session.expiryMs || session.absentMs !== 0)) {
      session.expiryMs = bounded;
      session.absentMs = 0;
      this.#changes.saveSession(session);
    }
    return session;
  }

  /** Notes that the session's client has disconnected. `expiryMs`: how long it may stay away, if its DISCONNECT set that. */
  detach(session: Session, expiryMs = session.expiryMs): void {
    if (session.isEnded) return;
    if (expiryMs !== session.expiryMs) {
      session.expiryMs = Math.min(expiryMs, this.#limits.maxAbsentMs);
      this.#changes.saveSession(session);
    }
    this.#expireLater(session);
  }

  /** Ends a client's session, its queue included [MQTT-3.1.2-6]. */
  endSession(clientId: string): void {
    const session = this.#sessions.get(clientId);
    if (session !== undefined) this.#end(session);
  }

  /** Ends the sessions of these principals, their queues included: they are revoked. Returns how many. */
  endOf(isRevoked: (principal: string) => boolean): number {
    const ended = [...this.#sessions.values()].filter(({ owner }) => isRevoked(owner.slice(0, -1)));
    for (const session of ended) this.#end(session);
    return ended.length;
  }

  /** Adds `elapsedMs` to the absence of each absent client, and ends expired sessions. */
  age(elapsedMs: number): void {
    for (const session of [...this.#sessions.values()]) {
      const absentMs = this.#options.isConnected(session.client) ? 0 : session.absentMs + elapsedMs;
      if (absentMs > session.expiryMs) {
        this.#end(session);
        this.#options.onDropped('session');
      } else this.#setAbsent(session, absentMs);
    }
  }

  /** Cancels all timers. */
  close(): void {
    for (const timer of this.#expiring.values()) timer.cancel();
    this.#expiring.clear();
  }

  #setAbsent(session: Session, absentMs: number): void {
    if (session.absentMs === absentMs) return;
    session.absentMs = absentMs;
    this.#changes.saveSession(session);
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

  #findOrBegin(clientId: string, expiryMs = this.#limits.maxAbsentMs): Session {
    const known = this.#sessions.get(clientId);
    if (known !== undefined) return known;
    for (const outdated of this.#outdated(clientId)) {
      this.#end(outdated);
      this.#options.onDropped('session');
    }
    const session = this.#empty(++this.#lastNumber, clientId, expiryMs);
    this.#sessions.set(clientId, session);
    this.#unsaved.note(clientId);
    this.#changes.saveSession(session);
    return session;
  }

  /**
   * The sessions that must end before a new one begins: those of absent clients, the oldest first. A principal at its share
   * loses only its own sessions, so invented client ids evict no other principal.
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
