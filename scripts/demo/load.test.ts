import { expect, test } from 'vitest';
import {
  advance,
  connectionLimitW,
  hourAt,
  hourSeconds,
  isOverload,
  meterNames,
  outdoorRadioWorks,
  outdoorTemperature,
  powersAt,
} from './load.ts';

const day = 24 * hourSeconds;
const seconds = Array.from({ length: day * 2 }, (_, i) => i / 2);
/** seconds from the demo's start to this hour of its first day */
const at = (hour: number) => ((hour - hourAt(0) + 24) % 24) * hourSeconds;

test('the connection is overloaded about once a minute for ten seconds, and never otherwise', () => {
  for (const second of seconds) {
    const above = powersAt(second)['main-meter'] > connectionLimitW;
    expect([second, above]).toEqual([second, isOverload(second)]);
  }
  for (let minute = 0; minute < 24; minute++) {
    const overloaded = seconds.filter((s) => Math.floor(s / 60) === minute && isOverload(s));
    expect(overloaded.length).toBeGreaterThanOrEqual(19);
    expect(overloaded.length).toBeLessThanOrEqual(21);
  }
});

test('the main meter is the sum of all meters behind it', () => {
  for (const second of [at(3), at(8), at(12), at(19)]) {
    const { 'main-meter': main, 'workshop-meter': workshop, ...rest } = powersAt(second);
    const { 'table-saw': saw, compressor, ...house } = rest;
    const known = workshop + Object.values(house).reduce((sum, power) => sum + power, 0);
    const unmetered = main - known;
    expect(unmetered).toBeGreaterThan(100);
    expect(isOverload(second) ? unmetered - 18_000 : unmetered).toBeLessThan(600);
    expect(workshop).toBeGreaterThan(saw + compressor);
  }
});

test('the sun feeds in by day, most around noon, and not at night', () => {
  const hourly = Array.from({ length: 24 }, (_, hour) => mean(hour, 'solar'));
  for (const hour of [22, 23, 0, 1, 2, 3]) expect(hourly[hour]).toBeCloseTo(0);
  expect(hourly[12]).toBeLessThan(-3_000);
  expect(hourly[12]).toBeLessThan(hourly[8]!);
  expect(hourly[12]).toBeLessThan(hourly[17]!);
  expect(Math.min(...seconds.map((second) => powersAt(second)['main-meter']))).toBeLessThan(-1_000);
});

test('the day is plausible: oven at noon, workshop in working hours, car at night, heat pump in the cold', () => {
  expect(mean(12, 'oven')).toBeGreaterThan(200);
  expect(mean(15, 'oven')).toBeLessThan(2);
  expect(mean(10, 'workshop-meter')).toBeGreaterThan(400);
  expect(mean(2, 'workshop-meter')).toBeLessThan(50);
  expect(mean(23, 'ev-charger')).toBeGreaterThan(6_000);
  expect(mean(5, 'heat-pump')).toBeGreaterThan(mean(16, 'heat-pump'));
  expect(outdoorTemperature(at(15))).toBeGreaterThan(outdoorTemperature(at(3)) + 5);
  const kWh = sum(seconds.map((second) => Math.max(0, powersAt(second).fridge))) / seconds.length;
  expect(kWh * 24).toBeGreaterThan(500); // Wh a day of a usual fridge
  expect(kWh * 24).toBeLessThan(1_500);
});

test('every meter has a number at every second, and the same number each time', () => {
  for (const second of seconds) {
    const powers = powersAt(second);
    for (const name of meterNames) expect(Number.isFinite(powers[name])).toBe(true);
  }
  expect(powersAt(777.25)).toEqual(powersAt(777.25));
});

test('registers add up power over real time; drawn and fed-in energy have separate sums', () => {
  let register = { drawn: 1000, fedIn: 50 };
  register = advance(register, 3_600, 10);
  expect(register).toEqual({ drawn: 1010, fedIn: 50 });
  register = advance(register, -7_200, 5);
  expect(register).toEqual({ drawn: 1010, fedIn: 60 });
  let main = { drawn: 0, fedIn: 0 };
  const step = 0.25;
  for (let second = 0; second < day; second += step) main = advance(main, powersAt(second)['main-meter'], step);
  const average = ((main.drawn - main.fedIn) * 3_600) / day;
  expect(average).toBeCloseTo(sum(seconds.map((second) => powersAt(second)['main-meter'])) / seconds.length, -2);
  expect(main.fedIn).toBeGreaterThan(0);
});

test('the outdoor sensor is silent for longer than its rule waits, and comes back', () => {
  const lost = Array.from({ length: 300 }, (_, second) => second).filter((second) => !outdoorRadioWorks(second));
  expect(lost.length).toBeGreaterThan(35);
  expect(outdoorRadioWorks(0) && outdoorRadioWorks(299)).toBe(true);
});

function mean(hour: number, name: (typeof meterNames)[number]): number {
  const within = seconds.filter((second) => Math.floor(hourAt(second)) === hour && !isOverload(second));
  return sum(within.map((second) => powersAt(second)[name])) / within.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
