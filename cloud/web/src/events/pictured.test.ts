import { expect, test } from 'vitest';
import type { EventView } from '../../../events/schemas.ts';
import { picturedIn } from './pictured.ts';

const picture = { id: '00000000000000aa', sha256: 'ab'.repeat(32), size: 4, kind: 'best', media: 'image/jpeg' };
const event = (data: unknown, type = 'forpost.alert.v1') => ({ type, gateway: 'gw-1', data }) as unknown as EventView;

test('an alert with pictures names its alarm, and malformed references are left out', () => {
  const data = {
    alarm: 'a/1',
    message: 'Somebody in Gate',
    evidence: [picture, { id: 7 }, null, 'x', { ...picture, sha256: '../x' }],
  };
  expect(picturedIn(event(data))).toEqual({
    alarm: 'a/1',
    gateway: 'gw-1',
    message: 'Somebody in Gate',
    evidence: [picture],
  });
  const old = { id: '00000000000000bb', sha256: 'cd'.repeat(32), size: 5 };
  expect(picturedIn(event({ alarm: 'a/1', evidence: [old] }))).toMatchObject({
    message: 'a/1',
    evidence: [{ ...old, kind: 'picture', media: 'image/jpeg' }],
  });
});

test('other events, and an alert without pictures, name no alarm', () => {
  expect(picturedIn(event({ alarm: 'a/1', evidence: [] }))).toBeUndefined();
  expect(picturedIn(event({ alarm: 'a/1' }))).toBeUndefined();
  expect(picturedIn(event({ alarm: 'a/1', evidence: [picture] }, 'forpost.reading.v1'))).toBeUndefined();
  expect(picturedIn(event(null))).toBeUndefined();
});
