import { rmSync } from 'node:fs';
import { eventTypes, type GapData } from '@forpost/shared/event/event.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StateChange } from '../../../../mqtt-state/mqtt-state.ts';
import { alteredReason } from '../../../gap.ts';
import { DamagedRange } from '../../event-rows.ts';
import type { OutboxProblem } from '../../main/outbox-options.ts';
import type { SqliteOutbox } from '../../main/sqlite-outbox.ts';
import { openKept } from '../../reader/kept-events.ts';
import { openReader } from '../../reader/sqlite-reader.ts';
import { draft, outboxIn, recalled, sink, temporaryFolder } from '../../testing/test-support.ts';

const soon = <T>(what: () => T) => expect.poll(what, { timeout: 20_000, interval: 10 });

let folder: string;
let running: SqliteOutbox[];
let problems: OutboxProblem[];

beforeEach(() => {
  folder = temporaryFolder();
  running = [];
  problems = [];
});

afterEach(async () => {
  for (const outbox of running) await outbox.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function started(): Promise<SqliteOutbox> {
  const outbox = outboxIn(folder, { onProblem: (problem) => problems.push(problem) });
  running.push(outbox);
  await outbox.start();
  return outbox;
}

/** Alters the file as a faulty disk does, without the outbox. */
function alter(file: string, sql: string): void {
  const db = new Database(file);
  db.exec(sql);
  db.close();
}

function gapsIn(outbox: SqliteOutbox): readonly GapData[] {
  const reader = openReader(outbox.file);
  const gaps = reader.newest('alerts', 100).filter(({ type }) => type === eventTypes.gap);
  reader.close();
  return gaps.map(({ data }) => JSON.parse(data) as GapData);
}

const numbers = (events: readonly { readonly sequence: number }[]) => events.map(({ sequence }) => sequence);

test('an event that is altered or missing while the gateway runs is never sent: a gap record names it, and its lane continues', async () => {
  const outbox = await started();
  const { epoch, file } = outbox;
  await outbox.append({ events: Array.from({ length: 10 }, (_, n) => draft(n)) });
  alter(
    file,
    `update events set data = '{"values":{"power_w":9999}}' where seq = 4; delete from events where seq in (7, 8)`,
  );
  const reader = openReader(file);
  expect(numbers(reader.read(epoch, 'telemetry', 0, 100, 1e6))).toEqual([1, 2, 3]);
  expect(numbers(reader.newest('telemetry', 100))).not.toContain(4);
  const kept = openKept(file);
  expect(kept.read(epoch, 'telemetry', 0, 100)).toMatchObject({ altered: 1, through: 10 });
  kept.close();
  let found: unknown;
  try {
    reader.read(epoch, 'telemetry', 3, 100, 1e6);
  } catch (error) {
    found = error;
  }
  expect(found).toBeInstanceOf(DamagedRange);
  outbox.check((found as DamagedRange).place);
  await soon(() => problems.length).toBe(1);
  expect(problems).toMatchObject([{ kind: 'damaged', message: expect.stringContaining('named as lost: 2') }]);
  expect(numbers(reader.read(epoch, 'telemetry', 3, 100, 1e6))).toEqual([5, 6, 9, 10]);
  reader.close();
  expect(gapsIn(outbox).toReversed()).toMatchObject([
    { epoch, lane: 'telemetry', from: '4', to: '4', count: 1, reason: alteredReason },
    { epoch, lane: 'telemetry', from: '7', to: '8', count: 2, reason: alteredReason },
  ]);
  // no gap record repeats it, and the file is sound again
  await outbox.stop();
  const next = await started();
  expect([problems.length, gapsIn(next).length]).toEqual([1, 2]);
});

test('an altered cursor is reset to the oldest kept event: events are sent twice, and none is skipped', async () => {
  const first = await started();
  await first.append({ events: Array.from({ length: 10 }, (_, n) => draft(n)) });
  first.acknowledge(sink, first.epoch, 'telemetry', 3);
  await first.append({ events: [draft(11)] });
  await first.stop();
  alter(first.file, `update cursors set acked = 9 where lane = 'telemetry' and epoch = '${first.epoch}'`);
  const second = await started();
  const reader = openReader(second.file);
  const backlog = reader.backlog(sink).find(({ epoch, lane }) => epoch === first.epoch && lane === 'telemetry');
  reader.close();
  expect(backlog?.acknowledged).toBeLessThanOrEqual(3);
  expect(gapsIn(second)).toEqual([]);
});

test('an altered row of the broker’s state deletes only its own session or retained message', async () => {
  const first = await started();
  const saved: StateChange[] = [
    ...[1, 2, 3].flatMap((session): StateChange[] => [
      { kind: 'session', session, client: `client-${session}`, absentMs: 0 },
      { kind: 'subscribed', session, filter: `a/${session}`, qos: 1 },
      { kind: 'subscribed', session, filter: `b/${session}`, qos: 1 },
    ]),
    ...['one', 'two'].map(
      (topic): StateChange => ({ kind: 'retained', topic, payload: new Uint8Array([1, 2]), qos: 1, owner: 'panel' }),
    ),
  ];
  await first.mqttState.commit(saved, 'panel');
  await first.stop();
  alter(
    first.file,
    `update subscriptions set filter = 'c/2' where filter = 'b/2'; update retained set payload = x'0103' where topic = 'one'`,
  );
  const { sessions, retained } = recalled(await started());
  expect(sessions.map(({ client, subscriptions }) => [client, subscriptions.length])).toEqual([
    ['client-1', 2],
    ['client-3', 2],
  ]);
  expect(retained.map(({ topic }) => topic)).toEqual(['two']);
  expect(problems).toEqual([]);
});

test('a dead letter with an altered row is not shown', async () => {
  const outbox = await started();
  const letter = { device: asId<'device'>('meter'), topic: 't', payload: new Uint8Array(3), received: 1, reason: 'no' };
  await outbox.append({ events: [], deadLetter: letter });
  await outbox.append({ events: [], deadLetter: { ...letter, received: 2 } });
  alter(outbox.file, `update dead_letters set payload = x'000001' where received = 1`);
  expect((await outbox.deadLetters(10)).map(({ received }) => received)).toEqual([2]);
});

test.each([
  ['its version', `update meta set schema = schema + 8`],
  ['its count of starts', `update meta set starts = 4242`],
  ['the numbers of a lane', `update lanes set next_seq = 3 where lane = 'telemetry'`],
  ['an alert, which may be a gap record', `update events set data = '{"n":2}' where lane = 'alerts'`],
  [
    'the definition of a table',
    `pragma writable_schema = on; update sqlite_schema set sql = replace(sql, 'lane text', 'lane tdxt') where name = 'events'`,
  ],
  [
    'the name of a column',
    `pragma writable_schema = on; update sqlite_schema set sql = replace(sql, 'boot', 'bnot') where name = 'events'`,
  ],
])(
  'a file with an alteration of %s is rebuilt: unaltered rows are kept, and gap records name the others',
  async (_, sql) => {
    const first = await started();
    await first.append({ events: [draft(1), draft(2), draft(3), draft(4)] });
    await first.append({ events: [draft(5, { lane: 'alerts', data: '{"n":1}' })] });
    await first.stop();
    // as a faulty disk does: SQLite itself would keep the hash right
    const db = new Database(first.file);
    db.unsafeMode();
    db.exec(sql);
    db.close();
    const second = await started();
    expect(problems).toMatchObject([{ kind: 'put-aside' }]);
    const reader = openReader(second.file);
    expect(numbers(reader.read(first.epoch, 'telemetry', 0, 100, 1e6))).toEqual([1, 2, 3, 4]);
    const alerts = reader.backlog(sink).some(({ epoch, lane }) => epoch === first.epoch && lane === 'alerts');
    reader.close();
    const named = gapsIn(second).filter(({ epoch, lane }) => epoch === first.epoch && lane === 'alerts');
    expect(alerts).toBe(named.length === 0);
  },
);
