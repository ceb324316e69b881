import { expect, test } from 'vitest';
import { gatewayView } from '../../testing/examples.ts';
import { english, russian } from '../../testing/page-texts.ts';
import { backlogWords, machineWords, problemWords, silentDevices, uplinkWord } from './gateway-words.ts';

const device = (name: string, change: object = {}) => ({
  id: name,
  name,
  connected: false,
  lastSeen: null,
  messages: 0,
  deadLetters: 0,
  values: {},
  ...change,
});

test('a gateway’s card names three devices that are not connected, and counts the others', () => {
  const place = { place: 'roof' };
  const silent = ['a', 'b', 'c', 'd', 'e'].map((name) => device(name, name === 'b' ? place : {}));
  const gateway = gatewayView('gw-1', { devices: [device('up', { connected: true }), ...silent] });
  expect(silentDevices(english, gateway)).toBe('not connected: a, b (roof), c and 2 more');
  expect(silentDevices(russian, gateway)).toBe('не подключены: a, b (roof), c и ещё 2');
  expect(silentDevices(english, gatewayView('gw-2'))).toBe('');
});

test('each problem is shown once, in the page’s language where the gateway sent a message', () => {
  const problems_i18n = [{ key: 'centre/alarm.link-over' }, null, { key: 'gateway/of-a-newer-version' }];
  const gateway = gatewayView('gw-1', { problems: ['links work', 'odd', 'odd'], problems_i18n });
  expect(problemWords(russian, gateway)).toEqual(['Каналы шлюза снова работают', 'odd']);
});

test('a backlog is counted in the forms of the language, and an unknown state is shown as the gateway sent it', () => {
  const words = (events: number) => backlogWords(russian, { events, bytes: 2_000 });
  expect([0, 1, 3, 5, 21].map(words)).toEqual([
    ...['пуста', '1 событие, 2 кБ', '3 события, 2 кБ', '5 событий, 2 кБ', '21 событие, 2 кБ'],
  ]);
  expect([uplinkWord(russian, 'live'), uplinkWord(russian, 'dreaming')]).toEqual(['работает', 'dreaming']);
});

test('the machine of a gateway is one line: figures that are known, and what is not well in the reader’s language', () => {
  const host = {
    at: '2026-06-01T12:04:00.000Z',
    values: { temperature_c: 61.2, disk_available_bytes: 20e9 },
    findings: [{ part: 'memory', level: 'unknown', text: 'not shown' }],
  };
  const wrong = { part: 'power', level: 'watch', text: 'weak', textI18n: { key: 'gateway/reason.host-undervoltage' } };
  const of = (findings: object[]) =>
    machineWords(
      russian,
      gatewayView('gw-1', { host: { ...host, findings: [...host.findings, ...findings] as never } }),
    );
  expect(machineWords(english, gatewayView('gw-1', { host }))).toEqual({
    tone: 'good',
    state: 'well',
    more: '61.2\u00a0°C · 20 GB of disk free',
  });
  expect(of([wrong])).toMatchObject({
    tone: 'warning',
    state: 'стоит проверить',
    more: expect.stringMatching(/блок питания слишком слаб/),
  });
  expect(of([{ ...wrong, level: 'bad' }])).toMatchObject({ tone: 'critical', state: 'есть тревога' });
  expect(machineWords(english, gatewayView('gw-1'))).toBeUndefined();
});
