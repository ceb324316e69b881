/**
 * Reads a configuration file: YAML 1.2 with the position of every value, checked against a schema. Each mistake is
 * reported as an editor's link: FILE:LINE:COLUMN, the fault, and the nearest correct spelling.
 *
 * Always: a parser's warning counts as a problem; all problems are collected, not only the first; a file with a problem is
 * not loaded; no value in a file is replaced, computed or taken from the environment.
 */
import type { Static, TSchema } from 'typebox';
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, Scalar } from 'yaml';
import { ForpostError, messageOf } from '../errors.ts';
import { readBytesSync } from '../files.ts';
import { explain, type Path, type Problem } from './explain.ts';
import { strictProblems, textProblem } from './strict.ts';

export type { Path, Problem } from './explain.ts';

/** Line and column count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface LoadedYaml<T> {
  readonly file: string;
  /** the file's text, unchanged */
  readonly text: string;
  readonly value: T;
  /** where the value at `path` begins; for an absent value, the nearest enclosing one. `offset`: of a character in a text value */
  at(path: Path, offset?: number): Position;
  /** `FILE:LINE:COLUMN: message` for a problem that the caller's own check found */
  describe(problem: Problem, offset?: number): string;
}

/** A larger file is no configuration. */
const mostBytes = 4 * 1024 * 1024;
/** Most repeats of anchors: enough for people, too few for a small file to exhaust memory. */
const mostAliases = 100;

export interface YamlOptions {
  /** the file holds secrets: no message shows a value */
  readonly secret?: boolean;
}

/** @throws ForpostError FORPOST_CONFIG_INVALID with one line for each problem */
export function loadYaml<S extends TSchema>(file: string, schema: S, options: YamlOptions = {}): LoadedYaml<Static<S>> {
  return parseYaml(file, readConfig(file), schema, options);
}

/** Parses a text that is already read; `file` is its name in messages. */
export function parseYaml<S extends TSchema>(
  file: string,
  text: string,
  schema: S,
  options: YamlOptions = {},
): LoadedYaml<Static<S>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const link = ({ line, column }: Position, message: string) => `${file}:${line}:${column}: ${message}`;
  const wrong = strictProblems(document, options.secret ?? false);
  if (wrong.length > 0) throw configError(wrong.map(({ offset, message }) => link(place(offset), message)));

  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: mostAliases });
  } catch (error) {
    throw configError([link({ line: 1, column: 1 }, messageOf(error))], error);
  }
  const at = (path: Path, offset = 0) => place(offsetOf(document, text, path, false, offset));
  const describe = (problem: Problem, offset = 0) =>
    link(place(offsetOf(document, text, problem.path, problem.onKey === true, offset)), problem.message);
  const problems = explain(schema, value ?? {}, { secret: options.secret ?? false });
  if (problems.length > 0) throw configError(problems.map((problem) => describe(problem)));
  return { file, text, value: (value ?? {}) as Static<S>, at, describe };
}

/** One error for all problems of a configuration, one line for each. */
export function configError(problems: readonly string[], cause?: unknown): ForpostError {
  return new ForpostError('FORPOST_CONFIG_INVALID', problems.join('\n'), cause === undefined ? {} : { cause });
}

/** The problems in a configuration error; undefined for any other error. */
export function configProblems(error: unknown): readonly string[] | undefined {
  if (!(error instanceof ForpostError) || error.code !== 'FORPOST_CONFIG_INVALID') return undefined;
  // an indented line belongs to the problem above it
  return error.message.split(/\n(?! )/);
}

function readConfig(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readBytesSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'EISDIR'
          ? 'this is a folder, not a file'
          : code === 'ELOOP'
            ? 'this is a link that leads to itself'
            : code === 'EACCES'
              ? 'this user may not read it'
              : messageOf(error);
    throw configError([`${file}:1:1: ${why}`], error);
  }
  if (bytes.length > mostBytes) throw configError([`${file}:1:1: larger than ${mostBytes / 1024 / 1024} MB`]);
  const problem = textProblem(bytes);
  if (problem !== undefined) throw configError([`${file}:${problem.at.line}:${problem.at.column}: ${problem.message}`]);
  return bytes.toString('utf8');
}

/** Offset of the value at `path` in the text, or of the nearest one around it. */
function offsetOf(document: Document.Parsed, text: string, path: Path, onKey: boolean, within: number): number {
  let node: unknown = document.contents;
  let start = rangeStart(node) ?? 0;
  for (const [index, part] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find((item) => (isScalar(item.key) ? String(item.key.value) : item.key) === String(part));
      if (pair === undefined) return start;
      const key = rangeStart(pair.key) ?? start;
      if (onKey && index === path.length - 1) return key;
      node = pair.value;
      // a block begins below its key, and people look for the key
      start = isScalar(node) || isAlias(node) ? (rangeStart(node) ?? key) : key;
    } else if (isSeq(node)) {
      const item = node.items[Number(part)];
      if (item === undefined) return start;
      node = item;
      start = rangeStart(node) ?? start;
    } else return start;
  }
  if (within > 0 && isScalar(node)) return offsetInScalar(node, text, start, within);
  return start;
}

/** Position of a character of a text value: exact in one line and in `|` blocks; the beginning for folded text. */
function offsetInScalar(node: Scalar, text: string, start: number, within: number): number {
  const source = text.slice(start, node.range?.[1] ?? start);
  if (node.type === Scalar.BLOCK_LITERAL) {
    const before = String(node.value).slice(0, within).split('\n');
    let offset = start;
    for (let i = 0; i < before.length; i++) offset = text.indexOf('\n', offset) + 1;
    const indent = /^ */.exec(text.slice(offset))?.[0].length ?? 0;
    return offset + indent + (before.at(-1)?.length ?? 0);
  }
  if (source.includes('\n') || node.type === Scalar.BLOCK_FOLDED) return start;
  const quoted = node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE;
  return start + (quoted ? 1 : 0) + within;
}

function rangeStart(node: unknown): number | undefined {
  return (node as Node | null)?.range?.[0];
}
