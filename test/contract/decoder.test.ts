/**
 * The contract of Decoder (edge/devices/decoder.ts), on the messages of each decoder's field cases (edge/devices/field-cases)
 * and on random variations. test/faults/field checks with wild messages that one odd field costs only itself.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FilterSet } from '../../edge/broker/filter-set.ts';
import { ChannelNames } from '../../edge/devices/channel-names.ts';
import { checkDecoded } from '../../edge/devices/checks.ts';
import type { Decoded } from '../../edge/devices/decoder.ts';
import { decoders } from '../../edge/devices/decoders/registry.ts';
import { fieldCases, payloadOf } from '../../edge/devices/field-cases.ts';
import { mostPayloadBytes } from '../../edge/devices/payload.ts';
import type { DeviceConfig } from '../../edge/site/site.ts';

const received = Date.UTC(2026, 10, 30, 9);
const longestReason = 600;

describe.each(decoders.map((decoder) => [decoder.name, decoder] as const))('the decoder %s', (name, decoder) => {
  const device = (id: string) => ({ id, decoder: name }) as unknown as DeviceConfig;
  const cases = (fieldCases[name] ?? []).map((one) => ({ ...one, bytes: payloadOf(one) }));
  const decode = (topic: string, payload: Uint8Array, id = 'dev'): Decoded =>
    decoder.decode({
      ...{ device: device(id), topic, payload, received },
      channels: new ChannelNames([], () => undefined),
    });
  const topics = [...new Set(cases.map(({ topic }) => topic))];

  test('has field cases with messages of real devices, and describes its configuration keys', () => {
    expect(cases.length).toBeGreaterThan(5);
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
          ? Object.keys(item.data.values).map((metric) => `${item.time} ${item.data.id} ${item.data.channel} ${metric}`)
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

  test('keeps the topics of two devices apart, and its own topics out of those that nobody may publish', () => {
    const [one, other] = [device('dev'), device('other')];
    const own = new FilterSet(decoder.publishFilters(one));
    for (const filter of decoder.publishFilters(other)) expect(own.overlapping(filter)).toBeUndefined();
    for (const filter of decoder.subscribeFilters(one)) expect(filter).not.toMatch(/^[#+]/);
    expect(decoder.reserves?.('dev') ?? false).toBe(false);
    const read = new FilterSet([...decoder.publishFilters(one), ...(decoder.moreTopics?.(one).readShared ?? [])]);
    for (const topic of topics) expect({ topic, read: read.matches(topic) }).toEqual({ topic, read: true });
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
          ? (decoded.problems ?? []).map(({ path, problem }) => path + problem)
          : [decoded.reason];
        for (const sentence of sentences) expect(sentence.length).toBeLessThan(longestReason);
        if (!decoded.ok) expect(decoded.reason).not.toBe('');
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
