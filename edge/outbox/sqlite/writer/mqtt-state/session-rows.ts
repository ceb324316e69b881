/**
 * The broker's state as rows: the writer changes them within the transaction of the events, and loads all of them at
 * the start.
 *
 * Always: a row of a session that has ended is never given to another session, and an altered row (row-hash.ts) is
 * never used: both are deleted at the start.
 */
import type Database from 'better-sqlite3';
import type {
  MessageExtras,
  MqttState,
  QueuedMessage,
  RetainedMessage,
  SessionNumber,
  StateChange,
  StoredSession,
  SubscriptionOptions,
} from '../../../../mqtt-state/mqtt-state.ts';
import { hashOfRow, isOneBitAway } from '../../row-hash.ts';
import * as sql from '../../sql/sessions.ts';

export class SessionRows {
  readonly #db: Database.Database;
  readonly #statements;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#statements = {
      putSession: db.prepare(sql.putSession),
      deleteSession: db.prepare(sql.deleteSession),
      deleteOfSession: sql.sessionTables.map((table) => db.prepare(sql.deleteOfSession(table))),
      putSubscription: db.prepare(sql.putSubscription),
      deleteSubscription: db.prepare(sql.deleteSubscription),
      putQueued: db.prepare(sql.putQueued),
      markSent: db.prepare(sql.markSent),
      deleteQueued: db.prepare(sql.deleteQueued),
      putInbound: db.prepare(sql.putInbound),
      deleteInbound: db.prepare(sql.deleteInbound),
      putRetained: db.prepare(sql.putRetained),
      deleteRetained: db.prepare(sql.deleteRetained),
    };
  }

  /** Within the caller's transaction. */
  apply(change: StateChange): void {
    const statements = this.#statements;
    switch (change.kind) {
      case 'session': {
        const { session, client, absentMs, expiryMs = null } = change;
        const hash = hashOf.sessions({ session, client, absentMs, expiryMs });
        statements.putSession.run(session, client, absentMs, expiryMs, hash);
        break;
      }
      case 'session-ended':
        this.#end(change.session);
        break;
      case 'subscribed': {
        const { session, filter, qos } = change;
        const options = packedOptions(change.options);
        const hash = hashOf.subscriptions({ session, filter, qos, options });
        statements.putSubscription.run(session, filter, qos, options, hash);
        break;
      }
      case 'unsubscribed':
        statements.deleteSubscription.run(change.session, change.filter);
        break;
      case 'queued': {
        const { session, message, topic, payload, qos, messageId } = change;
        const released = change.released ? 1 : 0;
        const extras = { ...extrasOf(change), retain: change.retain === true ? 1 : null };
        const hash = hashOf.queued({ session, message, topic, payload, qos, messageId, released, ...extras });
        const { properties, expiresAt, retain } = extras;
        const { putQueued } = statements;
        putQueued.run(session, message, topic, payload, qos, messageId, released, properties, expiresAt, retain, hash);
        break;
      }
      case 'sent': {
        const { session, message, messageId } = change;
        statements.markSent.run({ session, message, messageId, released: change.released ? 1 : 0 });
        break;
      }
      case 'unqueued':
        statements.deleteQueued.run(change.session, change.message);
        break;
      case 'received':
        statements.putInbound.run(change.session, change.messageId, hashOf.inbound(change));
        break;
      case 'released':
        statements.deleteInbound.run(change.session, change.messageId);
        break;
      case 'retained': {
        const { topic, payload, qos, owner } = change;
        const { properties, expiresAt } = extrasOf(change);
        const hash = hashOf.retained({ topic, payload, qos, owner, properties, expiresAt });
        statements.putRetained.run(topic, payload, qos, owner, properties, expiresAt, hash);
        break;
      }
      case 'unretained':
        statements.deleteRetained.run(change.topic);
        break;
    }
  }

  #end(session: SessionNumber): void {
    for (const statement of this.#statements.deleteOfSession) statement.run(session);
    this.#statements.deleteSession.run(session);
  }

  /** Within the caller's transaction. */
  clear(): void {
    for (const table of [...sql.sessionTables, 'sessions', 'retained']) this.#db.exec(sql.deleteAll(table));
  }

  /** Loads everything; deletes altered rows and rows without a session first. */
  load(): Omit<MqttState, 'redeliveries'> {
    const db = this.#db;
    return db.transaction(() => {
      const rows = {
        sessions: db.prepare<[], SessionRow>(sql.selectSessions).all(),
        subscriptions: db.prepare<[], SubscriptionRow>(sql.selectSubscriptions).all(),
        queued: db.prepare<[], QueuedRow>(sql.selectQueued).all(),
        inbound: db.prepare<[], InboundRow>(sql.selectInbound).all(),
      };
      const altered = alteredSessions(rows);
      for (const session of altered) this.#end(session);
      for (const table of sql.sessionTables) db.exec(sql.deleteOfNoSession(table));
      const byNumber = new Map<
        number,
        StoredSession & { subscriptions: object[]; queue: object[]; inbound: number[] }
      >();
      for (const { hash: _, ...row } of rows.sessions)
        if (!altered.has(row.session)) byNumber.set(row.session, { ...row, subscriptions: [], queue: [], inbound: [] });
      for (const { session, filter, qos, options } of rows.subscriptions)
        byNumber.get(session)?.subscriptions.push({ filter, qos, options: unpackedOptions(options) });
      for (const { hash: _, ...row } of rows.queued)
        byNumber.get(row.session)?.queue.push({ ...row, released: row.released === 1, retain: row.retain === 1 });
      for (const { session, messageId } of rows.inbound) byNumber.get(session)?.inbound.push(messageId);
      const retained: RetainedMessage[] = [];
      for (const { hash, ...message } of db.prepare<[], RetainedRow>(sql.selectRetained).all())
        if (isGood(hash, hashOf.retained(message))) retained.push(message);
        else this.#statements.deleteRetained.run(message.topic);
      return { sessions: [...byNumber.values()], retained };
    })();
  }
}

