/** The page of both HTTP interfaces, from their OpenAPI documents. */
import type { OpenApiDocument } from '@forpost/shared/http/openapi.ts';
import { problemType } from '@forpost/shared/http/openapi-answers.ts';
import type { Right } from '@forpost/shared/http/rights.ts';
import { fieldTable } from './field-table.ts';
import { isUsual, rights, usualRows } from './http-refusals.ts';
import { code, madeBy, table, words } from './markdown.ts';
import { centreDocument, gatewayDocument } from './openapi-documents.ts';
import { rowOf, type SchemaNode } from './schema-rows.ts';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header' | 'body';
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: SchemaNode;
}

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly 'x-right'?: Right;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly description?: string; readonly content: Content };
  readonly responses?: Readonly<Record<string, Answer>>;
}

type Content = Readonly<Record<string, { readonly schema: SchemaNode }>>;

interface Answer {
  readonly description: string;
  readonly content?: Content;
}

export async function httpPage(): Promise<string> {
  return `# HTTP
${madeBy}

Both sides serve their OpenAPI document at \`/openapi.json\` for a person who is logged in. What stands under \`/api/v1\` stays compatible: fields are added, never changed. An error is \`application/problem+json\` (RFC 9457) with a \`detail\` that says what happened and what to do; 429 and 503 have \`Retry-After\`. Times are RFC 3339. A client ignores fields that it does not know.

A script logs in with \`POST /api/v1/login\` and sends the cookie of the answer with each request. The right that an operation needs:

${table(
  ['right', 'who has it'],
  Object.entries(rights).map(([right, who]) => [code(right), who]),
)}

The usual refusals. 400, 413 and 415 answer a request with parameters or a body, 403 a change. The table of an operation has only its other refusals.

${table(['status', 'when', 'operations with the right'], usualRows())}

## The gateway
${side(await gatewayDocument())}

## The centre
${side(await centreDocument())}
`;
}

function side(document: OpenApiDocument): string {
  const paths = document.paths as Readonly<Record<string, Readonly<Record<string, Operation>>>>;
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

/** Input, answers and refusals of an operation. */
function detail(
  path: string,
  method: string,
  { description, parameters = [], requestBody, responses = {} }: Operation,
): string[] {
  const name = `${method.toUpperCase()} ${path}`;
  const taken = [...parameters.map((one) => parameterRow(name, one)), ...bodyRows(name, requestBody)];
  const given = Object.entries(responses).flatMap(([status, answer]) => answerParts(status, answer));
  return [
    [
      `### ${name}`,
      ...(description === undefined ? [] : [description]),
      ...(taken.length === 0 ? [] : [table(['parameter', 'in', 'required', 'type', 'limits', 'meaning'], taken)]),
      ...given,
      ...refusals(responses),
    ].join('\n\n'),
  ];
}

function parameterRow(
  of: string,
  { name, in: where, required = false, description, schema = {} }: Parameter,
): string[] {
  if (description === undefined) throw new Error(`the parameter ${name} of ${of} has no description`);
  const { type, limits } = rowOf(name, name, schema, required);
  return [code(name), where, required ? 'yes' : 'no', type, limits, words(description)];
}

/** A body of fields has a row for each; any other body has one row with its media types. */
function bodyRows(of: string, body: Operation['requestBody']): string[][] {
  if (body === undefined) return [];
  const [schema] = Object.values(body.content).map((one) => one.schema);
  if (body.description !== undefined)
    return [['the body', 'body', 'yes', Object.keys(body.content).map(code).join(', '), '', words(body.description)]];
  return Object.entries(schema?.properties ?? {}).map(([name, field]) => {
    const required = schema?.required?.includes(name) ?? false;
    const { description } = field;
    return parameterRow(of, {
      name,
      in: 'body',
      required,
      schema: field,
      ...(description === undefined ? {} : { description }),
    });
  });
}

/** The fields or media types of an answer that is no refusal. */
function answerParts(status: string, { description, content = {} }: Answer): string[] {
  if (problemType in content) return [];
  const types = Object.keys(content);
  if (types.length === 0) return [`${code(status)}: ${words(description)}.`];
  if (!types.includes('application/json'))
    return [`${code(status)}: ${words(description)}, as ${types.map(code).join(' or ')}.`];
  const schema = content['application/json']?.schema ?? {};
  return [`Answers ${code(status)} with:`, fieldTable(schema)];
}

/** The refusals that this operation has beyond the usual ones. */
function refusals(responses: NonNullable<Operation['responses']>): string[] {
  const own = Object.entries(responses).filter(
    ([status, { description, content = {} }]) => problemType in content && !isUsual(status, description),
  );
  if (own.length === 0) return [];
  return [
    table(
      ['refusal', 'when'],
      own.map(([status, { description }]) => [code(status), words(description)]),
    ),
  ];
}
