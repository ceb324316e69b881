/**
 * Kills the gateway with SIGKILL while a QoS 2 publisher, a QoS 1 publisher that redelivers with DUP, and an absent subscriber's
 * queue are active: readings without any id are stored exactly once and in order, and the subscriber gets all of them.
 */
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openReader } from '../../edge/outbox/sqlite/reader/sqlite-reader.ts';
import { until } from '../harness/process.ts';
import { TestSite } from '../harness/site.ts';
import { RawPublisher, RawSubscriber } from './raw-client.ts';

/** of each publisher; both together fit into a session's queue */
const readings = 480;
const kills = 4;

let site: TestSite;
beforeEach(async () => {
  site = await TestSite.start({ devices: ['twice', 'once'], uplink: 'none' });
});
afterEach(() => site?.stop());

const all = Array.from({ length: readings }, (_, i) => i + 1);
const powerOf = (text: string) => (JSON.parse(text) as { values: { power_w: number } }).values.power_w;

function stored(device: string): number[] {
  const reader = openReader(join(site.folder, 'gateway', 'outbox.db'));
  const events = reader.newest('telemetry', 1_000_000).filter((event) => event.device === device);
  reader.close();
  return events.map(({ data }) => powerOf(data)).reverse();
}

test('across kill -9, QoS 2 and redelivered QoS 1 are stored exactly once, in order, and queued for absent sessions', async () => {
  const display = new RawSubscriber(site.mqttPort, 'wall-display', 'forpost/devices/#');
  display.start();
  await until('the subscription is acknowledged', () => display.subscribed);
  display.end();

  const publishers = [
    new RawPublisher(site.mqttPort, 'twice', 2, readings),
    new RawPublisher(site.mqttPort, 'once', 1, readings),
  ];
  const acknowledged = () => publishers.reduce((sum, publisher) => sum + publisher.acknowledged, 0);
  for (const publisher of publishers) publisher.start();
  for (let kill = 1; kill <= kills; kill++) {
    const enough = (kill * 2 * readings) / (kills + 2) + randomInt(0, 40);
    await until('some more are acknowledged', () => acknowledged() >= enough);
    await site.gateway?.kill();
    await site.startGateway();
  }
  await until('everything is acknowledged', () => publishers.every(({ done }) => done));
  for (const publisher of publishers) publisher.end();

  // each publisher must have had open publishes at a kill, or this test proves nothing
  expect(publishers.every(({ redelivered }) => redelivered > 0)).toBe(true);
  expect(stored('twice')).toEqual(all);
  expect(stored('once')).toEqual(all);
  for (const { present } of publishers) expect(present).toEqual([false, ...present.slice(1).map(() => true)]);

  const back = new RawSubscriber(site.mqttPort, 'wall-display', 'forpost/devices/#');
  back.subscribed = true;
  back.start();
  await until('the queue has come', () => back.got.length >= 2 * readings);
  back.end();
  expect(back.present).toEqual([true]);
  for (const device of ['twice', 'once'])
    expect(
      back.got.filter(({ topic }) => topic.includes(device)).map(({ payload }) => powerOf(String(payload))),
    ).toEqual(all);
});
