/** Active alarms across restarts: their file, and the alerts in the outbox that complete it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import { expect, test, vi } from 'vitest';
import { Alarms } from './alarms.ts';
import { recordedAlerts } from './recorded.ts';
import { alarmsOf, applied, folder, noon, transition } from './testing/alarms.ts';

const said = (name: string) => ({ key: `alarm/${name}`, values: { device: 'Oven' } });

test('an alarm keeps its texts for every language until it ends, and across a restart', async () => {
  const file = join(folder(), 'active.json');
  const running = alarmsOf({ file });
  await running.alarms.start();
  const raised = transition('raised', { messageI18n: said('raised') });
  const other = transition('raised', { subject: 'b', messageI18n: said('raised') });
  const [alert] = applied(running, [raised, other]);
  expect(alert?.data).toMatchObject({ message: 'it is raised', message_i18n: said('raised') });
  // a rule with its own message replaces the texts of the catalogue
  const [own] = applied(running, [transition('updated', { subject: 'b', message: 'as the installer wrote it' })]);
  expect([own?.data.message_i18n, own?.data.summary_i18n]).toEqual([undefined, undefined]);
  await running.alarms.stop();

  const again = alarmsOf({ file });
  await again.alarms.start();
  const [over] = applied(again, [transition('cleared', { messageI18n: said('over') })]);
  expect(over?.data).toMatchObject({
    message: 'it is cleared',
    message_i18n: said('over'),
    summary: 'it is raised',
    summary_i18n: said('raised'),
  });
  await again.alarms.stop();
});

test('active alarms survive a restart and are published again without a new alert', async () => {
  const file = join(folder(), 'alarms.json');
  const before = alarmsOf({ file });
  await before.alarms.start();
  const [raised] = applied(before, [transition('raised'), transition('raised', { subject: 'b' })]);
  applied(before, [transition('cleared', { subject: 'b' })]);
  await before.alarms.stop();

  const after = alarmsOf({ file });
  await after.alarms.start();
  expect(after.alarms.active()).toEqual(before.alarms.active());
  after.alarms.restore();
  expect(after.action.alerts).toEqual([]);
  expect(after.action.restored.map(({ data }) => [data.alarm, data.active])).toEqual([
    [expect.stringContaining('/b/'), false],
    [raised?.data.alarm, true],
  ]);
  expect(applied(after, [transition('cleared')])[0]?.data.alarm).toBe(raised?.data.alarm);
  await after.alarms.stop();
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ version: 1, alarms: [], waiting: [{}, {}] });
});

test('the file of active alarms contains only changes that the outbox has stored', async () => {
  const file = join(folder(), 'alarms.json');
  const before = alarmsOf({ file });
  await before.alarms.start();
  const [stored, , updated] = before.alarms.apply(
    [transition('raised'), transition('raised', { subject: 'unstored' }), transition('updated', { value: 9000 })],
    before.receipt,
  );
  if (stored === undefined || updated === undefined) throw new Error('no alerts');
  before.alarms.stored(stored);
  await before.alarms.stop();
  const after = alarmsOf({ file });
  await after.alarms.start();
  expect(after.alarms.active()).toMatchObject([{ alarm: stored.data.alarm, value: 7900, count: 1 }]);
  await after.alarms.stop();
});

test('after a kill, the alerts in the outbox complete the file of active alarms', async () => {
  const file = join(folder(), 'alarms.json');
  const { alarms, receipt } = alarmsOf({ file });
  await alarms.start();
  const subjects = ['ended', 'counted', 'new'];
  const [ended, counted, fresh] = alarms.apply(
    subjects.map((subject) => transition('raised', { subject })),
    receipt,
  );
  if (ended === undefined || counted === undefined || fresh === undefined) throw new Error('no alerts');
  for (const alert of [ended, counted]) alarms.stored(alert);
  await alarms.stop();
  const expected = alarms.active().map((alarm) => (alarm.subject === 'counted' ? { ...alarm, count: 2 } : alarm));
  const recorded = [
    ended,
    counted,
    fresh,
    { ...ended, data: { ...ended.data, change: 'cleared' as const, active: false } },
    { ...counted, data: { ...counted.data, change: 'updated' as const, count: 2 } },
  ];

  // twice: the file then contains the alerts of the outbox
  for (const known of [recorded, []]) {
    const again = new Alarms({ actions: [], clock: systemClock, random: Math.random, file, recorded: () => known });
    await again.start();
    expect(again.active()).toEqual(expected.filter(({ subject }) => subject !== 'ended'));
    await again.stop();
  }
});

test('if the outbox cannot be read at the start, the active alarms come from their file', async () => {
  const file = join(folder(), 'alarms.json');
  const before = alarmsOf({ file });
  await before.alarms.start();
  applied(before, [transition('raised')]);
  await before.alarms.stop();
  const recorded = () => {
    throw new Error('it is damaged');
  };
  const after = new Alarms({ actions: [], clock: systemClock, random: Math.random, file, recorded });
  await after.start();
  expect(after.active()).toHaveLength(1);
  expect(after.failures()).toBe(1);
  await after.stop();
});

test('events of the alerts lane that are not alerts are skipped', () => {
  const event = { type: eventTypes.alert, time: noon, data: '{"alarm":7}' } as unknown as StoredEvent;
  expect(recordedAlerts([event, { ...event, type: eventTypes.gateway }])).toEqual([]);
});

test('the file of active alarms is written soon after a change', async () => {
  const file = join(folder(), 'alarms.json');
  const alarms = new Alarms({ actions: [], clock: systemClock, random: Math.random, file });
  await alarms.start();
  for (let i = 0; i < 200; i++)
    applied({ alarms, receipt: { received: noon, uptime: 0 } }, [transition('raised', { subject: `s${i}` })]);
  await vi.waitFor(() => expect(JSON.parse(readFileSync(file, 'utf8')).alarms).toHaveLength(200), { timeout: 5000 });
  await alarms.stop();
  expect(readdirSync(join(file, '..'))).toEqual(['alarms.json']);
});

test.each(['', '{', '[]', '{"version":1,"alarms":[{"alarm":7}]}', '{"version":9}'])(
  'an invalid file of alarms (%s) is renamed and kept, and no alarm is active',
  async (text) => {
    const file = join(folder(), 'alarms.json');
    writeFileSync(file, text);
    const { alarms } = alarmsOf({ file });
    await alarms.start();
    expect(alarms.active()).toEqual([]);
    expect(readFileSync(`${file}.broken`, 'utf8')).toBe(text);
    await alarms.stop();
  },
);

test('if the folder cannot be written, a failure is counted and alerts still reach actions', async () => {
  const { alarms, action, clock, receipt } = alarmsOf({ file: join(folder(), 'nowhere', 'alarms.json') });
  await alarms.start();
  applied({ alarms, receipt }, [transition('raised')]);
  clock.advance(0);
  await alarms.stop();
  expect(action.alerts).toHaveLength(1);
  expect(alarms.failures()).toBeGreaterThan(0);
});
