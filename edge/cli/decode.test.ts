import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decoders } from '../devices/decoders/registry.ts';
import { fieldCases, payloadOf } from '../devices/field-cases.ts';
import { type DecodeOptions, decode } from './decode.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forpost-decode-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function decoded(payload: string | Uint8Array, options: DecodeOptions): Record<string, unknown> {
  const file = join(folder, 'payload');
  writeFileSync(file, payload);
  return JSON.parse(JSON.stringify(decode(file, options)));
}

test('a message is printed as readings by device and channel', () => {
  expect(
    decoded('{"id":3,"apower":-16.7,"voltage":231.3}', {
      decoder: 'shelly',
      topic: 'shellypro4pm-0123456789ab/status/switch:3',
      device: 'boiler',
    }),
  ).toEqual({
    readings: [{ device: 'boiler', channel: 'switch-3', values: { power_w: -16.7, voltage_v: 231.3 } }],
    events: [],
  });
});

test('the device’s own time, the quality and the id of a reading are printed', () => {
  const payload = '{"time":"2026-11-30T08:30:00Z","quality":"stale","id":"a7","values":{"power_w":1}}';
  expect(decoded(payload, { decoder: 'native', topic: 'forpost/devices/d/readings' })).toEqual({
    readings: [{ device: 'd', id: 'a7', time: '2026-11-30T08:30:00.000Z', quality: 'stale', values: { power_w: 1 } }],
    events: [],
  });
});

test('a device behind a bridge is named at its reading', () => {
  const payload = '{"ZbReceived":{"0x531D":{"Device":"0x531D","Name":"Boiler","Temperature":81.5}}}';
  const options = { decoder: 'tasmota', topic: 'tele/bridge/SENSOR' };
  const values = { temperature_c: 81.5 };
  expect(decoded(payload, options)).toMatchObject({ readings: [{ device: '0x531D', channel: '0x531d', values }] });
  const asBridge = decoded(payload, { ...options, bridge: true });
  expect(asBridge).toMatchObject({ readings: [{ device: 'Boiler', values }] });
});

test('a field that cannot be read is named, and the others are printed', () => {
  const { readings, problems } = decoded('{"values":{"power_w":null,"voltage_v":236.95}}', {
    decoder: 'native',
    topic: 'forpost/devices/d/readings',
  });
  expect(readings).toMatchObject([{ values: { voltage_v: 236.95 } }]);
  expect(problems).toEqual([expect.stringMatching(/power_w/)]);
});

test('a state is an event', () => {
  expect(decoded('Online', { decoder: 'tasmota', topic: 'tele/plug/LWT' })).toMatchObject({
    readings: [],
    events: [{ device: 'plug', data: { online: true } }],
  });
});

test.each([
  ['{"values":', 'forpost/devices/d/readings', /JSON/],
  [Buffer.from([0x7b, 0xff, 0x7d]), 'forpost/devices/d/readings', /UTF-8/],
  ['{"values":{"power_w":1}}', 'some/other/topic', /topic/],
])('a message that cannot be read is refused with the reason', (payload, topic, reason) => {
  expect(decoded(payload, { decoder: 'native', topic })).toEqual({ refused: expect.stringMatching(reason) });
});

test('without a decoder each decoder answers, the surest first', () => {
  const { answers } = decoded('{"Time":"2026-11-30T08:30:00","ENERGY":{"Power":12}}', { topic: 'tele/plug/SENSOR' });
  const all = answers as { decoder: string; sure: number; readings?: unknown; refused?: string }[];
  expect(all.map(({ decoder }) => decoder).toSorted()).toEqual(decoders.map(({ name }) => name).toSorted());
  expect(all[0]).toMatchObject({ decoder: 'tasmota', sure: 0.9, readings: [{ values: { power_w: 12 } }] });
  expect(all.at(-1)).toMatchObject({ sure: 0, refused: expect.any(String) });
});

test('keys of site.yaml can be given', () => {
  const payload = '{"Time":"2026-11-30T08:30:00","ENERGY":{"Power":12}}';
  const options = {
    decoder: 'tasmota',
    topic: 'house/plug/tele/SENSOR',
    set: ['topic=plug', 'full_topic=house/%topic%/%prefix%/'],
  };
  expect(decoded(payload, options)).toMatchObject({ readings: [{ device: 'plug', values: { power_w: 12 } }] });
});

test('a wrong command line says what is wrong', () => {
  const topic = 'tele/plug/SENSOR';
  expect(() => decode('-', { topic: 'tele/+/SENSOR' })).toThrow('not "tele/+/SENSOR"');
  expect(() => decode('-', { topic, decoder: 'tasmotta' })).toThrow('did you mean "tasmota"?');
  expect(() => decode(join(folder, 'none'), { topic })).toThrow(/ENOENT/);
  expect(() => decode('-', { topic, set: ['topic'] })).toThrow('not "topic"');
});

/** The decoder's cases as devices send them; some are about a device with other keys, or about a bridge's earlier word. */
describe.each(Object.entries(fieldCases))('each tested message of %s', (decoder, cases) => {
  test.each(cases.map((one) => [one.name, one] as const))('%s', (_, one) => {
    const said = decoded(payloadOf(one), { decoder, topic: one.topic, device: 'dev', bridge: one.bridge === true });
    if (one.refused !== undefined) expect(said.refused).toContain(one.refused);
    else expect(said).toHaveProperty('readings');
    if (said.refused !== undefined) return;
    const shown = JSON.stringify(said.readings);
    for (const { values } of one.want ?? [])
      for (const [metric, value] of Object.entries(values)) {
        expect(shown).toContain(`"${metric}":`);
        if (typeof value !== 'number') expect(shown).toContain(JSON.stringify(value));
      }
  });
});
