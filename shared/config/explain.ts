/**
 * Explains why a value does not fit its schema, in words for a person who edits a file by hand. TypeBox decides whether a
 * value fits, but stops at the eighth error and lists a union's branches one by one; this file walks schema and value
 * together and reports every problem at once. `secret`: no message shows a value.
 *
 * Always: this file and TypeBox refuse the same values (a property test compares them), with one exception: a name that a
 * record's pattern does not allow is refused here, while JSON Schema would skip its value.
 */
import type { TSchema } from 'typebox';
import Value from 'typebox/value';
import { redactUrls } from '../logging.ts';
import { nearest, suggestion } from './nearest.ts';
import { patternInWords } from './patterns.ts';

export type Path = readonly (string | number)[];

export interface Problem {
  readonly path: Path;
  /** the problem, without its place */
  readonly message: string;
  /** the problem is the key's name, not its value */
  readonly onKey?: boolean;
}

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
): readonly Problem[] {
  const { path = [], secret = false } = options;
  const problems = walk(schema as Schema, value, path)
    .slice(0, mostProblems)
    .map(({ message, ...problem }) => ({ ...problem, message: secret ? withoutValue(message) : message }));
  if (problems.length === 0 && !Value.Check(schema, value))
    return [{ path, message: `${nameOf(path)} is not what belongs here` }];
  return problems;
}

function walk(schema: Schema, value: unknown, path: Path): Problem[] {
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
      return typeof value === 'boolean' ? [] : [wrongType(value, path, 'true or false')];
    case 'null':
      return value === null ? [] : [wrongType(value, path, 'empty')];
    default:
      return [];
  }
}

function object(schema: Schema, value: unknown, path: Path): Problem[] {
  if (!isObject(value)) return [wrongType(value, path, 'a block of "key: value" lines')];
  const problems: Problem[] = [];
  const properties = schema.properties ?? {};
  const known = Object.keys(properties);
  const meant = new Set<string>();
  const unknown: Problem[] = [];
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
      const pattern = byPattern[0]?.[0];
      const message =
        known.length === 0 && pattern !== undefined
          ? `"${key}" cannot be a name in ${nameOf(path)}: it ${patternInWords(pattern)}`
          : `unknown key "${key}"${path.length === 0 ? '' : ` in ${nameOf(path)}`}${suggestion(key, near === undefined ? known : free)}`;
      unknown.push({ path: at, message, onKey: true });
    }
  }
  const missing = (schema.required ?? []).filter((key) => !Object.hasOwn(value, key) && !meant.has(key));
  return [...unknown, ...missing.map((key) => missingKey(schema, key, path)), ...problems];
}

function missingKey(schema: Schema, key: string, path: Path): Problem {
  const about = schema.properties?.[key]?.description;
  const where = path.length === 0 ? '' : ` in ${nameOf(path)}`;
  return { path, message: `"${key}" is missing${where}${about === undefined ? '' : ` (${about})`}` };
}

function array(schema: Schema, value: unknown, path: Path): Problem[] {
  if (!Array.isArray(value)) return [wrongType(value, path, 'a list')];
  const problems: Problem[] = [];
  const { items, minItems, maxItems } = schema;
  if (minItems !== undefined && value.length < minItems)
    problems.push({
      path,
      message: `${nameOf(path)} needs at least ${minItems} ${minItems === 1 ? 'entry' : 'entries'}, and has ${value.length}`,
    });
  if (maxItems !== undefined && value.length > maxItems)
    problems.push({ path, message: `${nameOf(path)} takes at most ${maxItems} entries, and has ${value.length}` });
  value.forEach((inner, index) => {
    const innerSchema = isTuple(items) ? items[index] : items;
    if (innerSchema !== undefined) problems.push(...walk(innerSchema, inner, [...path, index]));
    else if (isTuple(items) && maxItems === undefined && index === items.length)
      problems.push({ path, message: `${nameOf(path)} takes ${items.length} entries, and has ${value.length}` });
  });
  return problems;
}

