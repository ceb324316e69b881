/** Evidence that comes after its alarm was raised. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { alarmsOf, applied, folder, noon, transition } from './testing/alarms.ts';

const picture = { id: 'a1', sha256: '00', size: 100, kind: 'picture', media: 'image/jpeg' };
const clip = { ...picture, id: 'b2', kind: 'clip' };

test('later evidence is in every following change of its alarm, and survives a restart', async () => {
  const file = join(folder(), 'alarms.json');
  const before = alarmsOf({ file });
  await before.alarms.start();
  const [raised] = applied(before, [transition('raised')]);
  const alarm = raised?.data.alarm ?? '';
  const told = before.alarms.attach(alarm, [picture]);
  expect(told?.data).toMatchObject({ change: 'updated', active: true, count: 1, evidence: [picture] });
  // the same evidence again changes nothing
  expect(before.alarms.attach(alarm, [picture])).toBeUndefined();
  if (told !== undefined) before.alarms.stored(told);
  await before.alarms.stop();
  const after = alarmsOf({ file });
  await after.alarms.start();
  const [cleared] = applied(after, [transition('cleared')]);
  expect(cleared?.data).toMatchObject({ alarm, change: 'cleared', evidence: [picture] });
  await after.alarms.stop();
});

test('the reason for a missing clip causes one alert, is in every following change of its alarm, and survives a restart', async () => {
  const file = join(folder(), 'alarms.json');
  const before = alarmsOf({ file });
  await before.alarms.start();
  const [raised] = applied(before, [transition('raised')]);
  const alarm = raised?.data.alarm ?? '';
  const why = 'no clip: nothing was recorded around the alarm';
  const told = before.alarms.lack(alarm, why);
  expect(told?.data).toMatchObject({ change: 'updated', active: true, count: 1, evidence_problem: why });
  expect(before.alarms.lack(alarm, why)).toBeUndefined();
  expect(before.alarms.lack('overload/heat-pump/-/nobody', why)).toBeUndefined();
  if (told !== undefined) before.alarms.stored(told);
  await before.alarms.stop();
  const after = alarmsOf({ file });
  await after.alarms.start();
  const [cleared] = applied(after, [transition('cleared')]);
  expect(cleared?.data).toMatchObject({ alarm, change: 'cleared', evidence_problem: why });
  await after.alarms.stop();
});

test('a clip that arrives after its alarm was cleared is attached to that alarm, not to a newer one', async () => {
  const file = join(folder(), 'alarms.json');
  const { alarms, receipt, action } = alarmsOf({ file, random: Math.random });
  await alarms.start();
  const [first, cleared] = applied({ alarms, receipt }, [
    transition('raised'),
    transition('cleared', { time: noon + 60 }),
  ]);
  const [second] = applied({ alarms, receipt }, [transition('raised', { time: noon + 90 })]);
  const late = alarms.attach(first?.data.alarm ?? '', [clip]);
  expect(late).toMatchObject({ time: cleared?.time, data: { change: 'updated', active: false, evidence: [clip] } });
  expect(action.alerts.at(-1)).toBe(late);
  if (late !== undefined) alarms.stored(late);
  expect(alarms.active().map(({ raised }) => raised)).toEqual([second?.time]);
  await alarms.stop();
  const after = alarmsOf({ file });
  await after.alarms.start();
  expect(after.alarms.active()).toHaveLength(1);
  await after.alarms.stop();
});

test('the evidence of an alarm is bounded, and an unknown alarm gets none', () => {
  const { alarms, receipt } = alarmsOf();
  const [raised] = applied({ alarms, receipt }, [transition('raised')]);
  const alarm = raised?.data.alarm ?? '';
  const told = Array.from({ length: 20 }, (_, i) => alarms.attach(alarm, [{ ...picture, id: `${i}` }]));
  expect(told.filter((one) => one !== undefined)).toHaveLength(12);
  expect(alarms.attach('overload/heat-pump/-/nobody', [picture])).toBeUndefined();
});
