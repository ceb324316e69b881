/**
 * The contract of Decoder (edge/devices/decoder.ts), for devices and for bridges, on the messages of each decoder's
 * field cases (edge/devices/field-cases) and on random variations. test/faults/field sends wild messages of the same
 * devices to a running gateway.
 */
import { inEnglish } from '@forpost/shared/texts/english.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FilterSet } from '../../edge/broker/filter-set.ts';
import { ChannelNames } from '../../edge/devices/channel-names.ts';
import { checkDecoded } from '../../edge/devices/checks.ts';
import type { Decoded } from '../../edge/devices/decoder.ts';
import { decoders } from '../../edge/devices/decoders/registry.ts';
import { fieldCases, payloadOf } from '../../edge/devices/field-cases.ts';
import { mostPayloadBytes } from '../../edge/devices/payload.ts';
import { type DeviceConfig, longestSource } from '../../edge/site/site.ts';

const received = Date.UTC(2026, 10, 30, 9);
const longestReason = 600;

/** Each decoder with each sender that may use it: a device, a bridge. */
const speakers = decoders.flatMap((decoder) => [
  ...(decoder.bridge === 'only' ? [] : [[decoder.name, 'a device', decoder] as const]),
  ...(decoder.bridge === undefined ? [] : [[decoder.name, 'a bridge', decoder] as const]),
]);

describe.each(speakers)('the decoder %s of %s', (name, who, decoder) => {
  const isBridge = who === 'a bridge';
  const device = (id: string) => ({ id, decoder: name }) as unknown as DeviceConfig;
  const cases = (fieldCases[name] ?? [])
    .filter(({ bridge = decoder.bridge === 'only' }) => bridge === isBridge)
    .map((one) => ({ ...one, bytes: payloadOf(one) }));
  const decode = (topic: string, payload: Uint8Array, id = 'dev'): Decoded =>
    decoder.decode({
      device: device(id),
      topic,
      payload,
      received,
      channels: new ChannelNames([], () => undefined),
      ...(isBridge ? { bridge: { unitsOf: () => undefined } } : {}),
    });
  const topics = [...new Set(cases.map(({ topic }) => topic))];

  test('has field cases with messages of real devices, and describes its configuration keys', () => {
    expect(fieldCases[name]?.length).toBeGreaterThan(5);
    expect(cases.length).toBeGreaterThan(0);
    for (const [key, schema] of Object.entries(decoder.schema?.properties ?? {}))
      expect({ key, schema }).toMatchObject({ schema: { description: expect.any(String) } });
  });

  test('decodes the same message always the same way, and does not change it', () => {
    for (const { topic, bytes } of cases) {
      const before = Buffer.from(bytes);
      expect(decode(topic, bytes)).toEqual(decode(topic, bytes));
      expect(bytes.equals(before)).toBe(true);
    }
  });

  test('names each value of a message once, except in a list of readings', () => {
    for (const { topic, bytes, name: what } of cases) {
      if (bytes.toString('latin1').startsWith('[')) continue;
      const decoded = decode(topic, bytes);
      if (!decoded.ok) continue;
      const values = decoded.items.flatMap((item) =>
        item.kind === 'reading'
          ? Object.keys(item.data.values).map(
              (metric) => `${item.time} ${item.device} ${item.data.id} ${item.data.channel} ${metric}`,
            )
          : [],
      );
      expect({ what, values: [...new Set(values)] }).toEqual({ what, values });
    }
  });

  test('returns values that may be stored: later checks remove nothing', () => {
    for (const { topic, bytes, lost } of cases) {
      const decoded = decode(topic, bytes);
      if (decoded.ok && lost === undefined && decoded.problems === undefined)
        expect(checkDecoded(decoded, received)).toBe(decoded);
    }
  });

  test('a field of another type costs only its own values, and a reading’s id, time, channel or quality only that reading', () => {
    let compared = 0;
    let objects = 0;
    for (const { topic, bytes, name: what } of cases) {
      const message = jsonOf(bytes);
      const whole = valuesOf(decode(topic, bytes));
      if (typeof message !== 'object' || message === null || whole.size === 0) continue;
      objects++;
      const decodedWith = (path: Path, odd: unknown) =>
        valuesOf(decode(topic, Buffer.from(JSON.stringify(replaced(message, path, odd)))));
      for (const { path, value } of leavesIn(message)) {
        const own = new Set(othersOf(value).flatMap((other) => differing(whole, decodedWith(path, other))));
        for (const odd of oddValues) {
          const lost = differing(whole, decodedWith(path, odd)).filter((key) => !own.has(key));
          expect({ what, path, odd, lost }).toEqual({ what, path, odd, lost: [] });
          compared++;
        }
      }
    }
    // a decoder whose messages are not JSON has this in a test of its own
    expect(compared).toBeGreaterThanOrEqual(objects * oddValues.length);
  });

  test('keeps the topics of two devices apart, and its own topics out of those that nobody may publish', () => {
    const [one, other] = [device('dev'), device('other')];
    const ofBridge = (bridge: DeviceConfig) => (isBridge ? (decoder.bridgeFilters?.(bridge) ?? []) : []);
    const own = new FilterSet([...decoder.publishFilters(one), ...ofBridge(one)]);
    for (const filter of [...decoder.publishFilters(other), ...ofBridge(other)])
      expect(own.overlapping(filter)).toBeUndefined();
    for (const filter of decoder.subscribeFilters(one)) expect(filter).not.toMatch(/^[#+]/);
    expect(decoder.reserves?.('dev') ?? false).toBe(false);
    const read = new FilterSet([
      ...decoder.publishFilters(one),
      ...ofBridge(one),
      ...(decoder.moreTopics?.(one).readShared ?? []),
    ]);
    for (const topic of topics) expect({ topic, read: read.matches(topic) }).toEqual({ topic, read: true });
  });

  test('names the device of an item only for a bridge, by a name that may be stored, and never in the data', () => {
    let named = 0;
    for (const { topic, bytes } of cases) {
      const decoded = decode(topic, bytes);
      if (!decoded.ok) continue;
      const names = [
        ...decoded.items.flatMap(({ device: of }) => of ?? []),
        ...(decoded.bridge?.devices ?? []).map((one) => one.name),
      ];
      named += names.length;
      for (const one of names) expect(one.length > 0 && one.length <= longestSource).toBe(true);
      if (isBridge) for (const { data } of decoded.items) expect(data).not.toHaveProperty('device');
    }
    expect(named > 0).toBe(isBridge);
  });

  test('never throws, and gives a short reason for every message that it cannot read', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text)),
      fc
        .tuple(fc.constantFrom(...cases), fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4 }))
        .map(([{ bytes: whole }, at, odd]) => {
          const from = at % Math.max(1, whole.length);
          return Buffer.concat([whole.subarray(0, from), odd, whole.subarray(from + odd.length)]);
        }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...topics, 'x', ''), bytes, (topic, payload) => {
        const decoded = decode(topic, payload);
        const sentences = decoded.ok
          ? (decoded.problems ?? []).map(({ path, problem }) => path + inEnglish(problem))
          : [inEnglish(decoded.reason)];
        for (const sentence of sentences) expect(sentence.length).toBeLessThan(longestReason);
        if (!decoded.ok) expect(inEnglish(decoded.reason)).not.toBe('');
      }),
      { numRuns: 300 },
    );
  });

  test('decodes the longest and the deepest message quickly', () => {
    const long = `{"a":[${'1,'.repeat(mostPayloadBytes / 2 - 10)}1]}`;
    const deep = '['.repeat(mostPayloadBytes);
    const keys = `{${Array.from({ length: 20_000 }, (_, n) => `"k${n}":${n}`).join(',')}}`;
    for (const topic of topics)
      for (const text of [long, deep, keys]) {
        const decoded = decode(topic, Buffer.from(text.slice(0, mostPayloadBytes)));
        expect(JSON.stringify(decoded).length).toBeLessThan(mostPayloadBytes * 8);
      }
  });
});

