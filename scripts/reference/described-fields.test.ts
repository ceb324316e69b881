/** Each field of both APIs has a description. A field with fields of its own needs none: its fields have theirs. */
import { expect, test } from 'vitest';
import { centreDocument, gatewayDocument } from './openapi-documents.ts';

interface Schema {
  readonly description?: string;
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly description?: string; readonly schema?: Schema }[];
  readonly requestBody?: Content;
  readonly responses?: Readonly<Record<string, Content>>;
}

interface Found {
  readonly count: number;
  readonly undescribed: readonly string[];
}

/** Fields below `schema` that have neither a description nor fields of their own. */
function fieldsOf(schema: Schema | undefined, path: string): Found {
  if (schema === undefined || schema.$ref !== undefined) return { count: 0, undescribed: [] };
  const { properties = {}, items, anyOf = [], allOf = [] } = schema;
  const own = Object.entries(properties).map(([name, field]): Found => {
    const at = `${path} ${name}`;
    const isMissing = !isDescribed(field) && !hasFields(field);
    const { count, undescribed } = fieldsOf(field, at);
    return { count: count + 1, undescribed: isMissing ? [at, ...undescribed] : undescribed };
  });
  return [
    ...own,
    ...[...(items === undefined ? [] : [items]), ...anyOf, ...allOf].map((one) => fieldsOf(one, path)),
  ].reduce(joined, { count: 0, undescribed: [] });
}

/** A list of plain values may be described at its items. */
function isDescribed({ description = '', items }: Schema): boolean {
  return description !== '' || (items !== undefined && isDescribed(items));
}

function hasFields({ properties, items, anyOf = [], $ref }: Schema): boolean {
  if (properties !== undefined || $ref !== undefined) return true;
  return (items !== undefined && hasFields(items)) || anyOf.some(hasFields);
}

function joined(a: Found, b: Found): Found {
  return { count: a.count + b.count, undescribed: [...a.undescribed, ...b.undescribed] };
}

function ofContent({ content = {} }: Content, path: string): Found {
  return Object.values(content)
    .map(({ schema }) => fieldsOf(schema, path))
    .reduce(joined, { count: 0, undescribed: [] });
}

function ofOperation({ parameters = [], requestBody = {}, responses = {} }: Operation, path: string): Found {
  const wrong = parameters.filter(({ description, schema }) => (description ?? schema?.description ?? '') === '');
  const own = { count: parameters.length, undescribed: wrong.map(({ name }) => `${path} ?${name}`) };
  const answers = Object.entries(responses).map(([status, answer]) => ofContent(answer, `${path} ${status}`));
  return [ofContent(requestBody, `${path} request`), ...answers].reduce(joined, own);
}

test.each([
  ['gateway', gatewayDocument, 800],
  ['centre', centreDocument, 450],
])('each field of each request and answer of the %s’s API has a description', async (_, documentOf, least) => {
  const { paths } = (await documentOf()) as { readonly paths: Readonly<Record<string, Record<string, Operation>>> };
  const found = Object.entries(paths)
    .flatMap(([path, methods]) => Object.entries(methods).map(([method, one]) => ofOperation(one, `${method} ${path}`)))
    .reduce(joined, { count: 0, undescribed: [] });
  expect([...new Set(found.undescribed)]).toEqual([]);
  expect(found.count).toBeGreaterThan(least);
});

test('a field without a description is found, also within a list and a choice', () => {
  const inner = { properties: { id: {}, name: { description: 'a name' } } };
  expect(
    fieldsOf({ properties: { list: { items: inner }, either: { anyOf: [inner, {}] }, plain: {} } }, 'a').undescribed,
  ).toEqual(['a list id', 'a either id', 'a plain']);
});
