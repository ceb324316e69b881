import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  evidenceVerdict,
  type PacingLimits,
  type PacingState,
  type PacingTime,
  type Payer,
  passTime,
  spend,
  startPacing,
  verdict,
} from './pacing.ts';

const day = '2026-06-01';
const at = (now: number, name = day): PacingTime => ({ now, day: name, msToNextDay: 3_600_000 });

/** Sends `batch` bytes of each payer as often as the pacing permits, and returns the bytes of each. */
function flood(limits: PacingLimits, wants: readonly Payer[], batch: (payer: Payer) => number, ms: number) {
  let state: PacingState = startPacing(limits, at(0));
  const sent = { alerts: 0, telemetry: 0, evidence: 0 };
  const next = { alerts: 0, telemetry: 0, evidence: 0 };
  let now = 0;
  while (now < ms) {
    for (const lane of wants) {
      if (next[lane] > now) continue;
      state = passTime(state, limits, at(now));
      const said =
        lane === 'evidence' ? evidenceVerdict(state, limits, at(now)) : verdict(state, limits, lane, at(now));
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

test('whatever is sent, the cap holds and no lane starves', () => {
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

const rateOf = (bytesPerSecond: number, wants: readonly Payer[], batch: (payer: Payer) => number) =>
  flood({ bytesPerSecond }, wants, batch, 120_000);

test('evidence alone has half of the cap, and beside a backlog of telemetry it has less than that', () => {
  const alone = rateOf(10_000, ['evidence'], () => 1e9).evidence;
  expect(alone).toBeGreaterThan(10_000 * 120 * 0.48);
  expect(alone).toBeLessThan(10_000 * 120 * 0.52);
  const both = rateOf(10_000, ['evidence', 'telemetry'], () => 1e9);
  expect(both.evidence).toBeGreaterThan(10_000 * 120 * 0.2);
  expect(both.evidence).toBeLessThan(10_000 * 120 * 0.52);
  expect(both.telemetry + both.evidence).toBeLessThanOrEqual(10_000 * (120 + 1 + 1 + 0.5));
  expect(both.telemetry + both.evidence).toBeGreaterThan(10_000 * 115);
});

test('during a flood of alerts evidence waits, and telemetry keeps its tenth', () => {
  const without = rateOf(10_000, ['alerts', 'telemetry'], () => 2_000);
  const beside = rateOf(10_000, ['alerts', 'telemetry', 'evidence'], () => 2_000);
  expect(beside.evidence).toBeLessThan(10_000 * 3);
  expect(beside.alerts).toBeGreaterThan(without.alerts * 0.97);
  expect(beside.telemetry).toBeGreaterThan(without.telemetry * 0.97);
});

test('events do not wait for a part of evidence that has been sent, however large it is; the next part does', () => {
  const limits = { bytesPerSecond: 200 };
  let state = spend(startPacing(limits, at(0)), limits, 'evidence', 4_096);
  expect(verdict(state, limits, 'alerts', at(0)).go).toBe(true);
  expect(verdict(state, limits, 'telemetry', at(0)).go).toBe(true);
  expect(evidenceVerdict(state, limits, at(0))).toMatchObject({ go: false, why: 'rate' });
  state = passTime(state, limits, at(40_000));
  expect(evidenceVerdict(state, limits, at(40_000)).go).toBe(false);
  state = passTime(state, limits, at(41_000));
  expect(evidenceVerdict(state, limits, at(41_000)).go).toBe(true);
});

test('events and evidence together never exceed the cap', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 500, max: 1_000_000 }),
      fc.record({
        alerts: fc.integer({ min: 0, max: 2_000 }),
        telemetry: fc.integer({ min: 0, max: 2_000 }),
        evidence: fc.integer({ min: 1, max: 2_000 }),
      }),
      (rate, batch) => {
        const wants = (['alerts', 'telemetry', 'evidence'] as const).filter((payer) => batch[payer] > 0);
        const sent = flood({ bytesPerSecond: rate }, wants, (payer) => (rate * batch[payer]) / 1000, 30_000);
        const all = sent.alerts + sent.telemetry + sent.evidence;
        expect(all).toBeLessThanOrEqual(rate * (30 + 1 + 1 + 2.5));
        expect(sent.evidence).toBeLessThanOrEqual(rate * (15 + 0.5));
        if (batch.telemetry > 0) expect(sent.telemetry).toBeGreaterThanOrEqual(rate * 30 * 0.09);
      },
    ),
    { numRuns: 60 },
  );
});

test('evidence gets half of the day’s budget, and nothing once the budget is used up', () => {
  const limits = { bytesPerDay: 10_000 };
  let state = startPacing(limits, at(0));
  expect(evidenceVerdict(state, limits, at(0))).toEqual({ go: true, maxWireBytes: 5_000 });
  state = spend(state, limits, 'telemetry', 7_000);
  expect(evidenceVerdict(state, limits, at(0))).toEqual({ go: true, maxWireBytes: 3_000 });
  state = spend(state, limits, 'evidence', 3_000);
  expect(evidenceVerdict(state, limits, at(0))).toEqual({ go: false, why: 'budget', waitMs: 60_000 });
  expect(verdict(state, limits, 'telemetry', at(0))).toMatchObject({ go: false, why: 'budget' });
  const early = spend(startPacing(limits, at(0)), limits, 'evidence', 5_000);
  expect(evidenceVerdict(early, limits, at(0))).toMatchObject({ go: false, why: 'budget' });
  expect(verdict(early, limits, 'telemetry', at(0))).toEqual({ go: true, maxWireBytes: 5_000 });
  const next = passTime(early, limits, at(5, '2026-06-02'));
  expect(evidenceVerdict(next, limits, at(5, '2026-06-02'))).toEqual({ go: true, maxWireBytes: 5_000 });
});

test('an alert does not wait until the link has paid off the telemetry that was just sent', () => {
  const limits = { bytesPerSecond: 1_000 };
  const state = spend(startPacing(limits, at(0)), limits, 'telemetry', 1_800);
  expect(verdict(state, limits, 'telemetry', at(0)).go).toBe(false);
  expect(verdict(state, limits, 'alerts', at(0)).go).toBe(true);
});

test('when the day’s budget is used up, telemetry waits for the next day; alerts are still sent and counted', () => {
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

test('bytes that an earlier run sent count for their own day only', () => {
  expect(startPacing({ bytesPerDay: 1 }, at(0), [{ day, bytes: 77 }]).dayBytes).toBe(77);
  expect(startPacing({ bytesPerDay: 1 }, at(0), [{ day: '2099-01-01', bytes: 77 }]).dayBytes).toBe(0);
});

test('without limits nothing waits', () => {
  const state = spend(startPacing({}, at(0)), {}, 'telemetry', 1e12);
  expect(verdict(state, {}, 'telemetry', at(0))).toEqual({ go: true, maxWireBytes: Number.POSITIVE_INFINITY });
});
