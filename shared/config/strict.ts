/**
 * Finds what YAML allows and a configuration must not have: text that the parser only warns about, or reads differently
 * than its author meant. `yaml.ts` makes each an error with its line.
 *
 * Always: no value comes from elsewhere, and none is left out silently; for a file with secrets no message shows a part of
 * one (a password may begin with `!`, `&` or `*`, which are signs of YAML).
 */
import { isUtf8 } from 'node:buffer';
import { type Document, isAlias, isMap, isScalar, type Node, visit, type YAMLError } from 'yaml';

export interface Found {
  readonly offset: number;
  readonly message: string;
}

/** U+FFFD: the character that a decoder writes for unreadable bytes. */
const replacement = '\ufffd';
const coreTag = /^(!|tag:yaml\.org,2002:(str|int|float|bool|null|map|seq))$/;
const inQuotes = 'write a value that begins with such a sign in quotes';

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
): { readonly at: { line: number; column: number }; message: string } | undefined {
  const begin = { line: 1, column: 1 };
  const message = wholeProblem(bytes);
  if (message !== undefined) return { at: begin, message };
  if (isUtf8(bytes)) return undefined;
  const { offset, index, text } = firstFault(bytes);
  const before = text.slice(0, index);
  const line = before.split('\n').length;
  const column = before.length - before.lastIndexOf('\n');
  const byte = bytes[offset] ?? 0;
  const letter = byte >= 0xa0 ? ` (${String.fromCharCode(byte)} in Latin-1 and Windows-1252)` : '';
  return {
    at: { line, column },
    message: `the byte 0x${byte.toString(16)}${letter} is no UTF-8: save the file as UTF-8`,
  };
}

function wholeProblem(bytes: Buffer): string | undefined {
  if (bytes.length === 0) return undefined;
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || looksLikeUtf16(bytes))
    return 'it is written in UTF-16: save it as UTF-8 (Notepad: Save as, Encoding UTF-8; PowerShell: -Encoding utf8)';
  if (bytes.every((byte) => byte === 0))
    return 'it holds nothing but zeros, as after a power cut: put it back from a backup';
  if (bytes.includes(0)) return 'it holds zero bytes: it is damaged; put it back from a backup';
  return undefined;
}

/** In UTF-16 plain letters take two bytes, one of which is zero, always on the same side. */
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

function parserProblem(error: YAMLError, secret: boolean): string {
  const words = error.message.split('\n')[0];
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return 'this key is there twice';
    case 'TAB_AS_INDENT':
      return 'a tab cannot indent in YAML: use spaces';
    case 'MULTIPLE_DOCS':
      return 'a second document begins here (---): a configuration is one';
    case 'BAD_DIRECTIVE':
      return 'a line that begins with % means nothing here: remove it';
    case 'TAG_RESOLVE_FAILED':
      return secret ? tagProblem() : tagProblem(words?.replace(/^Unresolved tag: /, ''));
    default:
      return `not YAML: ${secret ? 'something is wrong here; values in quotes are read as they stand' : words}`;
  }
}

function tagProblem(tag?: string): string {
  const which = tag === undefined ? 'a value that begins with ! is a tag, which' : `the tag ${tag}`;
  return `${which} means nothing here: nothing is computed or taken from elsewhere; write the value itself, and ${inQuotes}`;
}

function yamlFeatures(document: Document.Parsed, secret: boolean): Found[] {
  const found: Found[] = [];
  const add = (node: unknown, message: string) => {
    found.push({ offset: (node as Node | null)?.range?.[0] ?? 0, message });
  };
  if (document.directives?.yaml.explicit === true && document.directives.yaml.version !== '1.2')
    add(undefined, '%YAML names another version, in which words mean other things: remove this line');
  visit(document, {
    Node: (_, node) => {
      if (!isAlias(node) && node.tag !== undefined && !coreTag.test(node.tag))
        add(node, secret ? tagProblem() : tagProblem(node.tag.replace('tag:yaml.org,2002:', '!!')));
    },
    Alias: (_, node) => {
      if (node.resolve(document) === undefined)
        add(
          node,
          `${secret ? 'a value that begins with *' : `*${node.source}`} repeats an anchor (&…) that is not there: ${inQuotes}`,
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

function keyProblem(key: unknown, before: Set<string>): string | undefined {
  if (isMap(key) || !isScalar(key)) return 'a key is one word: this is a list, a map or a repeat';
  if (key.value === null) return 'a key is missing before the colon';
  const name = String(key.value);
  if (name === '<<') return 'keys cannot be merged (<<): write them out';
  // 1 and "1" are two keys in YAML and one key in Forpost
  if (before.has(name)) return 'this key is there twice';
  before.add(name);
  return undefined;
}
