/**
 * Explains why a value does not fit its schema, as messages of the catalogue for a person who edits a file by hand. TypeBox
 * decides whether a value fits, but stops at the eighth error and lists a union's branches one by one; this file walks schema
 * and value together and reports every problem at once. `secret`: no message shows a value.
 *
 * Always: this file and TypeBox refuse the same values (a property test compares them), with one exception: a name that a
 * record's pattern does not allow is refused here, while JSON Schema would skip its value.
 */
import type { TSchema } from 'typebox';
import Value from 'typebox/value';
import { redactUrls } from '../logging.ts';
import type { Message } from '../texts/message.ts';
import type { Sentence } from '../texts/sentence.ts';
import { message } from '../texts/texts.ts';
import { nearest, withNames } from './nearest.ts';
import { patternMessage } from './patterns.ts';

export type Path = readonly (string | number)[];

export interface Problem {
  readonly path: Path;
  /** the problem, without its place */
  readonly message: Sentence;
  /** the problem is the key's name, not its value */
  readonly onKey?: boolean;
  /** the key that is missing at this path */
  readonly missing?: string;
}

/** A problem of the schema. */
export interface Violation extends Problem {
  readonly message: Message;
}

/** `hidden`: the message for a file with secrets, without a value; absent: `message` shows none. */
type Found = Violation & { readonly hidden?: Message };

/** The parts of JSON Schema that TypeBox's builders use in configuration. */
interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema | readonly Schema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly pattern?: string;
  readonly description?: string;
}

/** A longer list helps nobody. */
export const mostProblems = 100;

/** Every reason why `value` does not fit `schema`, in the order of the schema; empty when it fits. */
export function explain(
  schema: TSchema,
  value: unknown,
  options: { readonly path?: Path; readonly secret?: boolean } = {},
): readonly Violation[] {
  const { path = [], secret = false } = options;
  const found = walk(schema as Schema, value, path).slice(0, mostProblems);
  if (found.length === 0 && !Value.Check(schema, value))
    return [{ path, message: message('mistake/unfit', { where: placeOf(path) }) }];
  return found.map(({ hidden, ...problem }) =>
    secret && hidden !== undefined ? { ...problem, message: hidden } : problem,
  );
}

function walk(schema: Schema, value: unknown, path: Path): Found[] {
  if (schema.anyOf !== undefined) return union(schema.anyOf, value, path);
  if ('const' in schema) return literal([schema.const], value, path);
  if (schema.enum !== undefined) return literal(schema.enum, value, path);
  switch (schema.type) {
    case 'object':
      return object(schema, value, path);
    case 'array':
      return array(schema, value, path);
    case 'string':
      return text(schema, value, path);
    case 'number':
    case 'integer':
      return number(schema, value, path);
    case 'boolean':
      return typeof value === 'boolean'
        ? []
        : [unlike(path, message('mistake/must.flag', { where: placeOf(path) }), value)];
    case 'null':
      return value === null ? [] : [unlike(path, message('mistake/must.empty', { where: placeOf(path) }), value)];
    default:
      return [];
  }
}

function object(schema: Schema, value: unknown, path: Path): Found[] {
  if (!isObject(value)) return [unlike(path, message('mistake/must.block', { where: placeOf(path) }), value)];
  const problems: Found[] = [];
  const properties = schema.properties ?? {};
  const known = Object.keys(properties);
  const meant = new Set<string>();
  const unknown: Found[] = [];
  for (const [key, inner] of Object.entries(value)) {
    const at = [...path, key];
    if (Object.hasOwn(properties, key)) {
      problems.push(...walk(properties[key] as Schema, inner, at));
      continue;
    }
    const byPattern = Object.entries(schema.patternProperties ?? {});
    const matched = byPattern.filter(([pattern]) => new RegExp(pattern, 'u').test(key));
    if (matched.length > 0) {
      for (const [, innerSchema] of matched) problems.push(...walk(innerSchema, inner, at));
    } else if (typeof schema.additionalProperties === 'object') {
      problems.push(...walk(schema.additionalProperties, inner, at));
    } else if (schema.additionalProperties === false || byPattern.length > 0) {
      const free = known.filter((name) => !Object.hasOwn(value, name));
      const near = nearest(key, free);
      if (near !== undefined) meant.add(near);
      const pattern = known.length === 0 ? byPattern[0]?.[0] : undefined;
      const problem =
        pattern === undefined ? unknownKey(key, path, near === undefined ? known : free) : noName(key, path, pattern);
      unknown.push({ path: at, message: problem, onKey: true });
    }
  }
  const missing = (schema.required ?? []).filter((key) => !Object.hasOwn(value, key) && !meant.has(key));
  return [...unknown, ...missing.map((key) => missingKey(schema, key, path)), ...problems];
}

