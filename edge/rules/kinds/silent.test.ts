import { expect, test } from 'vitest';
import { RuleEngine } from '../engine.ts';
import { noon, reading, siteWith } from '../testing/rules.ts';
import { type SilentConfig, silent } from './silent.ts';

const rule = { id: 'quiet', kind: 'silent', devices: ['heat-pump'], after_s: 300 };
const told = (engine: RuleEngine, uptime: number, now = noon) =>
  engine.wake(now, uptime).map(({ change, device, message }) => `${change} ${device}: ${message}`);

test('a device that sends nothing for too long raises one alarm, which clears with its next message', () => {
  const engine = new RuleEngine({ site: siteWith(rule), uptime: 1000 });
  expect(told(engine, 1000)).toEqual([]);
  expect(engine.nextWake()).toBe(301_000);
  expect(engine.observe(reading({ power_w: 1 }), 200_000, noon)).toEqual([]);
  expect(told(engine, 301_000)).toEqual([]);
  expect(engine.nextWake()).toBe(500_000);
  expect(told(engine, 500_000)).toEqual(['raised heat-pump: Heat pump: silent for 5 min']);
  expect(told(engine, 900_000)).toEqual([]);
  const again = engine.observe(reading({ power_w: 1 }), 1_100_000, noon);
  expect(again.map(({ change, message }) => [change, message])).toEqual([
    ['cleared', 'Heat pump: heard again after 15 min'],
  ]);
  expect(engine.nextWake()).toBe(1_400_000);
});

test('a device that never sent anything raises the alarm too, and a restart begins the time of every device anew', () => {
  const engine = new RuleEngine({ site: siteWith({ ...rule, devices: ['*'] }), uptime: 50_000 });
  expect(told(engine, 349_999)).toEqual([]);
  expect(told(engine, 350_000)).toHaveLength(2);
});

test('a late reading, and a message without a reading, prove that the device is alive', () => {
  const engine = new RuleEngine({ site: siteWith(rule), uptime: 0 });
  engine.observe(reading({ power_w: 1 }, { time: noon - 86_400_000 }), 200_000, noon);
  expect(told(engine, 300_000)).toEqual([]);
  engine.observe({ kind: 'message', device: 'heat-pump' as never, time: noon, received: noon }, 450_000, noon);
  expect(told(engine, 500_000)).toEqual([]);
  expect(told(engine, 750_000)).toHaveLength(1);
});

test('messages of another device do not clear the alarm', () => {
  const engine = new RuleEngine({ site: siteWith(rule), uptime: 0 });
  engine.observe(reading({ power_w: 1 }, { device: 'oven' as never }), 299_000, noon);
  expect(told(engine, 300_000)).toHaveLength(1);
});

test('a condition that does not hold is evaluated again each minute', () => {
  const engine = new RuleEngine({ site: siteWith({ ...rule, when: 'hour >= 13' }), uptime: 0 });
  expect(told(engine, 300_000, noon)).toEqual([]);
  expect(engine.nextWake()).toBe(360_000);
  expect(told(engine, 360_000, noon + 3_600_000)).toEqual(['raised heat-pump: Heat pump: silent for 6 min']);
});

test('a device that the site does not have is a problem of the rule', () => {
  const { devices, cameras } = siteWith();
  const config = { ...rule, devices: ['heat-pomp'], when: 'value > 3' } as unknown as SilentConfig;
  const found = silent.check(config, { devices: devices.map(({ id }) => id), cameras });
  expect(found.map(({ message }) => message.split('\n')[0])).toEqual([
    'there is no device "heat-pomp"; did you mean "heat-pump"?',
    expect.stringContaining('the condition is wrong: Unknown variable: value'),
  ]);
});
