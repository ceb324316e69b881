import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { documents, isFileName, isPlace, parseDocument, projectFiles } from './documents.ts';

/** Bytes; nobody reads a longer page to its end. */
const longest = { 'README.md': 6_000, 'ARCHITECTURE.md': 10_000 };
/** First parts of paths that mean a place in this repository. */
const topFolders = new Set(projectFiles.filter((path) => path.includes('/')).map((path) => path.split('/')[0]));
const sourceFile = /^[\w-]+\.(ts|tsx|mjs|sql|service|sh)$/;

test('every link in a document leads to an existing file and heading', () => {
  const broken = documents.flatMap(({ path, links, anchors }) =>
    links
      .filter(({ text }) => !/^[a-z]+:/.test(text))
      .flatMap(({ text, line }) => {
        const [file = '', anchor] = text.split('#');
        const target = normalize(join(dirname(path), file));
        const place = `${path}:${line}: ${text}`;
        if (file !== '' && !isPlace(target)) return [`${place} leads nowhere`];
        const there = file === '' ? anchors : documents.find((document) => document.path === target)?.anchors;
        return anchor === undefined || there?.has(anchor) === true ? [] : [`${place}: no such heading`];
      }),
  );
  expect(broken).toEqual([]);
});

test('every path of the project in a document exists', () => {
  const stale = documents.flatMap(({ path, words }) =>
    words.filter(({ text }) => isStale(text)).map(({ text, line }) => `${path}:${line}: ${text}`),
  );
  expect(stale).toEqual([]);
});

/** Whether a word in backticks looks like a path of this repository but does not exist. */
function isStale(word: string): boolean {
  const path = word.replace(/^\.\//, '');
  // a word with stars, braces or an ellipsis is a pattern, not a path
  if (!/^[\w@./-]+$/.test(path)) return false;
  if (path.includes('/')) return topFolders.has(path.split('/')[0]) && !isPlace(path);
  return sourceFile.test(path) && !isFileName(path);
}

test('the README and ARCHITECTURE.md keep their size limits', () => {
  for (const [path, most] of Object.entries(longest)) {
    const found = documents.find((document) => document.path === path);
    expect(Buffer.byteLength(found?.text ?? ''), path).toBeGreaterThan(0);
    expect(Buffer.byteLength(found?.text ?? ''), path).toBeLessThan(most);
  }
});

test('the index of each documents’ folder lists every page of the folder', () => {
  const lost = ['docs/guides', 'docs/internals', 'docs/extending', 'docs/adr', 'docs/reference'].flatMap((folder) => {
    const index = documents.find(({ path }) => path === `${folder}/README.md`) ?? documents.find(isIndexOfAll);
    const listed = index?.links.map(({ text }) => normalize(join(dirname(index.path), text.split('#')[0] ?? '')));
    return documents
      .map(({ path }) => path)
      .filter((path) => dirname(path) === folder && path !== `${folder}/README.md`)
      .filter((path) => listed?.includes(path) !== true);
  });
  expect(lost).toEqual([]);
});

const isIndexOfAll = ({ path }: { readonly path: string }) => path === 'docs/README.md';

test('every decision has its own number, a context, a decision and consequences', () => {
  const decisions = documents.filter(({ path }) => /^docs\/adr\/\d{4}-/.test(path));
  const numbers = decisions.map(({ path }) => path.slice('docs/adr/'.length, 'docs/adr/0000'.length));
  expect(new Set(numbers).size).toBe(numbers.length);
  for (const { path, text, anchors } of decisions) {
    expect([...anchors], path).toEqual(expect.arrayContaining(['context', 'decision', 'consequences']));
    expect(text.startsWith(`# ${Number(path.slice('docs/adr/'.length, 'docs/adr/0000'.length))}. `), path).toBe(true);
  }
});

test('a link to a decision shows its number', () => {
  const wrong = documents.flatMap(({ path, links }) =>
    links.filter(isMisnumbered).map(({ text, label, line }) => `${path}:${line}: [${label}](${text})`),
  );
  expect(wrong).toEqual([]);
});

function isMisnumbered({ label, text }: { readonly label: string; readonly text: string }): boolean {
  const [, said] = /^(?:decision |adr )?0*(\d+)$/i.exec(label) ?? [];
  const [, meant] = /(?:^|\/)(\d{4})-[^/]*\.md$/.exec(text) ?? [];
  return said !== undefined && meant !== undefined && Number(said) !== Number(meant);
}

test('documents are parsed as GitHub parses them', () => {
  const read = parseDocument(
    'a.md',
    '# What `x` is, and why\n## Twice\n## Twice\n[a](b.md#c) `d/e.ts`\n```yaml\n[no](link)\n```\n',
  );
  expect([...read.anchors]).toEqual(['what-x-is-and-why', 'twice', 'twice-1']);
  expect(read.links).toEqual([{ text: 'b.md#c', label: 'a', line: 4 }]);
  expect(read.words.map(({ text }) => text)).toEqual(['x', 'd/e.ts']);
  expect(read.blocks).toEqual([{ language: 'yaml', text: '[no](link)', line: 6 }]);
});
