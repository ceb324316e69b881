/**
 * Finds text that YAML allows and a configuration must not have: the parser only warns about it, or reads it otherwise
 * than its author meant. `yaml.ts` reports each as an error with its line.
 *
 * Always: no value comes from elsewhere, and none is left out silently; for a file with secrets no message shows a part of
 * one (a password may begin with `!`, `&` or `*`, which are signs of YAML).
 */
import { isUtf8 } from 'node:buffer';
import { type Document, isAlias, isMap, isScalar, type Node, visit, type YAMLError } from 'yaml';
import type { Message } from '../texts/message.ts';
import { message, type TextKey } from '../texts/texts.ts';

export interface Found {
  readonly offset: number;
  readonly message: Message;
}

/** U+FFFD: the character that a decoder writes for unreadable bytes. */
const replacement = '\ufffd';
const coreTag = /^(!|tag:yaml\.org,2002:(str|int|float|bool|null|map|seq))$/;

/** Errors and warnings of the parser, and faults that the parser does not report, in the file's order. */
export function strictProblems(document: Document.Parsed, secret: boolean): readonly Found[] {
  const said = [...document.errors, ...document.warnings].map((error) => ({
    offset: error.pos[0],
    message: parserProblem(error, secret),
  }));
  const doubtful = document.errors.length > 0 ? [] : yamlFeatures(document, secret);
  return [...said, ...doubtful].sort((a, b) => a.offset - b.offset);
}

/** Why the bytes of a file are no UTF-8 text, with the first faulty place; undefined for valid text. */
export function textProblem(
  bytes: Buffer,
): { readonly at: { line: number; column: number }; message: Message } | undefined {
  const begin = { line: 1, column: 1 };
  const problem = wholeProblem(bytes);
  if (problem !== undefined) return { at: begin, message: problem };
  if (isUtf8(bytes)) return undefined;
  const { offset, index, text } = firstFault(bytes);
  const before = text.slice(0, index);
  const line = before.split('\n').length;
  const column = before.length - before.lastIndexOf('\n');
  const code = bytes[offset] ?? 0;
  const byte = code.toString(16);
  return {
    at: { line, column },
    message:
      code >= 0xa0
        ? message('mistake/file.byte-letter', { byte, letter: String.fromCharCode(code) })
        : message('mistake/file.byte', { byte }),
  };
}

function wholeProblem(bytes: Buffer): Message | undefined {
  if (bytes.length === 0) return undefined;
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || looksLikeUtf16(bytes))
    return message('mistake/file.utf-16');
  if (bytes.every((byte) => byte === 0)) return message('mistake/file.zeros');
  if (bytes.includes(0)) return message('mistake/file.zero-bytes');
  return undefined;
}

/** In UTF-16 a plain letter has two bytes: all its letters have their zero byte first, or all have it second. */
function looksLikeUtf16(bytes: Buffer): boolean {
  const count = [0, 0];
  for (const [n, byte] of bytes.entries()) if (byte === 0) count[n % 2] = (count[n % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = count;
  const half = bytes.length / 2;
  return Math.min(even, odd) <= half * 0.05 && Math.max(even, odd) >= half * 0.7 && bytes.length % 2 === 0;
}

/** The first byte that is not UTF-8: its offset in the bytes, and in the text read so far. */
function firstFault(bytes: Buffer): { readonly offset: number; readonly index: number; readonly text: string } {
  const text = bytes.toString('utf8');
  for (let index = text.indexOf(replacement); index >= 0; index = text.indexOf(replacement, index + 1)) {
    const offset = Buffer.byteLength(text.slice(0, index));
    // the file may contain the sign U+FFFD itself
    if (!bytes.subarray(offset, offset + 3).equals(Buffer.from(replacement))) return { offset, index, text };
  }
  return { offset: 0, index: 0, text };
}

/** Why the parser refuses a text; a code without an entry: the parser cannot read it. */
const reasons: Readonly<Partial<Record<YAMLError['code'], TextKey<'mistake'>>>> = {
  ALIAS_PROPS: 'mistake/yaml.node',
  BAD_ALIAS: 'mistake/yaml.node',
  BAD_COLLECTION_TYPE: 'mistake/yaml.node',
  BAD_DQ_ESCAPE: 'mistake/yaml.escape',
  BAD_INDENT: 'mistake/yaml.indent',
  BAD_PROP_ORDER: 'mistake/yaml.node',
  BAD_SCALAR_START: 'mistake/yaml.scalar-start',
  BLOCK_AS_IMPLICIT_KEY: 'mistake/yaml.block-in-line',
  BLOCK_IN_FLOW: 'mistake/yaml.block-in-line',
  KEY_OVER_1024_CHARS: 'mistake/yaml.key-long',
  MISSING_CHAR: 'mistake/yaml.closing',
  MULTILINE_IMPLICIT_KEY: 'mistake/yaml.key-long',
  MULTIPLE_ANCHORS: 'mistake/yaml.node',
  MULTIPLE_TAGS: 'mistake/yaml.node',
  UNEXPECTED_TOKEN: 'mistake/yaml.unexpected',
};

function parserProblem(error: YAMLError, secret: boolean): Message {
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return message('mistake/yaml.twice');
    case 'TAB_AS_INDENT':
      return message('mistake/yaml.tab');
    case 'MULTIPLE_DOCS':
      return message('mistake/yaml.second-document');
    case 'BAD_DIRECTIVE':
      return message('mistake/yaml.directive');
    case 'TAG_RESOLVE_FAILED':
      return secret ? tagProblem() : tagProblem(error.message.split('\n')[0]?.replace(/^Unresolved tag: /, ''));
    default:
      return secret
        ? message('mistake/yaml.hidden')
        : message('mistake/yaml.wrong', { reason: { key: reasons[error.code] ?? 'mistake/yaml.other' } });
  }
}

function tagProblem(tag?: string): Message {
  return tag === undefined ? message('mistake/yaml.tag-hidden') : message('mistake/yaml.tag', { tag });
}

function yamlFeatures(document: Document.Parsed, secret: boolean): Found[] {
  const found: Found[] = [];
  const add = (node: unknown, problem: Message) => {
    found.push({ offset: (node as Node | null)?.range?.[0] ?? 0, message: problem });
  };
  if (document.directives?.yaml.explicit === true && document.directives.yaml.version !== '1.2')
    add(undefined, message('mistake/yaml.version'));
  visit(document, {
    Node: (_, node) => {
      if (!isAlias(node) && node.tag !== undefined && !coreTag.test(node.tag))
        add(node, secret ? tagProblem() : tagProblem(node.tag.replace('tag:yaml.org,2002:', '!!')));
    },
    Alias: (_, node) => {
      if (node.resolve(document) === undefined)
        add(
          node,
          secret ? message('mistake/yaml.anchor-hidden') : message('mistake/yaml.anchor', { name: node.source }),
        );
    },
    Map: (_, node) => {
      const keys = new Set<string>();
      for (const { key } of node.items) {
        const problem = keyProblem(key, keys);
        if (problem !== undefined) add(key, problem);
      }
    },
  });
  return found;
}

function keyProblem(key: unknown, before: Set<string>): Message | undefined {
  if (isMap(key) || !isScalar(key)) return message('mistake/yaml.key-no-word');
  if (key.value === null) return message('mistake/yaml.key-missing');
  const name = String(key.value);
  if (name === '<<') return message('mistake/yaml.merge');
  // 1 and "1" are two keys in YAML and one key in Forpost
  if (before.has(name)) return message('mistake/yaml.twice');
  before.add(name);
  return undefined;
}
