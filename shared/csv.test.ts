import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvField, parseCsv } from './csv.ts';

const textsOf = (csv: string) => {
  const read = parseCsv(csv);
  return 'rows' in read ? read.rows.map((row) => row.map(({ text }) => text)) : read.problem;
};

test('fields with commas, quotes and line ends are read, and each has its line and column', () => {
  const read = parseCsv('\ufeffid,name\r\nmeter,"Main, ""old""\nmeter"\r\n\r\npump, Pump ');
  expect(read).toEqual({
    rows: [
      [
        { text: 'id', line: 1, column: 1 },
        { text: 'name', line: 1, column: 4 },
      ],
      [
        { text: 'meter', line: 2, column: 1 },
        { text: 'Main, "old"\nmeter', line: 2, column: 7 },
      ],
      [
        { text: 'pump', line: 5, column: 1 },
        { text: 'Pump', line: 5, column: 6 },
      ],
    ],
  });
});

test('a spreadsheet’s list with semicolons is read too', () => {
  expect(textsOf('id;name\nmeter;Main, old\n')).toEqual([
    ['id', 'name'],
    ['meter', 'Main, old'],
  ]);
});

test('a quote that does not end, and text behind one, are errors with their place', () => {
  expect(textsOf('id,name\nmeter,"Main\npump,x')).toMatchObject({ line: 2, column: 7 });
  expect(textsOf('id,name\nmeter,"Main"x')).toMatchObject({ line: 2, column: 13 });
});

test('a written table reads back unchanged', () => {
  const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'é', ',', ';', '"', '\n', ' ') });
  const field = word.map((text) => `${text}x`.trim());
  const table = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(table, (rows) => {
      const csv = ['x,y', ...rows.map((row) => row.map(csvField).join(','))].join('\n');
      expect(textsOf(csv)).toEqual([['x', 'y'], ...rows]);
    }),
    { numRuns: 200 },
  );
});
