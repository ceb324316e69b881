/**
 * Kills the gateway with SIGKILL between an alarm and the writes that follow it. The device's acknowledgement stays true: the
 * alarm is known after the restart and clears, locally and in the events.
 */
import type { AlertData } from '@forpost/shared/event/event.ts';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../harness/process.ts';
import { TestSite } from '../harness/site.ts';

interface ShownAlarm {
  readonly alarm: string;
  readonly device: string;
  readonly active: boolean;
  readonly acknowledged: boolean;
}

test('an alarm raised just before a kill is active after the restart, and clears under its own id', async () => {
  const site = await TestSite.start({
    devices: ['first', 'second'],
    rules: [{ id: 'over', kind: 'threshold', device: '*', metric: 'power_w', above: 5000 }],
    uplink: 'none',
  });
  onTestFinished(() => site.stop());
  const say = async (device: 'first' | 'second', power: number) => {
    const client = await site.connect(device);
    const payload = JSON.stringify({ values: { power_w: power } });
    await client.publishAsync(`forpost/devices/${device}/readings`, payload, { qos: 1 });
    client.end(true);
  };
  const watch = async () => {
    const panel = await site.connect('wall-display', { reconnectPeriod: 0 });
    onTestFinished(() => void panel.end(true));
    const alerts: AlertData[] = [];
    panel.on('message', (_topic, payload) => alerts.push(JSON.parse(payload.toString()) as AlertData));
    await panel.subscribeAsync('forpost/alerts/#', { qos: 1 });
    return alerts;
  };

  const before = await watch();
  // the first alarm's snapshot begins at once; the second one's waits for the next snapshot
  await say('first', 6000);
  await say('second', 7000);
  await site.gateway?.kill();
  const raised = await until('both alerts arrive before the kill', () => before.length === 2 && before);
  expect(raised.map(({ change }) => change)).toEqual(['raised', 'raised']);

  await site.startGateway();
  const { alarms } = await site.local<{ alarms: ShownAlarm[] }>('/api/v1/alarms');
  expect(alarms.map(({ alarm }) => alarm).sort()).toEqual(raised.map(({ alarm }) => alarm).sort());
  const after = await watch();
  await say('first', 10);
  await say('second', 10);
  const ended = await until('both ends arrive', () => after.length === 2 && after);
  expect(ended.map(({ alarm, change }) => [alarm, change]).sort()).toEqual(
    raised.map(({ alarm }) => [alarm, 'cleared']).sort(),
  );

  // over and not acknowledged, both wait for a person, also after a kill; an acknowledgement survives a kill
  const shown = async () =>
    (await site.local<{ alarms: ShownAlarm[] }>('/api/v1/alarms')).alarms
      .map(({ device, active, acknowledged }) => [device, active, acknowledged])
      .sort();
  const waiting = [
    ['first', false, false],
    ['second', false, false],
  ];
  expect(await shown()).toEqual(waiting);
  await site.gateway?.kill();
  await site.startGateway();
  expect(await shown()).toEqual(waiting);
  const first = ended.find(({ device }) => device === 'first')?.alarm;
  const alerts = await watch();
  await site.local('/api/v1/alarms/acknowledge', { alarm: first });
  const seen = await until('the acknowledgement arrives', () => alerts.find(({ change }) => change === 'acknowledged'));
  expect(seen).toMatchObject({ alarm: first, active: false, acknowledged_by: 'installer', acknowledged_where: 'site' });
  // the device's next reading follows the acknowledgement in the outbox
  await say('first', 10);
  await site.gateway?.kill();
  await site.startGateway();
  expect(await shown()).toEqual(waiting.slice(1));
});
