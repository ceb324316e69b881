/**
 * GET /openapi.json of a server: the schemas of its routes as OpenAPI 3.1.
 *
 * Always: the document has every route whose schema does not say `hide`; each operation names the right that it needs
 * (`x-right`: rights.ts) and each status that it answers with. The library is loaded and the document made at the first
 * request, because @fastify/swagger takes 5 MB and would slow the start of a gateway.
 */
import Fastify, { type FastifyInstance, type FastifySchema, type RouteOptions } from 'fastify';
import type { TSchema } from 'typebox';
import { assertThat } from '../assert.ts';
import { answersOf, type DescribedAnswer } from './openapi-answers.ts';
import { problemSchema } from './problem-schema.ts';
import type { Right } from './rights.ts';

declare module 'fastify' {
  interface FastifySchema {
    /** a body that the handler itself reads and checks: documented, and not checked by Fastify */
    readonly takes?: { readonly types: readonly string[]; readonly description: string; readonly schema?: TSchema };
  }
}

export interface OpenApiInfo {
  readonly title: string;
  readonly description: string;
  /** name of the log-in's cookie */
  readonly cookieName: string;
}

/** One operation of the document, as far as this file writes it. */
interface Operation {
  responses?: Readonly<Record<string, DescribedAnswer>>;
  requestBody?: unknown;
}

/** The document, as JSON. */
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly [part: string]: unknown;
}

/** Serves the document of `routes`; default: every route added to `app` or within it from now on. */
export function registerOpenApi(app: FastifyInstance, info: OpenApiInfo, routes = documentedRoutes(app)): void {
  let document: Promise<OpenApiDocument> | undefined;
  app.get('/openapi.json', { config: { right: 'see' }, schema: { hide: true } }, async () => {
    document ??= openApiDocument(routes, info);
    return document;
  });
}

/** The routes that are added to `app`, or within it, from now on. */
export function documentedRoutes(app: FastifyInstance): readonly RouteOptions[] {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    const { hide } = route.schema ?? {};
    if (hide !== true && ![route.method].flat().every((method) => method === 'HEAD')) routes.push(route);
  });
  return routes;
}

/** The OpenAPI document of these routes. */
export async function openApiDocument(routes: readonly RouteOptions[], info: OpenApiInfo): Promise<OpenApiDocument> {
  const { default: swagger } = await import('@fastify/swagger');
  const app = Fastify();
  // this server describes its routes and never answers a request
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => () => '');
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: info.title, version: '1', description: info.description },
      components: { securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: info.cookieName } } },
    },
  });
  for (const { method, url, schema = {}, config } of routes) {
    const right: Right = config?.right ?? 'act';
    const security =
      right === 'see' || right === 'act' || right === 'own' || right === 'metrics' ? [{ session: [] }] : [];
    const { response: _response, takes: _takes, ...input } = schema;
    const described = { security, ...input, 'x-right': right } as FastifySchema;
    app.route({ method, url, schema: described, handler: async () => undefined });
  }
  await app.ready();
  const document = app.swagger() as unknown as OpenApiDocument;
  await app.close();
  for (const route of routes) addAnswers(document, route);
  const { schemas, ...components } = (document.components ?? {}) as { readonly schemas?: object };
  return { ...document, components: { ...components, schemas: { ...schemas, Problem: problemSchema } } };
}

/** The library describes the parameters and the checked body; the answers and an unchecked body are added here. */
function addAnswers({ paths }: OpenApiDocument, route: RouteOptions): void {
  const path = route.url.replaceAll(/:(\w+)/g, '{$1}');
  for (const method of [route.method].flat()) {
    const operation = paths[path]?.[String(method).toLowerCase()];
    assertThat(operation !== undefined, () => `the OpenAPI document has no operation ${String(method)} ${path}`);
    operation.responses = answersOf(route);
    if (route.schema?.takes === undefined) continue;
    const { types, description, schema = { type: 'string', format: 'binary' } } = route.schema.takes;
    operation.requestBody = {
      description,
      required: true,
      content: Object.fromEntries(types.map((type) => [type, { schema }])),
    };
  }
}
