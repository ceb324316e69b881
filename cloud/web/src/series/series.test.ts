import { expect, test } from 'vitest';
import type { EventView } from '../../../events/schemas.ts';
import { type ChartSeries, columns, columnsFrom, figuresOf, readingsOf, withReadings } from './series.ts';

const series = (times: readonly number[]): ChartSeries => ({
  step: 10_000,
  from: 0,
  to: 100_000,
  counted: times.map((time) => ({ time, value: time / 1000 })),
  live: [],
});

test('a time without readings is a gap in the line', () => {
  const [times, values] = columns(series([0, 10_000, 20_000, 80_000, 90_000]));
  expect(times).toEqual([0, 10, 20, 30, 80, 90]);
  expect(values).toEqual([0, 10, 20, null, 80, 90]);
});

test('a sensor with rare but regular readings has one line without gaps', () => {
  expect(columns(series([0, 300_000, 600_000, 900_000]))[1]).toEqual([0, 300, 600, 900]);
});

test('new readings extend the line as the mean of each step, and no reading is counted twice', () => {
  const live = withReadings(
    withReadings(series([0, 10_000]), [
      { time: 19_000, value: 5 },
      { time: 21_000, value: 6 },
    ]),
    [
      { time: 29_999, value: 8 },
      { time: 31_000, value: 9 },
    ],
  );
  expect(columns(live)).toEqual([
    [0, 10, 20, 30],
    [0, 10, 7, 9],
  ]);
});

test('only the chosen device’s readings of the chosen metric are drawn', () => {
  const event = (change: object, data: unknown) =>
    ({
      type: 'forpost.reading.v1',
      gateway: 'g',
      subject: 'd',
      time: '1970-01-01T00:00:01.000Z',
      data,
      ...change,
    }) as EventView;
  const choice = { gateway: 'g', device: 'd', channel: '', metric: 'power_w' };
  const events = [
    event({}, { values: { power_w: 1 } }),
    event({ subject: 'other' }, { values: { power_w: 2 } }),
    event({ gateway: 'other' }, { values: { power_w: 3 } }),
    event({}, { values: { power_w: 4 }, channel: 'a' }),
    event({}, { values: { power_w: 'broken' } }),
    event({ type: 'forpost.alert.v1' }, { values: { power_w: 5 } }),
    event({}, {}),
  ];
  expect(readingsOf(events, choice)).toEqual([{ time: 1000, value: 1 }]);
});

test('the figures beside a chart ignore gaps', () => {
  expect(
    figuresOf([
      [10, 20, 30, 40, 50],
      [1, null, 5, 3, null],
    ]),
  ).toEqual({ at: 40, now: 3, lowest: 1, highest: 5, mean: 3 });
  expect(figuresOf([[10], [null]])).toBeUndefined();
});

test('the readings of a silent meter leave the chart and its figures as time passes', () => {
  const drawn = columns(series([0, 10_000, 20_000]));
  expect(columnsFrom(drawn, 0)).toEqual(drawn);
  expect(columnsFrom(drawn, 15)).toEqual([[20], [20]]);
  expect(figuresOf(columnsFrom(drawn, 15))).toMatchObject({ at: 20, now: 20, mean: 20 });
  expect(figuresOf(columnsFrom(drawn, 21))).toBeUndefined();
});