type Path = readonly (string | number)[];

/** Values of another type than a number or a text, as firmware with a fault sends them. */
const oddValues: readonly unknown[] = [null, {}, [], true, { deep: [1] }];

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

type Leaf = string | number;

/** Other values of the same type: they change what the field itself decides, and nothing else. */
function othersOf(value: Leaf): readonly Leaf[] {
  return typeof value === 'number'
    ? [0, 1, value + 1, value * 1.01, received / 1000 - 60]
    : [`${value}x`, 'other', '2026-11-30T08:00:00Z', '', '0', '1', 'OFF', 'ON'];
}

/** The numbers and texts of a message with their paths. */
function leavesIn(node: unknown, path: Path = []): readonly { readonly path: Path; readonly value: Leaf }[] {
  if (typeof node === 'number' || typeof node === 'string') return [{ path, value: node }];
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, child]) =>
    leavesIn(child, [...path, Array.isArray(node) ? Number(key) : key]),
  );
}

function replaced(node: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(node)) return node.map((one, index) => (index === key ? replaced(one, rest, value) : one));
  return { ...(node as object), [key]: replaced((node as Readonly<Record<string, unknown>>)[key], rest, value) };
}

/** The values of all readings; the key is the device, id, time, quality, channel and metric. */
function valuesOf(decoded: Decoded): ReadonlyMap<string, unknown> {
  if (!decoded.ok) return new Map();
  return new Map(
    decoded.items.flatMap((item) => {
      if (item.kind !== 'reading') return [];
      const { id, channel, quality, values } = item.data;
      const of = [item.device, id, item.time, quality, channel].join(' ');
      return Object.entries(values).map(([metric, value]) => [`${of} ${metric}`, value] as const);
    }),
  );
}

/** The keys whose value has changed or is missing. */
function differing(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): readonly string[] {
  return [...before].flatMap(([key, value]) => (Object.is(after.get(key), value) ? [] : [key]));
}
