import { expect, test } from 'vitest';
import type { Site } from '../site/site.ts';
import { uselessFilters } from './check-consumers.ts';

const devices = [
  { id: 'oven', decoder: 'native' },
  { id: 'plug', decoder: 'tasmota', topic: 'plug_A1' },
];

function told(...publish: readonly string[]) {
  const site = { devices, consumers: [{ id: 'flows', publish }] } as unknown as Site;
  return uselessFilters(site).map(({ path, message }) => `${path.join('.')} ${message}`);
}

test('a consumer’s publish filter on a device’s own topics is reported, with the command topics of that device', () => {
  expect(told('house/#', 'tele/plug_A1/SENSOR', 'stat/plug_A1/+')).toEqual([
    'consumers.0.publish.1 consumer "flows" may not publish to "tele/plug_A1/SENSOR", because only the device "plug" speaks there: the broker drops it; its commands are cmnd/plug_A1/#, cmnd/tasmotas/#, cmnd/sonoffs/#',
    expect.stringContaining('consumers.0.publish.2 consumer "flows" may not publish to "stat/plug_A1/+"'),
  ]);
});

test('command topics and wide filters are not reported', () => {
  expect(told('cmnd/plug_A1/POWER', 'forpost/devices/oven/commands', 'cmnd/#', 'tele/#', '#', 'panel/page')).toEqual(
    [],
  );
});
