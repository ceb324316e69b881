import { expect, test } from 'vitest';
import { english, russian } from '../../testing/page-texts.ts';

test.each([
  ['power_w', 513, '513 W', '513 Вт'],
  ['power_w', 5131.2, '5.13 kW', '5,13 кВт'],
  ['power_w', -4200, '−4.2 kW', '−4,2 кВт'],
  ['power_w', 0.4, '0.4 W', '0,4 Вт'],
  ['energy_wh', 12_345_678, '12.3 MWh', '12,3 МВт·ч'],
  ['energy_wh_export', 1500, '1.5 kWh', '1,5 кВт·ч'],
  ['temperature_c', 21.04, '21 °C', '21 °C'],
  ['voltage_v_l1', 231.7, '232 V', '232 В'],
  ['power_factor', 0.98, '0.98', '0,98'],
  ['relay', true, 'on', 'вкл'],
])('%s %s is read as %s, in Russian as %s', (metric, value, words, inRussian) => {
  // a number and its unit stay on one line
  expect(english.metricValue(metric, value)).toBe(words.replaceAll(' ', '\u00a0'));
  expect(russian.metricValue(metric, value)).toBe(inRussian.replaceAll(' ', '\u00a0'));
});

test('metrics have everyday names, and an unknown metric is readable', () => {
  expect(english.metricName('power_w_export_l1')).toBe('Power export L1');
  expect(russian.metricName('power_w_export_l1')).toBe('Мощность отдача L1');
  expect(english.metricName('energy_wh_t2')).toBe('Energy T2');
  expect(english.metricName('co2_ppm')).toBe('CO2');
  expect(english.metricName('door_open')).toBe('Door open');
});

test('an axis has one unit, which depends on its largest value', () => {
  const { per, withUnit } = english.metricUnit('power_w', 999);
  expect([per, withUnit('5')]).toEqual([1, '5 W']);
  const large = english.metricUnit('power_w', -20_000);
  expect([large.per, large.withUnit('5')]).toEqual([1000, '5 kW']);
  expect(english.metricUnit('power_w', 0).per).toBe(1);
  expect(english.metricUnit('power_factor', 1).withUnit('0.9')).toBe('0.9');
});

test('durations and sizes have one or two units of the language', () => {
  const [second, hour] = [1000, 3_600_000];
  const durations = [0, 59 * second, 60 * second, hour, hour + 5 * 60_000, 26 * hour, 240 * hour];
  expect(durations.map(english.duration)).toEqual(['0 s', '59 s', '1 min', '1 h', '1 h 5 min', '1 d 2 h', '10 d']);
  expect(durations.map(russian.duration)).toEqual(['0 с', '59 с', '1 мин', '1 ч', '1 ч 5 мин', '1 сут 2 ч', '10 сут']);
  expect([-500, 900, 3000].map(english.ago)).toEqual(['just now', 'just now', '3 s ago']);
  expect([900, 3000].map(russian.ago)).toEqual(['только что', '3 с назад']);
  expect([0, 999, 1000, 3_456_789].map(english.bytes)).toEqual(['0 B', '999 B', '1 kB', '3.5 MB']);
  expect(russian.bytes(3_456_789)).toBe('3,5 МБ');
});

test('a time of another day includes the day, and an invalid time is shown unchanged', () => {
  const now = new Date(2026, 4, 1, 12, 0, 0).getTime();
  const at = (...date: [number, number, number, number, number, number]) => new Date(...date).toISOString();
  expect(english.dateTime(at(2026, 4, 1, 9, 5, 7), now)).toBe('09:05:07');
  expect(english.dateTime(at(2026, 3, 30, 9, 5, 7), now)).toBe('30 Apr 09:05:07');
  expect(english.dateTime(at(2025, 3, 30, 9, 5, 7), now)).toBe('30 Apr 2025 09:05:07');
  expect(russian.dateTime(at(2026, 3, 30, 9, 5, 7), now)).toBe('30 апр. 09:05:07');
  expect(english.dateTime('yesterday', now)).toBe('yesterday');
});
