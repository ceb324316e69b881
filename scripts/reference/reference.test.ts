import { readFile } from 'node:fs/promises';
import Type from 'typebox';
import { expect, test } from 'vitest';
import { referenceFiles, referenceFolder } from './files.ts';
import { rowsOf } from './schema-rows.ts';

test('the reference pages and schemas match the code; npm run -s reference renews them', async () => {
  const stale: string[] = [];
  for (const [name, text] of Object.entries(await referenceFiles()))
    if ((await readFile(new URL(name, referenceFolder), 'utf8').catch(() => '')) !== text) stale.push(name);
  expect(stale, 'these files of docs/reference are stale: run "npm run -s reference" and commit them').toEqual([]);
});

test('a configuration key without a description is refused with its path', () => {
  const list = Type.Array(Type.Object({ id: Type.String() }), { description: 'items' });
  expect(() => rowsOf(Type.Object({ list }))).toThrow('the key list[].id has no description');
});

test('a pattern without an explanation in words is refused', () => {
  const schema = Type.Object({ id: Type.String({ pattern: '^[q]+$', description: 'an id' }) });
  expect(() => rowsOf(schema)).toThrow('the pattern ^[q]+$ has no words');
});

test('a key’s row shows its type, unit, default and limits', () => {
  const { rows } = rowsOf(
    Type.Object({
      hold_s: Type.Optional(Type.Integer({ minimum: 1, maximum: 60, default: 5, description: 'a | b' })),
      way: Type.Union([Type.Literal('in'), Type.Literal('out')], { description: 'where to' }),
    }),
  );
  expect(rows).toEqual([
    { key: '`hold_s`', type: 'whole number', unit: 's', default: '`5`', limits: '1 to 60', meaning: 'a \\| b' },
    { key: '`way`', type: '`in`, `out`', unit: '', default: '**required**', limits: '', meaning: 'where to' },
  ]);
});

test('each kind of a list has a section of its own', () => {
  const one = Type.Object(
    { kind: Type.Literal('a', { description: 'first' }), url: Type.String({ description: 'address' }) },
    { description: 'an a' },
  );
  const two = Type.Object({ kind: Type.Literal('b', { description: 'a b' }) });
  const { rows, kinds } = rowsOf(Type.Object({ to: Type.Array(Type.Union([one, two]), { description: 'ways' }) }));
  expect(rows.map(({ key }) => key)).toEqual(['`to`']);
  expect(kinds.map(({ path, kind, about, rows: own }) => [path, kind, about, own.length])).toEqual([
    ['to[]', 'a', 'an a', 2],
    ['to[]', 'b', 'a b', 1],
  ]);
});
