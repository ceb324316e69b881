import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { Box, Track } from '../messages.ts';
import type { Frame } from './detectors/detector.ts';
import { withBoxes } from './draw.ts';
import { KeptFrames, qualityOf } from './kept-frames.ts';

const size = 64;
const height = 36;

function frame(uptime: number, ink = 0): Frame {
  return {
    camera: 'yard',
    rgb: new Uint8Array(size * size * 3).fill(ink),
    size,
    pictureWidth: size,
    pictureHeight: height,
    uptime,
  };
}
const track = (id: number, score: number, box: Box = [0.25, 0.25, 0.5, 0.5]) =>
  ({ id, class: 'person', score, box, zones: [] }) as unknown as Track;
const entered = (one: Track) => [{ change: 'entered', zone: 'gate', track: one }] as never;

test('a frame with a change is found by its time, with the pixels that it had then', () => {
  const kept = new KeptFrames(1e6);
  const one = track(1, 0.8);
  const seen = frame(1000, 7);
  kept.analysed(seen, [one], entered(one));
  seen.rgb.fill(99);
  kept.analysed(frame(1200), [track(1, 0.5)], []);
  expect(kept.at(1000)).toMatchObject({ uptime: 1000, changed: [1], width: size, height });
  expect(kept.at(1000)?.rgb[0]).toBe(7);
  expect(kept.at(9000)).toBeUndefined();
});

test('the best frame of a track shows it clearly, large and whole', () => {
  const kept = new KeptFrames(1e6);
  kept.analysed(frame(1), [track(1, 0.6)], []);
  kept.analysed(frame(2), [track(1, 0.9)], []);
  kept.analysed(frame(3), [track(1, 0.91)], []);
  kept.analysed(frame(4), [track(1, 0.95, [0, 0.1, 0.6, 0.6])], []);
  expect(kept.best(1)?.uptime).toBe(2);
  expect(qualityOf(track(1, 0.9, [0, 0, 0.5, 0.5]))).toBeLessThan(qualityOf(track(1, 0.6)));
});

test('a busy camera keeps at most its limit of pixels, and always the newest change', () => {
  const most = 10 * size * height * 3;
  const kept = new KeptFrames(most);
  for (let i = 1; i <= 200; i++) {
    const one = track(i, 0.5 + (i % 5) / 10);
    kept.analysed(frame(i * 100), [one, track(i + 1000, 0.9)], i % 3 === 0 ? entered(one) : []);
    expect(kept.bytes).toBeLessThanOrEqual(most);
  }
  expect(kept.at(19_800)?.uptime).toBe(19_800);
});

test('the JPEG shows the alarm’s box in red and the others in white, and has the picture’s size', async () => {
  const kept = new KeptFrames(1e6);
  const about = track(1, 0.8, [0.1, 0.2, 0.3, 0.6]);
  const other = track(2, 0.8, [0.6, 0.2, 0.3, 0.6]);
  kept.analysed(frame(1000, 60), [about, other], entered(about));
  const jpeg = await withBoxes(kept.at(1000)!, [1]);
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([size, height]);
  const at = (x: number, y: number) => [...data.subarray((y * size + x) * 3, (y * size + x) * 3 + 3)];
  const [r, g] = at(Math.round(0.1 * size), 18) as [number, number];
  expect(r - g).toBeGreaterThan(60);
  const white = at(Math.round(0.6 * size), 18) as [number, number, number];
  expect(Math.min(...white)).toBeGreaterThan(140);
});
