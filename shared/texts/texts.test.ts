import { describe, expect, it } from 'vitest';
import { catalogue } from './catalogue/all.ts';
import { languageOf, languageOfHeader } from './language.ts';
import type { Message } from './message.ts';
import type { ValuesOf } from './placeholders.ts';
import { texts } from './texts.ts';

const now = Date.parse('2026-11-30T16:30:00Z');
const en = texts('en', catalogue.en, { timeZone: 'UTC', now: () => now });
const ru = texts('ru', catalogue.ru, { timeZone: 'UTC', now: () => now });

describe('the texts of a language', () => {
  it.each([
    [1, '1 day', '1 день'],
    [3, '3 days', '3 дня'],
    [11, '11 days', '11 дней'],
    [21, '21 days', '21 день'],
  ])('writes %d with the plural form of the language', (count, english, russian) => {
    expect(en.t('common/unit.days', { count })).toBe(english);
    expect(ru.t('common/unit.days', { count })).toBe(russian);
  });

  it('writes numbers, sizes and durations as the language does', () => {
    expect([en.formats.number(1234567.25, 1), ru.formats.number(1234567.25, 1)]).toEqual([
      '1,234,567.3',
      '1\u00a0234\u00a0567,3',
    ]);
    expect([en.formats.bytes(1_234_567), ru.formats.bytes(1_234_567)]).toEqual(['1.2 MB', '1,2 МБ']);
    expect([en.formats.duration(300_000), ru.formats.duration(300_000)]).toEqual(['5 min', '5 мин']);
    expect([en.formats.duration(4 * 86_400_000), ru.formats.duration(4 * 86_400_000)]).toEqual(['4 days', '4 дня']);
    expect([en.formats.share(0.853), ru.formats.share(0.853)]).toEqual(['85 %', '85 %']);
  });

  it('writes a reading with its unit and the name of its quantity', () => {
    expect([en.formats.measure('power_w_l1', 1234.5), ru.formats.measure('power_w_l1', 1234.5)]).toEqual([
      '1.23 kW',
      '1,23 кВт',
    ]);
    expect([en.formats.metricName('em:0/energy_wh_export'), ru.formats.metricName('power_w_l1')]).toEqual([
      'em:0 Energy export',
      'Мощность L1',
    ]);
    expect(en.formats.measure('temperature_c', -3.5)).toBe('−3.5 °C');
    expect(ru.formats.measure('open', true)).toBe('да');
  });

  it('names a quantity and its value within a sentence, with three figures', () => {
    const names = ['power_w_l1', 'energy_wh_export_t1', 'flow_rate', 'co2_ppm', 'constructor'];
    expect(names.map(en.formats.quantity)).toEqual([
      ...['power L1', 'exported energy tariff 1', 'flow_rate', 'CO2', 'constructor'],
    ]);
    expect(ru.formats.quantity('energy_wh_export_t1')).toBe('энергия (отдача), тариф 1');
    const read = [en.formats.reading('power_w', 7912), en.formats.reading('power_w', -512.34)];
    expect([...read, en.formats.reading('pm25_ug_m3', 21.53), en.formats.reading('constructor', 5)]).toEqual([
      ...['7.91 kW', '−512 W', '21.5 µg/m³', '5'],
    ]);
    expect(en.formats.reading('mode', 'eco')).toBe('eco');
    expect([90, 300, 7200, 259_200].map(ru.formats.span)).toEqual(['90 с', '5 мин', '2 ч', '3 дня']);
  });

  it('writes a time by the day on which it is read', () => {
    expect(en.formats.clockTime('2026-11-30T12:04:00Z', now)).toBe('12:04');
    expect(en.formats.clockTime('2026-06-03T12:04:00Z', now)).toBe('3 Jun 12:04');
    expect(ru.formats.clockTime('2026-06-03T12:04:00Z', now)).toBe('3 июн. 12:04');
    expect(en.formats.clockTimeToSecond('2025-06-03T12:04:07Z', now)).toBe('3 Jun 2025 12:04:07');
    expect(en.formats.clockTime('no time', now)).toBe('no time');
    expect(en.formats.dayName('no time', now)).toBe('no time');
    expect(en.formats.clockTime('2026-06-03T12:04:00Z', Number.NaN)).toBe('3 Jun 12:04');
  });

  it('names days in words', () => {
    const days = ['2026-11-30T01:00:00Z', '2026-11-29T23:00:00Z', '2026-11-19T12:00:00Z', '2025-11-19T12:00:00Z'];
    expect(days.map((iso) => en.formats.dayName(iso, now))).toEqual([
      'Today',
      'Yesterday',
      'Thu 19 Nov',
      'Wed 19 Nov 2025',
    ]);
    expect(days.map((iso) => ru.formats.dayName(iso, now))).toEqual([
      'Сегодня',
      'Вчера',
      'чт 19 нояб.',
      'ср 19 нояб. 2025',
    ]);
  });
});

