import { asId } from '@forpost/shared/event/ids.ts';
import { expect, test } from 'vitest';
import { RuleEngine } from './engine.ts';
import { hostRule } from './own-rules.ts';
import { noon, reading, siteWith, trackOf } from './testing/rules.ts';

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

test('a late reading raises nothing, and is counted for its device', () => {
  const engine = new RuleEngine({ site: siteWith(overload), uptime: 0 });
  expect(engine.observe(reading({ power_w: 9000 }, { time: noon - 120_001 }), 0, noon)).toEqual([]);
  expect([...engine.oddTimes()]).toEqual([['heat-pump', { late: 1, early: 0, unjudged: 0, offMs: -120_001, at: 0 }]]);
  expect(engine.observe(reading({ power_w: 9000 }, { time: noon - 120_000 }), 0, noon)).toHaveLength(1);
  // a reading from the future still raises
  const ahead = new RuleEngine({ site: siteWith(overload), uptime: 0 });
  expect(ahead.observe(reading({ power_w: 9000 }, { time: noon + 86_400_000 }), 0, noon)).toHaveLength(1);
});

const hour = 3_600_000;

test.each([
  ['two hours ahead', noon + 2 * hour],
  ['two hours behind', noon - 2 * hour],
  ['in 1970', 0],
  ['in 2099', Date.UTC(2099, 0, 1)],
])('a gateway’s clock that is not known to be right suppresses no alarm: %s', (_, now) => {
  const engine = new RuleEngine({ site: siteWith(overload), uptime: 0, clockError: () => undefined });
  const raised = engine.observe(reading({ power_w: 9000 }, { time: noon, received: now }), 0, now);
  expect(raised.map(({ change }) => change)).toEqual(['raised']);
  expect(engine.oddTimes().get(asId('heat-pump'))).toMatchObject({ late: 0, early: 0, unjudged: 1 });
});

test('after a clock in sync was set by hand, readings are judged by the monotonic clock', () => {
  let setBy = 0;
  const clockError = () => ({ shiftMs: -setBy, withinMs: 1000 });
  const engine = new RuleEngine({ site: siteWith(overload), uptime: 0, clockError });
  setBy = 2 * hour;
  const now = noon + setBy;
  const late = reading({ power_w: 9000 }, { time: noon - 10 * 60_000, received: now });
  expect(engine.observe(late, 0, now)).toEqual([]);
  expect(engine.observe(reading({ power_w: 9000 }, { time: noon, received: now }), 0, now)).toHaveLength(1);
});

test('a reading is late only by more than the possible error of the gateway’s clock', () => {
  const engine = new RuleEngine({
    site: siteWith(overload),
    uptime: 0,
    clockError: () => ({ shiftMs: 0, withinMs: hour }),
  });
  expect(engine.observe(reading({ power_w: 9000 }, { time: noon - hour }), 0, noon)).toHaveLength(1);
});

test('a reading with a time in the future is counted like one from the past, and raises its alarm', () => {
  const engine = new RuleEngine({ site: siteWith(overload), uptime: 0 });
  expect(engine.observe(reading({ power_w: 9000 }, { time: noon + 2 * hour }), 7, noon)).toHaveLength(1);
  expect(engine.oddTimes().get(asId('heat-pump'))).toEqual({
    late: 0,
    early: 1,
    unjudged: 0,
    offMs: 2 * hour,
    at: 7,
  });
});

test('a rule with hours holds at every hour while the true time is unknown, and at its own hours once it is known', () => {
  let known = false;
  const atNight = { ...overload, when: 'hour >= 22 && value > 7600.0' };
  const clockError = () => (known ? { shiftMs: 0, withinMs: 0 } : undefined);
  const engine = new RuleEngine({ site: siteWith(atNight), uptime: 0, clockError });
  // the other parts of the condition still matter
  expect(engine.observe(reading({ power_w: 7550 }), 0, noon)).toEqual([]);
  expect(engine.observe(reading({ power_w: 9000 }), 0, noon).map(({ change }) => change)).toEqual(['raised']);
  known = true;
  expect(engine.observe(reading({ power_w: 9000 }), 0, noon).map(({ change }) => change)).toEqual(['cleared']);
});

test('a rule that throws is counted, and the other rules still raise', () => {
  const broken = { ...overload, id: 'broken', when: 'int(values.mode) > 3' };
  const engine = new RuleEngine({ site: siteWith(broken, overload), uptime: 0 });
  const transitions = engine.observe(reading({ power_w: 9000, mode: 'heat' }), 0, noon);
  expect(transitions.map(({ rule }) => rule)).toEqual(['overload']);
  expect(engine.errors()).toEqual([{ rule: 'broken', count: 1, last: expect.any(String) }]);
});

