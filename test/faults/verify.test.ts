/** The verification of fault runs must be able to say no: one thing made wrong at a time, and what it is called. */
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
  /** in the outbox, while it was there: number and key */
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

function well(): World {
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

/** As if this reading had come once more, under a number of its own. */
function again(world: World, index: number): void {
  const other = world.events[index];
  if (other !== undefined) world.events.push({ ...other, id: `gw/${epoch}/telemetry/6` });
  world.ledger.assigned++;
  world.ledger.received++;
}

/** As if it had never been. */
function never(world: World, index: number): void {
  world.events.splice(index, 1);
  world.ledger.assigned--;
  world.ledger.received--;
}

test('a complete history passes, and repeats of plain QoS 1 are counted apart', async () => {
  expect(isGood(await judged(well()))).toBe(true);
  const repeated = well();
  again(repeated, 1);
  const verdict = await judged(repeated);
  expect(verdict).toMatchObject({ lost: 0, duplicated: 0, unexplained: 0, repeatsOfPlain: 1 });
  expect(isGood(verdict)).toBe(true);
});

/** A gap record of these numbers of the telemetry lane, and `count` events fewer in the history than were numbered. */
function shed(world: World, from: number, to: number): void {
  const data = { epoch, lane: 'telemetry', from: String(from), to: String(to), count: to - from + 1, reason: 'shed' };
  world.events.push({ ...event(eventTypes.gap, '', 1, data), id: `gw/${epoch}/alerts/1` });
  Object.assign(world.ledger, { shed: to - from + 1, received: world.events.length });
  world.ledger.assigned = world.ledger.received + world.ledger.shed;
}

test('events that a gap record names are gone and not lost: as the record saw them, or as many as nobody saw', async () => {
  const known = well();
  known.events.splice(1, 1);
  shed(known, 2, 2);
  expect(await judged(known)).toMatchObject({ lost: 0, gapsExplained: 1, shedUnseen: 0 });
  // of a QoS 2 reading nobody had seen its number
  const unseen = well();
  unseen.events.splice(2, 1);
  shed(unseen, 3, 3);
  expect(await judged(unseen)).toMatchObject({ lost: 0, gapsExplained: 1, shedUnseen: 1 });
});

test('a shed repeat does not excuse a missing reading', async () => {
  const world = well();
  world.seen.set(`${epoch}/telemetry/7`, 'plain 1');
  // its first number is in the history; what has gone beside its repeat is another one
  world.events.splice(0, 1);
  shed(world, 7, 7);
  expect((await judged(world)).lost).toBe(1);
});

test('an alert that was given up does not excuse a missing reading', async () => {
  const world = well();
  never(world, 2);
  const data = { epoch, lane: 'alerts', from: '50', to: '50', count: 1, reason: 'lost' };
  world.events.push({ ...event(eventTypes.gap, '', 1, data), id: `gw/${epoch}/alerts/1` });
  Object.assign(world.ledger, { shed: 1, received: world.events.length, assigned: world.events.length + 1 });
  expect((await judged(world)).lost).toBe(1);
});

const wrongs: readonly (readonly [string, 'lost' | 'duplicated' | 'unexplained', (world: World) => void])[] = [
  ['a reading with an id is not there', 'lost', (world) => never(world, 0)],
  ['a plain reading is not there', 'lost', (world) => never(world, 1)],
  ['a QoS 2 reading is not there', 'lost', (world) => never(world, 2)],
  ['a reading with an id is there twice', 'duplicated', (world) => again(world, 0)],
  ['a QoS 2 reading is there twice', 'duplicated', (world) => again(world, 2)],
  ['an alert is there twice', 'duplicated', (world) => again(world, 3)],
  ['an alarm has no end', 'unexplained', (world) => never(world, 4)],
  [
    'somebody else’s reading is there',
    'unexplained',
    (world) => world.events.push(event(eventTypes.reading, 'with-id-1', 9, { id: 'r77', values: {} })),
  ],
  ['a committed event is not there', 'unexplained', (world) => never(world, 0)],
  ['the ledger misses one', 'unexplained', ({ ledger }) => ledger.missing++],
  ['the ledger waits for one', 'unexplained', ({ ledger }) => ledger.waiting++],
  ['the ledger does not add up', 'unexplained', ({ ledger }) => ledger.assigned++],
  [
    'the ledger counts more than is there',
    'unexplained',
    ({ ledger }) => Object.assign(ledger, { received: 6, assigned: 6 }),
  ],
  [
    'a persistent session was forgotten',
    'unexplained',
    ({ devices }) => Object.assign(devices[2] ?? {}, { sessionsLost: 1 }),
  ],
];

test.each(wrongs)('the verification catches that %s (%s)', async (_, kind, makeWrong) => {
  const world = well();
  makeWrong(world);
  const verdict = await judged(world);
  expect(verdict[kind]).toBeGreaterThan(0);
  expect(isGood(verdict)).toBe(false);
  expect(verdict.problems.join()).not.toBe('');
});
