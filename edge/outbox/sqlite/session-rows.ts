/**
 * What the broker remembers, as rows: the writer makes the changes within the transaction of the events, and reads all
 * of it at the start.
 *
 * Always: a row of a session that is no more is never given to another one: it goes at the start.
 */
import type Database from 'better-sqlite3';
import type { Change, QueuedMessage, Remembered, RetainedMessage, StoredSession } from '../remembered.ts';
import * as sql from './sql/sessions.ts';

type Row<T> = { -readonly [K in keyof T]: T[K] };

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
  apply(change: Change): void {
    const statements = this.#statements;
    switch (change.kind) {
      case 'session':
        statements.putSession.run(change.session, change.client, change.absentMs);
        break;
      case 'session-ended':
        for (const statement of statements.deleteOfSession) statement.run(change.session);
        statements.deleteSession.run(change.session);
        break;
      case 'subscribed':
        statements.putSubscription.run(change.session, change.filter, change.qos);
        break;
      case 'unsubscribed':
        statements.deleteSubscription.run(change.session, change.filter);
        break;
      case 'queued': {
        const { session, message, topic, payload, qos, messageId, released } = change;
        statements.putQueued.run(session, message, topic, payload, qos, messageId, released ? 1 : 0);
        break;
      }
      case 'sent': {
        const released = change.released ? 1 : 0;
        statements.markSent.run(change.messageId, released, released, change.session, change.message);
        break;
      }
      case 'unqueued':
        statements.deleteQueued.run(change.session, change.message);
        break;
      case 'received':
        statements.putInbound.run(change.session, change.messageId);
        break;
      case 'released':
        statements.deleteInbound.run(change.session, change.messageId);
        break;
      case 'retained':
        statements.putRetained.run(change.topic, change.payload, change.qos, change.owner);
        break;
      case 'unretained':
        statements.deleteRetained.run(change.topic);
        break;
    }
  }

  /** Within the caller's transaction. */
  clear(): void {
    for (const table of [...sql.sessionTables, 'sessions', 'retained']) this.#db.exec(sql.deleteAll(table));
  }

  /** Everything, after what belongs to nobody is gone. */
  load(): Omit<Remembered, 'redeliveries'> {
    const db = this.#db;
    return db.transaction(() => {
      for (const table of sql.sessionTables) db.exec(sql.deleteOfNoSession(table));
      const byNumber = new Map<
        number,
        StoredSession & { subscriptions: object[]; queue: object[]; inbound: number[] }
      >();
      type Head = Pick<StoredSession, 'session' | 'client' | 'absentMs'>;
      for (const row of db.prepare<[], Head>(sql.selectSessions).all())
        byNumber.set(row.session, { ...row, subscriptions: [], queue: [], inbound: [] });
      type Filter = { session: number; filter: string; qos: 0 | 1 | 2 };
      for (const { session, filter, qos } of db.prepare<[], Filter>(sql.selectSubscriptions).all())
        byNumber.get(session)?.subscriptions.push({ filter, qos });
      type Queued = Omit<Row<QueuedMessage>, 'released'> & { released: number };
      for (const row of db.prepare<[], Queued>(sql.selectQueued).all())
        byNumber.get(row.session)?.queue.push({ ...row, released: row.released === 1 });
      type Inbound = { session: number; messageId: number };
      for (const { session, messageId } of db.prepare<[], Inbound>(sql.selectInbound).all())
        byNumber.get(session)?.inbound.push(messageId);
      const retained = db.prepare<[], RetainedMessage>(sql.selectRetained).all();
      return { sessions: [...byNumber.values()], retained };
    })();
  }
}
