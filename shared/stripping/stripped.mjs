/**
 * Strips the types from Forpost's TypeScript once, for every later start. Node's own type stripping loads a compiler
 * (WebAssembly) into each thread that imports a .ts file, and keeps it: 18 MB in the main thread and about 11 MB in each
 * other. Plain JavaScript, because it runs before any type can be stripped.
 *
 *   forpost.mjs: prepare() ── adds missing entries ──► the gateway starts anew, with preload.mjs in each thread
 *   preload.mjs: stripped(source) ── known ──► that code         (no compiler in this process)
 *                                 └── unknown, damaged or not readable ──► Node strips it itself
 *
 * Always: an entry is found by the hash of its source, so that a changed source never gets old code; it carries the hash of
 * its own code, so that a half-written entry is not used; blanks replace types, so that lines and columns stay. The folder
 * stands within the installation: a user who may write there may change the sources anyway. It holds the present sources
 * and nothing else.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const installation = fileURLToPath(new URL('../..', import.meta.url));
const workspaces = ['shared', 'edge', 'cloud'];
const notRun = /\.(test|fake|d)\.ts$|[\\/]node_modules[\\/]/;
const sealChars = 64;
/** the age at which a partial file has no writer any more */
const abandonedMs = 3_600_000;
/** other versions that the code depends on */
const maker = `${process.versions.node} ${process.versions.amaro} 1\n`;

/** @param {string} [root] of the installation */
export function folderIn(root = installation) {
  return join(root, 'node_modules/.cache/forpost/stripped');
}

/**
 * The prepared code of a source, or undefined.
 * @param {string} source
 * @param {string} [folder]
 * @returns {string | undefined}
 */
export function stripped(source, folder = folderIn()) {
  let entry;
  try {
    entry = readFileSync(join(folder, nameOf(source)), 'utf8');
  } catch {
    // not prepared, or not readable by this user: Node strips it itself
    return undefined;
  }
  const code = entry.slice(sealChars);
  return entry.slice(0, sealChars) === hash(code) ? code : undefined;
}

/**
 * Strips sources that are not prepared yet. A read-only folder costs memory and nothing else.
 * @param {string} [root] of the installation
 * @returns {{ made: number, problem: string | undefined }} number of new entries, and the reason of a failure
 */
export function prepare(root = installation) {
  const folder = folderIn(root);
  const wanted = new Set();
  let made = 0;
  try {
    for (const file of sourcesIn(root)) {
      const source = readFileSync(file, 'utf8');
      const name = nameOf(source);
      wanted.add(name);
      if (stripped(source, folder) !== undefined) continue;
      const code = codeOf(source);
      if (code === undefined) continue;
      if (made === 0) mkdirSync(folder, { recursive: true });
      const partial = join(folder, `${name}.${process.pid}`);
      writeFileSync(partial, hash(code) + code);
      renameSync(partial, join(folder, name));
      made++;
    }
    if (made > 0) sweep(folder, wanted);
  } catch (error) {
    return { made, problem: error instanceof Error ? error.message : String(error) };
  }
  return { made, problem: undefined };
}

/**
 * Removes entries of no present source; a file that another process is writing stays.
 * @param {string} folder
 * @param {ReadonlySet<string>} wanted
 */
function sweep(folder, wanted) {
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (wanted.has(name) || (name.includes('.') && Date.now() - statSync(file).mtimeMs < abandonedMs)) continue;
    rmSync(file, { force: true });
  }
}

/** @param {string} root */
function* sourcesIn(root) {
  for (const workspace of workspaces)
    for (const name of readdirSync(join(root, workspace), { recursive: true, encoding: 'utf8' }))
      if (name.endsWith('.ts') && !notRun.test(name)) yield join(root, workspace, name);
}

/**
 * Node's own type stripping, without its warning that the function may change.
 * @param {string} source
 * @throws {SyntaxError}
 */
export function strip(source) {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}

/**
 * undefined for a source with a mistake: its importer reports that
 * @param {string} source
 */
function codeOf(source) {
  try {
    return strip(source);
  } catch {
    return undefined;
  }
}

/** @param {string} source */
function nameOf(source) {
  return hash(maker + source);
}

/** @param {string} text */
function hash(text) {
  return createHash('sha256').update(text).digest('hex');
}
