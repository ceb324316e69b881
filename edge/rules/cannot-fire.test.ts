import type { Value } from '@forpost/shared/event/event.ts';
import { expect, test } from 'vitest';
import type { MessageRecord } from '../devices/message-record.ts';
import type { Site } from '../site/site.ts';
import { muteInWords, muteRules } from './cannot-fire.ts';

const rule = { id: 'overload', name: 'Overload', kind: 'threshold', device: 'boiler', metric: 'power_w', above: 5000 };

function record(values: Readonly<Record<string, Value>>, more: Partial<MessageRecord> = {}): MessageRecord {
  const known = new Map(Object.entries(values).map(([name, value]) => [name, { value }]));
  return { messages: 5, notUnderstood: 0, values: known, more: false, onlyUnjudged: false, ...more };
}

function reasons(change: object, of: MessageRecord | Readonly<Record<string, MessageRecord>>) {
  const byDevice = 'messages' in of ? { boiler: of as MessageRecord } : (of as Readonly<Record<string, MessageRecord>>);
  const site = {
    devices: Object.keys(byDevice).map((id) => ({ id })),
    rules: [{ ...rule, ...change }],
  } as unknown as Site;
  return muteRules(site, (id) => byDevice[id]).map(({ device, reason }) => `${device}: ${reason}`);
}

test.each([
  ['the metric comes as a number', {}, record({ power_w: 1 })],
  ['the metric comes in some channel', {}, record({ 'switch-0/power_w': 1 })],
  [
    'the metric comes in the channel of the rule',
    { channel: 'switch-0' },
    record({ 'switch-0/power_w': 1, 'switch-1/power_w': 'x' }),
  ],
  ['few messages of the device have come so far', {}, record({ voltage_v: 1 }, { messages: 4 })],
  ['no message of the device has come', {}, record({}, { messages: 0 })],
  ['the device sends more values than are remembered', {}, record({ voltage_v: 1 }, { more: true })],
  ['true and false count as 1 and 0', { metric: 'output', above: 0.5 }, record({ output: false })],
])('a rule is not called mute where %s', (_, change, of) => {
  expect(reasons(change, of)).toEqual([]);
});

test.each([
  [
    'its metric comes as a text',
    {},
    record({ power_w: '5317 W' }, { messages: 1 }),
    'power_w comes as a text ("5317 W"), and its limit wants a number',
  ],
  [
    'its metric comes under another name',
    {},
    record({ power_w_l1: 1, voltage_v: 2 }),
    'power_w has not come in 5 messages: it sends power_w_l1, voltage_v',
  ],
  [
    'its channel does not come',
    { channel: 'switch:0' },
    record({ 'switch-0/power_w': 1 }),
    'channel "switch:0" has not come in 5 messages: power_w comes in switch-0',
  ],
  [
    'true and false are never beyond its limit',
    { metric: 'output', above: 1 },
    record({ output: true }),
    'output comes as true or false, which count as 1 and 0: none is above 1',
  ],
  [
    'true and false are never below its limit',
    { metric: 'output', above: undefined, below: 0 },
    record({ output: true }),
    'output comes as true or false, which count as 1 and 0: none is below 0',
  ],
  [
    'every reading has a quality that rules ignore',
    {},
    record({ power_w: 1 }, { onlyUnjudged: true }),
    'all its readings come with a quality that rules do not judge by (stale, implausible, bad)',
  ],
  [
    'no message of the device is understood',
    {},
    record({}, { messages: 0, notUnderstood: 3 }),
    'nothing of its 3 messages is understood',
  ],
])('a rule cannot fire where %s', (_, change, of, reason) => {
  expect(reasons(change, of)).toEqual([`boiler: ${reason}`]);
});

