import { expect, test } from 'vitest';
import { drawable } from './drawable.ts';

test('a device that sent under a second site is listed once for the chart, and a name that no chart takes is not listed', () => {
  const one = { site: 'home', gateway: 'gw-1', device: 'meter', channel: '', metric: 'power_w' };
  const hostile = ['', ' ', 'Power_W', 'power_w ', '__proto__x-', 'ｐower_w', '\u202epower_w', 'p'.repeat(65_536)];
  const listed = drawable(
    [
      { ...one, site: 'bank' },
      one,
      { ...one, channel: 'c'.repeat(65) },
      { ...one, device: '' },
      ...hostile.map((metric) => ({ ...one, metric })),
    ],
    { get: (gateway) => ({ gateway, site: 'home', lastContact: undefined, online: true, status: undefined }) },
  );
  expect(listed).toEqual([one]);
});