test('a condition that would run for ever soon becomes an error of its own rule, and the next rule raises', () => {
  const values = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`m${i}`, i]));
  const nested = 'values.all(a, values.all(b, values.all(c, values.all(d, a + b + c + d != ""))))';
  const endless = { ...overload, id: 'endless', when: nested };
  const hostile = { ...overload, id: 'hostile', when: 'values.text.matches("^(a+)+$")' };
  const engine = new RuleEngine({ site: siteWith(endless, hostile, overload), uptime: 0 });
  const from = performance.now();
  const transitions = engine.observe(reading({ ...values, power_w: 9000, text: `${'a'.repeat(999)}!` }), 0, noon);
  // without a bound it would take minutes; beside other tests it also waits for a core
  expect(performance.now() - from).toBeLessThan(1000);
  expect(transitions.map(({ rule }) => rule)).toEqual(['overload']);
  expect(engine.errors()).toEqual([{ rule: 'endless', count: 1, last: expect.stringContaining('20,000 steps') }]);
});

test('a rule that throws at its start does not keep the others from working', () => {
  const engine = new RuleEngine({ site: siteWith({ ...overload, id: 'wrong', when: 'houre >' }, overload), uptime: 0 });
  expect(engine.observe(reading({ power_w: 9000 }), 0, noon)).toHaveLength(1);
  expect(engine.errors().map(({ rule }) => rule)).toEqual(['wrong']);
  expect(() => new RuleEngine({ site: siteWith({ id: 'x', kind: 'magic' }), uptime: 0 })).toThrow('no kind "magic"');
});

test('an alarm from before a restart is kept or cleared by the next reading', () => {
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
      messageI18n: { key: 'alarm/unwatched', values: { rule: 'removed' } },
    },
    {
      ...active,
      device: 'sold-meter',
      change: 'cleared',
      time: noon,
      message: 'no rule watches for this any more (overload)',
      messageI18n: { key: 'alarm/unwatched', values: { rule: 'overload' } },
    },
  ]);
  expect(engine.nextWake()).toBeUndefined();
});

test('the rules do not clear an alarm that the gateway raised by itself', () => {
  const actives = [{ ...active, rule: hostRule, device: 'gw-1' }] as never;
  const engine = new RuleEngine({ site: siteWith(overload), actives, uptime: 5000 });
  expect(engine.wake(noon, 5000)).toEqual([]);
});

test('a silent alarm from before a restart ends with the device’s next message', () => {
  const silent = { id: 'quiet', kind: 'silent', device: 'oven', after_s: 60 };
  const actives = [{ ...active, rule: 'quiet', device: 'oven' }] as never;
  const engine = new RuleEngine({ site: siteWith(silent), actives, uptime: 0 });
  expect(engine.wake(noon, 100_000)).toEqual([]);
  const spoke = engine.observe(reading({ power_w: 1 }, { device: 'oven' as never }), 100_000, noon);
  expect(spoke.map(({ change, message }) => [change, message])).toEqual([['cleared', 'Oven: heard again']]);
});

test('a rule that fails at each wake is woken again only after a while', () => {
  const engine = new RuleEngine({
    site: siteWith({ id: 'q', kind: 'silent', device: 'oven', after_s: 1, when: '1 / (hour - 12) > 0' }),
    uptime: 0,
  });
  expect(engine.wake(noon, 0)).toEqual([]);
  expect(engine.wake(noon, 1000)).toEqual([]);
  expect(engine.errors()).toHaveLength(1);
  expect(engine.nextWake()).toBeGreaterThan(1000);
});

const nightVisit = { id: 'night-visit', kind: 'zone-entered', camera: 'yard', zone: 'drive' };
const quiet = { id: 'quiet', kind: 'silent', device: '*', after_s: 300 };
const tampered = { id: 'camera-tamper', kind: 'tamper', cameras: ['yard'] };
const alarmOf = (rule: string, device: string, subject = '') => ({ ...active, rule, device, subject }) as never;

test('a change of the site keeps the hold time of every rule that it does not touch', () => {
  const held = { ...overload, hold_s: 60 };
  const engine = new RuleEngine({ site: siteWith(held, nightVisit), uptime: 0 });
  engine.observe(reading({ power_w: 9000 }), 0, noon);
  const renamed = { ...siteWith({ ...held, severity: 'critical', name: 'Too much' }), language: 'ru' } as never;
  expect(engine.update(renamed, [], 30_000, noon)).toEqual([]);
  expect(engine.wake(noon, 59_999)).toEqual([]);
  expect(engine.wake(noon, 60_000)).toMatchObject([{ change: 'raised', rule: 'overload', severity: 'critical' }]);
});

