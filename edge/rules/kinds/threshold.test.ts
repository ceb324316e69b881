import { asId } from '@forpost/shared/event/ids.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rightClock } from '../clock-error.ts';
import { RuleEngine } from '../engine.ts';
import { noon, reading, siteWith } from '../testing/rules.ts';
import { wordsOf } from '../words.ts';
import { type Phase, step, type ThresholdConfig, threshold } from './threshold.ts';

const rule = { id: 'overload', kind: 'threshold', device: 'heat-pump', metric: 'power_w', above: 7500, clear: 7000 };

function engineOf(more: object = {}) {
  const engine = new RuleEngine({ site: siteWith({ ...rule, ...more }), uptime: 0 });
  return {
    engine,
    /** the changes for a power of `watts` at `uptime` ms */
    at: (uptime: number, watts: number, extra = {}) =>
      engine.observe(reading({ power_w: watts }, extra), uptime, noon).map(({ change }) => change),
  };
}

test('a value that trembles around the limit raises once, and clears at the value of `clear`', () => {
  const { at } = engineOf();
  expect([7600, 7400, 7600, 7001, 7600, 7000, 7400, 7501].map((watts, i) => at(i, watts))).toEqual([
    ['raised'],
    [],
    [],
    [],
    [],
    ['cleared'],
    [],
    ['raised'],
  ]);
});

test('the message of an alarm has device, metric, value and limit in plain words', () => {
  const { engine } = engineOf({ hold_s: 10, severity: 'critical' });
  engine.observe(reading({ power_w: 7912 }), 0, noon);
  expect(engine.wake(noon + 10_000, 10_000)).toEqual([
    {
      rule: 'overload',
      device: 'heat-pump',
      subject: '',
      change: 'raised',
      severity: 'critical',
      category: 'measurement',
      test: false,
      message: 'Heat pump: power 7.91 kW above 7.5 kW for 10 s',
      messageI18n: expect.objectContaining({ key: 'alarm/threshold.above-for' }),
      cause: 'power_w',
      value: 7912,
      peak: 7912,
      time: noon + 10_000,
    },
  ]);
  expect(engine.observe(reading({ power_w: 600 }), 11_000, noon)[0]).toMatchObject({
    change: 'cleared',
    message: 'Heat pump: power 600 W, no longer above 7.5 kW',
  });
});

test('the end of an alarm has its worst value, also below a limit, in the rule’s own words and after a restart', () => {
  const ended = (more: object, ...watts: number[]) => {
    const { engine } = engineOf(more);
    return watts.flatMap((power_w, i) => engine.observe(reading({ power_w }), i, noon)).at(-1);
  };
  expect(ended({}, 7912, 39_600, 30_000, 600)).toMatchObject({
    change: 'cleared',
    value: 600,
    peak: 39_600,
    summary: 'Heat pump: power reached 39.6 kW, limit 7.5 kW',
  });
  expect(ended({ above: undefined, below: 100, clear: 200 }, 90, 20, 80, 500)).toMatchObject({
    change: 'cleared',
    peak: 20,
    summary: 'Heat pump: power fell to 20 W, limit 100 W',
  });
  expect(ended({ message: 'Too much: {value}' }, 8000, 9000, 600)).toMatchObject({ summary: 'Too much: 9 kW' });
  // the worst value during the hold time counts too
  const held = engineOf({ hold_s: 10 }).engine;
  held.observe(reading({ power_w: 12_000 }), 0, noon);
  held.observe(reading({ power_w: 8000 }), 5000, noon);
  expect(held.wake(noon, 10_000)).toMatchObject([{ change: 'raised', value: 8000, peak: 12_000 }]);
  const active = { rule: 'overload', device: 'heat-pump', subject: '', peak: 20_000 } as never;
  const restarted = new RuleEngine({ site: siteWith(rule), actives: [active], uptime: 0 });
  expect(restarted.observe(reading({ power_w: 9000 }), 0, noon)).toEqual([]);
  expect(restarted.observe(reading({ power_w: 600 }), 1, noon)).toMatchObject([{ peak: 20_000 }]);
});

test('a worse value while an alarm is active is noted once, and a better one not at all', () => {
  const { at } = engineOf();
  expect([7600, 7700, 7650, 7700, 7800].map((watts, i) => at(i, watts))).toEqual([
    ['raised'],
    ['reached'],
    [],
    [],
    ['reached'],
  ]);
});

