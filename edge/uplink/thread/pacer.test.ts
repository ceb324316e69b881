import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../outbox/sqlite/testing/test-support.ts';
import { Pacer } from './pacer.ts';
import { UplinkMemory } from './uplink-memory.ts';

const limits = { bytesPerDay: 1_000_000 };

function aPacer(file: string | undefined, clock: FakeClock, timeZone = 'Europe/Berlin') {
  const memory = new UplinkMemory(file, silentLogger());
  return new Pacer({ sink: 'kafka', limits, clock, timeZone, memory });
}

function aFile(): string {
  const folder = temporaryFolder();
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'uplink-memory.json');
}

test('a day’s use of the budget survives a stop exactly, and a kill within a hundredth of the budget', () => {
  const file = aFile();
  const clock = new FakeClock();
  const first = aPacer(file, clock);
  for (let i = 0; i < 500; i++) first.spent('telemetry', 777);
  // killed: nothing more is written
  const used = 500 * 777;
  const second = aPacer(file, clock);
  expect(second.budget()!.used).toBeGreaterThanOrEqual(used);
  expect(second.budget()!.used).toBeLessThanOrEqual(used + 10_000);
  second.spent('telemetry', 1_000);
  const exactly = second.budget()!.used;
  second.close();
  expect(aPacer(file, clock).budget()).toEqual({ used: exactly, limit: 1_000_000 });
});

test('evidence’s use of the day survives a kill, and counts together with the events', () => {
  const file = aFile();
  const clock = new FakeClock();
  const first = aPacer(file, clock);
  first.spent('telemetry', 100_000);
  expect(first.grantBytes(300_000)).toEqual({ bytes: 300_000, waitMs: 0 });
  expect(first.budget()).toEqual({ used: 400_000, limit: 1_000_000 });
  first.spent('telemetry', 50_000);
  // killed: nothing more is written, and the granted bytes may have been sent
  const second = aPacer(file, clock);
  const { bytes } = second.grantBytes(300_000);
  expect(bytes).toBeGreaterThan(180_000);
  expect(bytes).toBeLessThanOrEqual(200_000);
  expect(second.grantBytes(1_000)).toMatchObject({ bytes: 0 });
  expect(second.ask('telemetry').until, 'the other half is the events’').toBe(0);
  second.close();
  const third = aPacer(file, clock);
  expect(third.grantBytes(1_000)).toMatchObject({ bytes: 0 });
  clock.advance(86_400_000);
  expect(third.grantBytes(1_000)).toEqual({ bytes: 1_000, waitMs: 0 });
});

test('the memory of an older version is read', () => {
  const file = aFile();
  const day = '2026-01-01';
  const old = {
    budgets: { kafka: { day, bytes: 700_000, before: [{ day: '2025-12-31', bytes: 5 }] } },
    partitions: {},
  };
  writeFileSync(file, JSON.stringify(old));
  const pacer = aPacer(file, new FakeClock());
  expect(pacer.budget()!.used).toBe(700_000);
  expect(pacer.grantBytes(1e9).bytes).toBe(300_000);
  pacer.close();
  expect(aPacer(file, new FakeClock()).budget()!.used).toBe(1_000_000);
});

test('the day is the site’s: telemetry goes on at its midnight', () => {
  // 23:30 in Berlin; midnight in UTC comes two hours later than in Berlin
  const clock = new FakeClock(Date.UTC(2026, 5, 1, 21, 30));
  const pacer = aPacer(undefined, clock);
  pacer.spent('telemetry', 1_000_000);
  const paced = pacer.ask('telemetry');
  expect(paced).toMatchObject({ why: 'budget', maxBytes: 0 });
  expect(pacer.why(paced)).toBe(
    'the budget of 1 MB for 2026-06-01 is used up: telemetry goes on at midnight, alerts go on now',
  );
  expect(pacer.ask('alerts').until).toBe(0);
  clock.advance(29 * 60_000);
  expect(pacer.ask('telemetry').until).toBeGreaterThan(clock.uptime());
  clock.advance(2 * 60_000);
  expect(pacer.ask('telemetry').until).toBe(0);
  expect(pacer.budget()!.used).toBe(0);
});

test('a boot in 1970, and a clock that was wrong for a while, give no day its budget a second time', () => {
  const file = aFile();
  const today = Date.UTC(2026, 5, 1, 12);
  let pacer = aPacer(file, new FakeClock(today));
  pacer.spent('telemetry', 700_000);
  pacer.close();
  for (let boot = 0; boot < 3; boot++) {
    const clock = new FakeClock(0);
    pacer = aPacer(file, clock);
    pacer.spent('telemetry', 50_000);
    expect(pacer.ask('telemetry').until).toBe(0);
    // the time service sets the clock
    clock.jump(today);
    clock.advance(2000);
    pacer.spent('telemetry', 100_000);
    expect(pacer.budget()!.used).toBeGreaterThanOrEqual(700_000 + (boot + 1) * 100_000);
    // killed: nothing more is written
  }
  const clock = new FakeClock(today);
  pacer = aPacer(file, clock);
  expect(pacer.ask('telemetry')).toMatchObject({ why: 'budget' });
  clock.jump(80 * 365 * 86_400_000);
  clock.advance(2000);
  expect(pacer.ask('telemetry').until).toBe(0);
  clock.jump(-80 * 365 * 86_400_000);
  clock.advance(2000);
  expect(pacer.ask('telemetry')).toMatchObject({ why: 'budget' });
});

test.each([
  ['a day of 25 hours', Date.UTC(2026, 9, 24, 22), 25],
  ['a day of 23 hours', Date.UTC(2026, 2, 28, 23), 23],
])('telemetry goes on at midnight of %s', (_, midnight, hours) => {
  const clock = new FakeClock(midnight);
  const pacer = aPacer(undefined, clock);
  pacer.spent('telemetry', 1_000_000);
  clock.advance(hours * 3_600_000 - 2000);
  expect(pacer.ask('telemetry')).toMatchObject({ why: 'budget' });
  // a waiting lane asks again within a minute
  expect(pacer.ask('telemetry').until - clock.uptime()).toBeLessThanOrEqual(60_000);
  clock.advance(3000);
  expect(pacer.ask('telemetry').until).toBe(0);
});

test('a damaged or unwritable memory file stops nothing', () => {
  const clock = new FakeClock();
  const pacer = aPacer('/proc/no-such-folder/uplink-memory.json', clock);
  pacer.spent('telemetry', 5);
  expect(pacer.budget()!.used).toBe(5);
});

test('the gateway’s status takes at most a tenth of a metered link', () => {
  const pacer = aPacer(undefined, new FakeClock());
  // a million bytes a day are 11.6 a second; a status of 300 bytes may go about every 4 min
  expect(pacer.statusGapMs(300)).toBeCloseTo((300 / (1_000_000 / 86_400 / 10)) * 1000, 0);
  expect(pacer.statusGapMs(1e9)).toBe(900_000);
});
