/**
 * Reads a configuration file: YAML 1.2 with the position of everything kept, checked against a schema, so that a
 * mistake is reported as an editor's link: FILE:LINE:COLUMN, what is wrong, and the nearest right spelling.
 *
 * Always: what a parser of YAML only warns of is a problem; every problem is collected, not only the first; a file that has one is not loaded; nothing in a file is
 * replaced, computed or taken from the environment.
 */
import type { Static, TSchema } from 'typebox';
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, Scalar } from 'yaml';
import { ForpostError, messageOf } from '../errors.ts';
import { readBytesSync } from '../files.ts';
import { explain, type Path, type Problem } from './explain.ts';
import { strictProblems, textProblem } from './strict.ts';

export type { Path, Problem } from './explain.ts';

/** Both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface LoadedYaml<T> {
  readonly file: string;
  /** the file as it is */
  readonly text: string;
  readonly value: T;
  /** where the value at `path` begins; of one that is absent, where the nearest one around it begins. `offset`: of a character in it, if it is a text */
  at(path: Path, offset?: number): Position;
  /** `FILE:LINE:COLUMN: message` of a problem that a check of one's own found */
  describe(problem: Problem, offset?: number): string;
}

/** A configuration of more bytes than this is a mistake. */
const mostBytes = 4 * 1024 * 1024;
/** Repeats of anchors: enough for people, too few to blow a small file up. */
const mostAliases = 100;

export interface YamlOptions {
  /** the values are secrets: no message shows one */
  readonly secret?: boolean;
}

/** @throws ForpostError FORPOST_CONFIG_INVALID, one line a problem */
export function loadYaml<S extends TSchema>(file: string, schema: S, options: YamlOptions = {}): LoadedYaml<Static<S>> {
  return parseYaml(file, readConfig(file), schema, options);
}

/** The same of a text that is already read; `file` only names it in messages. */
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

/** One error for all problems of a configuration, one line each. */
export function configError(problems: readonly string[], cause?: unknown): ForpostError {
  return new ForpostError('FORPOST_CONFIG_INVALID', problems.join('\n'), cause === undefined ? {} : { cause });
}

/** The lines of a configuration error; undefined of anything else. */
export function configProblems(error: unknown): readonly string[] | undefined {
  if (!(error instanceof ForpostError) || error.code !== 'FORPOST_CONFIG_INVALID') return undefined;
  // a line that is indented belongs to the problem above it
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

/** Offset in the text of what `path` leads to, as far as it leads. */
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
      // a block begins below its key: the key is what one looks for
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

/** A character of a text in the file: exact for one line and for `|` blocks, the beginning for anything folded. */
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
