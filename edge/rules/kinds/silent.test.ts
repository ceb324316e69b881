import { expect, test } from 'vitest';
import type { Site } from '../../site/site.ts';
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

/** Three sensors behind the bridge `hub`, and two devices with log-ins. */
function siteWithBridge(...rules: readonly object[]): Site {
  const devices = ['s1', 's2', 's3'].map((id) => ({ id }));
  return { ...siteWith(...rules), bridges: [{ id: 'hub', name: 'Hub', decoder: 'native', devices }] } as never;
}

const of = (device: string) => ({ device: device as never });
const message = (device: string) => ({ ...of(device), kind: 'message', time: noon, received: noon }) as const;
const reach = (reachable: boolean) => ({ ...of('hub'), kind: 'reach', time: noon, received: noon, reachable }) as const;
const behind = { id: 'quiet', kind: 'silent', devices: ['s1', 's2', 's3'], after_s: 300 };

/** A message of a device behind the bridge is one of the bridge too. */
function say(engine: RuleEngine, device: string, uptime: number): string[] {
  const all = [message(device), message('hub')].flatMap((one) => engine.observe(one, uptime, noon));
  return all.map((one) => `${one.change} ${one.device}: ${one.message}`);
}

test('when a bridge is gone, one alarm speaks for all devices behind it, as soon as the first of them is due', () => {
  const engine = new RuleEngine({ site: siteWithBridge(behind), uptime: 0 });
  say(engine, 's1', 100_000);
  say(engine, 's2', 150_000);
  engine.observe(reach(false), 200_000, noon);
  expect(told(engine, 299_000)).toEqual([]);
  const all = 'raised hub: Hub: silent for 3 min, so all 3 devices behind it are out of reach';
  expect(told(engine, 300_000)).toEqual([all]);
  expect(told(engine, 900_000)).toEqual([]);
  expect(engine.nextWake()).toBeUndefined();
  const back = engine.observe(reach(true), 1_000_000, noon);
  expect(back.map(({ change, device, message: text }) => `${change} ${device}: ${text}`)).toEqual([
    'cleared hub: Hub: heard again after 14 min',
  ]);
  // s3 had 100 s left when the bridge went away, s1 200 s, s2 250 s
  expect(told(engine, 1_099_000)).toEqual([]);
  expect(told(engine, 1_100_000)).toEqual(['raised s3: s3: silent for 18 min']);
  say(engine, 's1', 1_150_000);
  expect(told(engine, 1_250_000)).toEqual(['raised s2: s2: silent for 18 min']);
});

test('a short absence of a bridge raises nothing, and does not count as silence of the devices behind it', () => {
  const engine = new RuleEngine({ site: siteWithBridge(behind), uptime: 0 });
  engine.observe(reach(false), 250_000, noon);
  engine.observe(reach(true), 290_000, noon);
  expect(told(engine, 339_000)).toEqual([]);
  expect(told(engine, 340_000)).toHaveLength(3);
});

test('a device that was silent before its bridge went away keeps its own alarm', () => {
  const engine = new RuleEngine({ site: siteWithBridge(behind), uptime: 0 });
  say(engine, 's1', 200_000);
  say(engine, 's2', 200_000);
  expect(told(engine, 300_000)).toEqual(['raised s3: s3: silent for 5 min']);
  engine.observe(reach(false), 310_000, noon);
  expect(told(engine, 600_000)).toHaveLength(1);
  expect(say(engine, 's3', 700_000)).toEqual([
    expect.stringMatching(/^cleared s3/),
    expect.stringMatching(/^cleared hub/),
  ]);
});

test('a bridge that the rule names is silent as a device is, and its alarm speaks for the devices behind it', () => {
  const engine = new RuleEngine({ site: siteWithBridge({ ...behind, devices: ['*'] }), uptime: 0 });
  for (const device of ['heat-pump', 'oven']) engine.observe(message(device), 299_000, noon);
  for (const device of ['s1', 's2', 's3']) say(engine, device, 100_000);
  expect(told(engine, 400_000)).toEqual([
    'raised hub: Hub: silent for 5 min, so all 3 devices behind it are out of reach',
  ]);
});

test('over a restart the alarm of a bridge stays, and clears when the bridge is back', () => {
  const alarm = {
    rule: 'quiet',
    device: 'hub',
    subject: '',
    severity: 'warning',
    category: 'device',
    test: false,
    cause: 'silent',
  } as never;
  const site = siteWithBridge(behind);
  const engine = new RuleEngine({ site, actives: [alarm], uptime: 0, reaches: () => false });
  expect(told(engine, 0)).toEqual([]);
  expect(told(engine, 400_000)).toEqual([]);
  expect(engine.update(site, [alarm], 410_000 as never, noon as never)).toEqual([]);
  const connected = new RuleEngine({ site, actives: [alarm], uptime: 0 });
  expect(say(connected, 's1', 10_000)).toEqual(['cleared hub: Hub: heard again']);
});

test('the last will of a bridge is no sign that it is back', () => {
  let reachable = true;
  const engine = new RuleEngine({ site: siteWithBridge(behind), uptime: 0, reaches: () => reachable });
  reachable = false;
  engine.observe(reach(false), 200_000, noon);
  engine.observe(message('hub'), 200_000, noon);
  expect(told(engine, 300_000)).toHaveLength(1);
});
