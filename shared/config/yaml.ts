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
import { inEnglish } from '../texts/english.ts';
import type { Message } from '../texts/message.ts';
import { recognise, withRecognised } from '../texts/recognise.ts';
import { type Sentence, wordsOf } from '../texts/sentence.ts';
import { message } from '../texts/texts.ts';
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
  /** the problem with its place; `offset`: of a character in the text value at its path */
  describe(problem: Problem, offset?: number): PlacedProblem;
}

/** A problem of a configuration file for a person. */
export interface PlacedProblem {
  /** `FILE:LINE:COLUMN: what is wrong`, in English, for the command line and the log */
  readonly line: string;
  /** the same for readers of any language, with FILE:LINE:COLUMN where `line` has it */
  readonly sentence: Message;
}

/** A configuration with problems. Its message has their lines. */
class ConfigError extends ForpostError {
  readonly problems: readonly PlacedProblem[];

  constructor(problems: readonly PlacedProblem[], cause: unknown) {
    const text = problems.map(({ line }) => line).join('\n');
    super('FORPOST_CONFIG_INVALID', text, cause === undefined ? {} : { cause });
    this.problems = problems;
  }
}

/** A larger file is no configuration. */
const mostBytes = 4 * 1024 * 1024;
/** Most repeats of anchors: enough for people, too few for a small file to exhaust memory. */
const mostAliases = 100;
const begin: Position = { line: 1, column: 1 };

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
  const wrong = strictProblems(document, options.secret ?? false);
  if (wrong.length > 0) throw configError(wrong.map((one) => placed(file, place(one.offset), one.message)));

  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: mostAliases });
  } catch (error) {
    // the parser refuses nothing else here
    throw configError([placed(file, begin, message('mistake/yaml.aliases', { count: String(mostAliases) }))], error);
  }
  const at = (path: Path, offset = 0) => place(offsetOf(document, text, path, false, offset));
  const describe = (problem: Problem, offset = 0) =>
    placed(file, place(offsetOf(document, text, problem.path, problem.onKey === true, offset)), problem.message);
  const problems = explain(schema, value ?? {}, { secret: options.secret ?? false });
  if (problems.length > 0) throw configError(problems.map((problem) => describe(problem)));
  return { file, text, value: (value ?? {}) as Static<S>, at, describe };
}

/** One error for all problems of a configuration, one line for each. */
export function configError(problems: readonly (PlacedProblem | Sentence | string)[], cause?: unknown): ForpostError {
  return new ConfigError(
    problems.map((one) => (typeof one === 'string' || 'key' in one ? problemOf(one) : one)),
    cause,
  );
}

/** The problems in a configuration error; undefined for any other error. */
export function configProblems(error: unknown): readonly string[] | undefined {
  return placedProblems(error)?.map(({ line }) => line);
}

/** As `configProblems`, with a sentence for readers of any language. */
export function placedProblems(error: unknown): readonly PlacedProblem[] | undefined {
  if (error instanceof ConfigError) return error.problems;
  if (!(error instanceof ForpostError) || error.code !== 'FORPOST_CONFIG_INVALID') return undefined;
  // an indented line belongs to the problem above it
  return error.message.split(/\n(?! )/).map(problemOf);
}

/** A problem without a place, or with the place in its words. */
function problemOf(sentence: Sentence | string): PlacedProblem {
  if (typeof sentence !== 'string') return { line: inEnglish(sentence), sentence: withRecognised(sentence) };
  return { line: sentence, sentence: recognise(sentence) ?? message('gateway/quotation', { text: sentence }) };
}

/** The problem of a text that stands in no file: its line numbers would mislead. */
export function withoutPlace({ line, sentence }: PlacedProblem): PlacedProblem {
  const problem = sentence.key === 'mistake/at' ? sentence.values?.problem : undefined;
  const isMessage = typeof problem === 'object' && 'key' in problem;
  return { line: line.replace(/^\S+:\d+:\d+: /, ''), sentence: isMessage ? problem : sentence };
}

/** A problem at a place of `file`. */
export function placed(file: string, { line, column }: Position, problem: Sentence): PlacedProblem {
  const place = `${file}:${line}:${column}`;
  const { sentence } = problemOf(problem);
  return { line: `${place}: ${wordsOf(problem)}`, sentence: message('mistake/at', { place, problem: sentence }) };
}

function readConfig(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readBytesSync(file);
  } catch (error) {
    throw configError([placed(file, begin, unreadable(error))], error);
  }
  if (bytes.length > mostBytes)
    throw configError([placed(file, begin, message('mistake/file.large', { count: String(mostBytes / 1024 / 1024) }))]);
  const problem = textProblem(bytes);
  if (problem !== undefined) throw configError([placed(file, problem.at, problem.message)]);
  return bytes.toString('utf8');
}

function unreadable(error: unknown): Message {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return message('mistake/file.missing');
    case 'EISDIR':
      return message('mistake/file.folder');
    case 'ELOOP':
      return message('mistake/file.loop');
    case 'EACCES':
      return message('mistake/file.denied');
    default:
      return message('mistake/file.unreadable', { reason: messageOf(error) });
  }
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
