import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from 'vitest';
import { networkNames } from './network-names.ts';

const info = (address: string, family: 'IPv4' | 'IPv6', internal = false) =>
  ({ address, family, internal, netmask: '', mac: '', cidr: null, scopeid: 0 }) as NetworkInterfaceInfo;

test('the addresses of each interface are listed, those that a browser opens first, without the loopback', () => {
  const names = networkNames({
    hostname: () => 'gate',
    timeZone: () => 'Etc/UTC',
    networkInterfaces: () => ({
      lo: [info('127.0.0.1', 'IPv4', true)],
      eth0: [info('fe80::1', 'IPv6'), info('2001:db8::7', 'IPv6'), info('10.0.0.7', 'IPv4')],
      wlan0: [],
    }),
  });
  expect(names).toEqual({
    hostName: 'gate',
    systemTimeZone: 'Etc/UTC',
    interfaces: [{ name: 'eth0', addresses: ['10.0.0.7', '2001:db8::7', 'fe80::1'] }],
  });
});

test('a machine with the interfaces of a hundred containers does not fill the page', () => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`veth${n}`, [info(`10.0.0.${n}`, 'IPv4')]]));
  const names = networkNames({ hostname: () => 'gate', timeZone: () => 'Etc/UTC', networkInterfaces: () => many });
  expect(names.interfaces).toHaveLength(16);
});
