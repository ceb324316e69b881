/** The centre's alarms about its gateways: raised once, not for the centre's own outages, and never as a storm. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { expectRussian } from '@forpost/shared/texts/testing/untranslated.ts';
import { expect, onTestFinished, test } from 'vitest';
import { GatewayDirectory } from '../gateways/directory.ts';
import { GatewayService } from '../gateways/out-of-service.ts';
import type { Notification } from '../notify/channel.ts';
import { SettlingRegistry } from '../registry/testing/settling-registry.ts';
import { exampleEvent, exampleStatus } from '../testing/examples.ts';
import { CentreAlarms } from './centre-alarms.ts';
import { GatewayWatch } from './gateway-watch.ts';

const logger = silentLogger();

async function inFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-watch-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'registry.jsonl');
}

interface Life {
  readonly clock?: FakeClock;
  readonly file?: string;
}

/** One life of a centre. */
async function centre({ clock = new FakeClock(), file }: Life = {}) {
  const notified: Notification[] = [];
  const missing = new Map<string, { alerts: number; telemetry: number }>();
  let canReceive = true;
  const registry = new SettlingRegistry(file ?? (await inFolder()), clock, logger);
  const notify = async (notification: Notification) => void notified.push(notification);
  const alarms = new CentreAlarms({ registry, notify, alone: true, clock, random: () => 0.5, logger });
  const gateways = new GatewayDirectory({ clock, canReceive: () => canReceive });
  const service = new GatewayService(registry);
  const watch = new GatewayWatch({
    gateways,
    alarms,
    clock,
    logger,
    outOfService: (gateway) => service.isOut(gateway),
    missing: async (gateway) => missing.get(gateway) ?? { alerts: 0, telemetry: 0 },
  });
  await alarms.start();
  await registry.start();
  await gateways.start();
  await watch.start();
  const stop = async () => {
    await watch.stop();
    await gateways.stop();
    await alarms.stop();
    await registry.stop();
  };
  onTestFinished(stop);
  // a channel in Russian gets no English sentence
  onTestFinished(() => {
    for (const { message, message_i18n } of notified) expectRussian(message_i18n, message);
  });
  let counter = 0;
  /** `alive` report every few seconds meanwhile */
  const pass = async (seconds: number, alive: readonly string[] = [], more: object = {}) => {
    for (let s = 0; s < seconds; s++) {
      clock.advance(1000);
      if (s % 4 === 0)
        for (const gateway of alive)
          gateways.applyStatus(exampleStatus({ gateway, name: `Farm ${gateway}`, counter: ++counter, ...more }));
      if (s % 10 === 0) await new Promise(setImmediate);
    }
    await registry.settled();
  };
  const active = () =>
    alarms
      .all()
      .filter((alarm) => alarm.active)
      .map(({ gateway, kind }) => `${gateway} ${kind}`)
      .toSorted();
  return {
    clock,
    notified,
    pass,
    active,
    gateways,
    watch,
    service,
    missing,
    stop,
    deaf: (deaf: boolean) => {
      canReceive = !deaf;
    },
  };
}

test('a silent gateway raises one alarm after five minutes, which clears when the gateway reports again', async () => {
  const { pass, active, notified } = await centre();
  await pass(20, ['gw-1', 'gw-2']);
  await pass(290, ['gw-2']);
  await expect.poll(active).toEqual([]);
  await pass(60, ['gw-2']);
  await expect.poll(active).toEqual(['gw-1 silent']);
  await pass(600, ['gw-2']);
  expect(notified.map(({ gateway, change, severity }) => [gateway, change, severity])).toEqual([
    ['gw-1', 'raised', 'critical'],
  ]);
  expect(notified[0]?.message).toMatch(/Farm gw-1 is silent/);
  await pass(30, ['gw-1', 'gw-2']);
  await expect.poll(active).toEqual([]);
  await expect.poll(() => notified.map(({ change }) => change)).toEqual(['raised', 'cleared']);
});

test('a centre that could receive nothing, or has just started, calls no gateway silent', async () => {
  const file = await inFolder();
  const first = await centre({ file });
  await first.pass(20, ['gw-1', 'gw-2']);
  first.deaf(true);
  await first.pass(3600);
  first.deaf(false);
  await first.pass(60, ['gw-1', 'gw-2']);
  await expect.poll(() => [first.active(), first.notified]).toEqual([[], []]);
  await first.stop();
  // the centre was down for an hour; the topic holds the gateways' last states
  first.clock.advance(3_600_000);
  const later = await centre({ file, clock: first.clock });
  later.gateways.applyStatus(exampleStatus({ gateway: 'gw-1' }), first.clock.now() - 3_600_000);
  await later.pass(200);
  await expect.poll(later.active).toEqual([]);
  await later.pass(200, ['gw-2']);
  await expect.poll(later.active).toEqual(['gw-1 silent']);
});

