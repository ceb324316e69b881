/** Tests of every rule kind that watches a camera's picture. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RuleEngine } from '../engine.ts';
import type { Observation } from '../rule.ts';
import { crossing, frameWith, noon, scene, sceneLive, sceneLost, siteWith, trackOf } from '../testing/rules.ts';
import { ruleKind } from './registry.ts';

const rules = [
  { id: 'r', kind: 'zone-entered', camera: 'yard', zone: 'drive' },
  { id: 'r', kind: 'zone-left', camera: 'yard', zone: 'drive' },
  { id: 'r', kind: 'loitering', camera: 'yard', zone: 'drive', after_s: 5 },
  { id: 'r', kind: 'zone-count', camera: 'yard', zone: 'drive', above: 1, hold_s: 2 },
  { id: 'r', kind: 'zone-count', camera: 'yard', zone: 'drive', below: 2, when: 'hour >= 6' },
  { id: 'r', kind: 'zone-empty', camera: 'yard', zone: 'drive', after_s: 10 },
  { id: 'r', kind: 'line-crossed', camera: 'yard', line: 'fence', direction: 'right', confirmations: 2 },
] as const;

/** Observations of a camera, in any order. */
const said: fc.Arbitrary<Observation | 'wake'> = fc.oneof(
  fc.constant('wake' as const),
  fc.constantFrom(sceneLost, sceneLive),
  fc
    .tuple(
      fc.constantFrom('entered' as const, 'left' as const, 'parked' as const, 'moved' as const),
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
    )
    .map(([change, id, stands]) => scene(change, id, { static: stands })),
  fc
    .tuple(fc.constantFrom('left' as const, 'right' as const), fc.integer({ min: 1, max: 4 }))
    .map(([to, id]) => crossing(to, id)),
  fc
    .array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }), fc.boolean()), { maxLength: 3 })
    .map((all) => frameWith(...all.map(([id, seen, stands]) => trackOf(id, { seen, static: stands })))),
);

