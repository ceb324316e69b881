import { chmod, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import type { ClockQuality } from '@forpost/shared/event/event.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type ClockProbe, chronyProbe, timedatectlProbe, timesyncdProbe } from './probes.ts';
import { ClockSync } from './sync.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-clock-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function program(name: string, script: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

function start(answers: () => ClockQuality | 'unknown' | Promise<ClockQuality>, clock = new FakeClock()) {
  const jumps: number[] = [];
  const offsets: number[] = [];
  const qualities: ClockQuality[] = [];
  let asked = 0;
  const probe: ClockProbe = {
    name: 'test',
    read: async () => {
      asked++;
      return answers();
    },
  };
  const sync = new ClockSync({
    clock,
    logger: silentLogger(),
    probes: [probe],
    onJump: (offsetMs) => jumps.push(offsetMs),
    onQuality: (quality) => qualities.push(quality),
    onOffset: (offsetMs) => offsets.push(offsetMs),
  });
  return { clock, sync, jumps, offsets, qualities, asked: () => asked };
}

describe('what a time service says', () => {
  test.each([
    ['Leap status     : Normal', 'synced'],
    ['Leap status     : Insert second', 'synced'],
    ['Leap status     : Not synchronised', 'unsynced'],
    ['506 Cannot talk to daemon', 'unknown'],
  ])('chrony: %s', async (line, quality) => {
    const chronyc = await program(
      `chronyc-${quality}-${line.length}`,
      `echo 'Reference ID    : A29FC87B'; echo '${line}'`,
    );
    expect(await chronyProbe(chronyc).read(0)).toBe(quality);
  });

  test('chrony that fails or is not installed answers unknown', async () => {
    expect(await chronyProbe(await program('failing', 'echo "Leap status : Normal"; exit 1')).read(0)).toBe('unknown');
    expect(await chronyProbe(join(folder, 'nowhere')).read(0)).toBe('unknown');
  });

  test.each([
    ['yes', 'synced'],
    ['no', 'unsynced'],
    ['Failed to connect to bus', 'unknown'],
  ])('timedatectl: %s', async (line, quality) => {
    expect(await timedatectlProbe(await program(`timedatectl-${quality}`, `echo ${line}`)).read(0)).toBe(quality);
  });

  test('timesyncd: in sync from its mark on, until the mark is too old; unknown where it does not run', async () => {
    const run = join(folder, 'timesync');
    expect(await timesyncdProbe(run).read(0)).toBe('unknown');
    await mkdir(run);
    expect(await timesyncdProbe(run).read(0)).toBe('unsynced');
    const mark = join(run, 'synchronized');
    await writeFile(mark, '');
    const at = Date.UTC(2026, 5, 1);
    await utimes(mark, at / 1000, at / 1000);
    expect(await timesyncdProbe(run).read(at + 3_600_000)).toBe('synced');
    expect(await timesyncdProbe(run).read(at + 10 * 3_600_000)).toBe('unsynced');
  });

  test('a time service that hangs is given up after its deadline, and the others are asked', async () => {
    const hanging = await program('hanging', 'exec sleep 60');
    const started = performance.now();
    expect(await chronyProbe(hanging).read(0)).toBe('unknown');
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('of a clock that was set by hand', () => {
  const at = Date.UTC(2026, 5, 1);
  const hour = 3_600_000;
  const refTime = (ms: number) =>
    new Date(ms).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) ([\d:]+) GMT$/, '$1 $3 $2 $5 $4');

  test.each([
    ['forward', 2 * hour],
    ['back', -2 * hour],
  ])('no service vouches before it has looked at it again: %s', async (name, by) => {
    const run = join(folder, `timesync-${name}`);
    await mkdir(run);
    const mark = join(run, 'synchronized');
    const chronyc = (ref: number) =>
      program(`chronyc-${name}-${ref}`, `echo 'Ref time (UTC)  : ${refTime(ref)}'; echo 'Leap status     : Normal'`);
    const touched = async (ms: number) => {
      await writeFile(mark, '');
      await utimes(mark, ms / 1000, ms / 1000);
    };
    await touched(at);
    expect(await timesyncdProbe(run).read(at + 60_000)).toBe('synced');
    const set = at + 60_000 + by;
    expect(await timesyncdProbe(run).read(set + 1000, set)).toBe('unsynced');
    expect(await chronyProbe(await chronyc(at)).read(set + 1000, set)).toBe('unsynced');
    await touched(set + 30_000);
    expect(await timesyncdProbe(run).read(set + 40_000, set)).toBe('synced');
    expect(await chronyProbe(await chronyc(set + 30_000)).read(set + 40_000, set)).toBe('synced');
  });
});

test('a jump of the clock counts from its moment on, before the next comparison notices it', async () => {
  const { clock, sync } = start(() => 'synced');
  await sync.start();
  clock.advance(500);
  expect(sync.quality()).toBe('synced');
  clock.jump(2 * 3_600_000);
  expect(sync.quality()).toBe('unsynced');
  await sync.stop();
});

test('a clock without a time service is unsynced', async () => {
  const { sync } = start(() => 'unknown');
  await sync.start();
  expect(sync.quality()).toBe('unsynced');
  expect(sync.service()).toBe('nobody');
  await sync.stop();
});

test('the first service that knows decides, also where one before it fails', async () => {
  const probes: ClockProbe[] = [
    { name: 'a', read: () => Promise.reject(new Error('broken')) },
    { name: 'b', read: async () => 'unknown' },
    { name: 'c', read: async () => 'synced' },
    { name: 'd', read: async () => 'unsynced' },
  ];
  const sync = new ClockSync({ clock: new FakeClock(), logger: silentLogger(), probes });
  await sync.start();
  expect(sync.quality()).toBe('synced');
  expect(sync.service()).toBe('c');
  await sync.stop();
});

test('a later sync is noticed within half a minute, and so is its loss', async () => {
  let answer: ClockQuality = 'unsynced';
  const { clock, sync, qualities, asked } = start(() => answer);
  await sync.start();
  answer = 'synced';
  clock.advance(29_000);
  expect(asked()).toBe(1);
  clock.advance(1000);
  await vi.waitFor(() => expect(sync.quality()).toBe('synced'), { timeout: 10_000 });
  answer = 'unsynced';
  clock.advance(30_000);
  await vi.waitFor(() => expect(sync.quality()).toBe('unsynced'), { timeout: 10_000 });
  expect(qualities).toEqual(['synced', 'unsynced']);
  await sync.stop();
});

test('a set clock is reported once with its size, and the services are asked at once', async () => {
  const { clock, sync, jumps, asked } = start(() => 'synced');
  await sync.start();
  clock.advance(5000);
  clock.jump(1_000_000);
  clock.advance(3000);
  expect(jumps).toEqual([1_000_000]);
  expect(asked()).toBe(2);
  await vi.waitFor(() => expect(sync.quality()).toBe('synced'), { timeout: 10_000 });
  clock.jump(-3000);
  clock.advance(1000);
  expect(jumps).toEqual([1_000_000, -3000]);
  await sync.stop();
});

test('a clock that jumps all the time is unsynced, and is reported once a minute', async () => {
  const { clock, sync, jumps, offsets } = start(() => 'synced');
  await sync.start();
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  for (let i = 0; i < 3600; i++) {
    clock.jump(i % 3 === 0 ? 20_000 : -9_000);
    clock.advance(1000);
    await settle();
  }
  expect(sync.quality()).toBe('unsynced');
  expect(jumps.length).toBeLessThan(80);
  expect(offsets.length).toBeLessThan(80);
  clock.advance(120_000);
  await settle();
  expect(sync.quality()).toBe('synced');
  // the reported jumps add up to the whole change
  expect(jumps.reduce((sum, ms) => sum + ms, 0)).toBe(1200 * 2000);
  expect(offsets.at(-1)).toBe(clock.now() - clock.uptime());
  await sync.stop();
});

test('a slow time service does not delay the start, and its later answer counts', async () => {
  let answer: (quality: ClockQuality) => void = () => undefined;
  const { clock, sync, offsets } = start(
    () =>
      new Promise<ClockQuality>((resolve) => {
        answer = resolve;
      }),
  );
  const starting = sync.start();
  clock.advance(600);
  await starting;
  expect(sync.quality()).toBe('unsynced');
  answer('synced');
  await vi.waitFor(() => expect(sync.quality()).toBe('synced'), { timeout: 10_000 });
  expect(offsets).toEqual([clock.now() - clock.uptime()]);
  await sync.stop();
});

test('a clock that is slewed does not count as set', async () => {
  const { clock, sync, jumps } = start(() => 'synced');
  await sync.start();
  for (let i = 0; i < 100; i++) {
    clock.jump(500);
    clock.advance(1000);
  }
  expect(jumps).toEqual([]);
  await sync.stop();
});

test('a clock that starts at 1970 is unsynced, and each boot that syncs reports its offset once', async () => {
  const clock = new FakeClock(0, 5000);
  let answer: ClockQuality = 'unsynced';
  const { sync, offsets, qualities } = start(() => answer, clock);
  await sync.start();
  expect([sync.quality(), offsets]).toEqual(['unsynced', []]);
  const truth = Date.UTC(2026, 5, 1);
  clock.advance(20_000);
  clock.jump(truth);
  answer = 'synced';
  clock.advance(1000);
  await vi.waitFor(() => expect(sync.quality()).toBe('synced'), { timeout: 10_000 });
  clock.advance(300_000);
  expect(offsets).toEqual([truth - 5000]);
  expect(qualities).toEqual(['synced']);
  await sync.stop();
});

test('a clock that is already in sync when the gateway starts reports its offset too', async () => {
  const { clock, sync, offsets } = start(() => 'synced');
  await sync.start();
  expect(offsets).toEqual([clock.now() - clock.uptime()]);
  await sync.stop();
});

test('a clock that jumps by years is unsynced until a service asked after the jump vouches for it', async () => {
  const answers: ((quality: ClockQuality) => void)[] = [];
  const { clock, sync, offsets, asked } = start(
    () => new Promise<ClockQuality>((resolve) => answers.push(resolve)),
    new FakeClock(),
  );
  const starting = sync.start();
  answers[0]?.('synced');
  await starting;
  const first = clock.now() - clock.uptime();
  // asked before the jump, answered after it
  clock.advance(30_000);
  expect(asked()).toBe(2);
  const years = 50 * 365 * 86_400_000;
  clock.jump(-years);
  clock.advance(1000);
  expect(sync.quality()).toBe('unsynced');
  answers[1]?.('synced');
  await vi.waitFor(() => expect(asked()).toBe(3), { timeout: 10_000 });
  expect([sync.quality(), offsets]).toEqual(['unsynced', [first]]);
  answers[2]?.('synced');
  await vi.waitFor(() => expect(sync.quality()).toBe('synced'), { timeout: 10_000 });
  expect(offsets).toEqual([first, first - years]);
  await sync.stop();
});

test('a clock that is slewed while in sync reports its new offset, at most once a minute', async () => {
  const { clock, sync, offsets } = start(() => 'synced');
  await sync.start();
  const first = clock.now() - clock.uptime();
  for (let i = 0; i < 180; i++) {
    clock.jump(10);
    clock.advance(1000);
  }
  expect(offsets).toEqual([first, first + 600, first + 1200, first + 1800]);
  await sync.stop();
});

test('the clock is watched for longer than 2^31 ms', async () => {
  const { clock, sync, asked } = start(() => 'synced', new FakeClock(0, 2 ** 31 - 10_000));
  await sync.start();
  clock.advance(20_000);
  clock.advance(30_000);
  await vi.waitFor(() => expect(asked()).toBe(2), { timeout: 10_000 });
  expect(sync.quality()).toBe('synced');
  await sync.stop();
});

test('after a stop no service is asked, and no jump is noticed', async () => {
  const { clock, sync, jumps, asked } = start(() => 'synced');
  await sync.start();
  await sync.stop();
  await sync.stop();
  clock.jump(10_000);
  clock.advance(100_000);
  expect(asked()).toBe(1);
  expect(jumps).toEqual([]);
});

test('the boot has an id that stays the same, also on a machine without one', async () => {
  const file = join(folder, 'boot_id');
  await writeFile(file, 'aa9628a2-05ec-4fa7-9256-cb631e8bb1b4\n');
  const options = { clock: new FakeClock(), logger: silentLogger(), probes: [] };
  expect(new ClockSync({ ...options, bootIdFile: file }).bootId()).toBe('aa9628a2-05ec-4fa7-9256-cb631e8bb1b4');
  const elsewhere = new ClockSync({ ...options, bootIdFile: join(folder, 'nowhere') });
  expect(elsewhere.bootId()).toMatch(/^[0-9a-f-]{36}$/);
  expect(elsewhere.bootId()).toBe(elsewhere.bootId());
});
