/**
 * What YAML lets pass and a configuration must not: what a parser only warns of, and what it reads as something else
 * than the person who wrote it meant. `yaml.ts` makes each an error with its line.
 *
 * Always: nothing is taken from elsewhere or left out silently; where the file holds secrets, no message shows a part of
 * one (a password may begin with `!`, `&` or `*`, which are signs of YAML).
 */
import { type Document, isAlias, isMap, isScalar, type Node, visit, type YAMLError } from 'yaml';

export interface Found {
  readonly offset: number;
  readonly message: string;
}

const coreTag = /^(!|tag:yaml\.org,2002:(str|int|float|bool|null|map|seq))$/;
const inQuotes = 'write a value that begins with such a sign in quotes';

/** Errors and warnings of the parser, and what it says nothing about, in the file's order. */
export function strictProblems(document: Document.Parsed, secret: boolean): readonly Found[] {
  const said = [...document.errors, ...document.warnings].map((error) => ({
    offset: error.pos[0],
    message: parserProblem(error, secret),
  }));
  const doubtful = document.errors.length > 0 ? [] : unsaid(document, secret);
  return [...said, ...doubtful].sort((a, b) => a.offset - b.offset);
}

/** The text of a file that is no text, in words; undefined where it is one. */
export function textProblem(bytes: Buffer): string | undefined {
  if (bytes.length > 0 && bytes.every((byte) => byte === 0))
    return 'it holds nothing but zeros, as after a power cut: put it back from a backup';
  if (bytes.includes(0)) return 'it holds zero bytes: it is damaged, or no text in UTF-8; put it back from a backup';
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return undefined;
  } catch {
    return 'it is not written in UTF-8: save it as UTF-8';
  }
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

function unsaid(document: Document.Parsed, secret: boolean): Found[] {
  const found: Found[] = [];
  const tell = (node: unknown, message: string) => {
    found.push({ offset: (node as Node | null)?.range?.[0] ?? 0, message });
  };
  if (document.directives?.yaml.explicit === true && document.directives.yaml.version !== '1.2')
    tell(undefined, '%YAML names another version, in which words mean other things: remove this line');
  visit(document, {
    Node: (_, node) => {
      if (!isAlias(node) && node.tag !== undefined && !coreTag.test(node.tag))
        tell(node, secret ? tagProblem() : tagProblem(node.tag.replace('tag:yaml.org,2002:', '!!')));
    },
    Alias: (_, node) => {
      if (node.resolve(document) === undefined)
        tell(
          node,
          `${secret ? 'a value that begins with *' : `*${node.source}`} repeats an anchor (&…) that is not there: ${inQuotes}`,
        );
    },
    Map: (_, node) => {
      const keys = new Set<string>();
      for (const { key } of node.items) {
        const problem = keyProblem(key, keys);
        if (problem !== undefined) tell(key, problem);
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
  // 1 and "1" are two keys of YAML and one of ours
  if (before.has(name)) return 'this key is there twice';
  before.add(name);
  return undefined;
}