describe.each(rules)('$kind', (rule) => {
  test('raised and cleared alternate whatever a camera sends, and no rule stays due in the past', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(said, fc.integer({ min: 0, max: 8_000 })), { maxLength: 80 }), (steps) => {
        const engine = new RuleEngine({ site: siteWith(rule), uptime: 0 });
        let [active, uptime] = [false, 0];
        for (const [what, afterMs] of steps) {
          uptime += afterMs;
          const told = what === 'wake' ? engine.wake(noon, uptime) : engine.observe(what, uptime, noon);
          for (const { change, device, subject } of told) {
            expect([device, ['drive', 'fence'].includes(subject)]).toEqual(['yard', true]);
            expect(change === 'raised').toBe(!active);
            active = change !== 'cleared';
          }
          if (what === 'wake') expect(engine.nextWake() ?? Number.POSITIVE_INFINITY).toBeGreaterThan(uptime);
        }
        expect(engine.errors()).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('an alarm from before a restart ends while the zone is empty, and a parked car does not count', () => {
    const { id: _, ...of } = rule;
    const subject = 'zone' in rule ? rule.zone : rule.line;
    const active = {
      rule: 'r',
      device: 'yard',
      subject,
      severity: 'warning',
      category: 'c',
      test: false,
      cause: of.kind,
    };
    const engine = new RuleEngine({ site: siteWith(rule), actives: [active] as never, uptime: 0 });
    let told = [...engine.wake(noon, 0), ...engine.observe(sceneLive, 1_000, noon)];
    // an alarm of an empty zone ends only when a thing is there
    const wantsSomebody = rule.kind === 'zone-empty' || (rule.kind === 'zone-count' && 'below' in rule);
    if (wantsSomebody)
      for (const id of [1, 2]) told = [...told, ...engine.observe(scene('entered', id, { static: true }), 5_000, noon)];
    else told = [...told, ...engine.observe(scene('entered', 1, { static: true }), 5_000, noon)];
    for (let uptime = 6_000; uptime <= 60_000; uptime += 1_000) told = [...told, ...engine.wake(noon, uptime)];
    expect(told.map(({ change }) => change)).toEqual(['cleared']);
  });

  test('a camera, zone, line, class or size that does not exist is a problem in words', () => {
    const { devices, cameras } = siteWith();
    const only = cameras.map((camera) => ({ ...camera, classes: ['person', 'car'] }));
    const problems = (more: object) =>
      ruleKind(rule.kind)
        ?.check({ ...rule, ...more } as never, { devices: devices.map(({ id }) => id), cameras: only })
        .map(({ message }) => message);
    expect(problems({})).toEqual([]);
    expect(problems({ camera: 'yrad' })).toEqual(['there is no camera "yrad"; did you mean "yard"?']);
    if ('zone' in rule)
      expect(problems({ zone: 'driv' })).toEqual(['camera "yard" has no zone "driv"; did you mean "drive"?']);
    else expect(problems({ line: 'fense' })).toEqual(['camera "yard" has no line "fense"; did you mean "fence"?']);
    expect(problems({ classes: ['persn'] })).toEqual([
      'camera "yard" does not watch for "persn"; did you mean "person"?',
    ]);
    expect(problems({ min_height: 0.5, max_height: 0.2 })).toEqual(['max_height must be 0.5 (min_height) or more']);
    expect(problems({ when: 'hour >= "six"' })).toHaveLength(1);
    expect(problems({ message: '{zoen}' })).toHaveLength(1);
  });
});

test('only a thing of the right class, score and size raises the alarm, as soon as it has them', () => {
  const rule = { id: 'r', kind: 'zone-entered', camera: 'yard', zone: 'drive' };
  const raised = (more: object, ...steps: Observation[]) => {
    const engine = new RuleEngine({ site: siteWith({ ...rule, ...more }), uptime: 0 });
    return steps.map((step, i) => engine.observe(step, i * 100, noon).length > 0);
  };
  const enter = scene('entered', 1, { score: 0.6 });
  expect(raised({ classes: ['cat'] }, enter)).toEqual([false]);
  // the built-in model that stands in for an unavailable one knows no classes, and its scores are not comparable
  expect(raised({ classes: ['cat'], min_score: 0.99 }, scene('entered', 1, { anyClass: true }))).toEqual([true]);
  expect(
    raised({ min_score: 0.8 }, enter, frameWith(trackOf(1, { best: 0.7 })), frameWith(trackOf(1, { best: 0.85 }))),
  ).toEqual([false, false, true]);
  expect(raised({ min_height: 0.4 }, enter, frameWith(trackOf(1, { box: [0, 0, 0.2, 0.5] })))).toEqual([false, true]);
  expect(raised({ max_area: 0.02 }, enter)).toEqual([false]);
  expect(
    raised({ confirmations: 3 }, enter, frameWith(trackOf(1, { seen: 2 })), frameWith(trackOf(1, { seen: 3 }))),
  ).toEqual([false, false, true]);
});

test('a schedule that begins while a person is inside raises the alarm then', () => {
  const rule = { id: 'r', kind: 'zone-entered', camera: 'yard', zone: 'drive', when: 'hour >= 22' };
  const engine = new RuleEngine({ site: siteWith(rule), uptime: 0 });
  expect(engine.observe(scene('entered', 1), 0, noon)).toEqual([]);
  const late = noon + 10 * 3_600_000;
  const told = engine.observe({ ...frameWith(trackOf(1)), time: late, received: late }, 36_000_000, late);
  expect(told.map(({ change }) => change)).toEqual(['raised']);
});

test('a car counts while it drives, not while it is parked, and again when it drives off', () => {
  const rule = { id: 'r', kind: 'zone-entered', camera: 'yard', zone: 'drive', clear_after_s: 5 };
  const engine = new RuleEngine({ site: siteWith(rule), uptime: 0 });
  const car = (stands: boolean) => ({ class: 'car', static: stands });
  const told = [
    ...engine.observe(scene('entered', 1, car(false)), 0, noon),
    ...engine.observe(scene('parked', 1, car(true)), 20_000, noon),
    ...engine.wake(noon, 25_000),
    ...engine.observe(frameWith(trackOf(1, car(true))), 30_000, noon),
    ...engine.observe(scene('moved', 1, car(false)), 40_000, noon),
  ];
  expect(told.map(({ change }) => change)).toEqual(['raised', 'cleared', 'raised']);
});
