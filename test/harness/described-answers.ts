/** Compares an HTTP answer with the OpenAPI document: its status, its content type, and every field of its body. */
import type { OpenApiDocument } from '@forpost/shared/http/openapi.ts';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

export interface HttpAnswer {
  readonly method: string;
  /** without the query */
  readonly path: string;
  readonly status: number;
  /** content type; '' without a body */
  readonly type: string;
  readonly body: string;
}

/** The parts of the answer that the document does not describe, in words; empty where it describes all. */
export function undescribed(document: OpenApiDocument, answer: HttpAnswer): readonly string[] {
  const { method, path, status, body } = answer;
  const name = `${method} ${path} ${status}`;
  const operation = operationOf(document, method, path);
  if (operation === undefined) return [`${name}: the document has no such operation`];
  const described = operation.responses?.[status];
  if (described === undefined) return [`${name}: the document has no such status`];
  const type = answer.type.split(';', 1)[0] ?? '';
  const content = described.content ?? {};
  if (body === '' && Object.keys(content).length === 0) return [];
  if (!(type in content)) return [`${name}: the document has no content ${type || '(none)'}`];
  if (!/[/+]json$/.test(type)) return [];
  const check = Compile(closed(document, content[type]?.schema) as TSchema);
  const value: unknown = JSON.parse(body);
  return check.Check(value)
    ? []
    : check.Errors(value).map(({ instancePath, message }) => `${name}: ${instancePath || 'the body'} ${message}`);
}

function operationOf({ paths }: OpenApiDocument, method: string, path: string) {
  const exact = paths[path];
  const found = exact ?? Object.entries(paths).find(([pattern]) => matches(pattern, path))?.[1];
  return found?.[method.toLowerCase()];
}

function matches(pattern: string, path: string): boolean {
  const [want, have] = [pattern.split('/'), path.split('/')];
  return want.length === have.length && want.every((part, index) => part.startsWith('{') || part === have[index]);
}

/** The schema without references, and refusing every field that it does not name. */
function closed(document: OpenApiDocument, node: unknown): unknown {
  if (Array.isArray(node)) return node.map((one) => closed(document, one));
  if (typeof node !== 'object' || node === null) return node;
  if ('$ref' in node) return closed(document, resolved(document, String(node.$ref)));
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(document, value)]));
  const { properties, patternProperties, additionalProperties } = copy;
  const isBare = properties === undefined || Object.keys(properties as object).length === 0;
  return isBare || patternProperties !== undefined || additionalProperties !== undefined
    ? copy
    : { ...copy, additionalProperties: false };
}

function resolved(document: unknown, reference: string): unknown {
  return reference
    .split('/')
    .slice(1)
    .reduce((at: unknown, key) => (at as Readonly<Record<string, unknown>>)[key], document);
}