test('an alarm about a silent gateway from before a restart is not repeated, and clears after the restart', async () => {
  const file = await inFolder();
  const first = await centre({ file });
  await first.pass(20, ['gw-1', 'gw-2']);
  await first.pass(400, ['gw-2']);
  await expect.poll(() => first.notified.length).toBe(1);
  await first.stop();
  const later = await centre({ file, clock: first.clock });
  later.gateways.applyStatus(exampleStatus({ gateway: 'gw-1' }), first.clock.now() - 420_000);
  await later.pass(700, ['gw-2']);
  await expect.poll(() => [later.active(), later.notified]).toEqual([['gw-1 silent'], []]);
  await later.pass(30, ['gw-1', 'gw-2']);
  await expect.poll(() => later.notified.map(({ change }) => change)).toEqual(['cleared']);
});

test('500 gateways that fall silent at once cause one notification, and one more when all are back', async () => {
  const { pass, active, notified } = await centre();
  const all = Array.from({ length: 500 }, (_, i) => `gw-${i}`);
  await pass(20, all);
  await pass(400, []);
  await expect.poll(active).toEqual(['centre silent']);
  expect(notified.map(({ message }) => message)).toEqual([
    '500 gateways are silent together (Farm gw-0, Farm gw-1, Farm gw-10 and 497 more): look for what they share, a line or a Kafka',
  ]);
  await pass(200, all.slice(1));
  await expect.poll(active).toEqual(['centre silent']);
  await pass(100, all);
  await expect.poll(() => [active(), notified.map(({ change }) => change)]).toEqual([[], ['raised', 'cleared']]);
}, 30_000);

test('a gateway out of service raises no alarm when it is silent, and its earlier alarm clears', async () => {
  const { pass, active, notified, service } = await centre();
  await pass(20, ['gw-1', 'gw-2', 'gw-3']);
  await service.set('gw-1', true, 'anna');
  await pass(400, ['gw-3']);
  await expect.poll(active).toEqual(['gw-2 silent']);
  await service.set('gw-2', true, 'anna');
  await pass(30, ['gw-3']);
  await expect
    .poll(() => [active(), notified.at(-1)?.message])
    .toEqual([[], expect.stringMatching(/^Over: .*taken out of service/)]);
  await service.set('gw-1', false, 'anna');
  await pass(30, ['gw-3']);
  await expect.poll(active).toEqual(['gw-1 silent']);
});

test('a gateway’s state with a full disk, a wrong clock or a broken link raises an alarm after its time, which clears with the state', async () => {
  const { pass, active } = await centre();
  const uplink = {
    sink: 'second',
    state: 'offline',
    since: '',
    reason: words('gateway/reason.connecting'),
    events: 1,
    bytes: 1,
    eventsPerSecond: 0,
  };
  const bad = { clock: 'unsynced', storageProblem: 'the disk is full', uplinks: [uplink] };
  await pass(30, ['gw-1'], bad);
  await expect.poll(active).toEqual(['gw-1 storage']);
  await pass(900, ['gw-1'], bad);
  await expect.poll(active).toEqual(['gw-1 link', 'gw-1 storage']);
  await pass(2800, ['gw-1'], bad);
  await expect.poll(active).toEqual(['gw-1 clock', 'gw-1 link', 'gw-1 storage']);
  await pass(30, ['gw-1']);
  await expect.poll(active).toEqual([]);
});

test('missing or lost events raise an alarm of their gateway, missing alerts a critical one', async () => {
  const { pass, active, notified, missing, watch } = await centre();
  missing.set('gw-1', { alerts: 0, telemetry: 3 });
  await pass(30, ['gw-1', 'gw-2']);
  await expect.poll(active).toEqual(['gw-1 missing']);
  missing.delete('gw-1');
  await pass(30, ['gw-1', 'gw-2']);
  await expect.poll(active).toEqual([]);
  const gap = (data: object) => exampleEvent({ sequence: 9, time: 0, gateway: 'gw-2', type: eventTypes.gap, data });
  // events shed for space are shown on the gateway's card and raise no alarm
  watch.stored([gap({ epoch: 'e', lane: 'telemetry', from: '3', to: '9', count: 7, reason: 'shed' })]);
  await pass(5, ['gw-1', 'gw-2']);
  await expect.poll(active).toEqual([]);
  watch.stored([
    gap({ epoch: 'e', lane: 'alerts', from: '3', to: null, count: 0, reason: words('gateway/reason.disk-full') }),
  ]);
  await pass(5, ['gw-1', 'gw-2']);
  await expect.poll(active).toEqual(['gw-2 lost']);
  await expect
    .poll(() => notified.at(-1))
    .toMatchObject({
      gateway: 'gw-2',
      severity: 'critical',
      message: expect.stringContaining('the disk is full'),
    });
});
