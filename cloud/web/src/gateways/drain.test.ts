import { expect, test } from 'vitest';
import { english } from '../../testing/page-texts.ts';
import { drainText } from './drain.ts';

const rates = { eventsPerSecond: 800, bytesPerSecond: 80_000, arrivingPerSecond: 50 };
const plan = { ...rates, secondsLeft: 900, endsAt: '2026-06-01T12:15:00.000Z', outlook: 'ending' };
const uplink = {
  sink: 'kafka',
  state: 'draining',
  since: '',
  reason: '',
  events: 12_000,
  bytes: 3_400_000,
  eventsPerSecond: 800,
  plan,
};

test('a draining uplink shows its backlog, its rate and the time of its end', () => {
  expect(drainText(english, uplink)).toBe('12,000 events, 3.4 MB to go, 800 events/s, gone in about 15 min');
  const growing = { ...plan, secondsLeft: null, endsAt: null, outlook: 'growing', arrivingPerSecond: 900 };
  expect(drainText(english, { ...uplink, plan: growing })).toContain(
    '800 events/s sent, 900 events/s arrive: the backlog grows',
  );
  const budget = { used: 50_000_000, limit: 50_000_000 };
  expect(drainText(english, { ...uplink, plan: { ...growing, outlook: 'stopped' }, budget })).toBe(
    '12,000 events, 3.4 MB to go, 50 MB of 50 MB used today',
  );
});

test('a live uplink, and an uplink of an older gateway, show no drain', () => {
  const { plan: _, ...older } = uplink;
  expect(drainText(english, older)).toBe('');
  expect(drainText(english, { ...uplink, state: 'live', events: 0 })).toBe('');
});
