import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DiskTrend, forecast, noTrend, noted } from './disk-trend.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const gigabyte = 1e9;

/** The trend after `length` ms with a reading every 15 min; `used`: bytes at a time. */
function trendOf(length: number, used: (at: number) => number): DiskTrend {
  let trend = noTrend;
  for (let at = 0; at <= length; at += 15 * minute) trend = noted(trend, { at, used: used(at) });
  return trend;
}

test('for a disk that fills steadily, the forecast is its free space over its growth, after a few hours of readings', () => {
  const perDay = 10 * gigabyte;
  const steady = (at: number) => (perDay * at) / day;
  expect(forecast(trendOf(2 * hour, steady), 5 * gigabyte).daysLeft).toBeUndefined();
  expect(forecast(trendOf(8 * hour, steady), 5 * gigabyte).daysLeft).toBeCloseTo(0.5, 5);
  // 12 hours of readings cannot forecast a week, 4 days can
  expect(forecast(trendOf(12 * hour, steady), 70 * gigabyte).daysLeft).toBeUndefined();
  expect(forecast(trendOf(4 * day, steady), 70 * gigabyte).daysLeft).toBeCloseTo(7, 5);
});

test('a disk that gets a large file every night has a forecast after some nights', () => {
  const nightly = (at: number) => 3 * gigabyte * Math.floor(at / day);
  const { daysLeft = 0 } = forecast(trendOf(7 * day, nightly), 12 * gigabyte);
  expect(daysLeft).toBeGreaterThan(3);
  expect(daysLeft).toBeLessThan(14);
});

test('a disk whose recordings are deleted every night has no forecast', () => {
  const sawtooth = (at: number) => (gigabyte * (at % day)) / hour;
  for (let hours = 24; hours < 24 * 9; hours += 7)
    expect(forecast(trendOf(hours * hour, sawtooth), 200 * gigabyte).daysLeft).toBeUndefined();
});

test('one jump of any size at any time, with noise around it, gives no forecast', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 3, max: 9 * 24 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 100, noNaN: true }),
      fc.boolean(),
      (hours, where, gigabytes, withWobble) => {
        const length = hours * hour;
        const wobble = (at: number) => (withWobble ? 1e6 * ((at / minute) % 2 === 0 ? 1 : -1) : 0);
        const jump = (at: number) => (at >= where * length ? gigabytes * gigabyte : 0) + wobble(at);
        expect(forecast(trendOf(length, jump), 10 * gigabyte).daysLeft).toBeUndefined();
      },
    ),
    { numRuns: 60 },
  );
});

test('a disk whose use never grows has no forecast, whatever is deleted when', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1e9 }), { minLength: 12, maxLength: 300 }), (deleted) => {
      let used = 1e12;
      let trend = noTrend;
      deleted.forEach((bytes, index) => {
        used -= bytes;
        trend = noted(trend, { at: index * 15 * minute, used });
      });
      expect(forecast(trend, 1).daysLeft).toBeUndefined();
    }),
    { numRuns: 60 },
  );
});

test('the trend keeps a bounded number of points after a year, and returns the time of its oldest one', () => {
  let trend = noTrend;
  for (let at = 0; at <= 365 * day; at += hour) trend = noted(trend, { at, used: 0 });
  expect(trend.windows.map(({ points }) => points.length)).toEqual(
    [12, 48, 48].map((most) => expect.closeTo(most, -1)),
  );
  expect(forecast(trend, 1).since).toBeGreaterThan(356 * day);
  expect(forecast(noTrend, 1)).toEqual({});
});

test('a reading before the shortest step has passed adds no point to the trend', () => {
  const trend = noted(noTrend, { at: 0, used: 0 });
  expect(noted(trend, { at: minute, used: 1 })).toBe(trend);
});
