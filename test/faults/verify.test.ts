/** The verification of fault runs must be able to fail: each test adds one defect and expects its name. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventTypes } from '@forpost/shared/event/event.ts';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ApiEvent } from '../harness/centre.ts';
import type { Device } from './load/device.ts';
import { isGood } from './run.ts';
import { type Verdict, verify } from './verify.ts';

interface World {
  readonly events: ApiEvent[];
  readonly ledger: Record<'assigned' | 'received' | 'shed' | 'missing' | 'waiting' | 'duplicates', number>;
  /** keys of readings that were seen in the outbox, by number */
  readonly seen: Map<string, string>;
  readonly devices: {
    id: string;
    promised: string;
    published: number;
    acknowledged: Set<string>;
    sessionsLost: number;
  }[];
}

const epoch = '0123456789abcdef';
const folder = mkdtempSync(join(tmpdir(), 'forpost-verify-'));
const outboxFile = join(folder, 'outbox.db');
beforeAll(() => {
  const db = new Database(outboxFile);
  db.exec(`create table events (epoch, lane, seq); insert into events values ('${epoch}', 'telemetry', 1)`);
  db.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const event = (type: string, subject: string, n: number, data: object) =>
  ({ id: `gw/${epoch}/telemetry/${n}`, type, subject, data }) as unknown as ApiEvent;
const alert = (n: number, change: string) => event(eventTypes.alert, 'with-id-1', n, { alarm: 'a', change, count: n });

function completeWorld(): World {
  const events = [
    event(eventTypes.reading, 'with-id-1', 1, { id: 'r1', values: {} }),
    event(eventTypes.reading, 'plain', 2, { values: { energy_wh: 1 } }),
    event(eventTypes.reading, 'qos-2', 3, { values: { energy_wh: 1 } }),
    alert(4, 'raised'),
    alert(5, 'cleared'),
  ];
  const device = (id: string, promised: string, key: string) => ({
    id,
    promised,
    published: 1,
    acknowledged: new Set([key]),
    sessionsLost: 0,
  });
  return {
    events,
    seen: new Map([
      [`${epoch}/telemetry/1`, 'with-id-1 r1'],
      [`${epoch}/telemetry/2`, 'plain 1'],
    ]),
    ledger: { assigned: 5, received: 5, shed: 0, missing: 0, waiting: 0, duplicates: 0 },
    devices: [
      device('with-id-1', 'once', 'with-id-1 r1'),
      device('plain', 'at-least-once', 'plain 1'),
      device('qos-2', 'once', 'qos-2 1'),
    ],
  };
}

function judged({ events, ledger, devices, seen }: World): Promise<Verdict> {
  const api = async (path: string) => (path.includes('/ledger') ? ledger : { events });
  return verify({
    api: { api: api as <T>(path: string) => Promise<T> },
    gateway: 'gw',
    devices: devices as unknown as Device[],
    outboxFile,
    seen,
  });
}

/** Adds the event once more, under another number. */
function repeatEvent(world: World, index: number): void {
  const other = world.events[index];
  if (other !== undefined) world.events.push({ ...other, id: `gw/${epoch}/telemetry/6` });
  world.ledger.assigned++;
  world.ledger.received++;
}

/** Removes the event, as if it had never been assigned. */
function removeEvent(world: World, index: number): void {
  world.events.splice(index, 1);
  world.ledger.assigned--;
  world.ledger.received--;
}

test('a complete history passes, and repeats of plain QoS 1 readings are only counted', async () => {
  expect(isGood(await judged(completeWorld()))).toBe(true);
  const repeated = completeWorld();
  repeatEvent(repeated, 1);
  const verdict = await judged(repeated);
  expect(verdict).toMatchObject({ lost: 0, duplicated: 0, unexplained: 0, repeatsOfPlain: 1 });
  expect(isGood(verdict)).toBe(true);
});

/** Adds a gap record for these numbers of the telemetry lane, and counts them as shed in the ledger. */
function shed(world: World, from: number, to: number): void {
  const data = { epoch, lane: 'telemetry', from: String(from), to: String(to), count: to - from + 1, reason: 'shed' };
  world.events.push({ ...event(eventTypes.gap, '', 1, data), id: `gw/${epoch}/alerts/1` });
  Object.assign(world.ledger, { shed: to - from + 1, received: world.events.length });
  world.ledger.assigned = world.ledger.received + world.ledger.shed;
}

test('events that a gap record names are shed and not lost, whether their numbers were seen in the outbox or not', async () => {
  const known = completeWorld();
  known.events.splice(1, 1);
  shed(known, 2, 2);
  expect(await judged(known)).toMatchObject({ lost: 0, gapsExplained: 1, shedUnseen: 0 });
  // the number of the QoS 2 reading was never seen in the outbox
  const unseen = completeWorld();
  unseen.events.splice(2, 1);
  shed(unseen, 3, 3);
  expect(await judged(unseen)).toMatchObject({ lost: 0, gapsExplained: 1, shedUnseen: 1 });
});

test('a shed repetition of one reading does not excuse that another reading is missing', async () => {
  const world = completeWorld();
  world.seen.set(`${epoch}/telemetry/7`, 'plain 1');
  // the history has the first event of that reading, and lacks another reading
  world.events.splice(0, 1);
  shed(world, 7, 7);
  expect((await judged(world)).lost).toBe(1);
});

test('a lost alert does not excuse a missing reading', async () => {
  const world = completeWorld();
  removeEvent(world, 2);
  const data = { epoch, lane: 'alerts', from: '50', to: '50', count: 1, reason: 'lost' };
  world.events.push({ ...event(eventTypes.gap, '', 1, data), id: `gw/${epoch}/alerts/1` });
  Object.assign(world.ledger, { shed: 1, received: world.events.length, assigned: world.events.length + 1 });
  expect((await judged(world)).lost).toBe(1);
});

const wrongs: readonly (readonly [string, 'lost' | 'duplicated' | 'unexplained', (world: World) => void])[] = [
  ['a reading with an id is missing', 'lost', (world) => removeEvent(world, 0)],
  ['a plain reading is missing', 'lost', (world) => removeEvent(world, 1)],
  ['a QoS 2 reading is missing', 'lost', (world) => removeEvent(world, 2)],
  ['a reading with an id is stored twice', 'duplicated', (world) => repeatEvent(world, 0)],
  ['a QoS 2 reading is stored twice', 'duplicated', (world) => repeatEvent(world, 2)],
  ['an alert is stored twice', 'duplicated', (world) => repeatEvent(world, 3)],
  ['an alarm never ends', 'unexplained', (world) => removeEvent(world, 4)],
  [
    'a reading is stored that no device published',
    'unexplained',
    (world) => world.events.push(event(eventTypes.reading, 'with-id-1', 9, { id: 'r77', values: {} })),
  ],
  ['a committed event is missing', 'unexplained', (world) => removeEvent(world, 0)],
  ['the ledger counts a missing event', 'unexplained', ({ ledger }) => ledger.missing++],
  ['the ledger counts a waiting event', 'unexplained', ({ ledger }) => ledger.waiting++],
  ['the ledger does not add up', 'unexplained', ({ ledger }) => ledger.assigned++],
  [
    'the ledger counts more events than the history has',
    'unexplained',
    ({ ledger }) => Object.assign(ledger, { received: 6, assigned: 6 }),
  ],
  [
    'the gateway lost a persistent session',
    'unexplained',
    ({ devices }) => Object.assign(devices[2] ?? {}, { sessionsLost: 1 }),
  ],
];

test.each(wrongs)('the verification catches that %s (%s)', async (_, kind, makeWrong) => {
  const world = completeWorld();
  makeWrong(world);
  const verdict = await judged(world);
  expect(verdict[kind]).toBeGreaterThan(0);
  expect(isGood(verdict)).toBe(false);
  expect(verdict.problems.join()).not.toBe('');
});