test('the placeholders of a rule’s own message are filled in', () => {
  const { engine } = engineOf({ message: '{device}{channel} uses {value} of {limit}', test: true, category: 'grid' });
  expect(engine.observe(reading({ power_w: 8000 }), 0, noon)[0]).toMatchObject({
    message: 'Heat pump uses 8 kW of 7.5 kW',
    test: true,
    category: 'grid',
  });
});

test('a peak shorter than the hold time raises nothing, and the hold time ends by the clock', () => {
  const { engine, at } = engineOf({ hold_s: 10 });
  expect(at(0, 8000)).toEqual([]);
  expect(engine.nextWake()).toBe(10_000);
  expect(at(9000, 7400)).toEqual([]);
  expect(engine.nextWake()).toBeUndefined();
  expect(engine.wake(noon, 10_000)).toEqual([]);
  expect(at(20_000, 8000)).toEqual([]);
  expect(engine.wake(noon, 29_999)).toEqual([]);
  expect(engine.wake(noon, 30_000).map(({ change }) => change)).toEqual(['raised']);
  expect(engine.wake(noon, 40_000)).toEqual([]);
});

test('a condition that no longer holds ends the alarm', () => {
  const { engine } = engineOf({ when: 'values.mode == "heat"' });
  const changes = (mode: string) =>
    engine.observe(reading({ power_w: 9000, mode }), 0, noon).map(({ change, message }) => [change, message]);
  expect(changes('cool')).toEqual([]);
  expect(changes('heat')[0]?.[0]).toBe('raised');
  expect(changes('cool')).toEqual([['cleared', "Heat pump: power 9 kW, and the rule's condition no longer holds"]]);
});

test('each channel of a device is a subject of its own, unless the rule names one', () => {
  const { at } = engineOf();
  expect(at(0, 8000, { channel: 'a' })).toEqual(['raised']);
  expect(at(1, 8000, { channel: 'b' })).toEqual(['raised']);
  expect(at(2, 0, { channel: 'a' })).toEqual(['cleared']);
  const named = engineOf({ channel: 'b' });
  expect(named.at(0, 8000, { channel: 'a' })).toEqual([]);
  expect(named.at(0, 8000, { channel: 'b' })).toEqual(['raised']);
});

test('readings of other devices, of other metrics, of bad quality and without a number change nothing', () => {
  const { engine, at } = engineOf();
  expect(at(0, 9000, { device: 'oven' })).toEqual([]);
  expect(at(0, 9000, { quality: 'implausible' })).toEqual([]);
  expect(engine.observe(reading({ voltage_v: 9000 }), 0, noon)).toEqual([]);
  expect(engine.observe(reading({ power_w: '9000' }), 0, noon)).toEqual([]);
  expect(at(0, 9000, { quality: 'estimated' })).toEqual(['raised']);
  expect(at(0, 0, { quality: 'bad' })).toEqual([]);
});

test('the device * stands for every device, and a switch counts as 0 or 1', () => {
  const engine = new RuleEngine({
    site: siteWith({ id: 'open', kind: 'threshold', device: '*', metric: 'output', below: 1 }),
    uptime: 0,
  });
  expect(engine.observe(reading({ output: true }), 0, noon)).toEqual([]);
  expect(engine.observe(reading({ output: false }), 0, noon)).toHaveLength(1);
  expect(engine.observe(reading({ output: false }, { device: 'oven' as never }), 0, noon)).toHaveLength(1);
});

test('channels beyond the bound throw no exception each: a device may send many of them in one message', () => {
  const config = { id: asId<'rule'>('overload'), kind: 'threshold', device: 'heat-pump', metric: 'power_w', above: 1 };
  const site = siteWith(config);
  const context = {
    devices: site.devices.map(({ id }) => id),
    timezone: site.timezone,
    clockError: () => rightClock,
    words: wordsOf(),
    bridgeOf: () => undefined,
    behind: () => [],
    reaches: () => true,
    nameOf: (id: string) => id,
    zoneNameOf: (_camera: string, zone: string) => zone,
    lineNameOf: (_camera: string, line: string) => line,
    active: [],
  };
  const state = threshold.initial(config, context, 0);
  const evaluations = Array.from({ length: 65 }, (_, i) =>
    threshold.observe(config, state, reading({ power_w: 2 }, { channel: `c${i}` }), 0),
  );
  expect(evaluations.map(({ problem }) => problem).filter((problem) => problem !== undefined)).toEqual([
    'heat-pump has more than 64 channels beyond their limit at once',
  ]);
});

