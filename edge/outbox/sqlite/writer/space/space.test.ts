import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { systemClock } from '@forpost/shared/clock.ts';
import { eventTypes, type GapData } from '@forpost/shared/event/event.ts';
import { asId, type Lane } from '@forpost/shared/event/ids.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { damagedReason, shedReason } from '../../../gap.ts';
import type { EventDraft } from '../../../outbox.ts';
import { leastStepBytes } from '../../../space.ts';
import type { SqliteOutboxOptions } from '../../main/outbox-options.ts';
import type { SqliteOutbox } from '../../main/sqlite-outbox.ts';
import { openReader } from '../../reader/sqlite-reader.ts';
import { draft, outboxIn, sink, temporaryFolder } from '../../testing/test-support.ts';

let folder: string;
let running: SqliteOutbox[];

beforeEach(() => {
  folder = temporaryFolder();
  running = [];
});

afterEach(async () => {
  for (const outbox of running) await outbox.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function started(change: Partial<SqliteOutboxOptions> = {}): Promise<SqliteOutbox> {
  const outbox = outboxIn(folder, change);
  running.push(outbox);
  await outbox.start();
  return outbox;
}

/** Waits for a condition, long enough for a busy machine. */
const soon = <T>(what: () => T) => expect.poll(what, { timeout: 10_000, interval: 10 });

const text = 'x'.repeat(2000);
const reading = (n: number, change: Partial<EventDraft> = {}) =>
  draft(n, { data: JSON.stringify({ n, text }), ...change });

/** Appends readings n..n+count-1, 50 in an entry. Returns the error codes of refused entries. */
async function fill(outbox: SqliteOutbox, from: number, count: number): Promise<readonly string[]> {
  const refusals: string[] = [];
  for (let n = from; n < from + count; n += 50)
    await outbox
      .append({ events: Array.from({ length: Math.min(50, from + count - n) }, (_, i) => reading(n + i)) })
      .catch((error: { code: string }) => refusals.push(error.code));
  return refusals;
}

function read(file: string, epoch: string, lane: Lane, after = 0) {
  const reader = openReader(file);
  const events = reader.read(asId(epoch), lane, after, 1_000_000, 1e9);
  reader.close();
  return events;
}

const gapsIn = (file: string, epoch: string) =>
  read(file, epoch, 'alerts')
    .filter(({ type }) => type === eventTypes.gap)
    .map(({ data }) => JSON.parse(data) as GapData);

/** Every number that the gaps name. */
const named = (gaps: readonly GapData[]) =>
  gaps.flatMap(({ from, to }) => Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => Number(from) + i));

const maxBytes = 2 ** 21;

test('at the limit the oldest readings are shed and named exactly by few gap records; alerts stay', async () => {
  const outbox = await started({ limits: { maxBytes } });
  await outbox.append({ events: [draft(0, { lane: 'alerts' })] });
  expect(await fill(outbox, 0, 5000)).toEqual([]);
  await outbox.append({ events: [draft(1, { lane: 'alerts' })] });
  const { epoch, file } = outbox;
  const gaps = gapsIn(file, epoch);
  const kept = read(file, epoch, 'telemetry').map(({ sequence }) => sequence);
  expect([...named(gaps), ...kept]).toEqual(Array.from({ length: 5000 }, (_, i) => i + 1));
  for (const gap of gaps) {
    expect(gap).toMatchObject({ epoch, lane: 'telemetry', reason: shedReason });
    expect(gap.count).toBe(Number(gap.to) - Number(gap.from) + 1);
    expect(gap.first_time).toBe(new Date(reading(Number(gap.from) - 1).time).toISOString());
    expect(gap.last_time).toBe(new Date(reading(Number(gap.to) - 1).time).toISOString());
  }
  // each shed step frees at least `leastStepBytes`
  expect(gaps.length).toBeLessThan((5000 * 2200) / leastStepBytes);
  expect(read(file, epoch, 'alerts').filter(({ type }) => type !== eventTypes.gap).length).toBe(2);
  const { room, fileBytes } = outbox.status();
  expect(fileBytes).toBeLessThanOrEqual(maxBytes);
  expect(room).toMatchObject({ shedEvents: named(gaps).length, shedRanges: gaps.length });
});

test('without space readings are refused for a while and alerts are stored; if space comes back in time, nothing is shed', async () => {
  const outbox = await started({ limits: { maxBytes, shedAfterMs: 60_000 } });
  const refusals = await fill(outbox, 0, 2000);
  expect([...new Set(refusals)]).toEqual(['FORPOST_OUTBOX_FULL']);
  const alerts = Array.from({ length: 5 }, (_, n) => draft(n, { lane: 'alerts' }));
  expect(await outbox.append({ events: alerts })).toMatchObject({ stored: 5 });
  const { room, problem } = outbox.status();
  expect(room.shedEvents).toBe(0);
  expect(room.shedsInMs).toBeGreaterThan(0);
  expect(problem).toMatch(/not acknowledged.*after 60 s without room/);
  const { epoch, file } = outbox;
  const stored = read(file, epoch, 'telemetry').length;
  outbox.acknowledge(sink, epoch, 'telemetry', stored);
  // no device has to try again: the wait ends as soon as there is space
  await soon(() => outbox.status().room.shedsInMs).toBeNull();
  expect(await fill(outbox, 2000, 250)).toEqual([]);
  expect(outbox.status()).toMatchObject({ room: { shedEvents: 0 }, problem: '' });
});

test('after the wait for space the oldest readings are shed, without another wait at each step', async () => {
  const outbox = await started({ limits: { maxBytes, shedAfterMs: 300 } });
  expect(await fill(outbox, 0, 2000)).not.toEqual([]);
  await soon(() => fill(outbox, 2000, 50)).toEqual([]);
  const { shedRanges } = outbox.status().room;
  expect(await fill(outbox, 2050, 4000)).toEqual([]);
  expect(outbox.status().room.shedRanges).toBeGreaterThan(shedRanges + 5);
});

test('the backlog does not count shed events, and the uplink continues behind them', async () => {
  const outbox = await started({ limits: { maxBytes } });
  await fill(outbox, 0, 3000);
  const { epoch, file } = outbox;
  const reader = openReader(file);
  const waiting = () => reader.backlog(sink).find(({ lane }) => lane === 'telemetry');
  const kept = read(file, epoch, 'telemetry');
  const bytes = kept.reduce((sum, { data }) => sum + Buffer.byteLength(data), 0);
  expect(waiting()).toEqual({
    epoch,
    lane: 'telemetry',
    assigned: 3000,
    acknowledged: 0,
    bytes,
    shed: 3000 - kept.length,
  });
  let after = 0;
  const seen: number[] = [];
  while (after < 3000) {
    const batch = reader.read(epoch, 'telemetry', after, 100, 1e6);
    seen.push(...batch.map(({ sequence }) => sequence));
    after = batch.at(-1)!.sequence;
    outbox.acknowledge(sink, epoch, 'telemetry', after);
  }
  expect(seen).toEqual(kept.map(({ sequence }) => sequence));
  await soon(waiting).toBeUndefined();
  reader.close();
});

test('events in hand at a sink are not shed; once they are safe they are deleted as delivered', async () => {
  const outbox = await started({ limits: { maxBytes } });
  await fill(outbox, 0, 200);
  const { epoch, file } = outbox;
  const claimant = outbox.inHand.claimant(0);
  expect(claimant.begin(epoch)).toBe(true);
  claimant.settle(120);
  await fill(outbox, 200, 3000);
  const kept = read(file, epoch, 'telemetry').map(({ sequence }) => sequence);
  expect(kept.slice(0, 120)).toEqual(Array.from({ length: 120 }, (_, i) => i + 1));
  expect(kept[120]).toBeGreaterThan(200);
  expect(Math.min(...named(gapsIn(file, epoch)))).toBe(121);
  outbox.acknowledge(sink, epoch, 'telemetry', 120);
  await fill(outbox, 3200, 2000);
  expect(read(file, epoch, 'telemetry')[0]?.sequence).toBeGreaterThan(200);
  expect(Math.min(...named(gapsIn(file, epoch)))).toBe(121);
});

test('while the uplink reads a batch, nothing is shed: readings are refused and alerts are stored', async () => {
  const outbox = await started({ limits: { maxBytes } });
  await fill(outbox, 0, 100);
  const claimant = outbox.inHand.claimant(0);
  claimant.begin(outbox.epoch);
  const refusals = await fill(outbox, 100, 3000);
  expect(new Set(refusals)).toEqual(new Set(['FORPOST_OUTBOX_FULL']));
  expect(gapsIn(outbox.file, outbox.epoch)).toEqual([]);
  expect(await outbox.append({ events: [draft(1, { lane: 'alerts' })] })).toEqual({ stored: 1, repeated: 0 });
  claimant.settle(undefined);
  expect(await fill(outbox, 4000, 3000)).toEqual([]);
});

test('new readings are stored although a sink is unreachable for long or no longer configured', async () => {
  const both = await started({ sinks: [sink, 'second'], limits: { maxBytes } });
  const { epoch } = both;
  for (let n = 0; n < 3000; n += 100) {
    await fill(both, n, 100);
    const claimant = both.inHand.claimant(0);
    expect(claimant.begin(epoch)).toBe(true);
    claimant.settle(n + 100);
    both.acknowledge(sink, epoch, 'telemetry', n + 100);
  }
  expect(gapsIn(both.file, epoch).length).toBeGreaterThan(0);
  await both.stop();
  const one = await started({ limits: { maxBytes } });
  expect(await fill(one, 3000, 200)).toEqual([]);
  expect(gapsIn(one.file, one.epoch)).toEqual([]);
});

test('alerts are never shed: at their limit new ones are refused, while readings and entries without a sender are stored', async () => {
  const outbox = await started({ limits: { maxBytes } });
  const alert = (n: number) => reading(n, { lane: 'alerts', type: eventTypes.alert, device: asId('button') });
  let stored = 0;
  let refusal: unknown;
  while (refusal === undefined)
    await outbox.append({ events: [alert(stored)] }).then(
      () => stored++,
      (error: unknown) => {
        refusal = error;
      },
    );
  expect(refusal).toMatchObject({ code: 'FORPOST_OUTBOX_FULL', retryable: true });
  expect(await fill(outbox, 0, 3000)).toEqual([]);
  expect(await outbox.append({ events: [alert(-1)], reserved: true })).toEqual({ stored: 1, repeated: 0 });
  await expect(outbox.append({ events: [alert(-2)] })).rejects.toMatchObject({ code: 'FORPOST_OUTBOX_FULL' });
  const alerts = read(outbox.file, outbox.epoch, 'alerts').filter(({ type }) => type === eventTypes.alert);
  expect(alerts.map(({ data }) => data)).toEqual([...Array(stored).keys(), -1].map((n) => alert(n).data));
  outbox.acknowledge(sink, outbox.epoch, 'alerts', 100);
  await soon(() =>
    outbox.append({ events: [alert(-2)] }).then(
      () => 'room',
      () => 'full',
    ),
  ).toBe('room');
});

test('at the limit of alerts, delivered ones are deleted early for new ones, even while readings have space', async () => {
  const outbox = await started({ limits: { maxBytes } });
  let through = 0;
  for (let n = 0; n < 2000; n++) {
    await outbox.append({ events: [reading(n, { lane: 'alerts', received: systemClock.now() })] }).then(
      () => through++,
      () => undefined,
    );
    if (through > 0 && n % 50 === 0) outbox.acknowledge(sink, outbox.epoch, 'alerts', through);
  }
  expect(through).toBe(2000);
});

test('after a refused alert, later alerts of the same device are refused too, but not those of other devices', async () => {
  const outbox = await started({ limits: { maxBytes } });
  const alert = (n: number, device: string, size = 10) =>
    draft(n, { lane: 'alerts', device: asId(device), data: JSON.stringify('x'.repeat(size)) });
  // an alert larger than the space of all alerts, among small ones: in its batch and in later batches
  const entries = [
    ...Array.from({ length: 6000 }, (_, n) => [alert(n, 'first')]),
    [alert(6000, 'first', 600_000)],
    [alert(6001, 'first')],
    [alert(6002, 'second')],
    ...Array.from({ length: 100 }, (_, n) => [alert(7000 + n, 'first')]),
    [alert(8000, 'second')],
  ];
  // 6,000 small ones take more than one batch
  const few = entries.slice(5900);
  const outcome = await Promise.allSettled(few.map((events) => outbox.append({ events })));
  expect(outcome.map(({ status }) => status === 'fulfilled')).toEqual([
    ...Array(100).fill(true),
    false,
    false,
    true,
    ...Array(100).fill(false),
    true,
  ]);
  // one turn later the device knows of the refusal, and a new alert is stored
  await new Promise((resolve) => setImmediate(resolve));
  expect(await outbox.append({ events: [alert(9000, 'first')] })).toEqual({ stored: 1, repeated: 0 });
});

test('below the floor of free disk the file grows for alerts only, and old readings are shed for new ones', async () => {
  const roomy = await started();
  await fill(roomy, 0, 500);
  const before = roomy.status().fileBytes;
  await roomy.stop();
  const outbox = await started({ limits: { minFreeBytes: Number.MAX_SAFE_INTEGER } });
  expect(await fill(outbox, 500, 1000)).toEqual([]);
  const { fileBytes, room } = outbox.status();
  expect(fileBytes).toBeLessThan(1.1 * before);
  expect(room.shedEvents).toBeGreaterThan(400);
  expect(room.diskFull).toBe(false);
  for (let n = 0; n < 600; n++) await outbox.append({ events: [reading(n, { lane: 'alerts' })] });
  expect(outbox.status().fileBytes).toBeGreaterThan(fileBytes);
});

test('gap records name the losses of a damaged file as far as the file still shows them', async () => {
  const first = await started();
  await fill(first, 0, 300);
  const old = first.epoch;
  first.acknowledge(sink, old, 'telemetry', 100);
  await first.stop();
  const second = await started();
  await fill(second, 0, 10);
  const newest = second.epoch;
  await second.stop();
  // only the end of the file is damaged, which has readings; its beginning has the lanes
  const content = readFileSync(second.file);
  writeFileSync(second.file, content.fill(0xa5, 200_000));
  const third = await started();
  const gaps = gapsIn(third.file, third.epoch);
  const reader = openReader(third.file);
  for (const [epoch, after, last] of [
    [old, 100, 300],
    [newest, 0, 10],
  ] as const) {
    const saved = reader.read(epoch, 'telemetry', after, 1000, 1e9).map(({ sequence }) => sequence);
    const lost = named(gaps.filter((gap) => gap.epoch === epoch));
    expect(lost.length).toBeGreaterThan(0);
    expect([...saved, ...lost].sort((a, b) => a - b)).toEqual(
      Array.from({ length: last - after }, (_, n) => after + 1 + n),
    );
  }
  reader.close();
  expect(new Set(gaps.map(({ lane, reason }) => `${lane} ${reason}`))).toEqual(new Set([`telemetry ${damagedReason}`]));
});

test('gap records name the losses of an unreadable file by the list of epochs beside it', async () => {
  const first = await started();
  await fill(first, 0, 10);
  await first.stop();
  truncateSync(first.file, 0);
  writeFileSync(first.file, 'this is no database, it is a poem');
  const second = await started();
  // the records beside the file say that there were ten events
  expect(gapsIn(second.file, second.epoch)).toEqual([
    { epoch: first.epoch, lane: 'telemetry', from: '1', to: '10', count: 10, reason: damagedReason },
  ]);
  await second.stop();
  // as an older version leaves the list: without the last numbers of the epochs
  truncateSync(first.file, 0);
  for (const name of ['numbers', 'epochs']) rmSync(`${first.file}.${name}`);
  writeFileSync(`${first.file}.epochs`, first.epoch);
  const third = await started();
  expect(gapsIn(third.file, third.epoch)).toEqual([
    { epoch: first.epoch, lane: 'alerts', from: '1', to: null, count: 0, reason: damagedReason },
    { epoch: first.epoch, lane: 'telemetry', from: '1', to: null, count: 0, reason: damagedReason },
  ]);
});

test('if the file with the gap record of a loss is lost too, the next file names both losses', async () => {
  const epochs: string[] = [];
  for (let i = 0; i < 3; i++) {
    const outbox = await started();
    await fill(outbox, i, 1);
    if (i === 1) {
      // a start in between does not name the loss again
      await outbox.stop();
      const again = await started();
      await fill(again, 9, 1);
      epochs.push(outbox.epoch, again.epoch);
      await again.stop();
    } else {
      epochs.push(outbox.epoch);
      await outbox.stop();
    }
    if (i < 2) writeFileSync(outbox.file, 'a poem');
  }
  const file = running[0]!.file;
  const [first = '', second, third] = epochs;
  const told = gapsIn(file, epochs.at(-1)!).map(({ epoch, lane, from, to }) => `${epoch}/${lane} ${from}-${to}`);
  // the gap record in the second file, of the loss of the first, is lost as well
  expect(told.sort()).toEqual(
    [`${first}/telemetry 1-1`, `${second}/alerts 1-1`, `${second}/telemetry 1-1`, `${third}/telemetry 1-1`].sort(),
  );
});

test('a shed range is named once, however often the gateway starts and sheds again', async () => {
  const gaps: GapData[] = [];
  let first: string | undefined;
  for (let life = 0; life < 4; life++) {
    const outbox = await started({ limits: { maxBytes } });
    first ??= outbox.epoch;
    await fill(outbox, 1000 * life, 1000);
    await outbox.stop();
    gaps.push(...gapsIn(outbox.file, outbox.epoch).filter(({ epoch }) => epoch === first));
  }
  expect(gaps.length).toBeGreaterThan(2);
  const numbers = named(gaps);
  expect(numbers.length).toBe(new Set(numbers).size);
});
