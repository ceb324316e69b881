import { readdirSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, onTestFinished, test } from 'vitest';
import { LivePicture } from './picture.ts';

const size = 16;
const frame = (uptime: number) => ({
  camera: 'yard',
  size,
  pictureWidth: size,
  pictureHeight: size,
  uptime,
  rgb: new Uint8Array(size * size * 3).fill(100),
});

test('a picture’s file has its frame’s time, so that boxes are drawn on the picture that they belong to', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-picture-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const clock = new FakeClock();
  const picture = new LivePicture('yard', folder, clock, silentLogger());
  const file = join(folder, 'yard.jpg');
  const began = clock.now();
  const uptime = clock.uptime();
  // the frame waited 300 ms
  clock.advance(300);
  picture.offer(frame(uptime), true);
  clock.advance(900);
  await picture.settled();
  expect((await readFile(file)).subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
  expect(Math.abs((await stat(file)).mtimeMs - began)).toBeLessThan(1);
});

test('no live picture is written while nobody watches', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-picture-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const picture = new LivePicture('yard', folder, new FakeClock(), silentLogger());
  picture.offer(frame(0));
  await picture.settled();
  await expect(stat(join(folder, 'yard.jpg'))).rejects.toThrow('ENOENT');
});

test('a live picture whose write is under way at stop does not appear, however far the write was', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-picture-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  let late = true;
  for (let turns = 0; late; turns = turns * 1.5 + 1) {
    const picture = new LivePicture('yard', folder, new FakeClock(), silentLogger());
    picture.offer(frame(0), true);
    let written = false;
    const settled = picture.settled().then(() => {
      written = true;
    });
    for (let i = 0; i < turns && !written; i++) await turn();
    late = !written;
    picture.stop();
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    await settled;
    expect(readdirSync(folder)).toEqual([]);
    picture.offer(frame(0), true);
    await picture.settled();
    expect(readdirSync(folder)).toEqual([]);
  }
});
