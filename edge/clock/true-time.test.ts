import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TrueTime } from './true-time.ts';

const written = Date.UTC(2026, 0, 1);
const truth = Date.UTC(2026, 5, 1);
const hour = 3_600_000;
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'forpost-time-'));
  file = join(folder, 'last-sync.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function started(clock: FakeClock, boot = 'boot-1'): Promise<TrueTime> {
  const trueTime = new TrueTime({ clock, logger: silentLogger(), boot: () => boot, file, notBefore: written });
  await trueTime.start();
  return trueTime;
}

test('a machine without any known time knows when its software was written', async () => {
  const trueTime = await started(new FakeClock(0));
  expect([trueTime.earliest(), trueTime.estimate()]).toEqual([written, undefined]);
  expect(trueTime.errorOf('unsynced', false)).toBeUndefined();
  // its owner says that its clock is right, which it cannot be
  expect(trueTime.errorOf('unsynced', true)).toBeUndefined();
  const later = await started(new FakeClock(truth));
  expect(later.errorOf('unsynced', true)).toEqual({ shiftMs: 0, withinMs: 0 });
});

test('since a sync the time follows from the monotonic clock, whatever the wall clock was set to', async () => {
  const clock = new FakeClock(truth);
  const trueTime = await started(clock);
  trueTime.noteSync(clock.now());
  clock.advance(10 * hour);
  clock.jump(2 * hour);
  expect(trueTime.errorOf('unsynced', false)).toEqual({ shiftMs: -2 * hour, withinMs: 18_000 });
  expect(truth + 10 * hour - trueTime.earliest()).toBeLessThanOrEqual(18_000);
});

test('the last sync outlives the gateway: about the time within the same boot, at least the time in another', async () => {
  const clock = new FakeClock(truth);
  const first = await started(clock);
  first.noteSync(clock.now());
  await first.stop();
  clock.advance(hour);
  clock.jump(-clock.now());
  const again = await started(clock);
  expect(again.estimate()).toMatchObject({ time: truth + hour });
  const booted = new FakeClock(0, 1000);
  const other = await started(booted, 'boot-2');
  expect([other.earliest(), other.estimate()]).toEqual([truth, undefined]);
  booted.advance(hour);
  expect(other.earliest()).toBeGreaterThan(truth + 0.99 * hour);
});

test('the last sync is written once an hour at most, and a damaged file counts as none', async () => {
  const clock = new FakeClock(truth);
  const trueTime = await started(clock);
  for (let second = 0; second < 3599; second++) {
    trueTime.noteSync(clock.now());
    clock.advance(1000);
  }
  await trueTime.stop();
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ synced: truth });
  clock.advance(1000);
  trueTime.noteSync(clock.now());
  await trueTime.stop();
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ synced: truth + hour });
  for (const text of ['', 'null', '{"synced":"x"}', '{"synced":1e999,"uptime":1,"boot":"b"}']) {
    writeFileSync(file, text);
    expect((await started(clock)).earliest()).toBe(written);
  }
});

test('an event of an earlier run raises the earliest possible time, and a newer sync corrects it', async () => {
  const clock = new FakeClock(0);
  const trueTime = await started(clock);
  trueTime.notePast(truth);
  trueTime.notePast(truth - hour);
  expect(trueTime.earliest()).toBe(truth);
  trueTime.notePast(Date.UTC(2099, 0, 1));
  trueTime.noteSync(truth + hour);
  expect(trueTime.earliest()).toBe(truth + hour);
});
