import { expect, test } from 'vitest';
import { type BacklogSample, drainPlan, withSample } from './drain-plan.ts';

const now = Date.UTC(2026, 5, 1, 12);

/** A sample each second: `waiting` events at first; each second `out` are sent and `in_` are added. */
function run(waiting: number, out: number, in_: number, seconds: number): readonly BacklogSample[] {
  let samples: readonly BacklogSample[] = [];
  for (let s = 0; s <= seconds; s++) {
    const events = waiting + (in_ - out) * s;
    samples = withSample(samples, {
      at: s * 1000,
      safeEvents: out * s,
      safeBytes: out * s * 100,
      events,
      bytes: events * 100,
    });
  }
  return samples;
}

test('the plan says when the backlog will be gone, new events included', () => {
  expect(drainPlan(run(10_000, 100, 50, 20), now)).toEqual({
    eventsPerSecond: 100,
    bytesPerSecond: 10_000,
    arrivingPerSecond: 50,
    secondsLeft: 180,
    endsAt: '2026-06-01T12:03:00.000Z',
    outlook: 'ending',
  });
});

test('the plan names no end where as many events come in as go out', () => {
  for (const arriving of [100, 300])
    expect(drainPlan(run(10_000, 100, arriving, 20), now)).toMatchObject({
      outlook: 'growing',
      secondsLeft: null,
      endsAt: null,
      arrivingPerSecond: arriving,
    });
});

test('the plan names no end where nothing goes out', () => {
  expect(drainPlan(run(10_000, 0, 10, 20), now)).toMatchObject({ outlook: 'stopped', secondsLeft: null });
});

test('the plan is empty before anything is measured', () => {
  expect(drainPlan([], now).outlook).toBe('unknown');
  expect(drainPlan(run(10_000, 100, 0, 1), now).outlook).toBe('unknown');
});

test('events that are only on their way are no backlog', () => {
  expect(drainPlan(run(120, 100, 100, 20), now)).toMatchObject({ outlook: 'ending', secondsLeft: 1.2 });
  expect(drainPlan(run(0, 100, 100, 20), now)).toMatchObject({ outlook: 'empty', secondsLeft: 0 });
});

test('samples older than the window are dropped, and few are kept', () => {
  const old = run(100_000, 1_000, 0, 50);
  expect(old.length).toBeLessThanOrEqual(31);
  let samples = old;
  const last = old.at(-1)!;
  for (let ms = 100; ms <= 60_000; ms += 100) samples = withSample(samples, { ...last, at: last.at + ms });
  expect(samples.length).toBeLessThanOrEqual(62);
  expect(drainPlan(samples, now)).toMatchObject({ outlook: 'stopped', eventsPerSecond: 0 });
});