describe('a message of another program', () => {
  const message = { key: 'common/unit.days', values: { count: 2 } };

  it('is shown in the language of the reader', () => {
    expect([en.say(message, ''), ru.say(message, '')]).toEqual(['2 days', '2 дня']);
  });

  it('may hold values that the language formats, lists and further messages', () => {
    const value = {
      list: [message, { metric: 'power_w', value: 2000 }, { seconds: 300 }, { time: '2026-11-30T12:04:00Z' }],
    };
    expect(ru.say({ key: 'common/unit.var', values: { value } }, '')).toBe('2 дня, 2 кВт, 5 мин и 12:04 вар');
  });

  it.each([
    ['an unknown key', { key: 'common/of-tomorrow' }],
    ['a key that every object has', { key: 'common/constructor' }],
    ['an unknown part', { key: '__proto__/x' }],
    ['a missing value', { key: 'common/unit.days' }],
    ['nesting without end', nested(20)],
  ])('is shown in its accompanying words when it has %s', (_, broken) => {
    expect(ru.say(broken, 'as the gateway said')).toBe('as the gateway said');
  });
});

describe('the language of a reader', () => {
  it('is the browser’s first language that Forpost has', () => {
    expect(languageOf(['de-DE', 'ru-KZ', 'en'])).toBe('ru');
    expect(languageOf(['de'])).toBe('en');
  });

  it('is read from Accept-Language by its weights', () => {
    expect(languageOfHeader('de, en;q=0.5, ru;q=0.9')).toBe('ru');
    expect(languageOfHeader('ru;q=0, *')).toBe('en');
    expect(languageOfHeader(undefined)).toBe('en');
  });
});

describe('the values of a text', () => {
  it('leave a gap where another version of the other side does not send them', () => {
    expect(en.t('common/unit.var', { value: undefined as never })).toBe(' var');
  });

  it('are checked as types: a missing, unknown or wrongly typed one does not compile', () => {
    type Told =
      ValuesOf<'{name}: {count, plural, one {{rule} cannot fire} other {# cannot fire}} of {all, number} {why}'>;
    const told: Told = { name: 'Oven', count: 1, rule: { seconds: 2 }, all: 3, why: 'x' };
    expect(Object.keys(told)).toHaveLength(5);
    // @ts-expect-error: a placeholder without its value
    const missing: Told = { name: 'Oven', count: 1, all: 3, why: '' };
    // @ts-expect-error: a plural takes a number
    const wrong: Told = { ...told, count: '1' };
    // @ts-expect-error: no such key
    expect(() => en.t('common/nothing')).toThrow('no text');
    expect([missing, wrong]).toHaveLength(2);
  });
});

function nested(depth: number): Message {
  return { key: 'common/unit.var', values: { value: depth === 0 ? '' : nested(depth - 1) } };
}

it('`prepare` parses every text of a part at once, and throws for a broken text', () => {
  const broken = { ...catalogue.en.common, 'unit.watt': '{value W' } as typeof catalogue.en.common;
  expect(() => texts('en', { common: catalogue.en.common }).prepare('common')).not.toThrow();
  expect(() => texts('en', { common: broken }).prepare('common')).toThrow(SyntaxError);
  expect(() => texts('en', { common: broken })).not.toThrow();
});
