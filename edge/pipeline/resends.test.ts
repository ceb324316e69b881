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
  rules: [{ id: asId('over'), kind: 'threshold', device: 'meter', metric: 'power_w', above: 5000 }],
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

const publish = (payload: string) =>
  pipeline.admit({
    device: 'meter',
    topic: 'forpost/devices/meter/readings',
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
