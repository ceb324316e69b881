import type { CameraStatus } from '@forpost/shared/event/status.ts';
import { expect, test } from 'vitest';
import { CameraChanges } from './camera-changes.ts';

const camera = (id: string, state: CameraStatus['state']): CameraStatus => ({
  id,
  name: id,
  state,
  reason: '',
  framesPerSecond: 0,
  detector: 'motion',
});

test('one disconnect and one reconnect of a camera are reported, whatever the number of attempts between them', () => {
  const changes = new CameraChanges();
  const told = (state: CameraStatus['state']) => changes.compare([camera('yard', state)]).map(({ live }) => live);
  expect(told('connecting')).toEqual([]);
  expect(told('unreachable')).toEqual([]);
  expect(told('live')).toEqual([true]);
  expect(told('live')).toEqual([]);
  expect(told('stalled')).toEqual([false]);
  expect(told('connecting')).toEqual([]);
  expect(told('live')).toEqual([true]);
});

test('a change of one camera does not affect another', () => {
  const changes = new CameraChanges();
  changes.compare([camera('a', 'live'), camera('b', 'live')]);
  expect(changes.compare([camera('a', 'live'), camera('b', 'stalled')]).map((c) => c.camera.id)).toEqual(['b']);
});

test('a camera that the site no longer has was not lost, and is reported anew when it comes back', () => {
  const changes = new CameraChanges();
  changes.compare([camera('a', 'live')]);
  expect(changes.compare([])).toEqual([]);
  expect(changes.compare([camera('a', 'live')]).map(({ live }) => live)).toEqual([true]);
});
