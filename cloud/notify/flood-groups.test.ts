/** One gateway's flood of alarms is grouped, and other gateways' alarms do not wait for it. */
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, onTestFinished, test } from 'vitest';
import type { Channel, Notification } from './channel.ts';
import { ChannelQueue, maxQueue } from './channel-queue.ts';
import { Notifier } from './notifier.ts';
import { alertEvent, HeldChannel } from './testing/recording-channel.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

function of(gateway: string, id: string, severity = 'warning'): Notification {
  return {
    id: `${gateway}/${id}`,
    site: 'home',
    gateway,
    device: 'd',
    alarm: id,
    rule: 'r',
    change: 'raised',
    severity,
    message: 'm',
    time: '',
    received: '',
    late: false,
  };
}

function notifier(clock: FakeClock, perMinute?: number) {
  const notified: Notification[] = [];
  const channel: Channel = {
    name: 'desk',
    send: async (notification) => {
      notified.push(notification);
    },
  };
  const made = new Notifier({
    folder: '/nowhere',
    routes: [{ channel, severity: 'info' }],
    perMinute,
    clock,
    random: () => 1,
    logger: silentLogger(),
  });
  onTestFinished(() => made.stop());
  return { made, notified };
}

test('alarms of another gateway take turns with the flood of one gateway', async () => {
  const channel = new HeldChannel('desk');
  const queue = new ChannelQueue({ channel, clock: new FakeClock(), random: () => 1, logger: silentLogger() });
  for (let i = 0; i < 500; i++) void queue.enqueue(of('flood', `${i}`));
  for (let i = 0; i < 3; i++) void queue.enqueue(of('calm', `${i}`));
  for (let i = 0; i < 10; i++) {
    for (const { done } of channel.calls) done();
    await settle();
  }
  const calm = channel.ids().flatMap((id, place) => (id.startsWith('calm') ? [place] : []));
  // four of the flood were being sent, and the flood was next in turn
  expect(calm).toEqual([5, 7, 9]);
});

test('a queue that one gateway has filled gives up that gateway’s least grave alarm, and none of another gateway', async () => {
  const channel = new HeldChannel('desk');
  const queue = new ChannelQueue({ channel, clock: new FakeClock(), random: () => 1, logger: silentLogger() });
  const given: string[] = [];
  const take = (one: Notification) => void queue.enqueue(one).then(() => given.push(one.id));
  for (let i = 0; i < 20; i++) take(of('calm', `${i}`, 'info'));
  for (let i = 20; i < maxQueue - 1; i++) take(of('flood', `${i}`, 'critical'));
  take(of('flood', 'least', 'info'));
  take(of('calm', 'new', 'info'));
  await settle();
  expect(given).toEqual(['flood/least']);
  take(of('calm', 'newer', 'info'));
  await settle();
  expect(given).toEqual(['flood/least', 'flood/20']);
});

test('the first alarms of a flood are sent one by one, and the rest in one message that counts them', async () => {
  const clock = new FakeClock();
  const { made, notified } = notifier(clock);
  for (let i = 1; i <= 800; i++) made.onEvent(alertEvent(i, { severity: i % 2 === 0 ? 'critical' : 'warning' }));
  await settle();
  await settle();
  expect(notified).toHaveLength(120);
  clock.advance(10_000);
  await settle();
  expect(notified).toHaveLength(121);
  expect(notified.at(-1)).toMatchObject({ gateway: 'gw-1', severity: 'critical', grouped: 680 });
  expect(notified.at(-1)?.message).toContain('680 more changes of alarms within 10 s, 340 of them critical');
  clock.advance(60_000);
  made.onEvent(alertEvent(801, {}));
  await settle();
  expect(notified.at(-1)?.grouped).toBeUndefined();
});

test('a group’s message goes to channels that want its worst alarm, and counts no alarm that no channel wants', async () => {
  const clock = new FakeClock();
  const { made, notified } = notifier(clock, 1);
  for (let i = 1; i <= 3; i++) made.onEvent(alertEvent(i, { severity: 'info' }));
  clock.advance(10_000);
  await settle();
  expect(notified.map(({ severity, grouped }) => [severity, grouped])).toEqual([
    ['info', undefined],
    ['info', 2],
  ]);
});
