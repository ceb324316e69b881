/**
 * Turns the schema of a configuration file into rows of a table, one a key.
 *
 * Always: a key without a description is an error; a list or map of several kinds (uplink, rules, notify) becomes a
 * section of its own for each kind.
 */
import { patternInWords } from '@forpost/shared/config/patterns.ts';
import { code, words } from './markdown.ts';

/** A node of a JSON Schema, as TypeBox makes it. */
export interface SchemaNode {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode | readonly SchemaNode[];
  readonly description?: string;
  readonly default?: unknown;
  readonly 'x-default'?: string;
  readonly 'x-unit'?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

export interface KeyRow {
  readonly key: string;
  readonly type: string;
  readonly unit: string;
  readonly default: string;
  readonly limits: string;
  readonly meaning: string;
}

/** One kind of a list whose items have a `kind`. */
export interface KindSection {
  /** `uplink[]` */
  readonly path: string;
  readonly kind: string;
  readonly about: string;
  readonly rows: readonly KeyRow[];
}

export interface SchemaRows {
  readonly rows: readonly KeyRow[];
  readonly kinds: readonly KindSection[];
}

export const keyHead = ['key', 'type', 'unit', 'default', 'limits', 'meaning'] as const;

export function cellsOf(row: KeyRow): readonly string[] {
  return keyHead.map((column) => row[column]);
}

/** @throws Error with the path of the first key that has no description */
export function rowsOf(schema: object): SchemaRows {
  const rows: KeyRow[] = [];
  const kinds: KindSection[] = [];
  collect(JSON.parse(JSON.stringify(schema)) as SchemaNode, '', { rows, kinds });
  return { rows, kinds };
}

interface Sheet {
  readonly rows: KeyRow[];
  readonly kinds: KindSection[];
}

function collect(node: SchemaNode, path: string, sheet: Sheet): void {
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    const at = path === '' ? key : `${path}.${key}`;
    if (child.description === undefined) throw new Error(`the key ${at} has no description in its schema`);
    sheet.rows.push(rowOf(at, key, child, node.required?.includes(key) ?? false));
    within(child, at, sheet);
  }
}

/** The rows below a key: the keys of a map, of a list's items, or of a map by name. */
function within(node: SchemaNode, path: string, sheet: Sheet): void {
  collect(node, path, sheet);
  if (node.items !== undefined && !isTuple(node.items)) items(node.items, `${path}[]`, sheet);
  for (const child of Object.values(node.patternProperties ?? {})) items(child, `${path}.NAME`, sheet);
  for (const choice of node.anyOf ?? []) if (choice.type === 'object') collect(choice, path, sheet);
}

function items(node: SchemaNode, path: string, sheet: Sheet): void {
  const choices = node.anyOf ?? [];
  const byKind = choices.filter(({ properties }) => properties?.kind?.const !== undefined);
  if (byKind.length === 0) within(node, path, sheet);
  for (const choice of byKind) {
    const own: KeyRow[] = [];
    collect(choice, '', { rows: own, kinds: sheet.kinds });
    const { const: kind, description } = choice.properties?.kind ?? {};
    sheet.kinds.push({ path, kind: String(kind), about: choice.description ?? description ?? '', rows: own });
  }
}

export function isTuple(nodes: SchemaNode | readonly SchemaNode[]): nodes is readonly SchemaNode[] {
  return Array.isArray(nodes);
}

/** `path`: name in the row; `key`: its last part, whose ending names the unit. */
export function rowOf(path: string, key: string, node: SchemaNode, required: boolean): KeyRow {
  return {
    key: code(path),
    type: typeOf(node),
    unit: unitOf(key, node),
    default: required ? '**required**' : defaultOf(node),
    limits: words(limitsOf(node)),
    meaning: words(node.description ?? ''),
  };
}

const plainTypes: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'number',
  integer: 'whole number',
  boolean: '`true` or `false`',
};

function typeOf(node: SchemaNode): string {
  if (node.const !== undefined) return code(String(node.const));
  if (node.enum !== undefined) return node.enum.map((value) => code(String(value))).join(', ');
  if (node.anyOf !== undefined) {
    const kinds = [...new Set(node.anyOf.map(typeOf))];
    return node.anyOf.every(({ const: value }) => value !== undefined) ? kinds.join(', ') : kinds.join(' or ');
  }
  if (node.type === 'array')
    return Array.isArray(node.items)
      ? `list of ${node.items.length}`
      : `list of ${plural(typeOf((node.items ?? {}) as SchemaNode))}`;
  if (node.patternProperties !== undefined) return 'map by name';
  return node.type === undefined || node.type === 'object' ? 'map' : (plainTypes[node.type] ?? node.type);
}

function plural(type: string): string {
  if (type === 'text') return 'texts';
  if (type === 'map' || type.startsWith('map or')) return 'maps';
  return type.startsWith('list of') ? type.replace('list', 'lists') : type;
}

/** Units by the ending of a key's name, for schemas that name no unit. */
const unitsOfNames: readonly (readonly [ending: RegExp, unit: string])[] = [
  [/bytes_per_second$/, 'bytes/s'],
  [/bytes_per_day$/, 'bytes/day'],
  [/_per_second$/, '1/s'],
  [/(^|_)bytes(_|$)/, 'bytes'],
  [/_days$/, 'days'],
  [/_mb$/, 'MB'],
  [/_s$/, 's'],
  [/^fps$/, 'frames/s'],
];

function unitOf(key: string, node: SchemaNode): string {
  if (node['x-unit'] !== undefined) return words(node['x-unit']);
  if (node.type !== 'number' && node.type !== 'integer') return '';
  return unitsOfNames.find(([ending]) => ending.test(key))?.[1] ?? '';
}

function defaultOf(node: SchemaNode): string {
  if (node['x-default'] !== undefined) return words(node['x-default']);
  if (node.default === undefined) return '';
  return [node.default]
    .flat()
    .map((value) => code(String(value)))
    .join(', ');
}

function limitsOf(node: SchemaNode): string {
  const { minimum, maximum, minItems, maxItems, minLength, maxLength, pattern } = node;
  const limits = [
    range(minimum, maximum, ''),
    node.items !== undefined && isTuple(node.items) ? '' : range(minItems, maxItems, ' items'),
    range(minLength === 1 ? undefined : minLength, pattern === undefined ? maxLength : undefined, ' letters'),
    pattern === undefined
      ? ''
      : inWords(pattern).replace(/^must (be |begin |have )?/, (start) =>
          start.includes('begin') ? 'begins ' : start.includes('have') ? 'has ' : '',
        ),
  ];
  return limits.filter((text) => text !== '').join('; ');
}

/** The pattern in words. @throws Error for a pattern without words */
function inWords(pattern: string): string {
  const text = patternInWords(pattern);
  if (text.includes(pattern)) throw new Error(`the pattern ${pattern} has no words in shared/config/patterns.ts`);
  return text;
}

function range(least: number | undefined, most: number | undefined, what: string): string {
  if (least !== undefined && most !== undefined) return `${least} to ${most}${what}`;
  if (least !== undefined)
    return what === '' ? `${least} or more` : `at least ${least}${least === 1 ? what.replace(/s$/, '') : what}`;
  return most === undefined ? '' : `at most ${most}${what}`;
}
