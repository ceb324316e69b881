import type { Lane } from '@forpost/shared/event/ids.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type PacingLimits,
  type PacingState,
  type PacingTime,
  passTime,
  spend,
  startPacing,
  verdict,
} from './pacing.ts';

const day = '2026-06-01';
const at = (now: number, name = day): PacingTime => ({ now, day: name, msToNextDay: 3_600_000 });

/** Sends `batch` bytes of each lane that always has more, as often as it may, and says what each got. */
function flood(limits: PacingLimits, wants: readonly Lane[], batch: (lane: Lane) => number, ms: number) {
  let state: PacingState = startPacing(limits, at(0));
  const sent = { alerts: 0, telemetry: 0 };
  const next = { alerts: 0, telemetry: 0 };
  let now = 0;
  while (now < ms) {
    for (const lane of wants) {
      if (next[lane] > now) continue;
      state = passTime(state, limits, at(now));
      const said = verdict(state, limits, lane, at(now));
      if (!said.go) {
        next[lane] = now + said.waitMs;
        continue;
      }
      const bytes = Math.max(1, Math.min(batch(lane), said.maxWireBytes));
      state = spend(state, limits, lane, bytes);
      sent[lane] += bytes;
      next[lane] = now + 1;
    }
    now = Math.max(now + 1, Math.min(...wants.map((lane) => next[lane])));
  }
  return sent;
}

test('one lane alone has the whole cap, and no more', () => {
  for (const lane of ['alerts', 'telemetry'] as const) {
    const sent = flood({ bytesPerSecond: 10_000 }, [lane], () => 3_000, 60_000)[lane];
    expect(sent).toBeGreaterThan(580_000);
    expect(sent).toBeLessThan(640_000);
  }
});

test('a flood of alerts goes first and leaves telemetry its tenth', () => {
  const { alerts, telemetry } = flood({ bytesPerSecond: 10_000 }, ['alerts', 'telemetry'], () => 2_000, 120_000);
  expect(telemetry / (alerts + telemetry)).toBeGreaterThan(0.09);
  expect(telemetry / (alerts + telemetry)).toBeLessThan(0.16);
});

test('whatever is sent, the cap holds and nobody starves', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 500, max: 1_000_000 }),
      fc.integer({ min: 1, max: 2_000 }),
      fc.integer({ min: 1, max: 2_000 }),
      (rate, a, t) => {
        const sent = flood(
          { bytesPerSecond: rate },
          ['alerts', 'telemetry'],
          (lane) => (rate * (lane === 'alerts' ? a : t)) / 1000,
          30_000,
        );
        // 30 s, the bucket, the alerts' overdraft, and one last batch of each lane
        expect(sent.alerts + sent.telemetry).toBeLessThanOrEqual(rate * (30 + 1 + 1 + 2));
        expect(sent.alerts).toBeGreaterThan(0);
        expect(sent.telemetry).toBeGreaterThanOrEqual(rate * 30 * 0.09);
      },
    ),
    { numRuns: 60 },
  );
});

test('an alert does not wait out the telemetry that has just been sent', () => {
  const limits = { bytesPerSecond: 1_000 };
  const state = spend(startPacing(limits, at(0)), limits, 'telemetry', 1_800);
  expect(verdict(state, limits, 'telemetry', at(0)).go).toBe(false);
  expect(verdict(state, limits, 'alerts', at(0)).go).toBe(true);
});

test('when the day’s budget is used up telemetry waits for the next day, and alerts go on and are counted', () => {
  const limits = { bytesPerDay: 10_000 };
  let state = spend(startPacing(limits, at(0)), limits, 'telemetry', 10_000);
  expect(verdict(state, limits, 'telemetry', at(0))).toEqual({ go: false, why: 'budget', waitMs: 60_000 });
  expect(verdict(state, limits, 'alerts', at(0)).go).toBe(true);
  state = spend(state, limits, 'alerts', 500);
  expect(state.dayBytes).toBe(10_500);
  state = passTime(state, limits, at(5, '2026-06-02'));
  expect(state.dayBytes).toBe(0);
  expect(verdict(state, limits, 'telemetry', at(5, '2026-06-02')).go).toBe(true);
});

test('what an earlier run used of this day counts, of another day it does not', () => {
  expect(startPacing({ bytesPerDay: 1 }, at(0), [{ day, bytes: 77 }]).dayBytes).toBe(77);
  expect(startPacing({ bytesPerDay: 1 }, at(0), [{ day: '2099-01-01', bytes: 77 }]).dayBytes).toBe(0);
});

test('without limits nothing waits', () => {
  const state = spend(startPacing({}, at(0)), {}, 'telemetry', 1e12);
  expect(verdict(state, {}, 'telemetry', at(0))).toEqual({ go: true, maxWireBytes: Number.POSITIVE_INFINITY });
});
