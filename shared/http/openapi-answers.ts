/**
 * The answers of a route as OpenAPI describes them: those that the route declares, and the refusals that its right and
 * its input bring with them.
 *
 * Always: a refusal is a problem document; a route's own words about a status replace the usual ones.
 */
import type { FastifySchema, RouteOptions } from 'fastify';
import type { TSchema } from 'typebox';
import { problemSchema } from './problem-schema.ts';
import type { Right } from './rights.ts';
import { mediaMark, nothingMark, problem, problemMark } from './schema.ts';

export interface DescribedAnswer {
  readonly description: string;
  /** by media type; absent: the answer has no body */
  readonly content?: Readonly<Record<string, { readonly schema: unknown }>>;
}

const jsonType = 'application/json';
export const problemType = 'application/problem+json';
/** Where the document has the schema of problems. */
const problemReference = '#/components/schemas/Problem';
const readOnly: readonly unknown[] = ['GET', 'HEAD', 'OPTIONS'];

interface AnswerSchema {
  readonly properties?: object;
  readonly description?: string;
  readonly [problemMark]?: boolean;
  readonly [mediaMark]?: readonly string[];
  readonly [nothingMark]?: boolean;
}

/** By status, in the order of the statuses. */
export function answersOf(route: RouteOptions): Readonly<Record<string, DescribedAnswer>> {
  const declared = (route.schema?.response ?? {}) as Readonly<Record<string, TSchema>>;
  const all = { ...refusalsOf(route), ...declared };
  // JavaScript itself sorts the keys of an object that are whole numbers
  return Object.fromEntries(Object.entries(all).map(([status, schema]) => [status, described(schema)]));
}

function described(schema: AnswerSchema & TSchema): DescribedAnswer {
  const { description = 'the answer' } = schema;
  if (schema[nothingMark] === true) return { description };
  if (schema[problemMark] === true)
    return { description, content: { [problemType]: { schema: problemWith(schema.properties ?? {}) } } };
  const types = schema[mediaMark];
  if (types === undefined) return { description, content: { [jsonType]: { schema } } };
  return { description, content: Object.fromEntries(types.map((type) => [type, { schema: bytesAs(type) }])) };
}

function problemWith(more: object): object {
  if (Object.keys(more).length === 0) return { $ref: problemReference };
  return { ...problemSchema, properties: { ...problemSchema.properties, ...more } };
}

function bytesAs(type: string): object {
  return type.startsWith('text/') ? { type: 'string' } : { type: 'string', format: 'binary' };
}

/** The refusals that a route has because of its right, its method and its input. */
export function refusalsOf({
  method,
  schema,
  config,
}: Pick<RouteOptions, 'method' | 'schema' | 'config'>): Readonly<Record<string, TSchema>> {
  const right: Right = config?.right ?? 'act';
  const changes = [method].flat().some((one) => !readOnly.includes(one));
  const reasons = [
    ...(right === 'act' ? ['the log-in is a viewer’s'] : []),
    ...(changes && right !== 'gateway' ? ['the page of another site sent the request'] : []),
  ];
  return {
    ...(hasInput(schema) ? { 400: problem('a parameter or the body is wrong; `errors` names each wrong field') } : {}),
    ...unauthorised[right],
    ...(reasons.length === 0 ? {} : { 403: problem(reasons.join(', or ')) }),
    ...(schema?.body !== undefined || schema?.takes !== undefined
      ? { 413: problem('the body is too large'), 415: problem('the content type or encoding is not known here') }
      : {}),
    500: problem('something failed inside; the log has the details'),
    503: problem('this does not work now: try again after `Retry-After` seconds, or in a moment'),
  };
}

function hasInput(schema: FastifySchema | undefined): boolean {
  return [schema?.params, schema?.querystring, schema?.body, schema?.takes].some((part) => part !== undefined);
}

const noLogin = { 401: problem('nobody is logged in') };
const unauthorised: Readonly<Record<Right, Readonly<Record<string, TSchema>>>> = {
  open: {},
  see: noLogin,
  act: noLogin,
  own: noLogin,
  metrics: { 401: problem('nobody is logged in, and the token is absent or wrong') },
  gateway: {
    401: problem('the token or certificate of a gateway is absent or wrong'),
    403: problem('the gateway is locked out'),
    429: problem('too many requests: try again after `Retry-After` seconds'),
  },
};
