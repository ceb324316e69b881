/** People of one channel who read different languages. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import type { Language } from '@forpost/shared/texts/language.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Notifier } from './notifier.ts';
import type { Recipient } from './recipients.ts';
import { alertEvent, HeldChannel } from './testing/recording-channel.ts';

const recipients: readonly Recipient[] = [
  { to: 'anna@example.org', user: 'anna' },
  { to: 'boris@example.org', language: 'ru' },
  { to: 'desk@example.org' },
  { to: 'dasha@example.org', user: 'dasha', language: 'en' },
];
let folder: string;
let chosen: Map<string, Language>;
let running: Notifier[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-recipients-'));
  chosen = new Map([['dasha', 'ru']]);
  running = [];
});
afterEach(async () => {
  for (const notifier of running) await notifier.stop();
  await rm(folder, { recursive: true });
});

function notifierWith(channel: HeldChannel, clock = new FakeClock()) {
  const notifier = new Notifier({
    folder,
    routes: [{ channel, severity: 'info', recipients }],
    chosenLanguage: (user) => chosen.get(user),
    clock,
    random: () => 0.5,
    logger: silentLogger(),
  });
  running.push(notifier);
  return { notifier, clock };
}

const hot = {
  message: 'Oven: power is 9 kW, over 5 kW',
  message_i18n: {
    key: 'alarm/threshold.above',
    values: {
      device: 'Oven',
      metric: { metric: 'power_w' },
      value: { metric: 'power_w', value: 9000 },
      limit: { metric: 'power_w', value: 5000 },
    },
  },
};
const sent = (channel: HeldChannel) =>
  channel.calls.map(({ notification: { key, language, recipients: to } }) => ({ key, language, to }));
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('each person gets a notification in the chosen language, and each language is translated and sent once', () => {
  const channel = new HeldChannel('desk');
  notifierWith(channel).notifier.onEvent(alertEvent(1, hot));
  expect(sent(channel)).toEqual([
    { key: 'gw-1/e1/alerts/1#en', language: 'en', to: ['anna@example.org', 'desk@example.org'] },
    { key: 'gw-1/e1/alerts/1#ru', language: 'ru', to: ['boris@example.org', 'dasha@example.org'] },
  ]);
  const [english, russian] = channel.calls.map(({ notification }) => notification.message);
  expect(english).not.toMatch(/\p{Script=Cyrillic}/u);
  expect(russian).toMatch(/\p{Script=Cyrillic}/u);
});

test('a person who chooses another language at the centre gets the next notification in it', () => {
  const channel = new HeldChannel('desk');
  const { notifier } = notifierWith(channel);
  chosen.set('anna', 'ru');
  notifier.onEvent(alertEvent(1, hot));
  expect(sent(channel).find(({ language }) => language === 'ru')?.to).toEqual([
    'anna@example.org',
    'boris@example.org',
    'dasha@example.org',
  ]);
});

test('when the other side refuses one language, only that one is sent again, and readers of the other do not wait', async () => {
  const channel = new HeldChannel('desk');
  const { notifier, clock } = notifierWith(channel);
  notifier.onEvent(alertEvent(1, hot));
  const [english, russian] = channel.calls;
  english?.done();
  russian?.fail('the other side refuses');
  await settled();
  notifier.onEvent(alertEvent(2, { ...hot, alarm: 'alarm-1' }));
  expect(
    sent(channel)
      .map(({ key }) => key)
      .slice(2),
  ).toEqual(['gw-1/e1/alerts/2#en']);
  clock.advance(60_000);
  expect(
    sent(channel)
      .map(({ key }) => key)
      .slice(3),
  ).toEqual(['gw-1/e1/alerts/1#ru']);
  expect(notifier.status().channels).toMatchObject([{ channel: 'desk', sent: 1, retries: 1, queue: 3 }]);
});

test('after a kill in the middle each language has its old key, so that the other side notifies nobody twice', async () => {
  const before = new HeldChannel('desk');
  notifierWith(before).notifier.onEvent(alertEvent(1, hot));
  before.calls[0]?.done();
  // no stop, as after kill -9: the event was not committed, and comes again
  const after = new HeldChannel('desk');
  notifierWith(after).notifier.onEvent(alertEvent(1, hot));
  expect(sent(after)).toEqual(sent(before));
});

test('an alert is settled when each of its languages is settled, so that a stop in between loses none', async () => {
  const channel = new HeldChannel('desk');
  const { notifier } = notifierWith(channel);
  let isSettled = false;
  void notifier.notify({ ...channelNotification(), ...hot }).then(() => {
    isSettled = true;
  });
  channel.calls[0]?.done();
  await settled();
  expect(isSettled).toBe(false);
  channel.calls[1]?.done();
  await settled();
  expect(isSettled).toBe(true);
});

function channelNotification() {
  const own = { id: 'own', site: 'home', gateway: 'gw-1', device: 'oven', alarm: 'a', rule: 'r', change: 'raised' };
  return { ...own, severity: 'critical', time: '2026-11-30T12:00:00Z', received: '2026-11-30T12:00:00Z', late: false };
}
