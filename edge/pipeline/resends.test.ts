/** A device's own ids, from the publish through decoder and rules to the outbox on SQLite. */
import { rmSync } from 'node:fs';
import { FakeClock } from '@forpost/shared/clock.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Alarms } from '../alerts/alarms.ts';
import { DeviceRegistry } from '../devices/registry.ts';
import { reusedInWords } from '../devices/reused-ids.ts';
import type { SqliteOutbox } from '../outbox/sqlite/main/sqlite-outbox.ts';
import { openReader } from '../outbox/sqlite/reader/sqlite-reader.ts';
import { outboxIn, temporaryFolder } from '../outbox/sqlite/testing/test-support.ts';
import { RuleEngine } from '../rules/engine.ts';
import type { Site } from '../site/site.ts';
import { Pipeline } from './pipeline.ts';
import { ResendFilter } from './resend-filter.ts';

const site: Site = {
  id: asId('home'),
  name: 'Home',
  timezone: 'Europe/Berlin',
  consumers: [],
  cameras: [],
  revision: 'r1',
  devices: [{ id: asId('meter'), decoder: 'native' }],
  bridges: [{ id: asId('hub'), decoder: 'native', devices: [{ id: asId('s1') }, { id: asId('s2') }] }],
  rules: [{ id: asId('over'), kind: 'threshold', devices: ['meter', 's1', 'hub'], metric: 'power_w', above: 5000 }],
};

const clock = new FakeClock();
let folder: string;
let outbox: SqliteOutbox;
let pipeline: Pipeline;
let raised: number;

async function start(): Promise<void> {
  const resends = new ResendFilter();
  outbox = outboxIn(folder, { onResendIds: (ids) => resends.recall(ids) });
  await outbox.start();
  const devices = new DeviceRegistry({ site, secrets: { mqtt: {}, console: {} }, clock });
  raised = 0;
  const action = { name: 'count', perform: () => void raised++, stop: async () => undefined };
  const alarms = new Alarms({ actions: [action], clock, random: Math.random });
  await alarms.start();
  const rules = new RuleEngine({ site, uptime: clock.uptime() });
  pipeline = new Pipeline({
    devices,
    alarms,
    outbox,
    resends,
    clock,
    rules: () => rules,
    quality: () => 'synced',
    boot: () => 'boot-1',
    random: () => 0.5,
    logger: silentLogger(),
    onAlert: () => undefined,
  });
  pipeline.start();
}

async function stop(): Promise<void> {
  await pipeline.stop();
  await outbox.stop();
}

beforeEach(async () => {
  folder = temporaryFolder();
  await start();
});

afterEach(async () => {
  await stop();
  rmSync(folder, { recursive: true, force: true });
});

const publish = (payload: string, device = 'meter') =>
  pipeline.admit({
    device,
    topic: `forpost/devices/${device}/readings`,
    payload: Buffer.from(payload),
    qos: 1,
    duplicate: false,
    received: clock.now(),
    uptime: clock.uptime(),
  });

/** The values of all stored readings, as on disk. */
function stored(): readonly string[] {
  const reader = openReader(outbox.file);
  const readings = reader.newest('telemetry', 10_000).toReversed();
  reader.close();
  return readings.map(({ data }) => /"power_w":([^,}]+)/.exec(data)?.[1] ?? data);
}

test('every acknowledged reading of a device that restarts its own ids is stored, even after a restart', async () => {
  const series = (from: number) =>
    Promise.all(Array.from({ length: 500 }, (_, n) => publish(`{"id":"${n + 1}","values":{"power_w":${from + n}}}`)));
  await series(0);
  await series(1000);
  await stop();
  await start();
  await series(2000);
  expect(stored()).toEqual([0, 1000, 2000].flatMap((from) => Array.from({ length: 500 }, (_, n) => `${from + n}`)));
  const [reused, ...others] = outbox.status().reusedIds;
  expect([reused, others]).toEqual([{ device: 'meter', count: 1000, lastAt: clock.now() }, []]);
  if (reused !== undefined)
    expect(inEnglish(reusedInWords('Main meter', reused))).toMatch(
      /^Main meter reuses ids: 1,000 readings had the "id" of an earlier reading/,
    );
  await series(2000);
  expect(stored()).toHaveLength(1500);
});

test('all readings of a list with one id are stored, and none twice when the list is resent', async () => {
  const list = '[{"id":7,"values":{"power_w":1}},{"id":7,"values":{"power_w":2}},{"id":7,"values":{"power_w":1}}]';
  await publish(list);
  await publish(list);
  await stop();
  await start();
  await publish(list);
  expect(stored()).toEqual(['1', '2']);
});

test('ids beyond 2^53 are distinguished, and each reading above the threshold raises its alarm', async () => {
  for (let n = 0; n < 10; n++) await publish(`{"id":900719925474099${n},"values":{"power_w":${n === 9 ? 6000 : n}}}`);
  expect(stored()).toEqual([...Array.from({ length: 9 }, (_, n) => `${n}`), '6000']);
  expect(raised).toBe(1);
});

test('a number that a double cannot hold is stored as the device wrote it', async () => {
  await publish('{"id":"r","values":{"power_w":9007199254740993}}');
  await publish('{"id":"r","values":{"power_w":9007199254740992}}');
  expect(stored()).toEqual(['9007199254740993', '9007199254740992']);
});

test('devices behind one bridge have separate ids: a publish stores an event of each device, and no resend is stored', async () => {
  const one = (device: string, power: number) => ({ device, id: 1, values: { power_w: power } });
  const list = JSON.stringify([one('s1', 6000), one('s2', 7), one('stranger', 6000), { values: { power_w: 9 } }]);
  await publish(list, 'hub');
  await publish(JSON.stringify([one('s2', 7), one('s1', 6000)]), 'hub');
  const reader = openReader(outbox.file);
  const readings = reader.newest('telemetry', 100).toReversed();
  reader.close();
  expect(readings.map(({ device, data }) => [device, JSON.parse(data)])).toEqual([
    ['s1', { values: { power_w: 6000 }, id: '1' }],
    ['s2', { values: { power_w: 7 }, id: '1' }],
    ['hub', { values: { power_w: 6000 }, id: '1', channel: 'stranger', device: 'stranger' }],
    ['hub', { values: { power_w: 9 } }],
  ]);
});

test('rules judge each device behind a bridge by itself, and skip a device without a name', async () => {
  const one = (device: string, power: number) => ({ device, values: { power_w: power } });
  await publish(JSON.stringify([one('s2', 6000), one('stranger', 6000)]), 'hub');
  expect(raised).toBe(0);
  await publish(JSON.stringify([one('s1', 6000), one('s2', 1)]), 'hub');
  expect(raised).toBe(1);
});
