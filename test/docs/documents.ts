/**
 * Parses the project's Markdown documents for the tests in this folder: links, headings, code blocks, words in backticks.
 *
 * Always: files that git ignores are no documents; a code block contains neither links nor paths.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { root } from '../harness/root.ts';

export interface CodeBlock {
  /** the word after the fence: yaml, json, sh; or empty */
  readonly language: string;
  readonly text: string;
  /** number of its first line */
  readonly line: number;
}

export interface Document {
  /** from the repository's root, with slashes */
  readonly path: string;
  readonly text: string;
  /** GitHub's anchors of the headings */
  readonly anchors: ReadonlySet<string>;
  readonly links: readonly Link[];
  /** the text between backticks, outside of code blocks */
  readonly words: readonly Located[];
  readonly blocks: readonly CodeBlock[];
}

export interface Located {
  readonly text: string;
  readonly line: number;
}

export interface Link extends Located {
  /** the link's visible text */
  readonly label: string;
}

/** Every file of the checkout that git tracks or does not ignore. */
export const projectFiles: readonly string[] = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard'],
  { cwd: root, encoding: 'utf8' },
)
  .split('\n')
  .filter((path) => path !== '');

const fileNames = new Set(projectFiles.map((path) => basename(path)));
const places = new Set(projectFiles.flatMap((path) => [path, ...foldersOf(path)]));

export const isPlace = (path: string) => places.has(path.replace(/\/$/, ''));
export const isFileName = (name: string) => fileNames.has(name);

function foldersOf(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

export const documents: readonly Document[] = projectFiles
  .filter((path) => path.endsWith('.md'))
  .flatMap((path) => {
    const text = readIfThere(path);
    return text === undefined ? [] : [parseDocument(path, text)];
  });

/** undefined for a deleted file that git still tracks. */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(`${root}${path}`, 'utf8');
  } catch {
    return undefined;
  }
}

export function parseDocument(path: string, text: string): Document {
  const anchors = new Set<string>();
  const links: Link[] = [];
  const words: Located[] = [];
  const blocks: CodeBlock[] = [];
  let open: { language: string; lines: string[]; line: number } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^\s*```(\S*)/.exec(line);
    if (open !== undefined) {
      if (fence === null) open.lines.push(line);
      else {
        blocks.push({ language: open.language, text: open.lines.join('\n'), line: open.line });
        open = undefined;
      }
    } else if (fence !== null) open = { language: fence[1] ?? '', lines: [], line: index + 2 };
    else {
      const heading = /^#{1,6} +(.*)$/.exec(line);
      if (heading !== null) anchors.add(freeAnchor(anchorOf(heading[1] ?? ''), anchors));
      for (const [, word = ''] of line.matchAll(/`([^`]+)`/g)) words.push({ text: word, line: index + 1 });
      for (const [, label = '', target = ''] of line.replace(/`[^`]*`/g, '').matchAll(/\[([^\]]*)\]\(([^)\s]+)\)/g))
        links.push({ text: target, label, line: index + 1 });
    }
  }
  return { path, text, anchors, links, words, blocks };
}

/** GitHub's anchor of a heading: lower case, no punctuation, a hyphen for each space. */
function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
    .replace(/ /g, '-');
}

function freeAnchor(name: string, taken: ReadonlySet<string>): string {
  for (let count = 0; ; count++) {
    const tried = count === 0 ? name : `${name}-${count}`;
    if (!taken.has(tried)) return tried;
  }
}
