import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dataText, decodeEvent, encodeEvent, maxNesting, rfc3339, type StoredEvent } from './codec.ts';
import { eventTypes } from './event.ts';
import { asId, isId, type Lane } from './ids.ts';

const site = asId<'site'>('farm-7');
const gateway = asId<'gateway'>('gw-1');

function stored(change: Partial<StoredEvent> = {}): StoredEvent {
  return {
    epoch: asId('0011223344556677'),
    lane: 'telemetry',
    sequence: 7,
    type: eventTypes.reading,
    device: asId('heat-pump'),
    time: Date.UTC(2026, 4, 1, 12, 0, 0, 250),
    received: Date.UTC(2026, 4, 1, 12, 0, 0, 300),
    clock: 'synced',
    boot: 'b1',
    uptime: 1234.9,
    data: '{"values":{"power_w":512.3}}',
    ...change,
  };
}

test('an event on the wire is CloudEvents 1.0 with the contract’s extensions', () => {
  expect(JSON.parse(encodeEvent(site, gateway, stored()))).toEqual({
    specversion: '1.0',
    id: 'gw-1/0011223344556677/telemetry/7',
    source: '/sites/farm-7/gateways/gw-1/devices/heat-pump',
    type: 'forpost.reading.v1',
    subject: 'heat-pump',
    time: '2026-05-01T12:00:00.250Z',
    datacontenttype: 'application/json',
    site: 'farm-7',
    gateway: 'gw-1',
    epoch: '0011223344556677',
    lane: 'telemetry',
    sequence: '7',
    received: '2026-05-01T12:00:00.300Z',
    clock: 'synced',
    boot: 'b1',
    uptime: '1234',
    data: { values: { power_w: 512.3 } },
  });
});

test('an encoded event decodes to the same event', () => {
  const id = fc.stringMatching(/^[a-z0-9-]{1,64}$/);
  fc.assert(
    fc.property(
      id,
      fc.constantFrom<Lane>('alerts', 'telemetry'),
      fc.integer({ min: 1, max: 2 ** 50 }),
      fc.option(id),
      fc.integer({ min: -1e13, max: 1e14 }),
      fc.string(),
      fc.jsonValue(),
      (epoch, lane, sequence, device, time, boot, data) => {
        const event = stored({
          epoch: asId(epoch),
          lane,
          sequence,
          device: device === null ? null : asId(device),
          time,
          boot,
          data: JSON.stringify(data),
        });
        const text = encodeEvent(site, gateway, event);
        const decoded = decodeEvent(Buffer.from(text));
        expect(decoded).toEqual({ ok: true, event: JSON.parse(text) });
        if (decoded.ok) expect(decoded.event.data).toEqual(JSON.parse(JSON.stringify(data)));
      },
    ),
  );
});

test('types and fields that this version does not know are kept', () => {
  const future = { ...JSON.parse(encodeEvent(site, gateway, stored({ type: 'forpost.dream.v9' }))), mood: 'blue' };
  const decoded = decodeEvent(JSON.stringify(future));
  expect(decoded).toEqual({ ok: true, event: future });
});

test('foreign bytes never throw, and the reason names the fault', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => typeof decodeEvent(bytes).ok === 'boolean'));
  fc.assert(fc.property(fc.json(), (json) => typeof decodeEvent(json).ok === 'boolean'));
  const good = JSON.parse(encodeEvent(site, gateway, stored()));
  const broken: readonly (readonly [object, RegExp])[] = [
    [{ id: 'gw-1/0011223344556677/telemetry/8' }, /id is not/],
    [{ lane: 'fast' }, /lane/],
    [{ sequence: 7 }, /sequence/],
    [{ sequence: '-1' }, /sequence/],
    [{ sequence: '0', id: 'gw-1/0011223344556677/telemetry/0' }, /sequence/],
    [{ sequence: '9999999999999999', id: 'gw-1/0011223344556677/telemetry/9999999999999999' }, /sequence/],
    [{ gateway: 'GW 1' }, /gateway/],
    [{ time: 'yesterday' }, /time/],
    [{ uptime: '1e3' }, /uptime/],
    [{ clock: 'late' }, /clock/],
    [{ data: undefined }, /data/],
  ];
  for (const [change, reason] of broken) {
    const decoded = decodeEvent(JSON.stringify({ ...good, ...change }));
    expect(decoded.ok).toBe(false);
    if (!decoded.ok) expect(decoded.reason).toMatch(reason);
  }
});

test('an event that is nested too deep to be printed is refused', () => {
  const nested = (levels: number) =>
    JSON.stringify({ ...JSON.parse(encodeEvent(site, gateway, stored())), data: '?' }).replace(
      '"?"',
      '['.repeat(levels) + ']'.repeat(levels),
    );
  expect(decodeEvent(nested(maxNesting - 1)).ok).toBe(true);
  for (const levels of [maxNesting, 5_000, 400_000])
    expect(decodeEvent(nested(levels))).toEqual({ ok: false, reason: 'it is nested more than 100 deep' });
});

test('a time outside the years 0 to 9999 is written as the nearest one inside', () => {
  expect(rfc3339(0)).toBe('1970-01-01T00:00:00.000Z');
  expect(rfc3339(8.64e15)).toBe('9999-12-31T23:59:59.999Z');
  expect(rfc3339(-8.64e15)).toBe('0000-01-01T00:00:00.000Z');
});

test('times are written as Date writes them, in any order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 })), (times) => {
      for (const ms of times.flatMap((at) => [at, Math.min(at + 1, 253_402_300_799_999)]))
        expect(rfc3339(ms)).toBe(new Date(ms).toISOString());
    }),
  );
  expect(rfc3339(1.9)).toBe('1970-01-01T00:00:00.001Z');
});

test('ids are short and plain', () => {
  expect(isId('heat-pump-2')).toBe(true);
  for (const bad of ['', 'Heat', 'a/b', 'ä', 'a'.repeat(65), 7, null]) expect(isId(bad)).toBe(false);
});

test.each([
  ['{"values":{"energy_wh":9007199254740993}}', 9007199254740992],
  ['{"values":{"energy_wh":0.10000000000000001}}', 0.1],
  ['{"values":{"energy_wh":512.3}}', 512.3],
  ['{"values":{"energy_wh":1e2},"data":{"more":9007199254740993}}', 100],
])('numbers that a double cannot hold keep their digits and stay numbers: %s', (data, value) => {
  const decoded = decodeEvent(encodeEvent(site, gateway, stored({ data })));
  if (!decoded.ok) throw new Error(decoded.reason);
  expect(decoded.event.data).toMatchObject({ values: { energy_wh: value } });
  expect(dataText(decoded.event)).toBe(data.replace('1e2', '100'));
});
