import { FakeClock } from '@forpost/shared/clock.ts';
import { expect, test } from 'vitest';
import { otherProbes, type SystemLibrary } from './other-systems.ts';

/** As systeminformation answers on a Mac with Apple's processor. */
const mac: SystemLibrary = {
  system: async () => ({ manufacturer: 'Apple Inc.', model: 'Mac14,3' }),
  cpuTemperature: async () => ({ main: null }) as never,
  currentLoad: async () => ({ avgLoad: 1.6, cpus: Array(8).fill({}) }),
  mem: async () => ({ total: 16e9, available: 9e9, swaptotal: 1e9, swapfree: 5e8 }),
  fsSize: async () => [
    { mount: '/', type: 'APFS', size: 500e9, available: 200e9, rw: false },
    { mount: '/System/Volumes/Data', type: 'APFS', size: 500e9, available: 190e9, rw: true },
    { mount: '/Vol', type: 'APFS', size: 1e9, available: 1e9, rw: true },
  ],
  networkInterfaces: async () => [
    { iface: 'lo0', ip4: '127.0.0.1', internal: true, virtual: false, operstate: 'up' },
    { iface: 'en0', ip4: '192.168.1.7', internal: false, virtual: false, operstate: 'up' },
    { iface: 'en5', ip4: '', internal: false, virtual: false, operstate: 'down' },
  ],
};

test('a Mac has load, memory, disk and network; all other parts are unknown', async () => {
  const reading = await otherProbes(mac, new FakeClock(), '/System/Volumes/Data/forpost').read();
  expect(reading).toEqual({
    model: 'Apple Inc. Mac14,3',
    temperature: { unknown: expect.stringMatching(/no temperature sensor/) },
    throttling: { unknown: 'this operating system does not tell it' },
    power: { unknown: 'this operating system does not tell it' },
    load: { cores: 8, load1: 1.6, load5: 1.6, load15: 1.6 },
    memory: { total: 16e9, available: 9e9, swapTotal: 1e9, swapFree: 5e8 },
    disk: { mount: '/System/Volumes/Data', type: 'APFS', total: 500e9, available: 190e9, readOnly: false },
    storage: { unknown: 'this operating system does not tell it' },
    network: {
      interfaces: [
        { name: 'en0', up: true, address: '192.168.1.7', errors: 0 },
        { name: 'en5', up: false, errors: 0 },
      ],
    },
  });
});

test('a figure that the library reports as 0 or not at all is unknown', async () => {
  const empty: SystemLibrary = {
    ...mac,
    cpuTemperature: async () => ({ main: 0 }),
    mem: async () => ({ total: 0, available: 0, swaptotal: 0, swapfree: 0 }),
    fsSize: async () => [],
    networkInterfaces: () => Promise.reject(new Error('ipconfig')),
  };
  const { temperature, memory, disk, network } = await otherProbes(empty, new FakeClock(), '/data').read();
  for (const part of [temperature, memory, disk, network]) expect(part).toEqual({ unknown: expect.any(String) });
});
