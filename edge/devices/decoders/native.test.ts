import { expect, test } from 'vitest';
import type { DeviceConfig } from '../../site/site.ts';
import { decodedInEnglish } from '../testing/in-english.ts';
import { native } from './native.ts';

const device = { id: 'heat-pump', decoder: 'native' } as unknown as DeviceConfig;
const received = Date.UTC(2026, 10, 21, 9);

function decode(payload: unknown, topic = 'forpost/devices/heat-pump/readings') {
  const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  return decodedInEnglish(native.decode({ device, topic, payload: bytes, received }));
}

test('a reading keeps its values, its id, its channel and its quality', () => {
  const time = '2026-11-21T10:00:00.250+01:00';
  expect(
    decode({ id: 'r-7', time, channel: 'out', quality: 'estimated', values: { power_w: 512.3, on: true } }),
  ).toEqual({
    ok: true,
    items: [
      {
        kind: 'reading',
        time: Date.UTC(2026, 10, 21, 9, 0, 0, 250),
        timeFromDevice: true,
        data: { id: 'r-7', channel: 'out', quality: 'estimated', values: { power_w: 512.3, on: true } },
        content: expect.any(String),
      },
    ],
  });
});

test('a reading without a time gets the time of receipt, and a list becomes several readings', () => {
  const decoded = decode([{ values: { power_w: 1 } }, { values: { power_w: 2 }, time: received - 60_000 }]);
  expect(decoded.ok && decoded.items.map((item) => item.time)).toEqual([received, received - 60_000]);
  expect(decode([])).toEqual({ ok: true, items: [] });
});

test.each([
  ['seconds', String(received / 1000)],
  ['milliseconds', String(received)],
  ['microseconds', `${received}000`],
  ['nanoseconds, which a double cannot hold', `${received}000123`],
])('a time in %s since 1970 is understood', (_, time) => {
  const decoded = decode(`{"time":${time},"values":{"power_w":1}}`);
  expect(decoded.ok && decoded.items[0]?.time).toBe(received);
});

/** Id and content, by which a resend of a reading is recognised. */
function resend(payload: string) {
  const decoded = decode(payload);
  const [item] = decoded.ok ? decoded.items : [];
  return item?.kind === 'reading' ? `${item.data.id} ${item.content}` : 'none';
}

test.each([
  ['spaces', '{"id":"1","values":{"a":1,"b":[]}}', '{ "id": "1",\n "values": {"a": 1, "b": []} }'],
  ['the order of keys', '{"id":"1","values":{"a":1,"b":2}}', '{"values":{"b":2,"a":1},"id":"1"}'],
  ['a number’s spelling', '{"id":"1","values":{"a":1.50}}', '{"id":"1","values":{"a":15e-1}}'],
  ['a text’s spelling', '{"id":"1","values":{"a":"é"}}', '{"id":"1","values":{"a":"\\u00e9"}}'],
  ['a number for an id', '{"id":42,"values":{"a":1}}', '{"id":"42","values":{"a":1}}'],
  ['the default quality', '{"id":"1","values":{"a":1}}', '{"id":"1","quality":"good","values":{"a":1}}'],
  ['a key that is not stored', '{"id":"1","values":{"a":1}}', '{"id":"1","attempt":2,"values":{"a":1}}'],
])('a reading that differs in %s alone is a resend', (_, first, second) => {
  expect(resend(second)).toBe(resend(first));
});

