import { describe, expect, test } from 'vitest';
import { Condition, checkCondition, LocalTime } from './cel.ts';
import { noon } from './testing/rules.ts';

const berlin = new LocalTime('Europe/Berlin');
const facts = { now: noon, device: 'oven', metric: 'power_w', value: 100, values: { power_w: 100, on: true } };

test.each([
  ['value > 99 && hour == 12', true],
  ['hour >= 22 || hour < 6', false],
  ['weekday == 3 && minute == 0', true],
  ['value * 2 > 199 && value / 4 < 26.0 && 2 * value - 1 > 198.5', true],
  ['values["power_w"] * 2 > 199', true],
  ['values.on', true],
  ['device in ["oven", "fridge"] && metric.startsWith("power")', true],
  ['channel == ""', true],
  // a metric that the device does not send makes a condition false, not fail
  ['values.humidity_pct > 3', false],
  ['has(values.humidity_pct) || value > 3', true],
])('%s is %s', (expression, expected) => {
  expect(checkCondition(expression, 'reading')).toBeUndefined();
  expect(new Condition(expression, 'reading', berlin).holds(facts)).toBe(expected);
});

test('a scene has a class, a score, a zone and a track', () => {
  const condition = new Condition('class == "person" && score >= 0.5 && track > 2 && zone == "drive"', 'scene', berlin);
  const seen = { now: noon, device: 'yard', zone: 'drive', class: 'person', score: 0.5, track: 3 };
  expect(condition.holds(seen)).toBe(true);
  expect(condition.holds({ ...seen, track: 2 })).toBe(false);
});

test.each([
  ['houre > 3', 'Unknown variable: houre; did you mean "hour"?', 0],
  ['value > 3 && wekday == 1', 'Unknown variable: wekday; did you mean "weekday"?', 13],
  ['value >', '', 7],
  ['hour', 'is a number, not true or false', 0],
  ['device > 3', 'no such overload', 0],
  ['score > 0.5', 'Unknown variable: score', 0],
  ['x'.repeat(3000), 'longer than 2000', 0],
])('%.30s is refused, pointing at the character', (expression, message, offset) => {
  const problem = checkCondition(expression, 'reading');
  expect(problem?.message).toContain(message);
  expect(problem?.offset).toBe(offset);
});

test('the caret of a problem stands under the wrong character', () => {
  expect(checkCondition('value > 3 && wekday == 1', 'reading')?.mark).toEqual({
    line: 'value > 3 && wekday == 1',
    caret: '             ^',
  });
});

test("a condition's hours are those of the site's time zone, also across a change to summer time", () => {
  expect(berlin.at(Date.UTC(2026, 2, 29, 0, 59)).hour).toBe(1n);
  expect(berlin.at(Date.UTC(2026, 2, 29, 1, 0)).hour).toBe(3n);
  expect(berlin.at(Date.UTC(2026, 2, 29, 1, 0)).weekday).toBe(7n);
  expect(new LocalTime('Asia/Kathmandu').at(noon)).toEqual({ hour: 16n, minute: 45n, weekday: 3n });
  expect(() => new LocalTime('Europe/Berln')).toThrow(RangeError);
});

describe('while the true time is unknown', () => {
  const holds = (expression: string, more: object = {}) =>
    new Condition(expression, 'reading', berlin, () => undefined).holds({ ...facts, ...more });

  test.each([
    ['hour == 3', true],
    ['hour >= 22 || hour < 6', true],
    ['weekday > 5 && minute == 59 && hour == 23', true],
    ['hour > 24', false],
    ['hour >= 0 && value > 1e9', false],
    ['value > 1e9', false],
    ['!(hour >= 6)', true],
  ])('a condition holds if it holds at any time of the week: %s is %s', (expression, expected) => {
    expect(holds(expression)).toBe(expected);
  });

  test('a condition that takes too long to evaluate counts as true', () => {
    const values = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`m${n}`, n]));
    expect(holds('hour + minute >= 0 && values.exists(k, k == "none")', { values })).toBe(true);
  });

  test('a condition holds if it holds at any time within the drift of the clock', () => {
    const drifted = (withinMs: number) =>
      new Condition('hour == 13', 'reading', berlin, () => ({ shiftMs: 0, withinMs }));
    expect([drifted(59 * 60_000).holds(facts), drifted(61 * 60_000).holds(facts)]).toEqual([false, true]);
  });
});