type Hashed<T> = T & { readonly hash: number | null };
type Raw<T> = Omit<T, 'released' | 'retain' | keyof MessageExtras> &
  Extras & { readonly released: number; readonly retain: number | null };
type SessionRow = Hashed<Pick<StoredSession, 'session' | 'client' | 'absentMs'> & { readonly expiryMs: number | null }>;
type SubscriptionRow = Hashed<{
  readonly session: number;
  readonly filter: string;
  readonly qos: 0 | 1 | 2;
  readonly options: number | null;
}>;
type QueuedRow = Hashed<Raw<QueuedMessage>>;
type InboundRow = Hashed<{ readonly session: number; readonly messageId: number }>;
type RetainedRow = Hashed<Omit<RetainedMessage, keyof MessageExtras> & Extras>;

interface Extras {
  readonly properties: Uint8Array | null;
  readonly expiresAt: number | null;
}

function extrasOf({ properties = null, expiresAt = null }: MessageExtras): Extras {
  // the column holds whole numbers
  return { properties, expiresAt: expiresAt === null ? null : Math.round(expiresAt) };
}

const noLocalBit = 1;
const retainAsPublishedBit = 2;
/** An identifier is 1 or more; 0: none. */
const idUnit = 4;

function packedOptions(options: SubscriptionOptions | null | undefined): number | null {
  if (options == null) return null;
  const { noLocal, retainAsPublished, id } = options;
  return (noLocal ? noLocalBit : 0) + (retainAsPublished ? retainAsPublishedBit : 0) + (id ?? 0) * idUnit;
}

function unpackedOptions(packed: number | null): SubscriptionOptions | null {
  if (packed === null) return null;
  const id = Math.floor(packed / idUnit);
  return {
    noLocal: (packed & noLocalBit) !== 0,
    retainAsPublished: (packed & retainAsPublishedBit) !== 0,
    id: id === 0 ? null : id,
  };
}

interface SessionTables {
  readonly sessions: readonly SessionRow[];
  readonly subscriptions: readonly SubscriptionRow[];
  readonly queued: readonly QueuedRow[];
  readonly inbound: readonly InboundRow[];
}

/**
 * Sessions with an altered row. Such a session ends: its client hears «no session present» and subscribes again, while
 * a client that had silently lost one filter would never know. An altered row without a session may belong to any
 * session whose number differs in one bit.
 */
function alteredSessions({ sessions, subscriptions, queued, inbound }: SessionTables): ReadonlySet<SessionNumber> {
  const all = new Set(sessions.map(({ session }) => session));
  const altered = new Set<SessionNumber>();
  const note = (session: SessionNumber) => {
    altered.add(session);
    if (!all.has(session)) for (const one of all) if (isOneBitAway(one, session)) altered.add(one);
  };
  for (const row of sessions) if (!isGood(row.hash, hashOf.sessions(row))) note(row.session);
  for (const row of subscriptions) if (!isGood(row.hash, hashOf.subscriptions(row))) note(row.session);
  for (const row of queued) if (!isGood(row.hash, hashOf.queued(row))) note(row.session);
  for (const row of inbound) if (!isGood(row.hash, hashOf.inbound(row))) note(row.session);
  return altered;
}

/** The hash of each table's row, over its columns in order. */
const hashOf = {
  sessions: ({ session, client, absentMs, expiryMs }: Omit<SessionRow, 'hash'>) =>
    hashOfRow('sessions', [session, client, absentMs, ...given(expiryMs)]),
  subscriptions: ({ session, filter, qos, options }: Omit<SubscriptionRow, 'hash'>) =>
    hashOfRow('subscriptions', [session, filter, qos, ...given(options)]),
  queued: ({ session, message, topic, payload, qos, messageId, released, ...row }: Omit<QueuedRow, 'hash'>) => {
    const { properties, expiresAt, retain } = row;
    const values = [session, message, topic, payload, qos, messageId, released];
    return hashOfRow('queued', [...values, ...given(properties, expiresAt, retain)]);
  },
  inbound: ({ session, messageId }: Omit<InboundRow, 'hash'>) => hashOfRow('inbound', [session, messageId]),
  retained: ({ topic, payload, qos, owner, properties, expiresAt }: Omit<RetainedRow, 'hash'>) =>
    hashOfRow('retained', [topic, payload, qos, owner, ...given(properties, expiresAt)]),
};

/** Columns of version 6: a row without values in them has the hash of an older version. */
function given(...values: readonly unknown[]): readonly unknown[] {
  return values.every((value) => value === null) ? [] : values;
}

function isGood(hash: number | null, ofRow: number): boolean {
  return hash === null || hash === ofRow;
}
