import { fileURLToPath } from 'node:url';
import { loadYaml } from '@forpost/shared/config/yaml.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import { expect, test } from 'vitest';
import type { Decoder } from '../../edge/devices/decoder.ts';
import { decoders } from '../../edge/devices/decoders/registry.ts';
import { type DeviceConfig, siteSchema } from '../../edge/site/site.ts';
import { simulated } from './site-devices.ts';

const { devices } = loadYaml(fileURLToPath(new URL('site.yaml', import.meta.url)), siteSchema).value;
const measured = { seconds: 42, watts: 1234.56, register: { drawn: 7_654_321.4, fedIn: 1000 } };
const time = new Date('2026-06-01T10:00:00Z');

test('the site has twelve meters and sensors, of all three kinds', () => {
  const known = devices.map((device) => simulated(device as DeviceConfig, () => 1));
  expect(known.filter((device) => device !== undefined)).toHaveLength(12);
  expect(new Set(devices.map(({ decoder }) => decoder))).toEqual(new Set(['native', 'tasmota', 'shelly']));
});

test.each(devices.map((device) => [device.id, device] as const))(
  'the gateway understands what %s says',
  (_id, config) => {
    const device = config as DeviceConfig;
    const { format: speaker, meter } = simulated(device, () => 412.5)!;
    const decoder = decoders.find(({ name }: Decoder) => name === device.decoder)!;
    const values: Record<string, unknown> = {};
    for (const { topic, payload } of [...speaker.greeting, ...speaker.reading(measured, time)]) {
      const decoded = decoder.decode({ device, topic, payload: Buffer.from(payload), received: time.getTime() });
      if (!decoded.ok) throw new Error(inEnglish(decoded.reason));
      for (const item of decoded.items) if (item.kind === 'reading') Object.assign(values, item.data.values);
    }
    if (meter === undefined) expect(Object.keys(values).length).toBeGreaterThan(0);
    else {
      expect(values.power_w).toBeCloseTo(1234.56, device.decoder === 'tasmota' ? -1 : 1);
      expect(values.energy_wh).toBeCloseTo(7_654_321.4, device.decoder === 'tasmota' ? -1 : 0);
    }
  },
);

test('Tasmota devices publish with QoS 0, as real ones do; the others with QoS 1', () => {
  for (const config of devices) {
    const { format: speaker } = simulated(config as DeviceConfig, () => 1)!;
    const expected = config.decoder === 'tasmota' ? 0 : 1;
    for (const { qos } of speaker.reading(measured, time)) expect([config.id, qos]).toEqual([config.id, expected]);
  }
});
