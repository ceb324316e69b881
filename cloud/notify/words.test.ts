import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import type { Language } from '@forpost/shared/texts/language.ts';
import { expect, onTestFinished, test } from 'vitest';
import type { Channel, Notification } from './channel.ts';
import { Notifier } from './notifier.ts';
import { alertEvent } from './testing/recording-channel.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A notifier with a channel in each language; returns the notifications of each channel. */
function notifier() {
  const clock = new FakeClock();
  const notified: Record<Language, Notification[]> = { en: [], ru: [] };
  const channel = (language: Language): Channel => ({
    name: language,
    send: async (notification) => void notified[language].push(notification),
  });
  const routes = (['en', 'ru'] as const).map((language) => ({
    channel: channel(language),
    severity: 'info' as const,
    language,
  }));
  const made = new Notifier({
    folder: '/nowhere',
    routes,
    perMinute: 1,
    clock,
    random: () => 1,
    logger: silentLogger(),
  });
  onTestFinished(() => made.stop());
  return { made, notified, clock };
}

test('each channel gets notifications in its own language, without keys of the catalogue', async () => {
  const { made, notified } = notifier();
  const summary_i18n = { key: 'common/unit.days', values: { count: 3 } };
  made.onEvent(
    alertEvent(1, {
      change: 'cleared',
      active: false,
      message: 'Gate is empty',
      summary: '3 days',
      summary_i18n,
      duration_ms: 300_000,
    }),
  );
  await settle();
  const [english, russian] = [notified.en[0], notified.ru[0]];
  expect(english).toMatchObject({ message: 'Over after 5 min: 3 days (Gate is empty)', language: 'en' });
  expect(russian).toMatchObject({ message: 'Завершилась через 5 мин: 3 дня (Gate is empty)', language: 'ru' });
  expect([english?.summary, russian?.summary]).toEqual(['3 days', '3 дня']);
  for (const one of [english, russian]) expect(JSON.stringify(one)).not.toContain('i18n');
});

test('people read the gateway’s own words where it sent no message, or a key of a newer version', async () => {
  const { made, notified, clock } = notifier();
  made.onEvent(alertEvent(1, { message: 'the installer’s own words' }));
  await settle();
  clock.advance(60_000);
  const newer = { key: 'alarm/of-a-newer-version', values: {} };
  made.onEvent(alertEvent(2, { change: 'cleared', summary: 'it burns', summary_i18n: newer, message: 'no fire' }));
  await settle();
  expect(notified.ru.map(({ message }) => message)).toEqual([
    'the installer’s own words',
    'Завершилась: it burns (no fire)',
  ]);
});

test('the one message of a flood is in the channel’s language', async () => {
  const { made, notified, clock } = notifier();
  const more = { severity: 'critical', message: 'too hot' };
  for (let i = 1; i <= 4; i++) made.onEvent(alertEvent(i, more));
  clock.advance(10_000);
  await settle();
  const words = (language: Language) => notified[language].at(-1)?.message;
  expect(words('en')).toMatch(/^gateway gw-1: 3 more changes of alarms within 10 s, 3 of them critical; .*: too hot$/);
  expect(words('ru')).toMatch(/^шлюз gw-1: ещё 3 изменения тревог за 10 с, из них критических: 3; .*: too hot$/);
});