test.each([
  ['a value', '{"id":"1","values":{"a":1}}', '{"id":"1","values":{"a":2}}'],
  ['a value’s type', '{"id":"1","values":{"a":1}}', '{"id":"1","values":{"a":"1"}}'],
  ['a value beyond 2^53', '{"id":"1","values":{"a":9007199254740992}}', '{"id":"1","values":{"a":9007199254740993}}'],
  ['a fraction’s 17th digit', '{"id":"1","values":{"a":0.1}}', '{"id":"1","values":{"a":0.10000000000000001}}'],
  ['an id beyond 2^53', '{"id":9007199254740992,"values":{"a":1}}', '{"id":9007199254740993,"values":{"a":1}}'],
  ['an id larger than all doubles', '{"id":1e400,"values":{"a":1}}', '{"id":1e401,"values":{"a":1}}'],
  ['an id smaller than all doubles above 0', '{"id":1e-400,"values":{"a":1}}', '{"id":0,"values":{"a":1}}'],
  [
    'a fraction of a ms of its time',
    '{"id":"1","time":1795251600000000001,"values":{"a":1}}',
    '{"id":"1","time":1795251600000000002,"values":{"a":1}}',
  ],
  ['having no time', '{"id":"1","values":{"a":1}}', '{"id":"1","time":1795251600000,"values":{"a":1}}'],
  ['the channel', '{"id":"1","values":{"a":1}}', '{"id":"1","channel":"x","values":{"a":1}}'],
  ['the quality', '{"id":"1","values":{"a":1}}', '{"id":"1","quality":"stale","values":{"a":1}}'],
])('a reading that differs in %s is not a resend', (_, first, second) => {
  expect(resend(second)).not.toBe(resend(first));
});

test('a register that a double cannot hold is stored digit by digit', () => {
  const decoded = decode('{"values":{"energy_wh":9007199254740993}}');
  expect(decoded.ok && decoded.items[0]).toMatchObject({
    data: { values: { energy_wh: 9007199254740992 } },
    json: '{"values":{"energy_wh":9007199254740993}}',
  });
  const event = decode('{"type":"x","data":{"a":[9007199254740993]}}', 'forpost/devices/heat-pump/events');
  expect(event.ok && JSON.stringify(event.items[0]?.data)).toBe('{"a":[9007199254740993]}');
});

test.each([
  ['not JSON', 'not JSON'],
  ['', 'empty'],
  ['7', 'not an object'],
  [{}, '"values" is missing'],
  [[{ value: 3 }, 7], 'entry 1: "values" is missing'],
  [{ values: [1] }, '"values" is not an object'],
  [{ values: { a: 1 }, time: '2026-11-21 10:00' }, '"time" "2026-11-21 10:00" has no zone'],
  [{ values: { a: 1 }, quality: 'splendid' }, '"quality" is not one of'],
  [{ values: { a: 1 }, channel: 3 }, '"channel" is not a text'],
  [{ values: { a: 1 }, id: {} }, '"id" is not a text'],
])('a payload that is not a reading is refused with the reason: %j', (payload, reason) => {
  const decoded = decode(payload);
  expect(decoded.ok).toBe(false);
  expect(!decoded.ok && decoded.reason).toContain(reason);
});

test('a device’s event keeps its own type, and an event of a type of the gateway is refused', () => {
  const topic = 'forpost/devices/heat-pump/events';
  expect(decode({ type: 'button.pressed', data: { button: 2 }, id: 5 }, topic)).toEqual({
    ok: true,
    items: [
      {
        kind: 'event',
        type: 'button.pressed',
        time: received,
        data: { button: 2 },
        id: '5',
        content: expect.any(String),
      },
    ],
  });
  expect(decode({ type: 'forpost.state.v1' }, topic).ok).toBe(true);
  for (const type of ['forpost.alert.v1', 'forpost.gap.v1', 'Button!', '', 7])
    expect(decode({ type }, topic).ok).toBe(false);
  expect(decode({ type: 'x', data: 'y' }, topic).ok).toBe(false);
});

test("a device may use its own topics alone, not another device's", () => {
  expect(native.publishFilters(device)).toEqual([
    'forpost/devices/heat-pump/readings',
    'forpost/devices/heat-pump/events',
  ]);
  expect(decode({ values: { a: 1 } }, 'forpost/devices/oven/readings').ok).toBe(false);
});
