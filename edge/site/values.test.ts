import { expect, test } from 'vitest';
import { mistakesIn, valuesIn } from './values.ts';

const text = `# home
site: { id: home, timezone: Mars }
devices:
  - id: meter
    decoder: nativ
    keys:
      a: 7
  - { id: plug, decoder: tasmota }
cameras:
  - id: yard
    url: rtsp://x/
    zones:
      - points: [[0, 0], [2, 0]]
`;
const at = (line: number, column: number) => mistakesIn(text, '/etc/s.yaml', [`/etc/s.yaml:${line}:${column}: no`])[0];

test('a mistake of the document names the field by ids, so that a form can show it there', () => {
  expect(at(2, 29)).toEqual({ path: ['site', 'timezone'], problem: 'no' });
  expect(at(5, 14)?.path).toEqual(['devices', 'meter', 'decoder']);
  expect(at(7, 10)?.path).toEqual(['devices', 'meter', 'keys', 'a']);
  expect(at(13, 27)?.path).toEqual(['cameras', 'yard', 'zones', 0, 'points', 1, 0]);
});

test('a key that is missing in an entry is a mistake of the entry', () => {
  expect(at(4, 5)?.path).toEqual(['devices', 'meter']);
  expect(at(8, 5)?.path).toEqual(['devices', 'plug']);
  expect(at(8, 7)?.path).toEqual(['devices', 'plug', 'id']);
  expect(at(3, 1)?.path).toEqual(['devices']);
});

test('a mistake in another file, and one without a place, belong to no field', () => {
  expect(mistakesIn(text, '/etc/s.yaml', ['/etc/secrets.yaml:4:5: no hash', 'the disk is full'])).toEqual([
    { path: [], problem: 'no hash' },
    { path: [], problem: 'the disk is full' },
  ]);
});

test('a text that is no map has no values', () => {
  expect(valuesIn('- a')).toEqual({});
  expect(valuesIn('a: 1')).toEqual({ a: 1 });
});
