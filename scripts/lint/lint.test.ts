/** The project's own lint rules: code that breaks one fails the check. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bin, root } from '../test/steps.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-lint-'));
  const plugins = ['spread-literal', 'wait-limit'].map((name) => join(root, `scripts/lint/${name}.grit`));
  await writeFile(join(folder, 'biome.json'), JSON.stringify({ root: true, plugins }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The lines of `lines` that the lint names. */
async function named(name: string, lines: readonly string[]): Promise<readonly (string | undefined)[]> {
  await writeFile(join(folder, name), `${lines.join('\n')}\n`);
  const lint = spawn(bin('biome'), ['lint', '--colors=off', '--reporter=github', name], { cwd: folder });
  let output = '';
  for await (const part of lint.stdout) output += String(part);
  return [...output.matchAll(/::error [^\n]*title=plugin[^\n]*,line=(\d+)/g)].map(
    ([, line]) => lines[Number(line) - 1],
  );
}

test('the lint rejects an object literal that is spread into another object', async () => {
  const rejected = ['export const a = { ...{ b: 1 } };', 'export const c = { ...({ d: 1 }) };'];
  const accepted = [
    'export const e = (one: object) => ({ ...one, f: 1 });',
    'export const g = (one: boolean) => ({ ...(one ? { h: 1 } : {}) });',
    'export const i = (one: boolean) => ({ ...(one && { j: 1 }) });',
    "export const k = ['l', ...['m', 'n']];",
  ];
  expect(await named('code.ts', [...rejected, ...accepted])).toEqual(rejected);
});

test('the lint rejects properties of a page’s part that are spread from an object literal', async () => {
  const rejected = ['export const A = () => <a {...{ href: "b" }} />;'];
  const accepted = ['export const C = (properties: object) => <a {...properties} />;'];
  expect(await named('page.tsx', [...rejected, ...accepted])).toEqual(rejected);
});

test('the lint rejects a wait of Vitest without a time limit of its own', async () => {
  const rejected = ['await vi.waitFor(() => expect(a).toBe(1));', 'await vi.waitUntil(() => b);'];
  const accepted = ['await vi.waitFor(() => expect(c).toBe(1), { timeout: 10_000 });', 'await vi.waitFor(d, soon);'];
  expect(await named('wait.ts', [...rejected, ...accepted])).toEqual(rejected);
});
