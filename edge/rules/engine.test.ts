import { expect, test } from 'vitest';
import { RuleEngine } from './engine.ts';
import { noon, reading, siteWith } from './test-support.ts';

const overload = { id: 'overload', kind: 'threshold', device: 'heat-pump', metric: 'power_w', above: 7500 };
const active = {
  rule: 'overload',
  device: 'heat-pump',
  subject: '',
  severity: 'warning',
  category: 'measurement',
  test: false,
  cause: 'power_w',
};

test('a reading that comes late raises nothing, and is counted for its device', () => {
  const engine = new RuleEngine({ site: siteWith(overload), uptime: 0 });
  expect(engine.observe(reading({ power_w: 9000 }, { time: noon - 120_001 }), 0, noon)).toEqual([]);
  expect([...engine.lateReadings()]).toEqual([['heat-pump', 1]]);
  expect(engine.observe(reading({ power_w: 9000 }, { time: noon - 120_000 }), 0, noon)).toHaveLength(1);
  // a clock that runs ahead is no reason to be deaf
  const ahead = new RuleEngine({ site: siteWith(overload), uptime: 0 });
  expect(ahead.observe(reading({ power_w: 9000 }, { time: noon + 86_400_000 }), 0, noon)).toHaveLength(1);
});

test('a rule that throws is counted and harms no other', () => {
  const broken = { ...overload, id: 'broken', when: 'int(values.mode) > 3' };
  const engine = new RuleEngine({ site: siteWith(broken, overload), uptime: 0 });
  const transitions = engine.observe(reading({ power_w: 9000, mode: 'heat' }), 0, noon);
  expect(transitions.map(({ rule }) => rule)).toEqual(['overload']);
  expect(engine.errors()).toEqual([{ rule: 'broken', count: 1, last: expect.any(String) }]);
});

test('a condition that would take for ever is an error of its own rule within milliseconds, and the next rule raises', () => {
  const values = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`m${i}`, i]));
  const nested = 'values.all(a, values.all(b, values.all(c, values.all(d, a + b + c + d != ""))))';
  const endless = { ...overload, id: 'endless', when: nested };
  const hostile = { ...overload, id: 'hostile', when: 'values.text.matches("^(a+)+$")' };
  const engine = new RuleEngine({ site: siteWith(endless, hostile, overload), uptime: 0 });
  const from = performance.now();
  const transitions = engine.observe(reading({ ...values, power_w: 9000, text: `${'a'.repeat(999)}!` }), 0, noon);
  expect(performance.now() - from).toBeLessThan(50);
  expect(transitions.map(({ rule }) => rule)).toEqual(['overload']);
  expect(engine.errors()).toEqual([{ rule: 'endless', count: 1, last: expect.stringContaining('20000 steps') }]);
});

test('a rule that cannot even begin leaves the others to work', () => {
  const engine = new RuleEngine({ site: siteWith({ ...overload, id: 'wrong', when: 'houre >' }, overload), uptime: 0 });
  expect(engine.observe(reading({ power_w: 9000 }), 0, noon)).toHaveLength(1);
  expect(engine.errors().map(({ rule }) => rule)).toEqual(['wrong']);
  expect(() => new RuleEngine({ site: siteWith({ id: 'x', kind: 'magic' }), uptime: 0 })).toThrow('no kind "magic"');
});

test('an alarm that is active since before a restart is kept or cleared by the next reading', () => {
  const actives = [active] as never;
  const kept = new RuleEngine({ site: siteWith(overload), actives, uptime: 0 });
  expect(kept.observe(reading({ power_w: 9000 }), 0, noon)).toEqual([]);
  const cleared = new RuleEngine({ site: siteWith(overload), actives, uptime: 0 });
  expect(cleared.observe(reading({ power_w: 100 }), 0, noon).map(({ change }) => change)).toEqual(['cleared']);
});

test('an alarm whose rule, device or zone is no longer there is cleared after a restart', () => {
  const gone = [
    { ...active, rule: 'removed', severity: 'critical' },
    { ...active, device: 'sold-meter' },
    active,
  ] as never;
  const engine = new RuleEngine({ site: siteWith(overload), actives: gone, uptime: 5000 });
  expect(engine.nextWake()).toBe(0);
  expect(engine.wake(noon, 5000)).toEqual([
    {
      ...active,
      rule: 'removed',
      severity: 'critical',
      change: 'cleared',
      time: noon,
      message: 'no rule watches for this any more (removed)',
    },
    {
      ...active,
      device: 'sold-meter',
      change: 'cleared',
      time: noon,
      message: 'no rule watches for this any more (overload)',
    },
  ]);
  expect(engine.nextWake()).toBeUndefined();
});

test('a silent alarm from before a restart ends when its device speaks', () => {
  const silent = { id: 'quiet', kind: 'silent', device: 'oven', after_s: 60 };
  const actives = [{ ...active, rule: 'quiet', device: 'oven' }] as never;
  const engine = new RuleEngine({ site: siteWith(silent), actives, uptime: 0 });
  expect(engine.wake(noon, 100_000)).toEqual([]);
  const spoke = engine.observe(reading({ power_w: 1 }, { device: 'oven' as never }), 100_000, noon);
  expect(spoke.map(({ change, message }) => [change, message])).toEqual([['cleared', 'Oven: heard again']]);
});

test('a rule that fails each time it is woken does not keep the gateway busy', () => {
  const engine = new RuleEngine({
    site: siteWith({ id: 'q', kind: 'silent', device: 'oven', after_s: 1, when: '1 / (hour - 12) > 0' }),
    uptime: 0,
  });
  expect(engine.wake(noon, 0)).toEqual([]);
  expect(engine.wake(noon, 1000)).toEqual([]);
  expect(engine.errors()).toHaveLength(1);
  expect(engine.nextWake()).toBeGreaterThan(1000);
});