function unknownKey(key: string, path: Path, known: readonly string[]): Message {
  const sentence =
    path.length === 0
      ? message('mistake/unknown-key', { key })
      : message('mistake/unknown-key-in', { key, where: nameOf(path) });
  return withNames(sentence, key, known);
}

function noName(key: string, path: Path, pattern: string): Message {
  const problem = patternMessage(pattern, message('mistake/it'));
  return message('mistake/no-name', { key, where: placeOf(path), problem });
}

function missingKey(schema: Schema, key: string, path: Path): Found {
  const about = schema.properties?.[key]?.description;
  const problem =
    path.length === 0
      ? message('mistake/missing', { key })
      : message('mistake/missing-in', { key, where: nameOf(path) });
  return { path, message: about === undefined ? problem : message('mistake/about', { problem, about }), missing: key };
}

function array(schema: Schema, value: unknown, path: Path): Found[] {
  if (!Array.isArray(value)) return [unlike(path, message('mistake/must.list', { where: placeOf(path) }), value)];
  const problems: Found[] = [];
  const { items, minItems, maxItems } = schema;
  const [where, count] = [placeOf(path), String(value.length)];
  if (minItems !== undefined && value.length < minItems)
    problems.push({ path, message: message('mistake/entries-few', { where, least: minItems, count }) });
  if (maxItems !== undefined && value.length > maxItems)
    problems.push({ path, message: message('mistake/entries-many', { where, most: String(maxItems), count }) });
  value.forEach((inner, index) => {
    const innerSchema = isTuple(items) ? items[index] : items;
    if (innerSchema !== undefined) problems.push(...walk(innerSchema, inner, [...path, index]));
    else if (isTuple(items) && maxItems === undefined && index === items.length)
      problems.push({
        path,
        message: message('mistake/entries-exact', { where, count: String(items.length), given: count }),
      });
  });
  return problems;
}

function text(schema: Schema, value: unknown, path: Path): Found[] {
  const where = placeOf(path);
  if (typeof value !== 'string') {
    const wrong = unlike(path, message('mistake/must.text', { where }), value);
    const isWord = typeof value === 'number' || typeof value === 'boolean';
    return [isWord ? { ...wrong, message: message('mistake/in-quotes', { problem: wrong.message }) } : wrong];
  }
  const length = [...value].length;
  const { minLength, maxLength, pattern } = schema;
  if (minLength !== undefined && length < minLength) {
    const short = message('mistake/text-short', { where, count: String(minLength) });
    return [{ path, message: length === 0 ? message('mistake/text-empty', { where }) : short }];
  }
  if (maxLength !== undefined && length > maxLength)
    return [{ path, message: message('mistake/text-long', { where, count: String(maxLength) }) }];
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value))
    return [unlike(path, patternMessage(pattern, where), value)];
  return [];
}

function number(schema: Schema, value: unknown, path: Path): Found[] {
  const where = placeOf(path);
  const whole = schema.type === 'integer';
  if (typeof value !== 'number' || !Number.isFinite(value) || (whole && !Number.isInteger(value)))
    return [unlike(path, message(whole ? 'mistake/must.whole' : 'mistake/must.number', { where }), value)];
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const low = minimum !== undefined && value < minimum;
  const high = maximum !== undefined && value > maximum;
  const [least, most] = [String(minimum), String(maximum)];
  if (low || high) {
    const both = minimum !== undefined && maximum !== undefined;
    const open = low ? message('mistake/must.least', { where, least }) : message('mistake/must.most', { where, most });
    return [unlike(path, both ? message('mistake/must.range', { where, least, most }) : open, value)];
  }
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum)
    return [unlike(path, message('mistake/must.more', { where, least: String(exclusiveMinimum) }), value)];
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum)
    return [unlike(path, message('mistake/must.less', { where, most: String(exclusiveMaximum) }), value)];
  return [];
}

