import { expect, test } from 'vitest';
import { ShedPatience } from './shed-patience.ts';

test('shedding waits once for each time that space runs out, and is steady afterwards', () => {
  const patience = new ShedPatience(1000);
  expect([patience.mayShed(0), patience.mayShed(999), patience.leftMs(999)]).toEqual([false, false, 1]);
  expect([patience.mayShed(1000), patience.leftMs(1000)]).toEqual([true, undefined]);
  // the space that a shed step has freed does not end the lack of space
  patience.hasRoom(false);
  expect(patience.mayShed(50_000)).toBe(true);
  patience.hasRoom(true);
  expect([patience.mayShed(60_000), patience.mayShed(61_000)]).toEqual([false, true]);
});

test('free space ends the wait', () => {
  const patience = new ShedPatience(1000);
  patience.mayShed(0);
  patience.hasRoom(false);
  expect([patience.leftMs(500), patience.mayShed(1500)]).toEqual([undefined, false]);
});

test('without a configured wait shedding begins at once', () => {
  expect(new ShedPatience(0).mayShed(7)).toBe(true);
});
