/**
 * GET /openapi.json of a server: the schemas of its routes as OpenAPI 3.1.
 *
 * Always: the document has every route whose schema does not say `hide`; each operation names the right that it needs
 * (`x-right`: rights.ts). The library is loaded and the document made at the first request, because @fastify/swagger takes
 * 5 MB and would slow the start of a gateway.
 */
import Fastify, { type FastifyInstance, type FastifySchema, type RouteOptions } from 'fastify';
import type { Right } from './rights.ts';

export interface OpenApiInfo {
  readonly title: string;
  readonly description: string;
  /** name of the log-in's cookie */
  readonly cookieName: string;
}

/** The document, as JSON. */
export type OpenApiDocument = Readonly<Record<string, unknown>>;

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
  for (const { method, url, schema, config } of routes) {
    const right: Right = config?.right ?? 'act';
    const security = right === 'see' || right === 'act' || right === 'metrics' ? [{ session: [] }] : [];
    const described = { security, ...schema, 'x-right': right } as FastifySchema;
    app.route({ method, url, schema: described, handler: async () => undefined });
  }
  await app.ready();
  const document = app.swagger() as unknown as OpenApiDocument;
  await app.close();
  return document;
}