function literal(allowed: readonly unknown[], value: unknown, path: Path): Found[] {
  if (allowed.includes(value)) return [];
  const [where, names] = [placeOf(path), allowed.map(String)];
  const near = typeof value === 'string' ? nearest(value, names) : undefined;
  const must =
    names.length === 1
      ? message('mistake/must.word', { where, word: `${names[0]}` })
      : message('mistake/must.one-of', { where, names: names.join(', ') });
  const wrong = unlike(path, must, value);
  if (near === undefined) return [wrong];
  return [{ ...wrong, message: message('mistake/mean', { problem: wrong.message, name: near }) }];
}

/** Explains a union: of words, by the allowed words; of blocks, by the block that its distinguishing key names, else by the best fit. */
function union(branches: readonly Schema[], value: unknown, path: Path): Found[] {
  if (branches.every((branch) => 'const' in branch))
    return literal(
      branches.map((branch) => branch.const),
      value,
      path,
    );
  const key = distinguishingKey(branches);
  if (key !== undefined && isObject(value)) {
    const choices = branches.map((branch) => branch.properties?.[key]?.const);
    const chosen = branches[choices.indexOf(value[key])];
    if (chosen !== undefined) return walk(chosen, value, path);
    if (!Object.hasOwn(value, key))
      return [
        { path, message: message('mistake/missing-kind', { key, where: placeOf(path), names: choices.join(', ') }) },
      ];
    return literal(choices, value[key], [...path, key]);
  }
  let best: Found[] | undefined;
  for (const branch of branches) {
    const problems = walk(branch, value, path);
    if (problems.length === 0) return [];
    if (best === undefined || problems.length < best.length) best = problems;
  }
  return best ?? [];
}

/** The key with a different fixed word in each block, such as `kind`. */
function distinguishingKey(branches: readonly Schema[]): string | undefined {
  const first = branches[0]?.properties;
  if (first === undefined) return undefined;
  return Object.keys(first).find((key) => {
    const words = branches.map((branch) => branch.properties?.[key]?.const);
    return words.every((word) => word !== undefined) && new Set(words).size === branches.length;
  });
}

/** The problem of a value that does not fit: the demand, and the present value. */
function unlike(path: Path, problem: Message, value: unknown): Found {
  const kind = kindOf(value);
  const whole = message('mistake/not', { problem, value: kind ?? shown(value) });
  return kind === undefined ? { path, message: whole, hidden: problem } : { path, message: whole };
}

/** `uplink[0].brokers`; of the whole file: `the file`. */
export function nameOf(path: Path): string {
  if (path.length === 0) return 'the file';
  return path.reduce<string>(
    (name, part) => (typeof part === 'number' ? `${name}[${part}]` : name === '' ? part : `${name}.${part}`),
    '',
  );
}

/** The place of a problem in its sentence. */
function placeOf(path: Path): string | Message {
  return path.length === 0 ? message('mistake/the-file') : nameOf(path);
}

/** Names an empty value, a list or a block; undefined for text, a number, true and false. */
function kindOf(value: unknown): Message | undefined {
  if (value === null || value === undefined) return message('mistake/value.empty');
  if (Array.isArray(value)) return message('mistake/value.list');
  return typeof value === 'object' ? message('mistake/value.block') : undefined;
}

function shown(value: unknown): string {
  const words = typeof value === 'string' ? JSON.stringify(redactUrls(value)) : String(value);
  return words.length > 60 ? `${words.slice(0, 57)}…` : words;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTuple(items: Schema | readonly Schema[] | undefined): items is readonly Schema[] {
  return Array.isArray(items);
}