function text(schema: Schema, value: unknown, path: Path): Problem[] {
  if (typeof value !== 'string') {
    const quote = typeof value === 'number' || typeof value === 'boolean' ? ': put it in quotes' : '';
    const wrong = wrongType(value, path, 'text');
    return [{ ...wrong, message: wrong.message + quote }];
  }
  const length = [...value].length;
  if (schema.minLength !== undefined && length < schema.minLength)
    return [
      {
        path,
        message:
          length === 0 ? `${nameOf(path)} is empty` : `${nameOf(path)} must have at least ${schema.minLength} letters`,
      },
    ];
  if (schema.maxLength !== undefined && length > schema.maxLength)
    return [{ path, message: `${nameOf(path)} must have at most ${schema.maxLength} letters` }];
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value))
    return [{ path, message: `${nameOf(path)} ${patternInWords(schema.pattern)}, not ${shown(value)}` }];
  return [];
}

function number(schema: Schema, value: unknown, path: Path): Problem[] {
  const whole = schema.type === 'integer';
  const kind = whole ? 'a whole number' : 'a number';
  if (typeof value !== 'number' || !Number.isFinite(value) || (whole && !Number.isInteger(value)))
    return [wrongType(value, path, kind)];
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const low = minimum !== undefined && value < minimum;
  const high = maximum !== undefined && value > maximum;
  if (low || high) {
    const range =
      minimum !== undefined && maximum !== undefined
        ? `from ${minimum} to ${maximum}`
        : low
          ? `${minimum} or more`
          : `${maximum} or less`;
    return [{ path, message: `${nameOf(path)} must be ${range}, not ${value}` }];
  }
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum)
    return [{ path, message: `${nameOf(path)} must be more than ${exclusiveMinimum}, not ${value}` }];
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum)
    return [{ path, message: `${nameOf(path)} must be less than ${exclusiveMaximum}, not ${value}` }];
  return [];
}

function literal(allowed: readonly unknown[], value: unknown, path: Path): Problem[] {
  if (allowed.includes(value)) return [];
  const names = allowed.map(String);
  const near = typeof value === 'string' ? nearest(value, names) : undefined;
  const must = names.length === 1 ? `must be ${names[0]}` : `must be one of ${names.join(', ')}`;
  const hint = near === undefined ? '' : `; did you mean "${near}"?`;
  return [{ path, message: `${nameOf(path)} ${must}, not ${shown(value)}${hint}` }];
}

/** Explains a union: of words, by the allowed words; of blocks, by the block that its distinguishing key names, else by the best fit. */
function union(branches: readonly Schema[], value: unknown, path: Path): Problem[] {
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
      return [{ path, message: `"${key}" is missing in ${nameOf(path)}: it is one of ${choices.join(', ')}` }];
    return literal(choices, value[key], [...path, key]);
  }
  let best: Problem[] | undefined;
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

function wrongType(value: unknown, path: Path, wanted: string): Problem {
  return { path, message: `${nameOf(path)} must be ${wanted}, not ${shown(value)}` };
}

/** `uplink[0].brokers`; of the whole file: `the file`. */
export function nameOf(path: Path): string {
  if (path.length === 0) return 'the file';
  return path.reduce<string>(
    (name, part) => (typeof part === 'number' ? `${name}[${part}]` : name === '' ? part : `${name}.${part}`),
    '',
  );
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a block';
  const words = typeof value === 'string' ? JSON.stringify(redactUrls(value)) : String(value);
  return words.length > 60 ? `${words.slice(0, 57)}…` : words;
}

/** Cuts the value off a message: every message that shows one has it at the end, behind the word "not". */
function withoutValue(message: string): string {
  const from = message.search(/, not (?!a list|a block|empty)/);
  return from < 0 ? message : message.slice(0, from);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTuple(items: Schema | readonly Schema[] | undefined): items is readonly Schema[] {
  return Array.isArray(items);
}
