import { performance } from 'node:perf_hooks';
import { asId } from '@forpost/shared/event/ids.ts';
import { expect, test } from 'vitest';
import { Condition, checkCondition, type Facts, LocalTime } from './cel.ts';
import { noon } from './testing/rules.ts';

const berlin = new LocalTime('Europe/Berlin');
const metrics = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`m${i}_w`, i]));
const texts = {
  letters: 'a'.repeat(1000),
  digits: '1'.repeat(1000),
  almost: `${'a'.repeat(999)}!`,
  brackets: '['.repeat(500) + ']'.repeat(500),
  pattern: '(a{1,100}){1,10}b',
  nested: '(((((a+)+)+)+)+)+$',
  long: `${'(a?)'.repeat(49)}b`,
};
const facts: Facts = { now: noon, device: 'oven', metric: 'power_w', value: 100, values: { ...metrics, ...texts } };

/** Duration of the quickest of three evaluations in ms (the others may have waited for a core), and the first error. */
function judge(expression: string): { readonly ms: number; readonly error: string | undefined } {
  expect(checkCondition(expression, 'reading')).toBeUndefined();
  const condition = new Condition(expression, 'reading', berlin);
  let ms = Number.POSITIVE_INFINITY;
  let error: string | undefined;
  for (let i = 0; i < 3; i++) {
    const from = performance.now();
    try {
      condition.holds({ ...facts, now: noon + i * 10_000 });
    } catch (thrown) {
      error ??= (thrown as Error).message;
    }
    ms = Math.min(ms, performance.now() - from);
  }
  return { ms, error };
}

/** `n` times: the text is bound and doubled */
function doubled(start: string, n: number, end: string): string {
  let inner = end.replaceAll('X', `x${n}`);
  for (let i = n; i > 0; i--) inner = `cel.bind(x${i}, x${i - 1} + x${i - 1}, ${inner})`;
  return `cel.bind(x0, ${start}, ${inner})`;
}

const steps = /takes more than 20,000 steps/;
const size = /more than 10,000/;

test.each([
  [
    'four nested all()',
    'values.all(a, values.all(b, values.all(c, values.all(d, a != "" && b + c + d != ""))))',
    steps,
  ],
  [
    'exists() that hides its errors',
    'values.exists(a, values.exists(b, values.exists(c, values.exists(d, 1/0 == 1))))',
    steps,
  ],
  ['|| that hides an error in each step', 'values.all(a, values.all(b, 1/0 == 1 || true))', steps],
  ['|| that hides errors', 'values.all(a, values.all(b, values.all(c, c == "")) || true) || true', steps],
  ['map() in map()', 'values.map(a, values.map(b, values.map(c, a + b + c))).size() > 3', steps],
  [
    'filter() in filter()',
    'values.filter(a, values.filter(b, values.exists_one(c, c == b)).size() > 1).size() > 3',
    steps,
  ],
  ['a text doubled again and again', doubled('values.letters', 20, 'X.contains("b")'), size],
  ['a list doubled again and again', doubled('[1,2,3]', 20, '9 in X'), size],
  ['bytes doubled again and again', doubled('bytes(device)', 20, 'X.size() > 3'), size],
  [
    'equal lists of equal lists',
    'cel.bind(x, values.letters.split(""), cel.bind(y, values.letters.split(""), x.map(i, x) == x.map(i, y)))',
    steps,
  ],
  [
    'a list searched for a list',
    'cel.bind(x, values.letters.split(""), cel.bind(y, values.letters.split(""), x in x.map(i, y + ["z"])))',
    steps,
  ],
  ['a long join()', 'cel.bind(x, values.letters.split(""), x.join(values.letters).size() > 3)', size],
  ['durations of a thousand digits', 'duration(values.digits) > duration("1s")', /a duration has at most 64 letters/],
  [
    'times of other zones',
    'values.all(a, values.all(b, timestamp(1700000000).getHours("Asia/Kathmandu") >= 0))',
    steps,
  ],
  ['JSON within JSON', 'values.all(a, bytes(values.brackets).json().size() > 3)', /JSON has at most 8 levels/],
  ['searches in long texts', 'values.all(a, !(values.letters + values.letters).contains(values.almost))', steps],
  ['a pattern from a reading', 'values.letters.matches(values.pattern)', /compiles to more than 500 instructions/],
  ['a long pattern from a reading', 'values.letters.matches(values.letters)', /at most 200 letters/],
  ['a pattern for each value', 'values.all(a, values.letters.matches(a + "(x+x+)+y") == false)', steps],
])('%s is an error of its rule, within 100 ms', (_what, expression, message) => {
  const { ms, error } = judge(expression);
  expect(error).toMatch(message);
  expect(ms).toBeLessThan(100);
});