test('the alarm of a removed rule, and of a removed device, ends with the reason', () => {
  const engine = new RuleEngine({ site: siteWith(overload, quiet), uptime: 0 });
  engine.observe(reading({ power_w: 9000 }), 0, noon);
  engine.wake(noon, 300_000);
  const actives = [alarmOf('overload', 'heat-pump'), alarmOf('quiet', 'heat-pump'), alarmOf('quiet', 'oven')];
  const site = siteWith(quiet);
  const ends = engine.update({ ...site, devices: site.devices.slice(1) }, actives, 301_000, noon);
  expect(ends).toMatchObject([
    { change: 'cleared', rule: 'overload', message: 'Heat pump was removed from the site' },
    { change: 'cleared', rule: 'quiet', device: 'heat-pump', message: 'Heat pump was removed from the site' },
  ]);
  expect(engine.update({ ...site, rules: [] }, [alarmOf('quiet', 'oven')], 302_000, noon)).toMatchObject([
    { change: 'cleared', device: 'oven', message: 'Oven: rule quiet was removed from the site' },
  ]);
});

test('a new device is silent after its own time, and the others keep theirs', () => {
  const engine = new RuleEngine({ site: siteWith(quiet), uptime: 0 });
  const site = siteWith(quiet);
  const more = { ...site, devices: [...site.devices, { id: 'lamp', decoder: 'native' }] } as typeof site;
  engine.update(more, [], 200_000, noon);
  expect(engine.wake(noon, 300_000).map(({ device }) => device)).toEqual(['heat-pump', 'oven']);
  expect(engine.wake(noon, 500_000).map(({ device }) => device)).toEqual(['lamp']);
});

test('a device that was removed and comes back can raise its alarm again', () => {
  const engine = new RuleEngine({ site: siteWith({ ...overload, device: '*' }), uptime: 0 });
  engine.observe(reading({ power_w: 9000 }), 0, noon);
  const site = siteWith({ ...overload, device: '*' });
  engine.update({ ...site, devices: [] }, [alarmOf('overload', 'heat-pump')], 1000, noon);
  engine.update(site, [], 2000, noon);
  expect(engine.observe(reading({ power_w: 9000 }), 3000, noon)).toMatchObject([{ change: 'raised' }]);
});

test('a rule that begins while somebody stands in its zone sees that person', () => {
  const engine = new RuleEngine({ site: siteWith(overload), uptime: 0 });
  const view = () => ({ live: true, tracks: [trackOf(1)] });
  expect(engine.update(siteWith(overload, nightVisit), [], 1000, noon, view)).toMatchObject([
    { change: 'raised', rule: 'night-visit', device: 'yard' },
  ]);
  // its alarm goes on under a changed class, which the person has
  const narrowed = siteWith({ ...nightVisit, classes: ['person'] });
  const ongoing = engine.update(narrowed, [alarmOf('night-visit', 'yard', 'drive')], 2000, noon, view);
  expect(ongoing).toMatchObject([{ change: 'updated', rule: 'night-visit' }]);
  expect(engine.wake(noon, 600_000)).toEqual([]);
});

test('a live camera is not called stalled because another camera came', () => {
  const engine = new RuleEngine({ site: siteWith(tampered), uptime: 0 });
  const yard = { device: asId<'device'>('yard'), time: noon, received: noon, reason: '' };
  engine.observe({ kind: 'tamper', tamper: 'stalled', active: false, ...yard }, 5000, noon);
  const site = siteWith({ ...tampered, cameras: ['yard', 'gate'] });
  engine.update(
    { ...site, cameras: [...site.cameras, { id: 'gate', url: 'rtsp://10.0.0.8/s' }] as never },
    [],
    10_000,
    noon,
  );
  expect(engine.wake(noon, 80_000).map(({ device, subject }) => [device, subject])).toEqual([['gate', 'stalled']]);
});

test('a site whose rule cannot be built is refused before any rule changes', () => {
  const engine = new RuleEngine({ site: siteWith(overload), uptime: 0 });
  const wrong = siteWith(overload, { ...overload, id: 'wrong', when: 'houre >' });
  expect(() => engine.check(wrong, 0)).toThrow('rule "wrong" cannot be built');
  expect(engine.errors()).toEqual([]);
  expect(() => engine.check(siteWith(overload), 0)).not.toThrow();
});