test.each([
  ['its value may come', 'values.mode == "heat"', { mode: 'idle' }, {}],
  ['one side of || may hold', 'values.missing > 1 || hour > 6', {}, {}],
  ['the condition checks whether the value is there', '!has(values.missing) || values.missing > 3', {}, {}],
  ['the wrong side of ? : is not the only one', 'values.missing > 1 ? true : value > 3', { missing: 1 }, {}],
  ['the analysis does not know a function', 'string(values.mode) == "1"', { mode: 1 }, {}],
  ['the analysis does not know exists()', 'values.exists(k, k == "x")', {}, {}],
  ['the condition cannot hold on any values at all', 'hour > 24 && values.mode == "x"', { mode: 'x' }, {}],
  ['few messages of the device have come so far', 'values.missing > 1', {}, { messages: 4 }],
  ['the device sends more values than are remembered', 'values.missing > 1', {}, { more: true }],
  [
    'the rule has another subject',
    'values.a > 1 && values.b > 1',
    { 'x/a': 1, 'y/power_w': 1, 'y/a': 1, 'y/b': 2 },
    {},
  ],
  ['another channel sends the value', 'values.t > 1', { 'x/power_w': 1, 'y/power_w': 1, 'y/t': 2 }, {}],
])('a condition is not called mute where %s', (_, when, values, more) => {
  expect(reasons({ when }, record({ power_w: 1, ...values }, more))).toEqual([]);
});

test.each([
  ['values.mode == "heat"', { mode_text: 'x' }, 'mode has not come in 5 messages; did you mean "mode_text"?'],
  ['values["mode"] == "heat"', { mode_text: 'x' }, 'mode has not come in 5 messages; did you mean "mode_text"?'],
  ['has(values.door)', {}, 'door has not come in 5 messages; there is power_w'],
  ['"door" in values && value > 3', {}, 'door has not come in 5 messages; there is power_w'],
  ['values.t > 3', { t: '21 C' }, 't comes as a text ("21 C"), and the condition wants a number'],
  ['values.t + 1 > 3', { t: '21 C' }, 't comes as a text ("21 C"), and the condition wants a number'],
  ['values.t in ["a", "b"]', { t: 4 }, 't comes as a number (4), and the condition wants a text'],
  ['values.t == true', { t: 4 }, 't comes as a number (4), and the condition wants true or false'],
  ['values.on > 0', { on: true }, 'on comes as true or false, and the condition wants a number'],
  ['values.t.startsWith("x")', { t: 4 }, 't comes as a number (4), and the condition wants a text'],
  ['!(values.t > 3)', { t: '4' }, 't comes as a text ("4"), and the condition wants a number'],
  ['has(values.t) ? values.t > 3 : false', { t: '4' }, 't comes as a text ("4"), and the condition wants a number'],
  [
    'values.door > 1 && hour > 3 || values.b > 3 && false',
    { b: 1 },
    'door has not come in 5 messages; there are power_w, b',
  ],
  [
    'values.aaaaa > 1 && values.t > 3',
    { t: '4' },
    'aaaaa has not come in 5 messages; there are power_w, t, and t comes as',
  ],
])('the condition %s cannot hold on its device’s readings', (when, values, reason) => {
  expect(reasons({ when }, record({ power_w: 1, ...values }))).toEqual([
    expect.stringContaining(`boiler: its condition (when) never holds: ${reason}`),
  ]);
});

test('a condition sees the values of its own reading: a value of another channel does not help', () => {
  expect(reasons({ when: 'values.temperature_c > 3' }, record({ 'a/power_w': 1, 'b/temperature_c': 20 }))).toEqual([
    'boiler: its condition (when) never holds: temperature_c comes in channel b, and the condition sees channel a only',
  ]);
});

test('a rule for every device is mute where no device sends its metric, or where one sends it as a text', () => {
  const [number, text, other] = [record({ power_w: 1 }), record({ power_w: 'x' }), record({ voltage_v: 1 })];
  expect(reasons({ device: '*' }, { a: number, b: other })).toEqual([]);
  expect(reasons({ device: '*' }, { a: other, b: other })).toHaveLength(2);
  expect(reasons({ device: '*' }, { a: number, b: text })).toEqual([
    expect.stringContaining('b: power_w comes as a text'),
  ]);
  expect(reasons({ device: undefined, devices: ['a', 'b'] }, { a: number, b: other })).toHaveLength(1);
});

test('of many mute rules some are named, and the others are counted', () => {
  const site = {
    devices: [{ id: 'boiler' }],
    rules: Array.from({ length: 30 }, (_, n) => ({ ...rule, id: `r${n}`, name: undefined })),
  } as unknown as Site;
  const told = muteInWords(
    muteRules(site, () => record({ power_w: 'x' })),
    () => 'Boiler',
  );
  expect(told).toHaveLength(21);
  expect(told[0]).toBe(
    'the rule r0 cannot fire for Boiler: power_w comes as a text ("x"), and its limit wants a number',
  );
  expect(told.at(-1)).toBe('10 more rules cannot fire on what their devices send');
});
