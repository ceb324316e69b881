import type { Value } from '@forpost/shared/event/event.ts';
import { expect, test } from 'vitest';
import type { Site } from '../site/site.ts';
import { type Heard, muteInWords, muteRules } from './cannot-fire.ts';

const rule = { id: 'overload', name: 'Overload', kind: 'threshold', device: 'boiler', metric: 'power_w', above: 5000 };

function heard(values: Readonly<Record<string, Value>>, more: Partial<Heard> = {}): Heard {
  const known = new Map(Object.entries(values).map(([name, value]) => [name, { value }]));
  return { messages: 5, notUnderstood: 0, values: known, more: false, onlyUnjudged: false, ...more };
}

function reasons(change: object, of: Heard | Readonly<Record<string, Heard>>) {
  const byDevice = 'messages' in of ? { boiler: of as Heard } : (of as Readonly<Record<string, Heard>>);
  const site = {
    devices: Object.keys(byDevice).map((id) => ({ id })),
    rules: [{ ...rule, ...change }],
  } as unknown as Site;
  return muteRules(site, (id) => byDevice[id]).map(({ device, reason }) => `${device}: ${reason}`);
}

test.each([
  ['the metric comes as a number', {}, heard({ power_w: 1 })],
  ['it comes in some channel', {}, heard({ 'switch-0/power_w': 1 })],
  [
    'it comes in the channel of the rule',
    { channel: 'switch-0' },
    heard({ 'switch-0/power_w': 1, 'switch-1/power_w': 'x' }),
  ],
  ['the device has said little so far', {}, heard({ voltage_v: 1 }, { messages: 4 })],
  ['nothing was heard of it', {}, heard({}, { messages: 0 })],
  ['it says more than is remembered', {}, heard({ voltage_v: 1 }, { more: true })],
  ['true and false count as 1 and 0', { metric: 'output', above: 0.5 }, heard({ output: false })],
])('a rule is not called mute where %s', (_, change, of) => {
  expect(reasons(change, of)).toEqual([]);
});

test.each([
  [
    'its metric comes as a text',
    {},
    heard({ power_w: '5317 W' }, { messages: 1 }),
    'power_w comes as a text ("5317 W"), and its limit wants a number',
  ],
  [
    'its metric comes under another name',
    {},
    heard({ power_w_l1: 1, voltage_v: 2 }),
    'power_w has not come in 5 messages: it sends power_w_l1, voltage_v',
  ],
  [
    'its channel does not come',
    { channel: 'switch:0' },
    heard({ 'switch-0/power_w': 1 }),
    'channel "switch:0" has not come in 5 messages: power_w comes in switch-0',
  ],
  [
    'true and false are never beyond its limit',
    { metric: 'output', above: 1 },
    heard({ output: true }),
    'output comes as true or false, which count as 1 and 0: none is above 1',
  ],
  [
    'true and false are never below its limit',
    { metric: 'output', above: undefined, below: 0 },
    heard({ output: true }),
    'output comes as true or false, which count as 1 and 0: none is below 0',
  ],
  [
    'every reading is of a quality that nobody judges by',
    {},
    heard({ power_w: 1 }, { onlyUnjudged: true }),
    'all its readings come with a quality that rules do not judge by (stale, implausible, bad)',
  ],
  [
    'nothing of the device is understood',
    {},
    heard({}, { messages: 0, notUnderstood: 3 }),
    'nothing of its 3 messages is understood',
  ],
])('a rule cannot fire where %s', (_, change, of, reason) => {
  expect(reasons(change, of)).toEqual([`boiler: ${reason}`]);
});

test('a rule for every device is mute where no device sends its metric, or where one sends it as a text', () => {
  const [number, text, other] = [heard({ power_w: 1 }), heard({ power_w: 'x' }), heard({ voltage_v: 1 })];
  expect(reasons({ device: '*' }, { a: number, b: other })).toEqual([]);
  expect(reasons({ device: '*' }, { a: other, b: other })).toHaveLength(2);
  expect(reasons({ device: '*' }, { a: number, b: text })).toEqual([
    expect.stringContaining('b: power_w comes as a text'),
  ]);
  expect(reasons({ device: undefined, devices: ['a', 'b'] }, { a: number, b: other })).toHaveLength(1);
});

test('many mute rules are some sentences and a number', () => {
  const site = {
    devices: [{ id: 'boiler' }],
    rules: Array.from({ length: 30 }, (_, n) => ({ ...rule, id: `r${n}`, name: undefined })),
  } as unknown as Site;
  const told = muteInWords(
    muteRules(site, () => heard({ power_w: 'x' })),
    () => 'Boiler',
  );
  expect(told).toHaveLength(21);
  expect(told[0]).toBe(
    'the rule r0 cannot fire for Boiler: power_w comes as a text ("x"), and its limit wants a number',
  );
  expect(told.at(-1)).toBe('10 more rules cannot fire on what their devices send');
});
