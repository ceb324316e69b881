/** The contract of both OpenAPI documents: they describe every operation completely for a client. */
import { errorCodes } from '@forpost/shared/errors.ts';
import type { OpenApiDocument } from '@forpost/shared/http/openapi.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { centreDocument, gatewayDocument } from '../../scripts/reference/openapi-documents.ts';

interface Operation {
  readonly summary?: string;
  readonly 'x-right'?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly description?: string }[];
  readonly requestBody?: unknown;
  readonly responses: Readonly<
    Record<string, { readonly description?: string; readonly content?: Readonly<Record<string, { schema?: object }>> }>
  >;
}

const problemType = 'application/problem+json';

describe.each([
  ['the gateway', gatewayDocument],
  ['the centre', centreDocument],
])('%s', (_, read) => {
  let document: OpenApiDocument;
  let operations: readonly { readonly name: string; readonly path: string; readonly operation: Operation }[];
  beforeAll(async () => {
    document = await read();
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        name: `${method.toUpperCase()} ${path}`,
        path,
        operation: operation as unknown as Operation,
      })),
    );
  });
  const thoseThat = (fails: (one: (typeof operations)[number]) => boolean) =>
    operations.filter(fails).map(({ name }) => name);

  test('every operation names its purpose and the right that it needs', () => {
    expect(operations.length).toBeGreaterThan(15);
    expect(thoseThat(({ operation }) => !operation.summary || !operation['x-right'])).toEqual([]);
  });

  test('every parameter is described, and every parameter in a path is declared', () => {
    expect(
      thoseThat(({ path, operation: { parameters = [] } }) => {
        const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
        const described = parameters.filter(({ description }) => description);
        const named = described.filter((one) => one.in === 'path').map(({ name }) => name);
        return described.length < parameters.length || inPath.some((name) => !named.includes(name ?? ''));
      }),
    ).toEqual([]);
  });

  test('every operation has a successful answer with its form, and every answer is described', () => {
    expect(
      thoseThat(({ operation: { responses } }) => {
        const good = Object.entries(responses).filter(([status]) => status.startsWith('2'));
        const formless = good.filter(
          ([status, { content }]) =>
            status !== '204' &&
            !Object.values(content ?? {}).every(({ schema }) => Object.keys(schema ?? {}).length > 0),
        );
        const bodiless = good.filter(([status, { content }]) => status !== '204' && content === undefined);
        const undescribed = Object.values(responses).filter(({ description }) => !description);
        return good.length === 0 || formless.length > 0 || bodiless.length > 0 || undescribed.length > 0;
      }),
    ).toEqual([]);
  });

  test('every operation lists the refusals of its right and of its input, as problem documents', () => {
    const wanted = ({ operation }: (typeof operations)[number]) => [
      ...['500', '503'],
      ...(operation['x-right'] === 'open' ? [] : ['401']),
      ...(operation['x-right'] === 'act' || operation['x-right'] === 'gateway' ? ['403'] : []),
      ...(operation.requestBody === undefined ? [] : ['400', '413', '415']),
      ...((operation.parameters ?? []).length === 0 ? [] : ['400']),
    ];
    expect(
      operations.flatMap((one) =>
        wanted(one).flatMap((status) => (status in one.operation.responses ? [] : [`${one.name} ${status}`])),
      ),
    ).toEqual([]);
    const otherwise = ({ operation: { responses } }: (typeof operations)[number]) =>
      Object.entries(responses).some(
        // /readyz answers 503 with its reasons
        ([status, { content = {} }]) =>
          Number(status) >= 400 && !(problemType in content) && !JSON.stringify(content).includes('"reasons"'),
      );
    expect(thoseThat(otherwise)).toEqual([]);
  });

  test('a problem document lists every error code', () => {
    const { schemas } = document.components as { schemas: { Problem: { properties: { code: { enum: string[] } } } } };
    expect(schemas.Problem.properties.code.enum).toEqual(Object.keys(errorCodes));
  });
});
