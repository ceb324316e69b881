import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { beforeEach, expect, test } from 'vitest';
import { type Notification, RetryLaterError } from './channel.ts';
import { ChannelQueue, maxQueue, patienceMs } from './channel-queue.ts';
import { HeldChannel } from './testing/recording-channel.ts';

let clock: FakeClock;
let channel: HeldChannel;
let queue: ChannelQueue;

beforeEach(() => {
  clock = new FakeClock();
  channel = new HeldChannel('desk');
  queue = new ChannelQueue({ channel, clock, random: () => 1, logger: silentLogger() });
});

function about(alarm: string, id: string, late = false): Notification {
  return {
    id,
    site: 'home',
    gateway: 'gw-1',
    device: 'd',
    alarm,
    rule: 'r',
    change: 'raised',
    severity: 'warning',
    message: 'm',
    time: '',
    received: '',
    late,
  };
}

/** lets the continuations of resolved promises run */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('a notification is sent at once, and is settled when the other side has accepted it', async () => {
  let settled = false;
  void queue.enqueue(about('a', '1')).then(() => {
    settled = true;
  });
  expect(channel.ids()).toEqual(['1']);
  await settle();
  expect(settled).toBe(false);
  channel.calls[0]!.done();
  await settle();
  expect(settled).toBe(true);
  expect(queue.status()).toEqual({ channel: 'desk', sent: 1, failed: 0, retries: 0, queue: 0, lastError: '' });
});

test('a failed notification is tried again with growing delays until it is accepted', async () => {
  const settled = queue.enqueue(about('a', '1'));
  for (const waitMs of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
    channel.calls.at(-1)!.fail('down');
    await settle();
    const before = channel.calls.length;
    clock.advance(waitMs - 1);
    expect(channel.calls).toHaveLength(before);
    clock.advance(1);
    expect(channel.calls).toHaveLength(before + 1);
  }
  expect(queue.status()).toMatchObject({ sent: 0, retries: 8, queue: 1, lastError: 'down' });
  channel.calls.at(-1)!.done();
  await settled;
  expect(queue.status()).toMatchObject({ sent: 1, failed: 0, queue: 0, lastError: '' });
});

test('a try without an answer is aborted after 5 s', async () => {
  void queue.enqueue(about('a', '1'));
  clock.advance(4999);
  expect(channel.calls[0]!.signal.aborted).toBe(false);
  clock.advance(1);
  expect(channel.calls[0]!.signal.aborted).toBe(true);
  await settle();
  expect(queue.status()).toMatchObject({ retries: 1, lastError: 'it gave no answer within 5 s' });
});

test('a notification that is not accepted within 15 minutes is given up and counted', async () => {
  let settled = false;
  void queue.enqueue(about('a', '1')).then(() => {
    settled = true;
  });
  for (let passed = 0; passed <= patienceMs + 60_000 && !settled; passed += 1000) {
    channel.calls.at(-1)!.fail('down');
    await settle();
    if (passed < patienceMs - 30_000) expect(settled).toBe(false);
    clock.advance(1000);
  }
  expect(settled).toBe(true);
  expect(queue.status()).toMatchObject({ sent: 0, failed: 1, queue: 0, lastError: 'down' });
});

test("one alarm's notifications are sent in order, and other alarms do not wait for them", async () => {
  void queue.enqueue(about('a', 'a-raised'));
  void queue.enqueue(about('a', 'a-cleared'));
  void queue.enqueue(about('b', 'b-raised'));
  expect(channel.ids()).toEqual(['a-raised', 'b-raised']);
  channel.calls[0]!.fail('down');
  channel.calls[1]!.done();
  await settle();
  expect(channel.ids()).toEqual(['a-raised', 'b-raised']);
  clock.advance(500);
  expect(channel.ids()).toEqual(['a-raised', 'b-raised', 'a-raised']);
  channel.calls[2]!.done();
  await settle();
  expect(channel.ids()).toEqual(['a-raised', 'b-raised', 'a-raised', 'a-cleared']);
});

test('a channel sends four notifications at once, fresh ones before late ones', async () => {
  for (let i = 0; i < 6; i++) void queue.enqueue(about(`old-${i}`, `old-${i}`, true));
  void queue.enqueue(about('new', 'new'));
  expect(channel.ids()).toEqual(['old-0', 'old-1', 'old-2', 'old-3']);
  channel.calls[0]!.done();
  await settle();
  expect(channel.ids().at(-1)).toBe('new');
  channel.calls[1]!.done();
  await settle();
  expect(channel.ids().at(-1)).toBe('old-4');
});

test('a full queue gives up the oldest late notification, then the oldest one, and never one that is being sent', async () => {
  const given: string[] = [];
  const take = (id: string, late = false) => void queue.enqueue(about(id, id, late)).then(() => given.push(id));
  for (let i = 0; i < maxQueue - 1; i++) take(`n-${i}`);
  take('late', true);
  expect(queue.status().queue).toBe(maxQueue);
  take('more-1');
  await settle();
  expect(given).toEqual(['late']);
  take('more-2');
  await settle();
  // n-0 to n-3 are being sent
  expect(given).toEqual(['late', 'n-4']);
  expect(queue.status()).toMatchObject({ failed: 2, queue: maxQueue });
});

test('a stop settles no notification, so that each is sent again after the next start', async () => {
  let settled = 0;
  const count = () => {
    settled++;
  };
  void queue.enqueue(about('a', '1')).then(count);
  void queue.enqueue(about('a', '2')).then(count);
  queue.stop();
  expect(channel.calls[0]!.signal.aborted).toBe(true);
  channel.calls[0]!.done();
  void queue.enqueue(about('b', '3')).then(count);
  await settle();
  clock.advance(1e9);
  expect(channel.calls).toHaveLength(1);
  expect(settled).toBe(0);
});

test('a channel sends nothing while the other side asks for a pause, and gives up no notification because of it', async () => {
  const settled = queue.enqueue(about('a', '1'));
  const other = queue.enqueue(about('b', '2'));
  const waitMs = patienceMs + 60_000;
  channel.calls[0]!.reject(new RetryLaterError('slow down', waitMs));
  channel.calls[1]!.reject(new RetryLaterError('slow down', 1_000));
  await settle();
  const third = queue.enqueue(about('c', '3'));
  clock.advance(waitMs - 1);
  await settle();
  expect(channel.ids()).toEqual(['1', '2']);
  expect(queue.status()).toMatchObject({ failed: 0, queue: 3, lastError: 'slow down' });
  clock.advance(1_000);
  expect(channel.ids().slice(2).sort()).toEqual(['1', '2', '3']);
  for (const call of channel.calls) call.done();
  await Promise.all([settled, other, third]);
  expect(queue.status()).toMatchObject({ sent: 3, failed: 0, queue: 0 });
});

test('an unreachable channel is reported before its first notification, until it can be reached again', async () => {
  let wrong: string | undefined = 'webhook desk cannot be reached: ECONNREFUSED';
  let checks = 0;
  const checked = new ChannelQueue({
    clock,
    random: () => 1,
    logger: silentLogger(),
    channel: {
      name: 'desk',
      send: async () => undefined,
      check: async () => {
        checks++;
        if (wrong !== undefined) throw new Error(wrong);
      },
    },
  });
  await checked.check();
  expect(checked.status()).toMatchObject({ unreachable: wrong, sent: 0 });
  wrong = undefined;
  clock.advance(60_000);
  await settle();
  expect(checked.status().unreachable).toBeUndefined();
  clock.advance(600_000);
  expect(checks).toBe(2);
  checked.stop();
});
