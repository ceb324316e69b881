import fc from 'fast-check';
import Type, { type TSchema } from 'typebox';
import Value from 'typebox/value';
import { expect, test } from 'vitest';
import { inEnglish } from '../texts/english.ts';
import { explain, mostProblems, nameOf } from './explain.ts';
import { nearest, suggestion } from './nearest.ts';

/** Random schemas of every kind that configuration uses, nested. */
const schemas: fc.Arbitrary<TSchema> = fc.letrec<{ schema: TSchema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<TSchema>(
      Type.String(),
      Type.String({ minLength: 1, maxLength: 2 }),
      Type.String({ pattern: '^a' }),
      Type.Number({ minimum: 0, maximum: 1 }),
      Type.Number({ exclusiveMinimum: 0 }),
      Type.Integer(),
      Type.Boolean(),
      Type.Null(),
      Type.Literal('a'),
      Type.Unknown(),
      Type.Record(Type.String(), Type.Integer()),
    ),
    fc
      .tuple(tie('schema'), tie('schema'), fc.boolean())
      .map(([a, b, open]) => Type.Object({ a, b: Type.Optional(b) }, { additionalProperties: open })),
    tie('schema').map((items) => Type.Array(items, { minItems: 1, maxItems: 2 })),
    fc.tuple(tie('schema'), tie('schema')).map((items) => Type.Tuple(items)),
    fc.tuple(tie('schema'), tie('schema')).map((branches) => Type.Union(branches)),
  ),
})).schema;

const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>('a', 'ab', 'b', '', 'abc', 0, 0.5, 1, -1, 2, true, null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value')),
  ),
})).value;

test('problems are found exactly for values that do not fit the schema', () => {
  fc.assert(
    fc.property(schemas, values, (schema, value) => {
      expect(explain(schema, value).length === 0).toBe(Value.Check(schema, value));
    }),
    { numRuns: 2000 },
  );
});

test('a name that a record does not allow is refused', () => {
  const schema = Type.Object({ gateways: Type.Record(Type.String({ pattern: '^[a-z0-9-]{1,64}$' }), Type.Integer()) });
  const [problem, ...more] = explain(schema, { gateways: { 'gw-1': 1, 'GW 2': 'x' } });
  expect(problem).toMatchObject({ path: ['gateways', 'GW 2'], onKey: true });
  expect(inEnglish(problem!.message)).toBe('"GW 2" cannot be a name in gateways: it must be 1 to 64 of a-z, 0-9 and -');
  expect(more).toEqual([]);
});

test('a union of blocks is explained by the block that the person meant', () => {
  const schema = Type.Union([
    Type.Object({ a: Type.Integer(), b: Type.Integer() }),
    Type.Object({ c: Type.Integer(), d: Type.Integer() }),
  ]);
  expect(explain(schema, { a: 1, b: 'x' }).map((p) => inEnglish(p.message))).toEqual([
    'b must be a whole number, not "x"',
  ]);
});

test('the number of problems is bounded', () => {
  expect(explain(Type.Array(Type.Integer()), Array(1000).fill('x'))).toHaveLength(mostProblems);
});

test('a suggestion is a similar name, or nothing', () => {
  expect(nearest('timezon', ['timezone', 'name'])).toBe('timezone');
  expect(nearest('Port', ['port'])).toBe('port');
  expect(nearest('em', ['temperature_c', 'energy_wh'])).toBeUndefined();
  expect(nearest('x', [])).toBeUndefined();
  expect(nearest('heat', ['heatpump', 'oven'])).toBe('heatpump');
  expect(suggestion('qqqq', ['port'])).toBe('; there is port');
  expect(suggestion('qqqq', [])).toBe('');
});

test('a place in the file reads as people write it', () => {
  expect(nameOf(['uplink', 0, 'brokers'])).toBe('uplink[0].brokers');
  expect(nameOf([])).toBe('the file');
});
