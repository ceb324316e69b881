import { expect, test } from 'vitest';
import { ago, bytes, dateTime, duration, metricName, metricUnit, metricValue } from './format.ts';

test.each([
  ['power_w', 513, '513 W'],
  ['power_w', 5131.2, '5.13 kW'],
  ['power_w', -4200, '-4.2 kW'],
  ['power_w', 0.4, '0.4 W'],
  ['energy_wh', 12_345_678, '12.3 MWh'],
  ['energy_wh_export', 1500, '1.5 kWh'],
  ['temperature_c', 21.04, '21 °C'],
  ['voltage_v_l1', 231.7, '232 V'],
  ['power_factor', 0.98, '0.98'],
  ['relay', true, 'on'],
])('%s %s is read as %s', (metric, value, words) => {
  expect(metricValue(metric, value).replaceAll('\u00a0', ' ')).toBe(words);
});

test('metrics have names that people use, and one nobody foresaw is readable', () => {
  expect(metricName('power_w_export_l1')).toBe('Power, export, L1');
  expect(metricName('energy_wh_t2')).toBe('Energy, T2');
  expect(metricName('co2_ppm')).toBe('Co2');
  expect(metricName('door_open')).toBe('Door open');
  expect(metricUnit('power_w', 999)).toEqual({ text: 'W', per: 1 });
});

test('durations and sizes have one or two units', () => {
  const [second, hour] = [1000, 3_600_000];
  expect([0, 59 * second, 60 * second, hour, 26 * hour, 240 * hour].map(duration)).toEqual([
    '0 s',
    '59 s',
    '1 min',
    '1 h',
    '1 d 2 h',
    '10 d',
  ]);
  expect(duration(hour + 5 * 60_000)).toBe('1 h 5 min');
  expect([ago(-500), ago(900), ago(3000)]).toEqual(['just now', 'just now', '3 s ago']);
  expect([0, 999, 1000, 3_456_789].map(bytes)).toEqual(['0 B', '999 B', '1 kB', '3.46 MB']);
});

test('a time of another day says the day, and one that is none is shown as it is', () => {
  const now = new Date(2026, 4, 1, 12, 0, 0).getTime();
  expect(dateTime(new Date(2026, 4, 1, 9, 5, 7).toISOString(), now)).toBe('09:05:07');
  expect(dateTime(new Date(2026, 3, 30, 9, 5, 7).toISOString(), now)).toBe('30 Apr 09:05:07');
  expect(dateTime(new Date(2025, 3, 30, 9, 5, 7).toISOString(), now)).toBe('30 Apr 2025 09:05:07');
  expect(dateTime('yesterday', now)).toBe('yesterday');
});
