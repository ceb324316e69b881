import sharp from 'sharp';
import { expect, test } from 'vitest';
import { frames } from '../../../../scripts/camera/render.ts';
import { driveLine, gateArea, yardFps, yardHeight, yardTruth, yardWidth } from '../../../../scripts/camera/yard.ts';
import { paint } from '../../../../test/contract/detector-fixtures.ts';
import { emptyScene, observe } from '../scene.ts';
import { emptyTracker, track } from '../tracker.ts';
import { letterbox, overlap } from './geometry.ts';
import { openMotion } from './motion.ts';

const empty = paint(640, 360);

test('each person who walks in the rendered yard is found; each zone entry and line crossing is told once and in time', async () => {
  const detector = await openMotion();
  const truth = yardTruth();
  const picture = letterbox(yardWidth, yardHeight, detector.size);
  const rgb = new Uint8Array(detector.size ** 2 * 3).fill(114);
  let [tracker, scene] = [emptyTracker, emptyScene];
  const entries: number[] = [];
  const crossings: { t: number; to: string }[] = [];
  let [seen, there, invented, i] = [0, 0, 0, 0];
  for await (const frame of frames()) {
    const seconds = i++ / yardFps;
    // five frames a second, as a camera is watched by default
    if ((i - 1) % 2 === 1) continue;
    const raw = { width: yardWidth, height: yardHeight, channels: 3 } as const;
    rgb.set(await sharp(frame, { raw }).resize(picture.width, picture.height).raw().toBuffer());
    const seconds1000 = seconds * 1000;
    const found = await detector.detect(
      {
        camera: 'yard',
        rgb,
        size: detector.size,
        pictureWidth: picture.width,
        pictureHeight: picture.height,
        uptime: seconds1000,
      },
      0.25,
    );
    tracker = track(tracker, found, { threshold: () => 0.5, canStand: () => false }, seconds1000);
    const observed = observe(
      scene,
      {
        zones: [{ ...gateArea, points: [...gateArea.points] }],
        lines: [{ ...driveLine, points: [...driveLine.points] }],
      },
      tracker.objects,
    );
    scene = observed.state;
    for (const change of observed.changes)
      if (change.change === 'entered') entries.push(seconds);
      else if (change.change === 'crossed') crossings.push({ t: seconds, to: change.to });
    const bodies = truth.figures.flatMap(({ positions }) => positions.filter(({ t }) => t === seconds));
    // whole in the picture, and past the seconds in which the empty scene is learned
    for (const body of bodies.filter(({ box }) => box[0] > 0 && box[0] + box[2] < 1 && seconds > 3)) {
      there++;
      if (found.some(({ box }) => overlap(box, body.box) > 0.4)) seen++;
    }
    for (const { box, score } of found)
      if (score >= 0.5 && !bodies.some((body) => overlap(box, body.box) > 0.05)) invented++;
  }
  await detector.close();
  expect(invented).toBe(0);
  expect(seen / there).toBeGreaterThan(0.97);
  expect(entries).toHaveLength(truth.entries.length);
  for (const [n, { t }] of truth.entries.entries()) expect(Math.abs(entries[n]! - t)).toBeLessThanOrEqual(0.6);
  expect(crossings.map(({ to }) => to)).toEqual(truth.crossings.map(({ to }) => to));
  for (const [n, { t }] of truth.crossings.entries()) expect(Math.abs(crossings[n]!.t - t)).toBeLessThanOrEqual(0.6);
});

test('a lamp that is switched on is not motion, and a person who walks afterwards is', async () => {
  const detector = await openMotion();
  const bright = { ...empty, rgb: new Uint8Array(empty.rgb.length).fill(190) };
  let uptime = 0;
  const look = (picture: typeof empty) => {
    uptime += 200;
    return detector.detect({ ...picture, camera: 'hall', uptime }, 0.5);
  };
  for (let i = 0; i < 20; i++) expect(await look(empty)).toEqual([]);
  for (let i = 0; i < 20; i++) expect(await look(bright)).toEqual([]);
  const walker = { ...bright, rgb: Uint8Array.from(bright.rgb) };
  for (let y = 100; y < 200; y++) walker.rgb.fill(60, (y * 640 + 300) * 3, (y * 640 + 340) * 3);
  expect(await look(walker)).toHaveLength(1);
  await detector.close();
});

test('motion within a motion mask is ignored, and a person beside the mask is found alone', async () => {
  const detector = await openMotion();
  const left = [[0, 0] as const, [0.4, 0] as const, [0.4, 1] as const, [0, 1] as const];
  let uptime = 0;
  const look = (picture: typeof empty) => {
    uptime += 200;
    return detector.detect({ ...picture, camera: 'garden', uptime, motionMasks: [left] }, 0.5);
  };
  for (let i = 0; i < 20; i++) await look(empty);
  for (let i = 0; i < 10; i++) expect(await look(paint(640, 360, [[i * 10, 100, 100, 150]]))).toEqual([]);
  const both = await look(
    paint(640, 360, [
      [100, 100, 150, 150],
      [400, 100, 60, 120],
    ]),
  );
  expect(both).toHaveLength(1);
  expect(overlap(both[0]!.box, [400 / 640, 100 / 360, 60 / 640, 120 / 360])).toBeGreaterThan(0.8);
  await detector.close();
});

test('a thing that stands still long enough becomes part of the scene, and leaves no ghost when it goes', async () => {
  const detector = await openMotion();
  const parked = paint(640, 360, [[100, 100, 120, 80]]);
  let uptime = 0;
  const look = (picture: typeof empty) => {
    uptime += 200;
    return detector.detect({ ...picture, camera: 'lane', uptime }, 0.5);
  };
  for (let i = 0; i < 20; i++) await look(empty);
  expect(await look(parked)).toHaveLength(1);
  for (let i = 0; i < 70; i++) await look(parked);
  expect(await look(parked)).toEqual([]);
  expect(await look(empty)).toEqual([]);
  expect(await look(paint(640, 360, [[400, 100, 60, 80]]))).toHaveLength(1);
  await detector.close();
});
