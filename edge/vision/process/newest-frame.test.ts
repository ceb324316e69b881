import { FakeClock } from '@forpost/shared/clock.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NewestFrame } from './newest-frame.ts';

const size = 4;
const bytes = size * size * 3;
const whole = (value: number) => new Uint8Array(bytes).fill(value);

function newest(): NewestFrame {
  const frames = new NewestFrame('yard', size, new FakeClock());
  frames.setPicture(4, 3);
  return frames;
}

test('frames come out complete, however the stream is cut into chunks', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 2 * bytes }), { minLength: 1, maxLength: 20 }), (cuts) => {
      const frames = newest();
      const total = cuts.reduce((sum, cut) => sum + cut, 0);
      const stream = Uint8Array.from({ length: total }, (_, i) => Math.floor(i / bytes) + 1);
      let [at, completed] = [0, 0];
      for (const cut of cuts) {
        completed += frames.write(stream.subarray(at, at + cut));
        at += cut;
      }
      expect(completed).toBe(Math.floor(total / bytes));
      if (completed > 0) expect(new Set(frames.takeNewest()?.rgb)).toEqual(new Set([completed]));
      else expect(frames.takeNewest()).toBeUndefined();
    }),
  );
});

test('a slow detector gets the newest frame, and skipped frames are counted', () => {
  const frames = newest();
  for (const value of [1, 2, 3]) frames.write(whole(value));
  expect(frames.takeNewest()?.rgb[0]).toBe(3);
  expect(frames.skipped).toBe(2);
});

test('a frame that was examined and found still does not count as skipped', () => {
  const frames = newest();
  for (const value of [1, 2, 3]) {
    frames.write(whole(value));
    frames.examined();
  }
  expect(frames.skipped).toBe(0);
});

test('a frame under analysis is not written to, and three buffers are enough', () => {
  const frames = newest();
  const buffers = new Set<Uint8Array>();
  frames.write(whole(1));
  const taken = frames.takeNewest();
  for (let value = 2; value < 100; value++) {
    frames.write(whole(value));
    buffers.add(frames.peek()!.rgb);
  }
  expect(taken?.rgb.every((value) => value === 1)).toBe(true);
  expect(frames.takeNewest()).toBeUndefined();
  frames.release();
  expect(frames.takeNewest()?.rgb[0]).toBe(99);
  expect(buffers.size).toBeLessThanOrEqual(3);
});

test('a new stream begins with a complete frame of its own', () => {
  const frames = newest();
  frames.write(whole(1).subarray(0, 10));
  frames.reset();
  frames.write(whole(2));
  // the frame is held back until its size is known
  expect(frames.peek()).toBeUndefined();
  frames.setPicture(4, 2);
  expect(new Set(frames.peek()?.rgb)).toEqual(new Set([2]));
});

test('masked areas are black in every frame from the first one on, whatever proportions the stream has', () => {
  const points: [number, number][] = [
    [0, 0],
    [0.1, 0],
    [0.1, 0.1],
    [0, 0.1],
  ];
  const large = 40;
  const frames = new NewestFrame('yard', large, new FakeClock(), [{ points }]);
  const frame = () => new Uint8Array(large * large * 3).fill(99);
  const row = (pixel: number) => frames.peek()?.rgb[pixel * 3];
  frames.write(frame());
  expect(frames.peek()).toBeUndefined();
  frames.setPicture(20, 20);
  expect([row(0), row(3), row(4)]).toEqual([0, 0, 99]);
  expect(frames.setPicture(20, 20)).toBe(true);
  expect(frames.setPicture(40, 20)).toBe(false);
  frames.reset();
  frames.write(frame());
  frames.setPicture(40, 20);
  expect([row(0), row(5), row(6)]).toEqual([0, 0, 99]);
  expect(frames.takeNewest()?.rgb[0]).toBe(0);
});
