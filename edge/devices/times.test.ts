import fc from 'fast-check';
import { expect, test } from 'vitest';
import { numberInText } from './numbers.ts';
import { readTime, timeOf } from './times.ts';

const first = Date.UTC(2016, 0, 1);
const last = Date.UTC(2099, 11, 30);
const two = (value: number) => String(value).padStart(2, '0');

/** A moment as RFC 3339 may write it, with any zone, case and fraction. */
const written = fc
  .record({
    second: fc.integer({ min: first / 1000, max: last / 1000 }),
    fraction: fc.option(fc.stringMatching(/^\d{1,20}$/), { nil: undefined }),
    zone: fc.option(fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 }), { nil: undefined }),
    between: fc.constantFrom('T', 't', ' '),
    utc: fc.constantFrom('Z', 'z', '-00:00', '+00:00'),
  })
  .map(({ second, fraction, zone, between, utc }) => {
    const [date, time] = new Date((second + (zone ?? 0) * 60) * 1000).toISOString().slice(0, 19).split('T');
    const offset =
      zone === undefined
        ? utc
        : `${zone < 0 ? '-' : '+'}${two(Math.floor(Math.abs(zone) / 60))}:${two(Math.abs(zone) % 60)}`;
    const ms = fraction === undefined ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0'));
    return {
      text: `${date}${between}${time}${fraction === undefined ? '' : `.${fraction}`}${offset}`,
      ms: second * 1000 + ms,
    };
  });

test('a moment in every spelling of RFC 3339 is read exactly to the millisecond', () => {
  fc.assert(
    fc.property(written, ({ text, ms }) => {
      expect([text, timeOf(text)]).toEqual([text, ms]);
    }),
    { numRuns: 3000 },
  );
});

test('a time on a day that its month does not have is refused, in any zone', () => {
  const day = fc.record({
    year: fc.integer({ min: 2016, max: 2099 }),
    month: fc.integer({ min: 0, max: 19 }),
    day: fc.integer({ min: 0, max: 39 }),
    zone: fc.constantFrom('Z', '+01:00', '-11:30'),
  });
  fc.assert(
    fc.property(day, ({ year, month, day, zone }) => {
      const exists = month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
      expect(readTime(`${year}-${two(month)}-${two(day)}T12:00:00${zone}`).kind).toBe(exists ? 'time' : 'none');
    }),
    { numRuns: 2000 },
  );
});

test('a text outside the grammar of RFC 3339 is never read as a time', () => {
  fc.assert(
    fc.property(written, fc.nat(), fc.constantFrom('', 'x', ' ', '0', ',', 'Z', '[', '+'), ({ text }, at, by) => {
      const place = at % (text.length + 1);
      const broken = text.slice(0, place) + by + text.slice(place + (by === '' ? 1 : 0));
      if (readTime(broken).kind !== 'time') return;
      // one more or one fewer digit of the fraction, or a space for the T, stays within the grammar
      expect(broken).toMatch(/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/);
    }),
    { numRuns: 3000 },
  );
});

test('a number written as a text is read, also with a decimal comma; a possible thousands separator is ambiguous', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom('', ' ', '\t'), (value, blank) => {
      // String(-0) is "0"
      const read = { kind: 'number', value: value + 0, comma: false };
      expect(numberInText(blank + String(value) + blank)).toMatchObject(read);
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: -99_999, max: 99_999 }), fc.stringMatching(/^\d{1,6}$/), (whole, decimals) => {
      const read = numberInText(`${whole},${decimals}`);
      const thousands = decimals.length === 3 && whole !== 0 && Math.abs(whole) <= 999;
      if (thousands) expect(read).toEqual({ kind: 'ambiguous' });
      else expect(read).toMatchObject({ kind: 'number', value: Number(`${whole}.${decimals}`), comma: true });
    }),
  );
  for (const text of [
    '',
    ' ',
    '1 W',
    '1.2.3',
    '0x10',
    '1e',
    '--1',
    '1_000',
    '1 000',
    '١٢',
    'NaN',
    'Infinity',
    '1.234,5',
    '1e400',
  ])
    expect([text, numberInText(text).kind]).toEqual([text, 'none']);
});
