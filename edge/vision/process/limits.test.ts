import { expect, test } from 'vitest';
import { cameraSchema } from '../../site/site.ts';
import { fileOverMs, firstPacketMs, firstPictureMs, stallMs, unrecordedMs, writtenMs } from './limits.ts';

const { minimum = 0, maximum = 0 } = cameraSchema.properties.fps as { minimum?: number; maximum?: number };

test.each([minimum, 0.25, 0.5, 1, 5, maximum])(
  'at %d frames a second no deadline ends before the next picture is due',
  (rate) => {
    const interval = 1_000 / rate;
    expect(stallMs(interval)).toBeGreaterThan(2 * interval);
    expect(firstPacketMs(interval)).toBeGreaterThanOrEqual(stallMs(interval));
    expect(firstPictureMs(interval)).toBeGreaterThan(firstPacketMs(interval));
    expect(unrecordedMs(interval)).toBeGreaterThan(firstPictureMs(interval));
    expect(fileOverMs(interval)).toBeGreaterThan(stallMs(interval));
    expect(writtenMs(interval)).toBeGreaterThan(stallMs(interval));
  },
);

test('at usual frame rates a stalled camera is reported within 3 s', () => {
  expect(stallMs(200)).toBeLessThan(3_000);
});