test('a device that invents ever new channels is bounded by itself, and the rule counts it as an error', () => {
  const { engine, at } = engineOf();
  for (let i = 0; i < 64; i++) expect(at(0, 9000, { channel: `c${i}` })).toEqual(['raised']);
  expect(at(0, 9000, { channel: 'one-more' })).toEqual([]);
  expect(engine.errors()[0]).toMatchObject({ rule: 'overload', count: 1 });
  expect(at(0, 9000, { device: 'oven' })).toEqual([]);
  expect(at(0, 0, { channel: 'c0' })).toEqual(['cleared']);
});

test.each([
  [{}, []],
  [{ below: 3 }, ['either "above" or "below"']],
  [{ above: undefined }, ['either "above" or "below"']],
  [{ clear: 8000 }, ['clear must be 7500 or less']],
  [{ metric: 'powr_w' }, ['there is no metric "powr_w"; did you mean "power_w"?']],
  [{ metric: 'Power' }, ['is not a metric']],
  [{ device: 'heatpump' }, ['there is no device "heatpump"; did you mean "heat-pump"?']],
  [{ devices: ['oven'] }, ['not both']],
  [{ device: undefined }, ['"device" is missing']],
  [{ device: undefined, devices: ['oven', 'ofen'] }, ['there is no device "ofen"; did you mean "oven"?']],
  [{ when: 'houre > 3' }, ['the condition is wrong: Unknown variable: houre; did you mean "hour"?']],
  [{ message: '{devise} is hot' }, ['unknown {devise}; did you mean "device"?']],
])('a rule with %j has its problem explained', (more, expected) => {
  const config = { ...rule, ...more } as unknown as ThresholdConfig;
  const { devices, cameras } = siteWith();
  const found = threshold.check(config, { devices: devices.map(({ id }) => id), cameras });
  expect(found).toHaveLength(expected.length);
  for (const [i, text] of expected.entries()) expect(found[i]?.message).toContain(text);
});

const configs = fc.record({
  limit: fc.integer({ min: -5, max: 5 }),
  hysteresis: fc.integer({ min: 0, max: 4 }),
  above: fc.boolean(),
  hold_s: fc.integer({ min: 0, max: 3 }),
});
const history = fc.array(
  fc.record({
    value: fc.integer({ min: -12, max: 12 }),
    condition: fc.boolean(),
    afterMs: fc.integer({ min: 0, max: 2500 }),
  }),
  { maxLength: 60 },
);

test('raised and cleared alternate; no alarm is raised before the hold time, and none outlasts its clear value', () => {
  fc.assert(
    fc.property(configs, history, ({ limit, hysteresis, above, hold_s }, readings) => {
      const clear = above ? limit - hysteresis : limit + hysteresis;
      const config = { ...(above ? { above: limit } : { below: limit }), clear, hold_s };
      const beyond = (value: number) => (above ? value > limit : value < limit);
      let phase: Phase | undefined;
      let active = false;
      let uptime = 0;
      let beyondSince: number | undefined;
      for (const { value, condition, afterMs } of readings) {
        uptime += afterMs;
        beyondSince = beyond(value) && condition ? (beyondSince ?? uptime) : undefined;
        const next = step(config, phase, value, condition, uptime);
        if (next.change === 'raised') {
          expect(active).toBe(false);
          expect(beyondSince).toBeDefined();
          expect(uptime - (beyondSince ?? uptime)).toBeGreaterThanOrEqual(hold_s * 1000);
          active = true;
        } else if (next.change === 'cleared') {
          expect(active).toBe(true);
          expect(!condition || (above ? value <= clear : value >= clear)).toBe(true);
          active = false;
        }
        phase = next.phase;
        expect(phase?.phase === 'active').toBe(active);
        if (active) expect(condition && (above ? value > clear : value < clear)).toBe(true);
        // a value beyond the limit for the whole hold time is an alarm
        if (beyondSince !== undefined && uptime - beyondSince >= hold_s * 1000) expect(active).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});
