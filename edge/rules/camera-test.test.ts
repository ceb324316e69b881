import { FakeClock } from '@forpost/shared/clock.ts';
import { expect, test } from 'vitest';
import { CameraTests } from './camera-test.ts';
import { RuleEngine } from './engine.ts';
import type { Observation } from './rule.ts';
import { noon, siteWith, trackOf } from './testing/rules.ts';

function rig(...rules: object[]) {
  const clock = new FakeClock(noon);
  const site = siteWith(...rules);
  const tests = new CameraTests(clock, () => site);
  const engine = new RuleEngine({ site, uptime: clock.uptime(), watch: tests });
  const enter = (track: Parameters<typeof trackOf>[1] = {}, id = 1) => {
    const change = { change: 'entered', zone: 'drive', track: trackOf(id, track), at: clock.uptime() };
    const observation = { kind: 'scene', device: 'yard', time: noon, received: noon, change } as unknown as Observation;
    return engine.observe(observation, clock.uptime(), noon);
  };
  return { clock, tests, enter };
}
const why = (tests: CameraTests) =>
  tests.view('yard').entries[0]?.verdicts.map(({ fired, why: text }) => [fired, text]);
const intruder = { id: 'intruder', kind: 'zone-entered', camera: 'yard', zone: 'drive' };

test('a test of a camera shows each rule’s verdict on each change, with its reason', () => {
  const { tests, enter } = rig(
    { ...intruder, classes: ['person'] },
    { ...intruder, id: 'sure', min_score: 0.95 },
    { ...intruder, id: 'small', max_height: 0.05 },
    { id: 'leaving', kind: 'zone-left', camera: 'yard', zone: 'drive' },
    { id: 'fence', kind: 'line-crossed', camera: 'yard', line: 'fence' },
  );
  enter({ class: 'car' });
  expect(tests.view('yard')).toEqual({ secondsLeft: 0, entries: [] });
  tests.begin('yard', 600);
  enter({ class: 'car' }, 2);
  expect(tests.view('yard').entries[0]?.what).toMatch(/^car \(90 %, .* high\) came into Driveway$/);
  expect(why(tests)).toEqual([
    [false, 'Not what it looks for: this is a car, it wants person'],
    [false, 'Not certain enough: 90 %, it wants 95 % (min_score)'],
    [false, expect.stringMatching(/^Too high: .*, it wants at most 5 % \(max_height\)$/)],
    [false, 'It tells when somebody leaves'],
    [false, 'Not here: the rule watches Fence'],
  ]);
  enter({ class: 'person' }, 3);
  expect(why(tests)?.[0]).toEqual([true, expect.stringMatching(/^Alarm: .*person/)]);
});

test('alarms during a test of a camera are marked as a test, and a forgotten test ends by itself', () => {
  const { tests, enter, clock } = rig(intruder);
  tests.begin('yard', 600);
  expect(enter()).toMatchObject([{ change: 'raised', test: true }]);
  clock.advance(599_000);
  expect(tests.isTest('yard')).toBe(true);
  clock.advance(1_000);
  expect(tests.isTest('yard')).toBe(false);
  expect(enter({}, 2)).toMatchObject([{ test: false }]);
  tests.begin('yard', 999_999);
  expect(tests.view('yard').secondsLeft).toBe(1800);
  tests.begin('yard', 0);
  expect(tests.isTest('yard')).toBe(false);
});

test('a long test of a camera keeps a bounded number of entries, the newest ones', () => {
  const { tests, enter } = rig(intruder);
  tests.begin('yard', 600);
  for (let id = 1; id <= 200; id++) enter({}, id);
  const { entries } = tests.view('yard');
  expect(entries).toHaveLength(60);
  expect(entries[0]?.id).toBe(200);
});
