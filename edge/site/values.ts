/** The document's values as plain data, and the place of a mistake in it: for forms, which know fields and no lines. Pure. */
import { type PlacedProblem, withoutPlace } from '@forpost/shared/config/yaml.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { isMap, isNode, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import type { EditPath } from './document-edit.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** A mistake of a refused document. */
export interface Mistake {
  /** as the path of an edit: entries by their ids; empty: of the document, or of another file */
  readonly path: EditPath;
  readonly problem: string;
  /** for readers of any language */
  readonly sentence: Message;
}

const mostAliases = 100;

/** The document's values; none where the text is no YAML map. */
export function valuesIn(text: string): Fields {
  try {
    const value: unknown = parseDocument(text).toJS({ maxAliasCount: mostAliases });
    return isFields(value) ? value : {};
  } catch {
    // too many aliases: the check refuses such a document
    return {};
  }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Turns the problems of a refusal into mistakes at the fields of `text`. A problem of another file,
 * and one without a place, gets an empty path.
 */
export function mistakesIn(text: string, file: string, problems: readonly PlacedProblem[]): readonly Mistake[] {
  const counter = new LineCounter();
  const { contents } = parseDocument(text, { lineCounter: counter });
  return problems.map((placed) => {
    const { line } = placed;
    const { sentence } = withoutPlace(placed);
    const [, where, row, column, problem = ''] = /^(\S+):(\d+):(\d+): ([\s\S]*)$/.exec(line) ?? [];
    if (where === undefined) return { path: [], problem: line, sentence };
    if (where !== file) return { path: [], problem, sentence };
    const offset = (counter.lineStarts[Number(row) - 1] ?? 0) + Number(column) - 1;
    return { path: pathAt(contents, offset), problem, sentence };
  });
}

/** The path of the value that begins at `offset`, or of the nearest one around it. */
function pathAt(node: unknown, offset: number): EditPath {
  if (isMap(node)) {
    const pair = last(node.items, (item) => startOf(item.key) <= offset);
    if (pair === undefined) return [];
    const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
    return [key, ...(offset > endOf(pair) ? pathAt(pair.value, offset) : [])];
  }
  if (isSeq(node)) {
    const index = node.items.findLastIndex((item) => startOf(item) <= offset);
    const item = node.items[index];
    if (item === undefined) return [];
    const id: unknown = isMap(item) ? item.get('id') : undefined;
    // the place of an entry is the place of its first key
    const within = startOf(item) === offset ? [] : pathAt(item, offset);
    return [typeof id === 'string' ? id : index, ...within];
  }
  return [];
}

function last<T>(items: readonly T[], fits: (item: T) => boolean): T | undefined {
  return items[items.findLastIndex(fits)];
}

function startOf(node: unknown): number {
  return (isNode(node) ? (node as Node).range?.[0] : undefined) ?? Number.POSITIVE_INFINITY;
}

function endOf({ key }: Pair): number {
  return (isNode(key) ? (key as Node).range?.[1] : undefined) ?? Number.POSITIVE_INFINITY;
}
