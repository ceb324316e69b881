/**
 * The contract of outboxes, run on SQLite, on the model, and on SQLite within the simulation; then random operations on the
 * first two side by side.
 */
import { rmSync } from 'node:fs';
import { systemClock } from '@forpost/shared/clock.ts';
import { asId, type Lane } from '@forpost/shared/event/ids.ts';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EventDraft, Outbox, OutboxReader } from '../../edge/outbox/outbox.ts';
import type { WriterData } from '../../edge/outbox/sqlite/messages.ts';
import { openReader, SqliteReader } from '../../edge/outbox/sqlite/reader/sqlite-reader.ts';
import { draft, newEpoch, outboxIn, sink, temporaryFolder } from '../../edge/outbox/sqlite/testing/test-support.ts';
import { MemoryDisk, MemoryOutbox } from '../../edge/outbox/testing/memory-outbox.ts';
import { SimulatedDisk } from '../faults/simulation/disk.ts';
import { SimulatedThread } from '../faults/simulation/outbox.ts';
import { Random } from '../faults/simulation/random.ts';

interface Place {
  /** a started outbox, with the content that the last one left */
  open(): Promise<{ outbox: Outbox; reader: OutboxReader }>;
  remove(): void;
}

function sqlitePlace(): Place {
  const folder = temporaryFolder();
  return {
    async open() {
      const outbox = outboxIn(folder);
      await outbox.start();
      return { outbox, reader: openReader(outbox.file) };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function simulatedPlace(): Place {
  const ignored = { committed: () => undefined, beforePutAside: () => undefined, damaged: () => undefined };
  const disk = new SimulatedDisk(systemClock, new Random(1), ignored, false);
  return {
    async open() {
      const startWriter = (data: WriterData) => new SimulatedThread(data, disk, systemClock);
      const outbox = outboxIn(':simulated:', { startWriter });
      await outbox.start();
      return { outbox, reader: new SqliteReader(disk.reader()) };
    },
    remove: () => disk.end(),
  };
}

function memoryPlace(): Place {
  const disk = new MemoryDisk();
  return {
    async open() {
      const outbox = new MemoryOutbox(disk, newEpoch);
      await outbox.start();
      return { outbox, reader: outbox.reader() };
    },
    remove: () => undefined,
  };
}

/** Waits for a condition; a busy machine may take its time. */
const soon = <T>(what: () => T) => expect.poll(what, { timeout: 10_000, interval: 10 });

const numbers = (events: readonly { sequence: number }[]) => events.map((event) => event.sequence);

describe.each([
  ['on SQLite', sqlitePlace],
  ['as a model in memory', memoryPlace],
  ['as the simulation has it, on a disk in memory', simulatedPlace],
])('an outbox %s', (_, makePlace) => {
  let place: Place;
  let outbox: Outbox;
  let reader: OutboxReader;

  async function reopen() {
    reader.close();
    await outbox.stop();
    ({ outbox, reader } = await place.open());
  }

  beforeEach(async () => {
    place = makePlace();
    ({ outbox, reader } = await place.open());
  });

  afterEach(async () => {
    reader.close();
    await outbox.stop();
    place.remove();
  });

  test('the reader gets each confirmed event unchanged, numbered from 1 in each lane', async () => {
    const reading = draft(1);
    const alert = draft(2, {
      lane: 'alerts',
      type: 'forpost.alert.v1',
      device: null,
      clock: 'unsynced',
      data: '{"ö":"✓"}',
    });
    expect(await outbox.append({ events: [reading, alert] })).toEqual({ stored: 2, repeated: 0 });
    expect(await outbox.append({ events: [draft(3)] })).toEqual({ stored: 1, repeated: 0 });
    const { epoch } = outbox;
    expect(epoch).toMatch(/^[0-9a-f]{16}$/);
    expect(reader.read(epoch, 'telemetry', 0, 10, 1e6)).toEqual([
      { ...reading, epoch, sequence: 1 },
      { ...draft(3), epoch, sequence: 2 },
    ]);
    expect(reader.read(epoch, 'alerts', 0, 10, 1e6)).toEqual([{ ...alert, epoch, sequence: 1 }]);
    const bytes = (...drafts: EventDraft[]) => drafts.reduce((sum, { data }) => sum + Buffer.byteLength(data), 0);
    expect(reader.backlog(sink)).toEqual([
      { epoch, lane: 'alerts', assigned: 1, acknowledged: 0, bytes: bytes(alert) },
      { epoch, lane: 'telemetry', assigned: 2, acknowledged: 0, bytes: bytes(reading, draft(3)) },
    ]);
  });

  test('a thousand entries at once are stored in their order, without a gap', async () => {
    const results = await Promise.all(Array.from({ length: 1000 }, (_, n) => outbox.append({ events: [draft(n)] })));
    expect(results.every(({ stored }) => stored === 1)).toBe(true);
    const events = reader.read(outbox.epoch, 'telemetry', 0, 2000, 1e9);
    expect(numbers(events)).toEqual(Array.from({ length: 1000 }, (_, n) => n + 1));
    expect(events.map(({ data }) => data)).toEqual(Array.from({ length: 1000 }, (_, n) => draft(n).data));
    expect(outbox.status()).toMatchObject({ committedEvents: 1000, queued: 0 });
  });

  test('a read keeps both limits, but returns at least one event when there is one', async () => {
    await outbox.append({ events: Array.from({ length: 10 }, (_, n) => draft(n)) });
    const { epoch } = outbox;
    const size = Buffer.byteLength(draft(0).data);
    expect(numbers(reader.read(epoch, 'telemetry', 0, 3, 1e6))).toEqual([1, 2, 3]);
    expect(numbers(reader.read(epoch, 'telemetry', 3, 100, 2 * size))).toEqual([4, 5]);
    expect(numbers(reader.read(epoch, 'telemetry', 8, 100, 1))).toEqual([9]);
    expect(reader.read(epoch, 'telemetry', 10, 100, 1e6)).toEqual([]);
    expect(reader.read(asId('ffffffffffffffff'), 'telemetry', 0, 100, 1e6)).toEqual([]);
  });

  test('an acknowledgement shortens the backlog; a backward, too high or foreign one changes nothing', async () => {
    await outbox.append({ events: Array.from({ length: 5 }, (_, n) => draft(n)) });
    const { epoch } = outbox;
    outbox.acknowledge(sink, epoch, 'telemetry', 3);
    outbox.acknowledge(sink, epoch, 'telemetry', 2);
    outbox.acknowledge(sink, epoch, 'telemetry', 6);
    outbox.acknowledge(sink, asId('0123456789abcdef'), 'telemetry', 5);
    await soon(() => reader.backlog(sink)).toEqual([
      { epoch, lane: 'telemetry', assigned: 5, acknowledged: 3, bytes: 2 * draft(0).data.length },
    ]);
    outbox.acknowledge(sink, epoch, 'telemetry', 5);
    await soon(() => reader.backlog(sink)).toEqual([]);
    expect(() => outbox.acknowledge(sink, epoch, 'telemetry', 0)).toThrow(RangeError);
  });

  test('each start is a new epoch; events of older epochs are read first and acknowledged under their own numbers', async () => {
    await outbox.append({ events: [draft(1), draft(2)] });
    const first = outbox.epoch;
    outbox.acknowledge(sink, first, 'telemetry', 1);
    await reopen();
    const second = outbox.epoch;
    expect(second).not.toBe(first);
    expect(outbox.status().starts).toBe(2);
    await outbox.append({ events: [draft(3), draft(4, { lane: 'alerts' })] });
    const waiting = () =>
      reader.backlog(sink).map(({ epoch, lane, assigned, acknowledged }) => [epoch, lane, assigned, acknowledged]);
    expect(waiting()).toEqual([
      [first, 'telemetry', 2, 1],
      [second, 'alerts', 1, 0],
      [second, 'telemetry', 1, 0],
    ]);
    expect(numbers(reader.read(first, 'telemetry', 1, 10, 1e6))).toEqual([2]);
    outbox.acknowledge(sink, first, 'telemetry', 2);
    await soon(waiting).toEqual([
      [second, 'alerts', 1, 0],
      [second, 'telemetry', 1, 0],
    ]);
  });

  test('lanes that a sink has drained are listed while the file has any of their events, the newest first', async () => {
    const of = (n: number, lane: Lane) => draft(n, { lane, received: systemClock.now() });
    const drained = (limit = 10) =>
      reader
        .drained(sink, limit)
        .map(({ epoch, lane, assigned, acknowledged }) => [epoch, lane, assigned, acknowledged]);
    await outbox.append({ events: [of(1, 'alerts'), of(2, 'telemetry'), of(3, 'telemetry')] });
    const first = outbox.epoch;
    expect(drained()).toEqual([]);
    outbox.acknowledge(sink, first, 'telemetry', 1);
    outbox.acknowledge(sink, first, 'alerts', 1);
    await soon(() => drained()).toEqual([[first, 'alerts', 1, 1]]);
    outbox.acknowledge(sink, first, 'telemetry', 2);
    await reopen();
    await outbox.append({ events: [of(4, 'telemetry'), of(5, 'alerts')] });
    outbox.acknowledge(sink, outbox.epoch, 'telemetry', 1);
    const all = [
      [outbox.epoch, 'telemetry', 1, 1],
      [first, 'alerts', 1, 1],
      [first, 'telemetry', 2, 2],
    ];
    await soon(() => drained()).toEqual(all);
    expect(drained(2)).toEqual(all.slice(0, 2));
    expect(reader.drained('another', 10)).toEqual([]);
  });

  test('the newest events of a lane are read backwards over all epochs, acknowledged ones included', async () => {
    // received today, because old delivered events are deleted
    const of = (n: number, lane: Lane) => draft(n, { lane, received: systemClock.now() });
    await outbox.append({ events: [of(1, 'alerts'), of(2, 'telemetry'), of(3, 'alerts')] });
    outbox.acknowledge(sink, outbox.epoch, 'alerts', 2);
    await reopen();
    await reopen();
    await outbox.append({ events: [of(4, 'alerts')] });
    const written = (limit: number) => reader.newest('alerts', limit).map(({ data }) => data);
    const all = [4, 3, 1].map((n) => draft(n).data);
    expect(written(10)).toEqual(all);
    expect(written(2)).toEqual(all.slice(0, 2));
    expect(reader.newest('telemetry', 10).map(({ data }) => data)).toEqual([draft(2).data]);
  });

  test('a resend is stored once: within one batch, later, and after a restart', async () => {
    const again = (device: string, resendId: string) => draft(1, { device: asId(device), resendId });
    const both = await Promise.all([
      outbox.append({ events: [again('meter', 'a'), again('meter', 'a')] }),
      outbox.append({ events: [again('meter', 'a'), again('meter', 'b')] }),
    ]);
    expect(both).toEqual([
      { stored: 1, repeated: 1 },
      { stored: 1, repeated: 1 },
    ]);
    expect(await outbox.append({ events: [again('other', 'a')] })).toEqual({ stored: 1, repeated: 0 });
    await reopen();
    expect(await outbox.append({ events: [again('meter', 'a'), again('meter', 'c')] })).toEqual({
      stored: 1,
      repeated: 1,
    });
    const long = 'x'.repeat(10_000);
    expect(await outbox.append({ events: [again('meter', `${long}1`)] })).toEqual({ stored: 1, repeated: 0 });
    expect(await outbox.append({ events: [again('meter', `${long}2`)] })).toEqual({ stored: 1, repeated: 0 });
    expect(await outbox.append({ events: [again('meter', `${long}1`)] })).toEqual({ stored: 0, repeated: 1 });
    expect(outbox.status()).toMatchObject({ committedEvents: 3, repeatedEvents: 2 });
  });

  test('other content under a known id is stored once, and the device’s reused id is reported', async () => {
    const reading = (content: number, change: Partial<EventDraft> = {}) =>
      draft(content, { resendId: '42', content, ...change });
    expect(await outbox.append({ events: [reading(1), reading(1), reading(2)] })).toEqual({ stored: 2, repeated: 1 });
    const reused = (count: number, n: number) => [{ device: 'meter', count, lastAt: draft(n).received }];
    expect(outbox.status().reusedIds).toEqual(reused(1, 2));
    await reopen();
    expect(outbox.status().reusedIds).toEqual(reused(1, 2));
    expect(await outbox.append({ events: [reading(2), reading(2)] })).toEqual({ stored: 0, repeated: 2 });
    // contents 1, 2 and 1 again are three readings
    expect(await outbox.append({ events: [reading(1), reading(1)] })).toEqual({ stored: 1, repeated: 1 });
    expect(await outbox.append({ events: [reading(3), reading(4, { device: asId('other') })] })).toEqual({
      stored: 2,
      repeated: 0,
    });
    expect(outbox.status().reusedIds).toEqual(reused(3, 3));
  });

  test('when only the id counts, other content under a known id is a resend, and nothing is reported', async () => {
    const result = (n: number) => draft(n, { lane: 'alerts', device: null, resendId: 'command\nc-1' });
    expect(await outbox.append({ events: [result(1), result(2)] })).toEqual({ stored: 1, repeated: 1 });
    expect(outbox.status().reusedIds).toEqual([]);
  });

  test('the reader finds a stored event by the id that its device, or the gateway itself, gave it', async () => {
    const long = 'x'.repeat(10_000);
    const result = draft(1, { lane: 'alerts', device: null, resendId: 'command\nc-1' });
    await outbox.append({ events: [result, draft(2, { device: asId('meter'), resendId: `${long}1` })] });
    const known = () => [
      reader.isStored(null, 'command\nc-1'),
      reader.isStored(asId('meter'), `${long}1`),
      reader.isStored(asId('meter'), 'command\nc-1'),
      reader.isStored(null, 'command\nc-2'),
      reader.isStored(asId('meter'), `${long}2`),
    ];
    expect(known()).toEqual([true, true, false, false, false]);
    await reopen();
    expect(known()).toEqual([true, true, false, false, false]);
  });

  test('unreadable messages are kept as they came, newest first', async () => {
    const letter = (n: number) => ({
      device: asId<'device'>('meter'),
      topic: `t/${n}`,
      payload: Uint8Array.of(0xff, n),
      received: n,
      reason: `not JSON ${n}`,
    });
    for (const n of [1, 2, 3]) await outbox.append({ events: [], deadLetter: letter(n) });
    const kept = await outbox.deadLetters(2);
    expect(kept.map((kept) => ({ ...kept, payload: Uint8Array.from(kept.payload) }))).toEqual([letter(3), letter(2)]);
    expect(outbox.status().deadLetters).toBe(3);
    expect(reader.backlog(sink)).toEqual([]);
    const door = asId<'device'>('door');
    for (const n of [4, 5, 6]) await outbox.append({ events: [], deadLetter: { ...letter(n), device: door } });
    expect((await outbox.deadLetters(2, 'meter')).map(({ received }) => received)).toEqual([3, 2]);
    expect(await outbox.deadLetters(2, 'gate')).toEqual([]);
  });

  test('a listener is called for each commit until it is removed', async () => {
    let calls = 0;
    const stop = outbox.onCommit(() => calls++);
    await outbox.append({ events: [draft(1)] });
    expect(calls).toBe(1);
    stop();
    await outbox.append({ events: [draft(2)] });
    expect(calls).toBe(1);
  });

  test('appends before a stop are committed, and later ones are rejected', async () => {
    const last = Array.from({ length: 50 }, (_, n) => outbox.append({ events: [draft(n)] }));
    const stopping = outbox.stop();
    await expect(outbox.append({ events: [draft(99)] })).rejects.toMatchObject({ code: 'FORPOST_OUTBOX_STOPPED' });
    await stopping;
    expect((await Promise.all(last)).length).toBe(50);
    const epoch = outbox.epoch;
    expect(reader.read(epoch, 'telemetry', 0, 100, 1e6).length).toBe(50);
  });
});

type Step =
  | { readonly do: 'append'; readonly lane: Lane; readonly ids: readonly (string | undefined)[] }
  | { readonly do: 'acknowledge'; readonly lane: Lane; readonly epochsAgo: number; readonly through: number }
  | { readonly do: 'restart' };

const laneOf = fc.constantFrom<Lane>('alerts', 'telemetry');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      lane: laneOf,
      ids: fc.array(fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: undefined }), { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('acknowledge' as const),
      lane: laneOf,
      epochsAgo: fc.nat(2),
      through: fc.integer({ min: 1, max: 8 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
);

test('after any sequence of appends, acknowledgements and restarts SQLite holds what the model holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const places = [sqlitePlace(), memoryPlace()];
      const seen = await Promise.all(places.map((place) => play(place, steps)));
      for (const place of places) place.remove();
      expect(seen[0]).toEqual(seen[1]);
    }),
    { numRuns: 25 },
  );
});

