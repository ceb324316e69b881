/**
 * Loaded into a gateway (NODE_OPTIONS --import): kills its process with SIGKILL before a call that changes the disk.
 *
 *   FORPOST_KILL_PLAN names a file that does not exist yet ── it appears: {folder, only, at, before, log} ──► calls are
 *     counted ──► call number `at`, or the one called `before`: SIGKILL
 *
 * Counted are calls of the main thread below `folder` whose path fits `only`; each is a line of `log`. A write and a removal
 * of a folder count twice: before them, and when half of them is done. `at` 0 and no `before`: counts only. Only a gateway is
 * killed, unless FORPOST_KILL_ANY is 1.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { isMainThread } from 'node:worker_threads';

const planFile = process.env.FORPOST_KILL_PLAN;
const original = { ...fs, promises: { ...fs.promises } };
/** path by file descriptor */
const paths = new Map();
let plan;
let made = 0;

if (
  isMainThread &&
  planFile !== undefined &&
  (process.argv.includes('gateway') || process.env.FORPOST_KILL_ANY === '1')
)
  install();

/** `halfDone`: leaves the call half done before the process is killed */
function step(call, path, halfDone) {
  if (typeof path !== 'string' || path === planFile) return;
  if (plan === undefined && original.existsSync(planFile)) {
    plan = JSON.parse(original.readFileSync(planFile, 'utf8'));
    plan.only = new RegExp(plan.only);
  }
  if (plan === undefined) return;
  const within = relative(plan.folder, path);
  if (within.startsWith('..') || !plan.only.test(within)) return;
  count(`${call} ${within}`);
  if (halfDone !== undefined) count(`half of ${call} ${within}`, halfDone);
}

function count(what, before = () => undefined) {
  made++;
  original.appendFileSync(plan.log, `${what.replace(/[0-9a-f]{12}\.new/, '*.new')}\n`);
  if (made !== plan.at && what !== plan.before) return;
  before();
  process.kill(process.pid, 'SIGKILL');
}

function install() {
  for (const name of ['rename', 'link', 'copyFile']) wrap(name, (from, to) => step(name, to ?? from));
  for (const name of ['unlink', 'mkdir', 'rmdir']) wrap(name, (path) => step(name, path));
  wrap('rm', (path, options) =>
    step('remove', path, options?.recursive === true && isFolder(path) ? () => removeHalf(path) : undefined),
  );
  for (const name of ['fsync', 'ftruncate']) wrapOfFile(name, (file) => step(name, paths.get(file)));
  wrapOfFile('writeFile', (file, content) => {
    const path = typeof file === 'number' ? paths.get(file) : file;
    step('write', path, typeof file === 'number' ? () => writeHalf(file, content) : undefined);
  });
  wrapOpen();
  syncBuiltinESMExports();
}

function wrap(name, before) {
  wrapOfFile(name, before);
  const call = original.promises[name];
  if (call === undefined) return;
  fs.promises[name] = (...args) => {
    before(...args);
    return call.apply(fs.promises, args);
  };
}

function wrapOfFile(name, before) {
  for (const one of [name, `${name}Sync`]) {
    const call = original[one];
    fs[one] = (...args) => {
      before(...args);
      return call.apply(fs, args);
    };
  }
}

function wrapOpen() {
  const opening = (path, flags) => {
    if (typeof flags === 'string' && flags !== 'r') step('open', path);
  };
  fs.open = (path, ...rest) => {
    opening(path, rest[0]);
    const done = rest.pop();
    original.open(path, ...rest, (error, file) => {
      if (error === null) paths.set(file, path);
      done(error, file);
    });
  };
  fs.openSync = (path, ...rest) => {
    opening(path, rest[0]);
    const file = original.openSync(path, ...rest);
    paths.set(file, path);
    return file;
  };
  fs.promises.open = async (path, ...rest) => {
    opening(path, rest[0]);
    const handle = await original.promises.open(path, ...rest);
    for (const name of ['writeFile', 'sync']) {
      const call = handle[name].bind(handle);
      handle[name] = (...args) => {
        step(
          name === 'sync' ? 'fsync' : 'write',
          path,
          name === 'sync' ? undefined : () => writeHalf(handle.fd, args[0]),
        );
        return call(...args);
      };
    }
    return handle;
  };
}

function isFolder(path) {
  return original.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function writeHalf(file, content) {
  const bytes = Buffer.from(content);
  original.writeSync(file, bytes.subarray(0, bytes.length >> 1));
}

/** Removes every second file. */
function removeHalf(folder) {
  const files = original
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  for (const [at, file] of files.toSorted().entries()) if (at % 2 === 0) original.unlinkSync(file);
  if (files.length === 0) original.readdirSync(dirname(folder));
}
