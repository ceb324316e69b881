import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { forecast } from './disk-trend.ts';
import { TrendFile } from './trend-file.ts';

const quarter = 15 * 60_000;
const day = 24 * 3_600_000;
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trend-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function started(clock: FakeClock): Promise<TrendFile> {
  const trend = new TrendFile({ file: join(folder, 'host-health.json'), clock, logger: silentLogger() });
  await trend.start();
  return trend;
}

/** Fills the disk by 1 GB an hour for `hours`. */
function fill(trend: TrendFile, clock: FakeClock, hours: number): void {
  for (let step = 0; step < hours * 4; step++) {
    trend.note(step * 2.5e8, 1e12);
    clock.advance(quarter);
  }
}

test('the trend goes on after a reboot, although the monotonic clock begins anew', async () => {
  const clock = new FakeClock(Date.UTC(2026, 10, 1), 5_000_000);
  const before = await started(clock);
  fill(before, clock, 10);
  const expected = forecast(before.trend, 12e9).daysLeft;
  expect(expected).toBeCloseTo(0.5, 3);
  await before.stop();
  const after = await started(new FakeClock(clock.now() + 60_000, 1000));
  expect(forecast(after.trend, 12e9).daysLeft).toBeCloseTo(expected ?? 0, 3);
  expect(after.trend.windows.map(({ points }) => points.length)).toEqual([40, 10, 3]);
});

test('setting the clock while the gateway runs does not change the trend', async () => {
  const clock = new FakeClock();
  const trend = await started(clock);
  fill(trend, clock, 5);
  clock.jump(-400 * day);
  trend.note(20 * 2.5e8, 1e12);
  expect(forecast(trend.trend, 8e9).daysLeft).toBeCloseTo(1 / 3, 3);
});

test('a trend from the future, which a wrong clock wrote, is forgotten', async () => {
  const clock = new FakeClock(Date.UTC(2030, 0, 1));
  const before = await started(clock);
  fill(before, clock, 10);
  await before.stop();
  const after = await started(new FakeClock(Date.UTC(2026, 0, 1)));
  expect(forecast(after.trend, 1)).toEqual({});
});

test('a disk of another size begins a new trend', async () => {
  const clock = new FakeClock();
  const trend = await started(clock);
  fill(trend, clock, 10);
  trend.note(0, 2e12);
  expect(forecast(trend.trend, 1).daysLeft).toBeUndefined();
  expect(trend.trend.windows.map(({ points }) => points.length)).toEqual([1, 1, 1]);
});

test.each(['', 'no JSON', '[]', 'null', '{"total":5,"points":[{"time":"x"},null,7]}'])(
  'a damaged file (%s) costs the trend, and nothing else',
  async (content) => {
    await writeFile(join(folder, 'host-health.json'), content);
    const clock = new FakeClock();
    const trend = await started(clock);
    fill(trend, clock, 10);
    await trend.stop();
    expect(forecast(trend.trend, 12e9).daysLeft).toBeCloseTo(0.5, 3);
    expect(JSON.parse(await readFile(join(folder, 'host-health.json'), 'utf8'))).toMatchObject({ total: 1e12 });
  },
);
