/** The page of both HTTP interfaces, from their OpenAPI documents. */
import { systemClock } from '@forpost/shared/clock.ts';
import { type Login, registerLogin } from '@forpost/shared/http/login.ts';
import { documentedRoutes, openApiDocument } from '@forpost/shared/http/openapi.ts';
import type { Right } from '@forpost/shared/http/rights.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import Fastify, { type FastifyInstance } from 'fastify';
import { Capabilities } from '../../cloud/api/capability.ts';
import { type CentreServices, capabilities } from '../../cloud/capabilities.ts';
import { receiverPlugin } from '../../cloud/receiver/receiver.ts';
import { registerOpenRoutes, registerRoutes } from '../../edge/console/routes.ts';
import { registerSiteRoutes } from '../../edge/console/site-routes.ts';
import { anything } from './anything.ts';
import { code, madeBy, table, words } from './markdown.ts';
import { rowOf, type SchemaNode } from './schema-rows.ts';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: SchemaNode;
}

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly 'x-right'?: Right;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: SchemaNode }>> };
  readonly responses?: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: SchemaNode }>> }>
  >;
}

const rights: Readonly<Record<Right, string>> = {
  open: 'no log-in',
  see: 'a log-in: a viewer or an operator',
  act: 'the log-in of an operator',
  metrics: 'a log-in, or `authorization: Bearer` with the metrics token',
  gateway: 'a gateway’s token or client certificate',
  own: 'a log-in, also a viewer’s: the route changes only that person’s own settings',
};

export async function httpPage(): Promise<string> {
  return `# HTTP
${madeBy}

Both sides serve their OpenAPI document at \`/openapi.json\` for a person who is logged in. What stands under \`/api/v1\` stays compatible: fields are added, never changed. An error is \`application/problem+json\` (RFC 9457) with a \`detail\` that says what happened and what to do; 429 and 503 have \`Retry-After\`. Times are RFC 3339.

A script logs in with \`POST /api/v1/login\` and sends the cookie of the answer with each request. The right that an operation needs:

${table(
  ['right', 'who has it'],
  Object.entries(rights).map(([right, who]) => [code(right), who]),
)}

## The gateway
${await side(gatewayRoutes)}

## The centre
${await side(centreRoutes)}
`;
}

async function side(add: (app: FastifyInstance) => void | Promise<void>): Promise<string> {
  const app = Fastify();
  const routes = documentedRoutes(app);
  await add(app);
  await app.ready();
  const { paths } = (await openApiDocument(routes, { title: '', description: '', cookieName: '' })) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  };
  await app.close();
  const operations = Object.entries(paths)
    .flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })))
    .sort((a, b) => a.path.localeCompare(b.path) || a.method.localeCompare(b.method));
  const overview = operations.map(({ path, method, operation }) => [
    code(`${method.toUpperCase()} ${path}`),
    code(operation['x-right'] ?? ''),
    words(summaryOf(path, operation)),
  ]);
  const details = operations.flatMap(({ path, method, operation }) => detail(path, method, operation));
  return [table(['operation', 'right', 'what it does'], overview), ...details].join('\n\n');
}

function summaryOf(path: string, { summary }: Operation): string {
  if (summary === undefined) throw new Error(`the route ${path} has no summary in its schema`);
  return summary;
}

/** Input and output of an operation; empty when it has neither. */
function detail(
  path: string,
  method: string,
  { description, parameters = [], requestBody, responses }: Operation,
): string[] {
  const body = Object.values(requestBody?.content ?? {})[0]?.schema;
  const fields = Object.entries(body?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'body',
    required: body?.required?.includes(name) ?? false,
    description: schema.description,
    schema,
  }));
  const taken = [...parameters, ...fields].map(
    ({ name, in: where, required = false, description: about, schema = {} }) => {
      if (about === undefined && where !== 'path')
        throw new Error(`the parameter ${name} of ${path} has no description`);
      const { type, limits } = rowOf(name, name, schema, required);
      return [code(name), where, required ? 'yes' : 'no', type, limits, words(about ?? '')];
    },
  );
  const answer = Object.values(responses?.['200']?.content ?? {})[0]?.schema;
  const given = Object.keys(answer?.properties ?? {});
  if (taken.length === 0 && given.length === 0) return [];
  return [
    [
      `### ${method.toUpperCase()} ${path}`,
      ...(description === undefined ? [] : [description]),
      ...(taken.length === 0 ? [] : [table(['parameter', 'in', 'required', 'type', 'limits', 'meaning'], taken)]),
      ...(given.length === 0 ? [] : [`Answers with ${given.map(code).join(', ')}.`]),
    ].join('\n\n'),
  ];
}

function gatewayRoutes(app: FastifyInstance): void {
  const login = addLogin(app);
  registerOpenRoutes(app, anything());
  registerRoutes(app, { source: anything(), login, clock: systemClock, metrics: anything() });
  registerSiteRoutes(app, { document: anything(), authorOf: anything() });
}

async function centreRoutes(app: FastifyInstance): Promise<void> {
  const services = new Proxy(
    { config: {}, folder: '', clock: systemClock, logger: silentLogger() } as Partial<CentreServices>,
    {
      get: (known, name) => Reflect.get(known, name) ?? anything(),
    },
  ) as CentreServices;
  const made = Capabilities.of(capabilities, services);
  await app.register(async (scope) => {
    // the generator answers no requests, so their checks do not matter
    scope.setValidatorCompiler(() => () => true);
    scope.setSerializerCompiler(() => () => '');
    made.addRoutes(scope, addLogin(scope));
  });
  await app.register(receiverPlugin, { ...anything<Parameters<typeof receiverPlugin>[1]>(), capabilities: made });
}

function addLogin(app: FastifyInstance): Login {
  return registerLogin(app, {
    realm: '',
    users: () => undefined,
    cookieName: 'session',
    secure: false,
    clock: systemClock,
  });
}