/** Runs the steps and returns everything observable, with epochs replaced by their order. */
async function play(place: Place, steps: readonly Step[]) {
  let { outbox, reader } = await place.open();
  const epochs = [outbox.epoch];
  const seen: unknown[] = [];
  let n = 0;
  for (const step of steps) {
    if (step.do === 'append') {
      const events = step.ids.map((resendId) =>
        draft(n++, { lane: step.lane, ...(resendId === undefined ? {} : { resendId, content: n % 3 }) }),
      );
      seen.push(await outbox.append({ events }));
    } else if (step.do === 'acknowledge') {
      const epoch = epochs.at(-1 - step.epochsAgo);
      if (epoch !== undefined) outbox.acknowledge(sink, epoch, step.lane, step.through);
    } else {
      reader.close();
      await outbox.stop();
      ({ outbox, reader } = await place.open());
      epochs.push(outbox.epoch);
    }
  }
  // its commit follows the acknowledgements before it
  await outbox.append({ events: [draft(n)] });
  for (const { epoch, lane, acknowledged, ...rest } of reader.backlog(sink)) {
    const events = reader.read(epoch, lane, acknowledged, 1000, 1e6);
    seen.push({ lane, acknowledged, ...rest, epoch: epochs.indexOf(epoch) });
    seen.push(events.map(({ epoch, ...event }) => ({ ...event, epoch: epochs.indexOf(epoch) })));
  }
  reader.close();
  await outbox.stop();
  return seen;
}
