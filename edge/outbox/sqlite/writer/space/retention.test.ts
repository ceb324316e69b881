import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { eventTypes, type GapData } from '@forpost/shared/event/event.ts';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { forgoneReason } from '../../../gap.ts';
import type { SqliteOutbox } from '../../main/sqlite-outbox.ts';
import { openReader } from '../../reader/sqlite-reader.ts';
import { everything, folder, folderForEachTest, soon, started } from '../../testing/started-outboxes.ts';
import { draft, sink } from '../../testing/test-support.ts';

folderForEachTest();

test('delivered events are deleted after outbox.keep_delivered_days; an event that a sink has not called safe stays', async () => {
  const outbox = await started({ sinks: ['kafka', 'http'], limits: { keepDeliveredMs: 60_000 } });
  const now = systemClock.now();
  await outbox.append({ events: [1, 2, 3].map((n) => draft(n, { received: now - 120_000 })) });
  await outbox.append({ events: [draft(4, { received: now })] });
  const { epoch } = outbox;
  outbox.acknowledge('kafka', epoch, 'telemetry', 4);
  outbox.acknowledge('http', epoch, 'telemetry', 2);
  const kept = async () => {
    await outbox.append({ events: [draft(5, { lane: 'alerts' })] });
    return everything(outbox.file, epoch).map(({ sequence }) => sequence);
  };
  await soon(kept).toEqual([3, 4]);
  outbox.acknowledge('http', epoch, 'telemetry', 4);
  await soon(kept).toEqual([4]);
});

test('a file with events that are delivered and deleted does not grow', async () => {
  const outbox = await started({ limits: { maxBytes: 2 ** 20 } });
  let through = 0;
  for (let round = 0; round < 40; round++) {
    await outbox.append({
      events: Array.from({ length: 500 }, (_, n) => draft(n, { data: JSON.stringify('x'.repeat(100)) })),
    });
    through += 500;
    outbox.acknowledge(sink, outbox.epoch, 'telemetry', through);
  }
  expect(outbox.status().committedEvents).toBe(20_000);
  expect(outbox.status().fileBytes).toBeLessThanOrEqual(2 ** 20);
});

test('an epoch without events is forgotten, however many starts there are', async () => {
  for (let i = 0; i < 3; i++) {
    const outbox = await started();
    await outbox.stop();
  }
  const db = new Database(join(folder, 'outbox.db'), { readonly: true });
  expect(db.prepare('select count(*) from lanes').pluck().get()).toBe(2);
  expect(db.prepare('select count(*) from cursors').pluck().get()).toBe(2);
  expect(db.prepare('select starts from meta').pluck().get()).toBe(3);
  db.close();
});

test('a newly configured sink gets every event that is still kept', async () => {
  const first = await started();
  await first.append({ events: [draft(1), draft(2)] });
  const old = first.epoch;
  first.acknowledge(sink, old, 'telemetry', 2);
  await first.stop();
  const second = await started({ sinks: [sink, 'http'] });
  const reader = openReader(second.file);
  expect(reader.backlog(sink)).toEqual([]);
  expect(reader.backlog('http')).toMatchObject([{ epoch: old, lane: 'telemetry', assigned: 2, acknowledged: 0 }]);
  reader.close();
});

test('a gap record names, once for each sink, the events that were deleted before the sink was configured', async () => {
  const now = systemClock.now();
  const limits = { keepDeliveredMs: 60_000 };
  const gapsIn = (outbox: SqliteOutbox) =>
    everything(outbox.file, outbox.epoch, 'alerts')
      .filter(({ type }) => type === eventTypes.gap)
      .map(({ data }) => JSON.parse(data) as GapData);
  const first = await started({ sinks: [], limits });
  const { epoch } = first;
  await first.append({ events: [1, 2, 3].map((n) => draft(n, { received: now - 120_000 })) });
  await first.append({ events: [draft(4, { received: now })] });
  const kept = async () => {
    await first.append({ events: [draft(0, { lane: 'alerts', received: now })] });
    return everything(first.file, epoch).map(({ sequence }) => sequence);
  };
  await soon(kept).toEqual([4]);
  await first.stop();
  const second = await started({ limits });
  const named = { epoch, lane: 'telemetry', reason: forgoneReason };
  expect(gapsIn(second)).toMatchObject([{ ...named, from: '1', to: '3', count: 3 }]);
  await second.stop();
  const third = await started({ sinks: ['other'], limits });
  expect(gapsIn(third)).toMatchObject([{ ...named, from: '1', to: '3' }]);
  await third.stop();
  // the first sink is not configured any more: the events that the other sink has are deleted
  const fourth = await started({ sinks: ['other'], limits: { keepDeliveredMs: 0 } });
  expect(gapsIn(fourth)).toEqual([]);
  await fourth.append({ events: [draft(5), draft(6)] });
  fourth.acknowledge('other', epoch, 'telemetry', 4);
  fourth.acknowledge('other', fourth.epoch, 'telemetry', 1);
  const left = async () => {
    await fourth.append({ events: [draft(0, { lane: 'alerts' })] });
    return [everything(fourth.file, epoch).length, everything(fourth.file, fourth.epoch).length];
  };
  await soon(left).toEqual([0, 1]);
  await fourth.stop();
  const fifth = await started({ sinks: [sink, 'other'] });
  expect(gapsIn(fifth)).toMatchObject([{ epoch: fourth.epoch, lane: 'telemetry', from: '1', to: '1', count: 1 }]);
  const reader = openReader(fifth.file);
  expect(reader.backlog(sink).find((lane) => lane.epoch === fourth.epoch && lane.lane === 'telemetry')).toMatchObject({
    assigned: 2,
    acknowledged: 1,
  });
  reader.close();
});
