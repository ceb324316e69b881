import fc from 'fast-check';
import { expect, test } from 'vitest';
import { paint } from '../../../test/contract/detector-fixtures.ts';
import { MotionGate } from './gate.ts';

type Picture = ReturnType<typeof paint>;

const still = paint(416, 234);
const frame = (picture: Picture, i: number) => ({ ...picture, camera: 'yard', uptime: i * 200 });

/** a yard with light and dark places (40..160) under a gain and an offset, clipped as by a sensor */
function yard(gain: number, offset: number, rectangles: Parameters<typeof paint>[2] = []): Picture {
  const picture = paint(416, 234);
  for (let y = 0, at = 0; y < 234; y++)
    for (let x = 0; x < 416; x++, at += 3) {
      const level = 40 + ((Math.floor(x / 23) * 37 + Math.floor(y / 17) * 53) % 120);
      picture.rgb.fill(Math.max(0, Math.min(255, Math.round(gain * level + offset))), at, at + 3);
    }
  for (const [left, top, width, height] of rectangles ?? [])
    for (let y = top; y < top + height; y++) picture.rgb.fill(250, (y * 416 + left) * 3, (y * 416 + left + width) * 3);
  return picture;
}

/** the gate's answer to each of `pictures`, 200 ms apart */
function looks(gate: MotionGate, pictures: readonly Picture[], from = 0): boolean[] {
  return pictures.map((picture, i) => gate.detectMotion(frame(picture, from + i)));
}
const passed = (seen: readonly boolean[]) => seen.filter(Boolean).length;

test('a still scene passes the motion gate only with its first frame', () => {
  const seen = looks(new MotionGate(), Array<Picture>(20).fill(still));
  expect(seen).toEqual([true, ...Array.from({ length: 19 }, () => false)]);
});

test('a person far away passes the motion gate', () => {
  const gate = new MotionGate();
  looks(gate, Array<Picture>(10).fill(still));
  expect(gate.detectMotion(frame(paint(416, 234, [[200, 100, 12, 30]]), 10))).toBe(true);
});

test('the noise of a sensor does not pass the motion gate', () => {
  const gate = new MotionGate();
  for (let i = 0; i < 30; i++) {
    const noisy = { ...still, rgb: still.rgb.map((value, at) => value + (((at * 7919 + i * 104_729) % 25) - 12)) };
    expect(gate.detectMotion(frame(noisy, i))).toBe(i === 0);
  }
});

test('motion within a motion mask does not pass the gate, and motion beside it does', () => {
  const corner = [[0, 0] as const, [0.5, 0] as const, [0.5, 1] as const, [0, 1] as const];
  const gate = new MotionGate([corner]);
  looks(gate, Array<Picture>(5).fill(still));
  for (let i = 5; i < 40; i++) expect(gate.detectMotion(frame(paint(416, 234, [[i * 4, 100, 40, 90]]), i))).toBe(false);
  expect(gate.detectMotion(frame(paint(416, 234, [[260, 100, 20, 60]]), 40))).toBe(true);
});

test('a motion mask drawn while the camera runs applies from the next frame on, until it is removed', () => {
  const left = [[0, 0] as const, [0.5, 0] as const, [0.5, 1] as const, [0, 1] as const];
  const walker = (i: number) => gate.detectMotion(frame(paint(416, 234, [[i * 4, 100, 40, 90]]), i));
  const gate = new MotionGate();
  gate.setMasks([]);
  looks(gate, Array<Picture>(5).fill(still));
  expect(walker(5)).toBe(true);
  gate.setMasks([left]);
  for (let i = 6; i < 20; i++) expect(walker(i)).toBe(false);
  gate.setMasks([]);
  expect(walker(20)).toBe(true);
});

test('a camera whose whole picture is masked never passes the gate', () => {
  const all = [[0, 0] as const, [1, 0] as const, [1, 1] as const, [0, 1] as const];
  expect(passed(looks(new MotionGate([all]), [still, yard(1, 0), still, yard(1.5, 0)]))).toBe(0);
});

test('neither dusk within a minute nor a cloud within two seconds passes the gate', () => {
  const gate = new MotionGate();
  const dusk = Array.from({ length: 300 }, (_, i) => yard(1.4 - (1.2 * i) / 300, 0));
  const cloud = Array.from({ length: 10 }, (_, i) => yard(0.2 + i * 0.12, 0));
  expect(passed(looks(gate, [...dusk, ...cloud, ...Array<Picture>(20).fill(yard(1.28, 0))]))).toBe(1);
});

test('lightning passes the gate at most once, and the scene before it is still known afterwards', () => {
  const gate = new MotionGate();
  looks(gate, Array<Picture>(10).fill(yard(1, 0)));
  const blinding = Array<Picture>(20).fill(yard(1, 0));
  blinding[5] = yard(6, 120);
  blinding[12] = yard(1.3, 40);
  const seen = looks(gate, blinding, 10);
  expect(passed(seen)).toBeLessThanOrEqual(1);
  expect(passed(seen.slice(6))).toBe(0);
});

test('a lamp that stays on passes the gate at most once, and a person who comes with the light passes', () => {
  const gate = new MotionGate();
  looks(gate, Array<Picture>(10).fill(yard(0.4, 0)));
  expect(passed(looks(gate, Array<Picture>(20).fill(yard(1.2, 20)), 10))).toBeLessThanOrEqual(1);
  const other = new MotionGate();
  looks(other, Array<Picture>(10).fill(yard(0.4, 0)));
  expect(other.detectMotion(frame(yard(1.2, 20, [[200, 60, 30, 90]]), 10))).toBe(true);
});

test('a camera that is turned passes the gate, and its new picture soon counts as still', () => {
  const gate = new MotionGate();
  looks(gate, Array<Picture>(10).fill(yard(1, 0)));
  const turned = yard(-1, 250);
  const seen = looks(gate, Array<Picture>(10).fill(turned), 10);
  expect(seen[0]).toBe(true);
  expect(passed(seen.slice(2))).toBe(0);
});

test('a change of gain and offset alone never passes the gate, as long as the sensor does not clip', () => {
  const light = fc.record({
    gain: fc.double({ min: 0.3, max: 1.3, noNaN: true }),
    offset: fc.integer({ min: 0, max: 30 }),
  });
  fc.assert(
    fc.property(fc.array(light, { minLength: 1, maxLength: 6 }), (lights) => {
      const gate = new MotionGate();
      looks(gate, [yard(1, 0)]);
      const seen = looks(
        gate,
        lights.map(({ gain, offset }) => yard(gain, offset)),
        1,
      );
      expect(passed(seen)).toBe(0);
    }),
    { numRuns: 12, endOnFailure: true },
  );
});

test('the gate takes well under a millisecond a frame', () => {
  const gate = new MotionGate();
  const times = Array.from({ length: 200 }, (_, i) => {
    const before = performance.now();
    gate.detectMotion(frame(still, i));
    return performance.now() - before;
  }).sort((a, b) => a - b);
  expect(times[100]).toBeLessThan(1);
});
