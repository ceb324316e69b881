/** The contract of RuleKind (edge/rules/rule.ts), run on every kind of rule. */
import { type Language, languages } from '@forpost/shared/texts/language.ts';
import fc from 'fast-check';
import { Compile } from 'typebox/compile';
import { describe, expect, test } from 'vitest';
import { conditionVariables } from '../../edge/rules/cel.ts';
import { rightClock } from '../../edge/rules/clock-error.ts';
import { RuleEngine } from '../../edge/rules/engine.ts';
import { type AnyRuleKind, ruleKinds } from '../../edge/rules/kinds/registry.ts';
import type { AlarmSubject, Observation, RuleChange, RuleContext } from '../../edge/rules/rule.ts';
import { ruleOfKind } from '../../edge/rules/rule-schemas.ts';
import {
  crossing,
  frameWith,
  noon,
  reading,
  scene,
  sceneLive,
  sceneLost,
  siteWith,
  trackOf,
} from '../../edge/rules/testing/rules.ts';
import { wordsOf } from '../../edge/rules/words.ts';
import type { RuleConfig } from '../../edge/site/site.ts';
import { type RuleExample, ruleExamples, type Step } from './rule-kinds.ts';

const site = siteWith();
const references = { devices: site.devices.map(({ id }) => id), cameras: site.cameras };
const names: Readonly<Record<string, string>> = { 'heat-pump': 'Heat pump', oven: 'Oven', yard: 'Yard camera' };

function contextOf(active: readonly AlarmSubject[], language: Language): RuleContext {
  return {
    devices: references.devices,
    timezone: site.timezone,
    clockError: () => rightClock,
    nameOf: (device) => names[device] ?? device,
    zoneNameOf: (_, zone) => (zone === 'drive' ? 'Driveway' : zone),
    bridgeOf: () => undefined,
    behind: () => [],
    reaches: () => true,
    lineNameOf: (_, line) => (line === 'fence' ? 'Fence' : line),
    words: wordsOf(language),
    active,
  };
}

/** Runs a rule as the engine does: wakes it at the time that it asked for. */
class Running {
  readonly changes: RuleChange[] = [];
  readonly #kind: AnyRuleKind;
  readonly #config: RuleConfig;
  #state: unknown;
  #wakeAt: number | undefined;
  #uptime = 1_000_000;

  constructor(
    kind: AnyRuleKind,
    { config }: RuleExample,
    active: readonly AlarmSubject[] = [],
    language: Language = 'en',
  ) {
    this.#kind = kind;
    this.#config = { id: 'example', kind: kind.kind, ...config } as unknown as RuleConfig;
    this.#state = kind.initial(this.#config, contextOf(active, language), this.#uptime);
    // as in the engine: the first call returns the time of the next one
    this.#wakeAt = this.#uptime;
    this.#wake();
  }

  run(steps: readonly Step[]): readonly RuleChange[] {
    const before = this.changes.length;
    for (const step of steps) {
      if (typeof step === 'number') this.#pass(step);
      else if (this.#kind.concerns(this.#config, step.device)) this.observe(step);
    }
    return this.changes.slice(before);
  }

  observe(observation: Observation): void {
    const now = this.#now();
    const at = { ...observation, time: now, received: now };
    this.#take(this.#kind.observe(this.#config, this.#state, at, this.#uptime));
    this.#wake();
  }

  /** Wakes a rule that did not ask for it. */
  wakeAnyway(): readonly RuleChange[] {
    const before = this.changes.length;
    this.#take(this.#kind.wake(this.#config, this.#state, this.#now(), this.#uptime));
    return this.changes.slice(before);
  }

  /** Keys of the alarms that are active after the changes so far; fails when a kind repeats a change. */
  active(before: readonly AlarmSubject[] = []): readonly AlarmSubject[] {
    const active = new Map(before.map((one) => [`${one.device}/${one.subject}`, one]));
    for (const { change, device, subject } of this.changes) {
      const key = `${device}/${subject}`;
      expect({ key, change, wasActive: active.has(key) }).toEqual({ key, change, wasActive: change !== 'raised' });
      if (change === 'raised') active.set(key, { device, subject });
      else if (change === 'cleared') active.delete(key);
    }
    return [...active.values()];
  }

  #now(): number {
    return noon + this.#uptime;
  }

