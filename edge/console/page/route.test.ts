import { expect, test } from 'vitest';
import { routeOf, setUpAddress } from './route.ts';

test('the address of a device in set-up leads back to it, whatever its id', () => {
  expect(routeOf(setUpAddress('devices', 'a/b %'))).toEqual({ page: 'set-up', steps: ['devices', 'a/b %'] });
  expect(routeOf('#set-up')).toEqual({ page: 'set-up', steps: [] });
  expect(routeOf('#set-up/devices/%zz')).toEqual({ page: 'set-up', steps: ['devices', '%zz'] });
});

test('a heading of the overview is no place in set-up', () => {
  expect(routeOf('#alarms')).toEqual({ page: 'overview' });
  expect(routeOf('')).toEqual({ page: 'overview' });
});
