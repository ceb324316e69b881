import { isId } from '@forpost/shared/event/ids.ts';
import { expect, test } from 'vitest';
import { idFromName } from './id-from-name.ts';

test.each([
  ['Kitchen plug', 'kitchen-plug'],
  ['Насос № 2', 'nasos-2'],
  ['Щитовая, ёлка', 'shhitovaya-yolka'],
  ['Wärmepumpe Süd', 'waermepumpe-sued'],
  ['Żuraw ①', 'zuraw-1'],
  ['   ', 'device'],
  ['电表', 'device'],
  ['x'.repeat(200), 'x'.repeat(48)],
])('a device named «%s» gets the id %s', (name, id) => {
  expect(idFromName(name, () => false)).toBe(id);
  expect(isId(id)).toBe(true);
});

test('a second device of the same name gets a number behind its id', () => {
  const taken = new Set(['plug', 'plug-2']);
  expect(idFromName('Plug', (id) => taken.has(id))).toBe('plug-3');
});
