import type { HostStatus } from '@forpost/shared/event/status.ts';
import { expect, test } from 'vitest';
import { hostLines, modelWords } from './host-words.ts';

const host: HostStatus = {
  at: '2026-06-01T12:04:00.000Z',
  model: 'Raspberry Pi 4 Model B Rev 1.4',
  values: {
    temperature_c: 61.2,
    load5: 0.413,
    cores: 4,
    memory_total_bytes: 4e9,
    memory_available_bytes: 2.5e9,
    disk_total_bytes: 30e9,
    disk_available_bytes: 20e9,
  },
  findings: [],
  interfaces: [
    { name: 'eth0', up: true, address: '192.168.1.5' },
    { name: 'wlan0', up: false },
  ],
};

const shown = (status: HostStatus) =>
  Object.fromEntries(hostLines(status).map(({ part, text, note, mark }) => [part, [text, mark?.label ?? '', note]]));

test('a machine that is well has a line with figures for each part', () => {
  expect(shown(host)).toEqual({
    temperature: ['61.2 °C', '', ''],
    power: ['strong enough', '', ''],
    disk: ['20 GB of 30 GB free', '', ''],
    storage: ['no fault reported', '', ''],
    memory: ['2.5 GB of 4 GB available', '', ''],
    load: ['0.413 on 4 cores', '', ''],
    throttling: ['at full speed', '', ''],
    network: ['eth0 192.168.1.5; wlan0: not connected', '', ''],
  });
  expect(modelWords(host)).toBe('Raspberry Pi 4 Model B');
  const filling = { ...host, values: { ...host.values, disk_days_left: 9.7 } };
  expect(shown(filling).disk?.[0]).toBe('20 GB of 30 GB free, full in 9 days by its trend');
});

test('a part without figures says why, and a bad part says what to do beside its figures', () => {
  const { power, disk, storage } = shown({
    ...host,
    values: { ...host.values, disk_days_left: 3.7 },
    disks: [{ name: 'mmcblk0', usedLife: 0.9 }],
    findings: [
      { part: 'disk', level: 'bad', text: 'the disk of / will be full in 3 days' },
      { part: 'storage', level: 'watch', text: 'mmcblk0 has used 90 % of its life time' },
      { part: 'power', level: 'watch', text: 'the power supply was too weak' },
    ],
  });
  expect(disk).toEqual(['20 GB of 30 GB free', 'Alarm', 'The disk of / will be full in 3 days.']);
  expect(storage).toEqual(['mmcblk0: 90 % of its life time used', 'Look', 'Mmcblk0 has used 90 % of its life time.']);
  expect(power).toEqual(['', 'Look', 'The power supply was too weak.']);
  const { temperature_c: _, ...values } = host.values;
  const findings = [{ part: 'temperature', level: 'unknown', text: 'there is no sensor' }] as const;
  expect(shown({ ...host, values, findings }).temperature).toEqual(['Not known here: there is no sensor', '', '']);
});
