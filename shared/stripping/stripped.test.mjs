import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { folderIn, prepare, stripped } from './stripped.mjs';

const source = 'interface Box { a: number }\nexport const box: Box = { a: 1 };\nexport const two = 2 as number;\n';
let root = '';
const codeOf = (text) => stripped(text, folderIn(root));

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'forpost-stripped-'));
  for (const workspace of ['shared', 'edge', 'cloud']) mkdirSync(join(root, workspace));
  writeFileSync(join(root, 'edge/box.ts'), source);
});

afterEach(() => rmSync(root, { recursive: true }));

test('a prepared source is found by its content, and keeps its lines and columns', () => {
  expect(codeOf(source)).toBeUndefined();
  expect(prepare(root)).toEqual({ made: 1, problem: undefined });
  const code = codeOf(source);
  expect(code).not.toContain('interface');
  expect(code).toHaveLength(source.length);
  expect(code.split('\n')[2].indexOf('two')).toBe(source.split('\n')[2].indexOf('two'));
  expect(prepare(root).made).toBe(0);
});

test('a changed source never gets old code, and entries without a source are removed', () => {
  prepare(root);
  const changed = source.replace('a: 1', 'a: 3');
  expect(codeOf(changed)).toBeUndefined();
  writeFileSync(join(root, 'edge/box.ts'), changed);
  expect(prepare(root).made).toBe(1);
  expect(codeOf(changed)).toContain('a: 3');
  expect(codeOf(source)).toBeUndefined();
  expect(readdirSync(folderIn(root))).toHaveLength(1);
});

test.each([
  ['empty', () => ''],
  ['cut off', (entry) => entry.slice(0, -10)],
  ['of other content', (entry) => entry.replace('a: 1', 'a: 2')],
])('an entry that a power cut left %s is not used, and made again', (_how, damage) => {
  prepare(root);
  const [name] = readdirSync(folderIn(root));
  const file = join(folderIn(root), name);
  writeFileSync(file, damage(readFileSync(file, 'utf8')));
  expect(codeOf(source)).toBeUndefined();
  expect(prepare(root).made).toBe(1);
  expect(codeOf(source)).toContain('a: 1');
});

test('when nothing can be stored, the reason is reported and nothing fails', () => {
  writeFileSync(join(root, 'node_modules'), 'not a folder');
  const { made, problem } = prepare(root);
  expect(made).toBe(0);
  expect(problem).toMatch(/ENOTDIR|EEXIST/);
  expect(codeOf(source)).toBeUndefined();
});

test('`prepare` skips a source with a mistake and reports no problem', () => {
  writeFileSync(join(root, 'edge/wrong.ts'), 'export const = ;');
  expect(prepare(root)).toEqual({ made: 1, problem: undefined });
});

test('no thread of a process with prepared code loads the compiler', () => {
  expect(prepare().problem).toBeUndefined();
  const preload = new URL('./preload.mjs', import.meta.url).href;
  const program = `
    await import(${JSON.stringify(new URL('../retry.ts', import.meta.url).href)});
    process.stdout.write(JSON.stringify(process.moduleLoadList.filter((name) => name.includes('amaro'))));`;
  const loaded = (options) => {
    const env = { ...process.env, NODE_OPTIONS: options };
    const args = ['--input-type=module', '--eval', program];
    return JSON.parse(
      execFileSync(process.execPath, args, {
        env,
        encoding: 'utf8',
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
      }),
    );
  };
  expect(loaded('')).not.toEqual([]);
  expect(loaded(`--import ${preload}`)).toEqual([]);
});
