import { describe, expect, test } from 'vitest';
import type { DeviceConfig } from '../site/site.ts';
import { checkDecoded } from './checks.ts';
import type { DecodedEvent, DecodedReading } from './decoder.ts';
import { decoderNamed } from './decoders/registry.ts';
import { asBridge, type FieldCase, fieldCases, payloadOf } from './field-cases.ts';
import { decodedInEnglish } from './testing/in-english.ts';

const received = Date.UTC(2026, 10, 30, 9);
/** Two minutes: by how much the gateway lets a device's clock be ahead. */
const latest = () => received + 120_000;

function decoded(decoder: string, one: FieldCase) {
  const device = { id: 'dev', decoder } as unknown as DeviceConfig;
  const message = { device, topic: one.topic, payload: payloadOf(one), received, ...asBridge(one) };
  return decodedInEnglish(
    checkDecoded(decoderNamed(decoder)?.decode(message) ?? { ok: true, items: [] }, received, latest),
  );
}

/** The name in `data.device`: a device behind a bridge that the site lists as a device. */
function nameIn(item: DecodedReading | DecodedEvent | undefined): unknown {
  return item?.data.device;
}

describe.each(Object.entries(fieldCases))('%s', (decoder, cases) => {
  test.each(cases.map((one) => [one.name, one] as const))('%s', (_, one) => {
    const said = decoded(decoder, one);
    if (one.refused !== undefined) {
      expect(said.ok ? '' : said.reason).toContain(one.refused);
      return;
    }
    if (!said.ok) throw new Error(said.reason);
    const left = [...said.items];
    for (const { values, channel, device, id, time } of one.want ?? []) {
      const place = left.findIndex((found) => found.kind === 'reading' && found.data.channel === channel);
      // the first reading, where the case names no channel
      const [ofChannel] = left.splice(
        Math.max(place, channel === undefined ? 0 : place),
        place < 0 && channel !== undefined ? 0 : 1,
      );
      expect(ofChannel).toMatchObject({ data: { values } });
      if (device !== undefined) expect(ofChannel?.device ?? nameIn(ofChannel)).toBe(device);
      if (id !== undefined) expect(ofChannel?.data).toMatchObject({ id });
      if (time !== undefined)
        expect(ofChannel).toMatchObject({ time: time ?? received, timeFromDevice: time !== null });
      if (one.json !== undefined) expect(ofChannel).toMatchObject({ json: one.json });
    }
    if (one.want?.length === 0) expect(said.items).toEqual([]);
    if (one.event !== undefined) expect(said.items[0]).toMatchObject({ kind: 'event', data: one.event });
    const problems = (said.problems ?? []).map(({ path, problem }) => `${path} ${problem}`);
    const beginnings = one.problems ?? [];
    for (const beginning of beginnings)
      expect(
        problems.some((told) => told.startsWith(beginning)),
        `${beginning} in ${problems}`,
      ).toBe(true);
    expect(problems.filter((told) => !beginnings.some((beginning) => told.startsWith(beginning)))).toEqual([]);
    expect(said.unknown ?? []).toEqual(one.unknown ?? []);
    expect(said.nothing ?? false).toBe(one.nothing ?? false);
    expect(said.oddTime ?? '').toContain(one.oddTime ?? '');
    expect(said.oddTime === undefined).toBe(one.oddTime === undefined);
    expect(said.lost === undefined).toBe(one.lost === undefined);
  });
});
