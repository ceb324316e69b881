import type { Value } from '@forpost/shared/event/event.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HoldAnalysis } from './can-hold.ts';
import { Condition, checkCondition, LocalTime } from './cel.ts';
import { noon } from './testing/rules.ts';

const time = new LocalTime('UTC');
const metrics = ['a', 'b', 'c'] as const;

/** Conditions with every operator over three metrics, some of which never come. */
const conditions = fc.letrec<{ bool: string; any: string }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('1', '0.5', '"x"', '"1"', 'true', 'value', 'hour', 'device', 'null'),
    fc.constantFrom(...metrics.flatMap((name) => [`values.${name}`, `values["${name}"]`])),
    fc.tuple(tie('any'), fc.constantFrom('+', '-', '*', '/', '%'), tie('any')).map(([l, op, r]) => `(${l} ${op} ${r})`),
    fc.tuple(tie('bool'), tie('any'), tie('any')).map(([c, l, r]) => `(${c} ? ${l} : ${r})`),
    fc.tuple(fc.constantFrom('string', 'double', 'size', 'dyn', '-', ''), tie('any')).map(([f, x]) => `${f}(${x})`),
    tie('bool'),
  ),
  bool: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...metrics.flatMap((name) => [`has(values.${name})`, `"${name}" in values`, `values.${name}`])),
    fc
      .tuple(tie('any'), fc.constantFrom('==', '!=', '<', '<=', '>', '>='), tie('any'))
      .map(([l, op, r]) => `(${l} ${op} ${r})`),
    fc.tuple(tie('bool'), fc.constantFrom('&&', '||'), tie('bool')).map(([l, op, r]) => `(${l} ${op} ${r})`),
    tie('bool').map((x) => `!(${x})`),
    fc.tuple(tie('any'), tie('any')).map(([x, y]) => `(${x} in [${y}])`),
    fc.tuple(tie('any'), fc.constantFrom('startsWith', 'contains', 'matches')).map(([x, f]) => `(${x}).${f}("x")`),
    fc.tuple(fc.constantFrom('exists', 'all'), tie('bool')).map(([f, x]) => `values.${f}(k, k == "a" || ${x})`),
  ),
}));

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.boolean(),
  fc.constantFrom(0, 1, -2.5, 40),
  fc.constantFrom('x', '1', ''),
);

/** Another value of the same form. */
function others(of: Value): readonly Value[] {
  if (typeof of === 'boolean') return [true, false];
  return typeof of === 'number' ? [of, 0, 1, 0.5, -1, 100] : [of, '', 'x', '1', 'xx'];
}

test('a condition that is called mute is false or fails on every reading made of the values that came', () => {
  let judged = 0;
  let mute = 0;
  const holds = (condition: Condition, values: Readonly<Record<string, Value>>) => {
    try {
      return condition.holds({ now: noon, device: 'x', channel: '', metric: 'value', value: 1, values });
    } catch {
      return false;
    }
  };
  fc.assert(
    fc.property(
      conditions.bool,
      fc.dictionary(fc.constantFrom(...metrics, 'd'), value, { noNullPrototype: true }),
      fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat()), { minLength: 12, maxLength: 12 }),
      (when, sent, picks) => {
        fc.pre(when.length < 1500 && checkCondition(when, 'reading') === undefined);
        judged++;
        const heard = new Map(Object.entries(sent));
        if (new HoldAnalysis(when, 'reading').cannotHold(heard) === undefined) return;
        mute++;
        const condition = new Condition(when, 'reading', time);
        for (const pick of picks) {
          const reading: Record<string, Value> = {};
          for (const [index, [name, of]] of [...heard].entries()) {
            const choices = [undefined, ...others(of)];
            const chosen = choices[(pick[index] ?? 0) % choices.length];
            if (chosen !== undefined) reading[name] = chosen;
          }
          expect(holds(condition, reading)).toBe(false);
        }
        expect(holds(condition, sent)).toBe(false);
      },
    ),
    { numRuns: 3000 },
  );
  // the property is meaningless unless some conditions are called mute
  expect(judged).toBeGreaterThan(1000);
  expect(mute).toBeGreaterThan(100);
});

test('a condition too large to be examined is never called mute', () => {
  const many = Array.from({ length: 13 }, (_, n) => `values.m${n} > 1`).join(' && ');
  expect(new HoldAnalysis(many, 'reading').cannotHold(new Map())).toBeUndefined();
  const long = `values.a > 1${' && value > 1'.repeat(60)}`;
  expect(new HoldAnalysis(long, 'reading').cannotHold(new Map())).toBeUndefined();
  expect(new HoldAnalysis('values.a > 1', 'reading').cannotHold(new Map())).toEqual([{ metric: 'a' }]);
});
