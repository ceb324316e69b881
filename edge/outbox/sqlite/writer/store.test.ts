/** The assertions of the writer: a defect elsewhere must not lose or mix up events. Each test plays such a defect. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InHand } from '../../in-hand.ts';
import { CommitQueue } from '../main/commit-queue.ts';
import { type Batch, type FromWriter, field, packEntry, valuesPerEvent } from '../messages.ts';
import { draft, newEpoch, sink, temporaryFolder } from '../testing/test-support.ts';
import { FileWriter } from './file-writer.ts';
import { Lanes } from './lanes.ts';
import { Retention } from './space/retention.ts';
import { Shedder } from './space/shedder.ts';
import { FileDisk } from './writer-disk.ts';

const stamp = { received: 1_700_000_000_000, uptime: 1, clock: 'synced', boot: 'boot-1' } as const;
let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function writerIn(epoch: string) {
  const said: FromWriter[] = [];
  const file = join(folder, 'outbox.db');
  const limits = { maxBytes: 2 ** 20, keepDeliveredMs: 0, minFreeBytes: 0, ballastBytes: 0, shedAfterMs: 0 };
  const writer = new FileWriter(
    {
      file,
      sinks: [sink],
      limits,
      epoch,
      stamp: 'now',
      damage: null,
      putAside: null,
      stampNow: stamp,
      inHand: InHand.for(1).buffer,
      recall: true,
    },
    new FileDisk(file, 0, 'now'),
    systemClock,
    (message) => said.push(message),
  );
  expect(writer.open()).toBe(true);
  return { writer, said, file };
}

function batchOf(count: number): Batch {
  const queue = new CommitQueue(1000, 2 ** 20);
  for (let i = 0; i < count; i++) queue.add({ events: [draft(i)] }).catch(() => undefined);
  return { ...queue.nextBatch(stamp).batch, changes: { replacesState: false, changes: [] } };
}

test('packing an event puts each value at the index that its name has', () => {
  const event = draft(7, { resendId: 'r', content: 5 });
  const values: (string | number | null)[] = [];
  packEntry({ events: [event] }, values);
  expect(values).toHaveLength(valuesPerEvent);
  expect(Object.fromEntries(Object.entries(field).map(([name, place]) => [name, values[place]]))).toEqual(event);
});

test('a batch whose counts and values disagree stores nothing and takes no sequence number', () => {
  const { writer, said, file } = writerIn(newEpoch());
  const good = batchOf(2);
  writer.handle({ kind: 'commit', batch: { ...good, counts: [1, 2] } });
  expect(said.at(-1)).toMatchObject({
    kind: 'commit-failed',
    message: 'a batch of 3 events has the values of 2',
    corrupt: false,
  });
  writer.handle({ kind: 'commit', batch: good });
  expect(said.at(-1)).toMatchObject({ kind: 'committed', outcome: { stored: 2 } });
  writer.handle({ kind: 'stop' });
  const db = new Database(file);
  expect(db.prepare('select seq from events order by seq').pluck().all()).toEqual([1, 2]);
  db.close();
});

test('retention refuses to delete an event that a sink has not acknowledged', () => {
  const epoch = asId<'epoch'>(newEpoch());
  const { writer, file } = writerIn(epoch);
  writer.handle({ kind: 'commit', batch: batchOf(3) });
  writer.handle({ kind: 'stop' });
  const db = new Database(file);
  const lanes = new Lanes(db, [sink], new Map());
  // the defect: the first answer is wrong
  const answers = [3];
  const delivered = lanes.deliveredThrough.bind(lanes);
  lanes.deliveredThrough = (state) => answers.shift() ?? delivered(state);
  lanes.all = () => [lanes.get(epoch, 'telemetry')].values();
  const retention = new Retention(db, 0, epoch);
  expect(() => retention.run(lanes, stamp.received, ['telemetry'], 0)).toThrow(
    `events through 3 of ${epoch}/telemetry are not delivered: 0 is the last one`,
  );
  expect(db.prepare('select count(*) from events').pluck().get()).toBe(3);
  db.close();
});

test('the writer refuses a sequence number that JavaScript cannot represent exactly, and stores nothing of the batch', () => {
  const epoch = newEpoch();
  const { writer, said, file } = writerIn(epoch);
  const db = new Database(file);
  db.prepare('update lanes set first_seq = ?, next_seq = ? where epoch = ?').run(2 ** 53, 2 ** 53, epoch);
  // after a failed commit the writer reads the lanes from the file again
  writer.handle({ kind: 'commit', batch: { ...batchOf(1), counts: [2] } });
  writer.handle({ kind: 'commit', batch: batchOf(1) });
  expect(said.at(-1)).toMatchObject({
    kind: 'commit-failed',
    message: `9007199254740992 is no sequence number (epoch ${epoch}, telemetry)`,
  });
  expect(db.prepare('select count(*) from events').pluck().get()).toBe(0);
  db.close();
  writer.handle({ kind: 'stop' });
});

test('a cursor cannot pass the last sequence number of its lane', () => {
  const epoch = newEpoch();
  const { writer, file } = writerIn(epoch);
  writer.handle({ kind: 'commit', batch: batchOf(3) });
  writer.handle({ kind: 'stop' });
  const db = new Database(file);
  // the defect: the lane's first number lies past its end, so a new sink would begin there
  db.prepare("update lanes set first_seq = 9 where epoch = ? and lane = 'telemetry'").run(epoch);
  const lanes = new Lanes(db, ['new'], new Map());
  expect(() => lanes.begin(asId<'epoch'>(newEpoch()), 2)).toThrow(
    `the cursor of new cannot move from 0 to 8 in ${epoch}/telemetry, whose next is 4`,
  );
  expect(db.prepare("select count(*) from cursors where sink = 'new' and acked > 0").pluck().get()).toBe(0);
  db.close();
});

test('shedding refuses to delete the newest event of a lane', () => {
  const epoch = newEpoch();
  const { writer, file } = writerIn(epoch);
  writer.handle({ kind: 'commit', batch: batchOf(5) });
  writer.handle({ kind: 'stop' });
  const db = new Database(file);
  const lanes = new Lanes(db, [sink], new Map());
  const state = lanes.get(epoch, 'telemetry');
  const positions = lanes.positions.bind(lanes);
  // the defect: the plan counts one event more than the lane has
  lanes.positions = (...lane) => {
    state.next = 5;
    return positions(...lane);
  };
  expect(() => new Shedder(db, InHand.for(1)).run(lanes, 2 ** 20, 0)).toThrow(
    `events 1 to 4 of ${epoch}/telemetry cannot be shed: the next number is 5`,
  );
  expect(db.prepare('select count(*) from events').pluck().get()).toBe(5);
  db.close();
});
