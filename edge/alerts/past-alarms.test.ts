import type { AlertData, EvidenceReference } from '@forpost/shared/event/event.ts';
import { expect, test } from 'vitest';
import { type PastAlarm, PastAlarms } from './past-alarms.ts';

const picture: EvidenceReference = { id: '00000000000000aa', sha256: 'ab', size: 4, kind: 'picture' };

function alert(alarm: string, more: Partial<AlertData> = {}): AlertData {
  return {
    alarm,
    rule: 'gate',
    device: 'yard',
    change: 'raised',
    active: true,
    acknowledged: false,
    severity: 'warning',
    category: 'intrusion',
    message: 'Somebody in Gate',
    cause: 'zone-entered',
    count: 1,
    test: false,
    evidence: [],
    ...more,
  };
}
const ids = (page: { readonly alarms: readonly PastAlarm[] } | undefined) => page?.alarms.map(({ alarm }) => alarm);

test('an alarm is one entry from its raising to its end, with the pictures that came later', () => {
  const past = new PastAlarms();
  past.record({ time: 10, data: alert('a') });
  past.record({ time: 15, data: alert('a', { change: 'acknowledged', acknowledged: true }) });
  past.record({
    time: 20,
    data: alert('a', { change: 'cleared', active: false, acknowledged: true, count: 3, message: 'Nobody in Gate' }),
  });
  past.record({
    time: 20,
    data: alert('a', { change: 'updated', active: false, acknowledged: true, count: 3, evidence: [picture] }),
  });
  expect(past.page({ limit: 10 })).toEqual({
    alarms: [
      {
        alarm: 'a',
        rule: 'gate',
        device: 'yard',
        severity: 'warning',
        message: 'Somebody in Gate',
        count: 3,
        test: false,
        acknowledged: true,
        raised: 10,
        ended: 20,
        evidence: [picture],
      },
    ],
    next: undefined,
  });
});

test('pages of earlier alarms have no hole and no repetition, also while new alarms come', () => {
  const past = new PastAlarms();
  for (let i = 0; i < 5; i++) past.record({ time: i, data: alert(`a${i}`) });
  const first = past.page({ limit: 2 });
  expect(ids(first)).toEqual(['a4', 'a3']);
  past.record({ time: 6, data: alert('a6') });
  const second = past.page({ limit: 2, before: first?.next });
  expect(ids(second)).toEqual(['a2', 'a1']);
  const third = past.page({ limit: 2, before: second?.next });
  expect(third).toMatchObject({ alarms: [{ alarm: 'a0' }], next: undefined });
  expect(past.page({ limit: 2, before: 'never heard of' })).toBeUndefined();
});

test('earlier alarms can be asked for by device, by day and by whether they have pictures', () => {
  const past = new PastAlarms();
  past.record({ time: 1, data: alert('a1') });
  past.record({ time: 2, data: alert('a2', { device: 'meter' }) });
  past.record({ time: 3, data: alert('a3', { evidence: [picture] }) });
  expect(ids(past.page({ limit: 9, device: 'meter' }))).toEqual(['a2']);
  expect(ids(past.page({ limit: 9, until: 2 }))).toEqual(['a2', 'a1']);
  expect(ids(past.page({ limit: 9, wanted: ({ evidence }) => evidence.length > 0 }))).toEqual(['a3']);
});

test('an older alarm known from its pictures alone stands at its place in time; the pictures of a known alarm show when it began', () => {
  const past = new PastAlarms();
  past.record({ time: 50, data: alert('new', { message: 'As the outbox has it' }) });
  const older = { alarm: 'old', rule: 'gate', device: 'yard', severity: 'critical', message: 'Somebody' } as const;
  const more = { count: 1, test: false, acknowledged: false, ended: undefined, evidence: [picture] } as const;
  past.remember([
    { ...older, ...more, alarm: 'new', raised: 40 },
    { ...older, ...more, raised: 7 },
  ]);
  expect(ids(past.page({ limit: 9 }))).toEqual(['new', 'old']);
  expect(past.page({ limit: 1 })?.alarms[0]).toMatchObject({
    message: 'As the outbox has it',
    raised: 40,
    evidence: [picture],
  });
});

test('beyond the limit the oldest alarm is forgotten', () => {
  const past = new PastAlarms(3);
  for (let i = 0; i < 5; i++) past.record({ time: i, data: alert(`a${i}`) });
  expect(ids(past.page({ limit: 9 }))).toEqual(['a4', 'a3', 'a2']);
  // an update keeps a known alarm at its place
  past.record({ time: 9, data: alert('a2', { change: 'updated' }) });
  expect(ids(past.page({ limit: 9 }))).toEqual(['a4', 'a3', 'a2']);
});
