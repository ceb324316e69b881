import { expect, test } from 'vitest';
import { type BacklogSample, drainPlan, withSample } from './drain-plan.ts';

const now = Date.UTC(2026, 5, 1, 12);

/** A sample each second: `waiting` at first, `out` leave and `in_` come each second. */
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

test('says when the backlog is gone, with what comes in meanwhile', () => {
  expect(drainPlan(run(10_000, 100, 50, 20), now)).toEqual({
    eventsPerSecond: 100,
    bytesPerSecond: 10_000,
    arrivingPerSecond: 50,
    secondsLeft: 180,
    endsAt: '2026-06-01T12:03:00.000Z',
    outlook: 'ending',
  });
});

test('names no end where more comes in than goes out, or as much', () => {
  for (const arriving of [100, 300])
    expect(drainPlan(run(10_000, 100, arriving, 20), now)).toMatchObject({
      outlook: 'growing',
      secondsLeft: null,
      endsAt: null,
      arrivingPerSecond: arriving,
    });
});

test('names no end where nothing goes out', () => {
  expect(drainPlan(run(10_000, 0, 10, 20), now)).toMatchObject({ outlook: 'stopped', secondsLeft: null });
});

test('says nothing before it has measured', () => {
  expect(drainPlan([], now).outlook).toBe('unknown');
  expect(drainPlan(run(10_000, 100, 0, 1), now).outlook).toBe('unknown');
});

test('what is only on its way is no backlog that never ends', () => {
  expect(drainPlan(run(120, 100, 100, 20), now)).toMatchObject({ outlook: 'ending', secondsLeft: 1.2 });
  expect(drainPlan(run(0, 100, 100, 20), now)).toMatchObject({ outlook: 'empty', secondsLeft: 0 });
});

test('forgets what is longer ago than its window, and keeps few samples', () => {
  const old = run(100_000, 1_000, 0, 50);
  expect(old.length).toBeLessThanOrEqual(31);
  let samples = old;
  const last = old.at(-1)!;
  for (let ms = 100; ms <= 60_000; ms += 100) samples = withSample(samples, { ...last, at: last.at + ms });
  expect(samples.length).toBeLessThanOrEqual(62);
  expect(drainPlan(samples, now)).toMatchObject({ outlook: 'stopped', eventsPerSecond: 0 });
});
