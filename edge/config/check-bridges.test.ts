import { expect, test } from 'vitest';
import type { Site } from '../site/site.ts';
import { checkSite } from './check-site.ts';

const problemsOf = (bridges: readonly object[], devices: readonly object[] = []) => {
  const site = { timezone: 'UTC', devices, bridges, consumers: [], cameras: [], rules: [] } as unknown as Site;
  return checkSite(site).map(({ path, message }) => `${path.join('.')}: ${message}`);
};

test('a bridge lists each device once, and no two devices have one id', () => {
  const devices = [{ id: 'hall', source: 's1' }, { id: 'attic', source: 's1' }, { id: 's1' }, { id: 'oven' }];
  expect(problemsOf([{ id: 'hub', decoder: 'native', devices }], [{ id: 'oven', decoder: 'native' }])).toEqual([
    'bridges.0.devices.3.id: the id "oven" is taken already by a device',
    'bridges.0.devices.1.source: "s1" is already the device "hall" of the bridge "hub": a device stands once behind its bridge',
    'bridges.0.devices.2.id: "s1" is already the device "hall" of the bridge "hub": a device stands once behind its bridge',
  ]);
});

test('a bridge needs a decoder for bridges, and a device a decoder for devices', () => {
  expect(problemsOf([{ id: 'hub', decoder: 'shelly' }], [{ id: 'zigbee', decoder: 'zigbee2mqtt' }])).toEqual([
    'devices.0.decoder: decoder zigbee2mqtt speaks for many devices: move this entry to bridges',
    'bridges.0.decoder: decoder shelly speaks for one device: move this entry to devices; a bridge has native, tasmota, zigbee2mqtt',
  ]);
});

test('a bridge and a device cannot have one topic', () => {
  const bridge = { id: 'zigbee', decoder: 'zigbee2mqtt', topic: 'home' };
  expect(problemsOf([bridge], [{ id: 'plug', decoder: 'shelly', topic: 'home/plug' }])).toEqual([
    'bridges.0.topic: "home" is already the topic of the device "plug"',
  ]);
});