test.each([
  'values.almost.matches("^(a+)+$")',
  'matches(values.almost, "^(a|aa)+$")',
  'values.almost.matches("(a*)*(a*)*(a*)*$" + "b")',
  'values.almost.matches(values.nested)',
  'values.almost.matches(values.long)',
  '[dyn("x"), values.almost].exists(t, t.matches("([a-zA-Z]+)*$" + "c"))',
])('%s takes a time linear in the text', (expression) => {
  const { ms, error } = judge(expression);
  expect(error ?? 'takes more than 20,000 steps').toMatch(steps);
  expect(ms).toBeLessThan(100);
});

test.each([
  ['device.matches("^ov[a-z]+$")', true],
  ['matches(device, "^ov[a-z]+$")', true],
  ['device.matches("^fr")', false],
  ['["oven", "fridge"].exists(d, device.matches("^" + d + "$"))', true],
  ['values.exists(m, m.startsWith("m19") && m != "m190_w")', true],
  ['values.all(m, m.matches("^[a-z0-9_]+$"))', true],
  ['values.filter(m, m.endsWith("9_w")).size() == 20', true],
  ['values.map(m, m + "!").exists(m, m == "m7_w!")', true],
  ['cel.bind(v, value * 2, v > 199 && v < 201.0)', true],
  ['device + "/" + metric == "oven/power_w"', true],
  ['duration("1h30m") > duration("5400s") || timestamp("2026-11-30T12:00:00Z").getHours() == 12', true],
  ['values.nothing.matches("a")', false],
])('%s costs little and has its usual result', (expression, expected) => {
  expect(checkCondition(expression, 'reading')).toBeUndefined();
  const condition = new Condition(expression, 'reading', berlin);
  for (let i = 0; i < 40; i++) expect(condition.holds({ ...facts, now: noon + i * 20 })).toBe(expected);
});

test('a long pattern that is a literal of the expression is compiled once, not for each reading', () => {
  const pattern = `^oven$|${'[no]'.repeat(248)}`;
  expect(pattern.length).toBeGreaterThan(998);
  const expression = `device.matches("${pattern}")`;
  expect(checkCondition(expression, 'reading')).toBeUndefined();
  expect(new Condition(expression, 'reading', berlin).holds(facts)).toBe(true);
});

test.each([
  ['device.matches("(?=a)b")', 'RE2: no look-around', 15],
  ['device.matches("(a)\\\\1")', 'RE2', 15],
  ['value > 3 && device.matches("[a")', 'missing closing ]', 28],
  ['device.matches("(a{1,100}){1,10}")', 'more than 500 instructions', 15],
])('the pattern of %s is refused when it is loaded', (expression, message, offset) => {
  const problem = checkCondition(expression, 'reading');
  expect(problem?.message).toContain(message);
  expect(problem?.offset).toBe(offset);
});

test('a device that sends without end uses up only its own share of a rule, not that of another device', () => {
  const condition = new Condition('values.all(a, values.exists(b, a == b || a != ""))', 'reading', berlin);
  const evaluations = Array.from({ length: 200 }, () => {
    try {
      return condition.holds(facts);
    } catch (error) {
      return (error as Error).message;
    }
  });
  expect(evaluations[0]).toBe(true);
  expect(evaluations.at(-1)).toMatch(/^oven sends more than this condition may evaluate/);
  expect(condition.holds({ ...facts, device: asId<'device'>('fridge') })).toBe(true);
  // setting the clock back changes nothing about a device's share
  expect(() => condition.holds({ ...facts, now: noon - 3_600_000 })).toThrow(/sends more/);
  expect(condition.holds({ ...facts, now: noon - 3_599_000 })).toBe(true);
});
