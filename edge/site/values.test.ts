import { placed } from '@forpost/shared/config/yaml.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { message } from '@forpost/shared/texts/texts.ts';
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
const no = words('mistake/site.no-map');
const at = (line: number, column: number) =>
  mistakesIn(text, '/etc/s.yaml', [placed('/etc/s.yaml', { line, column }, no)])[0];

test('a mistake of the document names the field by ids, so that a form can show it there', () => {
  expect(at(2, 29)).toEqual({
    path: ['site', 'timezone'],
    problem: 'the document is not a YAML map',
    sentence: { key: 'mistake/site.no-map', values: {} },
  });
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
  const elsewhere = placed('/etc/secrets.yaml', { line: 4, column: 5 }, no);
  const sentence = message('gateway/quotation', { text: 'the disk is full' });
  expect(mistakesIn(text, '/etc/s.yaml', [elsewhere, { line: 'the disk is full', sentence }])).toMatchObject([
    { path: [], problem: no },
    { path: [], problem: 'the disk is full', sentence },
  ]);
});

test('a text that is no map has no values', () => {
  expect(valuesIn('- a')).toEqual({});
  expect(valuesIn('a: 1')).toEqual({ a: 1 });
});