  #pass(ms: number): void {
    const until = this.#uptime + ms;
    while (this.#wakeAt !== undefined && this.#wakeAt <= until) {
      this.#uptime = Math.max(this.#uptime, this.#wakeAt);
      this.#wake();
    }
    this.#uptime = until;
  }

  /** A rule that asks to be woken at once, for ever, would stop the gateway. */
  #wake(): void {
    for (let left = 10; this.#wakeAt !== undefined && this.#wakeAt <= this.#uptime; left--) {
      expect(left, 'it asks to be woken again and again').toBeGreaterThan(0);
      this.#take(this.#kind.wake(this.#config, this.#state, this.#now(), this.#uptime));
    }
  }

  #take({ state, changes, wakeAt }: ReturnType<AnyRuleKind['wake']>): void {
    this.#state = state;
    this.#wakeAt = wakeAt;
    this.changes.push(...changes);
  }
}

test('every kind of rule has an example here', () => {
  expect(Object.keys(ruleExamples).sort()).toEqual(ruleKinds.map(({ kind }) => kind).sort());
});

/** Random observations and passing time. */
const device = fc.constantFrom('heat-pump', 'oven');
const track = fc.integer({ min: 1, max: 4 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom(1, 500, 3_000, 6_000, 30_000, 120_000),
  fc
    .tuple(device, fc.constantFrom<number | string | boolean>(0, 50, 150, 1e9, 'x', true))
    .map(([id, value]) => reading({ power_w: value }, { device: id as never })),
  fc
    .tuple(fc.constantFrom('entered', 'left', 'parked', 'moved'), track, fc.boolean())
    .map(([change, id, still]) => scene(change as 'entered', id, { static: still })),
  fc.tuple(fc.constantFrom('left', 'right'), track).map(([to, id]) => crossing(to as 'left', id)),
  fc.array(track, { maxLength: 3 }).map((ids) => frameWith(...[...new Set(ids)].map((id) => trackOf(id)))),
  fc.constantFrom<Step>(sceneLost, sceneLive),
  fc.tuple(fc.constantFrom('stalled', 'covered', 'moved'), fc.boolean()).map(
    ([tamper, active]): Step => ({
      kind: 'tamper',
      device: 'yard' as never,
      time: noon,
      received: noon,
      tamper: tamper as 'covered',
      active,
      reason: '',
    }),
  ),
);

describe.each(ruleKinds.map((kind) => [kind.kind, kind] as const))('a rule of the kind %s', (name, kind) => {
  const example = ruleExamples[name] ?? { config: {}, raise: [], clear: [] };
  const config = { id: 'example', kind: name, ...example.config } as unknown as RuleConfig;

  test('has a schema with a description for each key, and an example that fits', () => {
    const fits = Compile(ruleOfKind(kind));
    expect(fits.Check(config)).toBe(true);
    expect(fits.Check({ ...config, treshold: 1 })).toBe(false);
    for (const [key, schema] of Object.entries(kind.schema.properties))
      expect({ key, description: schema }).toMatchObject({ description: { description: expect.any(String) } });
    expect(kind.check(config, references)).toEqual([]);
  });

  test('reports unknown names in its configuration', () => {
    const paths = (changed: object) => kind.check({ ...config, ...changed }, references).map(({ path }) => path[0]);
    expect(paths({ message: 'what {is} this' })).toEqual(['message']);
    const place = ['device', 'camera', 'cameras'].find((key) => key in example.config) ?? '';
    expect(paths({ [place]: place === 'cameras' ? ['nowhere'] : 'nowhere' })).toContain(place);
  });

  test('accepts a condition on its own variables only', () => {
    const { conditionOn, schema } = kind;
    expect('when' in schema.properties).toBe(conditionOn !== undefined);
    if (conditionOn === undefined) return;
    for (const [subject, variables] of Object.entries(conditionVariables)) {
      const when = Object.keys(variables)
        .map((variable) => `${variable} == ${variable}`)
        .join(' && ');
      const known = Object.keys(variables).every((variable) => variable in conditionVariables[conditionOn]);
      const paths = kind.check({ ...config, when } as RuleConfig, references).map(({ path }) => path[0]);
      expect({ subject, paths }).toEqual({ subject, paths: known ? [] : ['when'] });
    }
  });

  test('raises its alarm once, clears it once, and can do both again', () => {
    const rule = new Running(kind, example);
    for (let round = 0; round < 3; round++) {
      expect(rule.run(example.raise).map(({ change }) => change)).toContain('raised');
      const [alarm] = rule.active();
      expect(alarm).toBeDefined();
      expect(alarm && kind.covers(config, references.devices, alarm)).toBe(true);
      expect(rule.run(example.clear).at(-1)?.change).toBe('cleared');
      expect(rule.active()).toEqual([]);
    }
  });

  test('changes nothing when it is woken without need', () => {
    const rule = new Running(kind, example);
    for (const steps of [example.raise, example.clear]) {
      rule.run(steps);
      for (let i = 0; i < 3; i++) expect(rule.wakeAnyway()).toEqual([]);
    }
  });

  test('after a restart does not raise an active alarm again, and clears it', () => {
    const before = new Running(kind, example);
    before.run(example.raise);
    const active = before.active();
    const rule = new Running(kind, example, active);
    rule.run(example.raise);
    rule.active(active);
    rule.run(example.clear);
    expect(rule.active(active)).toEqual([]);
  });

  test('does not affect alarms of another device', () => {
    const before = new Running(kind, example);
    before.run(example.raise);
    for (const { subject } of before.active())
      expect(kind.covers(config, references.devices, { device: 'gone' as never, subject })).toBe(false);
  });

  test.each(languages)('names its device in %s, in a sentence without gaps', (language) => {
    const rule = new Running(kind, example, [], language);
    for (const { message, summary, device: of, cause } of [...rule.run(example.raise), ...rule.run(example.clear)]) {
      for (const text of [message, summary ?? message]) {
        expect(JSON.stringify(text)).not.toMatch(/undefined|NaN|\[object|\{[a-z]+\}/);
        expect(JSON.stringify(text)).toContain(names[of]);
        expect(JSON.stringify(text).length).toBeLessThan(300);
      }
      expect(cause).not.toBe('');
    }
  });

  test('raises nothing on late readings', () => {
    const engine = new RuleEngine({ site: siteWith(config), uptime: 0 });
    const late = example.raise.filter((step) => typeof step !== 'number' && step.kind === 'reading');
    for (const step of late as readonly Observation[])
      expect(engine.observe({ ...step, time: noon - 600_000 }, 0, noon)).toEqual([]);
    const raised = engine.wake(noon, 30_000).filter(({ change }) => change === 'raised');
    expect(raised).toEqual([]);
  });

  test('alternates raised and cleared, for any observations', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
        const rule = new Running(kind, example);
        rule.run(steps);
        for (const alarm of rule.active()) expect(kind.covers(config, references.devices, alarm)).toBe(true);
        const again = new Running(kind, example, rule.active());
        again.run(steps);
        again.active(rule.active());
      }),
      { numRuns: 60 },
    );
  });

  test('tracks a bounded number of alarms of one device, even with made-up channels', () => {
    const rule = new Running(kind, example);
    const made = 3_000;
    const steps = example.raise.filter((step) => typeof step !== 'number');
    for (let i = 0; i < made; i++)
      for (const step of steps as readonly Observation[]) {
        const named =
          step.kind === 'reading'
            ? { ...step, channel: `channel-${i}` }
            : step.kind === 'scene'
              ? { ...step, change: { ...step.change, track: { ...step.change.track, id: i } } }
              : step;
        rule.observe(named as Observation);
      }
    rule.run([120_000]);
    expect(rule.active().length).toBeLessThanOrEqual(64);
  });

  test('explains in words why it raised no alarm on its camera’s observations, if it watches a camera', () => {
    const [camera] = site.cameras;
    const { whyNot } = kind;
    if (camera === undefined || whyNot === undefined) return;
    for (const observation of [scene('entered', 1), scene('left', 1), crossing('right', 2)])
      if (observation.kind === 'scene') expect(whyNot(config, camera, observation.change) ?? 'x').not.toBe('');
  });
});
