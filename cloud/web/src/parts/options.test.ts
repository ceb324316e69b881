import fc from 'fast-check';
import { expect, test } from 'vitest';
import { optionsOf } from './options.ts';

test('a repeated value is one option', () => {
  const meter = { value: 'gw-1/meter', label: 'Meter' };
  expect(optionsOf([meter, meter, { value: 'gw-1/meter', label: 'Meter, under a second site' }])).toEqual([meter]);
});

test('the labels of two values with the same or a similar name differ', () => {
  const options = optionsOf([
    { value: 'gw-1/meter', label: 'Meter' },
    { value: 'gw-2/meter', label: ' ＭＥＴＥＲ ' },
    { value: 'gw-3/meter', label: '' },
  ]);
  expect(options.map(({ label }) => label.trim())).toEqual([
    'Meter (gw-1/meter)',
    'ＭＥＴＥＲ  (gw-2/meter)',
    '(gw-3/meter)',
  ]);
});

test('for any input, each value is listed once, no value is empty, and labels are bounded', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', 'a', 'A', '__proto__', 'x'.repeat(3_000)));
  fc.assert(
    fc.property(fc.array(fc.record({ value: text, label: text })), (found) => {
      const options = optionsOf(found);
      const values = options.map(({ value }) => value);
      expect(new Set(values).size).toBe(values.length);
      expect(new Set(found.map(({ value }) => value).filter((value) => value !== ''))).toEqual(new Set(values));
      for (const { label } of options) expect(label.length).toBeLessThan(200);
    }),
  );
});
