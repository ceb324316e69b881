import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { unless } from '../test/harness/unless.ts';
import { appendAt, createAt, moveTo, readRecovered, renameAt, replaceAt } from './files/replacing.ts';
import { patient, type Steps, type System, straight } from './files/system.ts';
import { createFile, makeFolder, moveFile, readWhole, readWholeSync, replaceFile, replaceFileSync } from './files.ts';

const isRoot = process.geteuid?.() === 0;
const service = 65_534;
let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'forpost-files-'));
  chmodSync(folder, 0o755);
  file = join(folder, 'secrets.yaml');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = (path = file) => readFileSync(path, 'utf8');
const mode = (path = file) => statSync(path).mode & 0o777;

function asRoot(title: string, run: (skip: (why: string) => void) => unknown): void {
  test(title, ({ skip }) => (isRoot ? run(skip) : skip('files of another user need root')));
}

/** Why `asService` cannot run here: other users cannot read a checkout in a home folder. */
const withoutService = !isRoot
  ? 'files of another user need root'
  : spawnSync(process.execPath, ['--version'], { uid: service, gid: service }).error !== undefined ||
      spawnSync('cat', [fileURLToPath(new URL('./files.ts', import.meta.url))], { uid: service, gid: service })
        .status !== 0
    ? 'another user cannot read this checkout'
    : undefined;

function asRootAndService(title: string, run: () => unknown): void {
  test(title, unless(withoutService), run as () => Promise<void>);
}

/** Output of `code`, run by the user `service`. */
function asService(code: string): string {
  const files = JSON.stringify(fileURLToPath(new URL('./files.ts', import.meta.url)));
  const run = spawnSync(
    process.execPath,
    [
      '--input-type=module-typescript',
      '-e',
      `import * as files from ${files}; const file = ${JSON.stringify(file)}; ${code}`,
    ],
    { uid: service, gid: service, encoding: 'utf8' },
  );
  return run.stdout + run.stderr;
}

describe('a file that Forpost writes', () => {
  test('has the requested mode when new, and by default only its owner can read it', async () => {
    await replaceFile(file, 'one');
    expect([text(), mode()]).toEqual(['one', 0o600]);
    await replaceFile(join(folder, 'site.yaml'), 'site', { mode: 0o644 });
    expect(mode(join(folder, 'site.yaml'))).toBe(0o644);
  });

  test('keeps its mode, whatever the umask', async () => {
    writeFileSync(file, 'one');
    chmodSync(file, 0o664);
    await replaceFile(file, 'two');
    replaceFileSync(file, 'three');
    expect([text(), mode()]).toEqual(['three', 0o664]);
  });

  test('stays readable for its owner, even after its mode was damaged', async () => {
    writeFileSync(file, 'one');
    chmodSync(file, 0);
    await replaceFile(file, 'two');
    expect(mode()).toBe(0o600);
  });

  test('leaves no other file beside it, and removes the leftover of a killed write', async () => {
    writeFileSync(`${file}.new`, 'half');
    await replaceFile(file, 'one');
    replaceFileSync(file, 'two');
    expect(readdirSync(folder)).toEqual(['secrets.yaml']);
  });

  test('is written through symbolic links, which stay, also through a dangling one', async () => {
    mkdirSync(join(folder, 'real'));
    symlinkSync('real/target.yaml', join(folder, 'second'));
    symlinkSync('second', file);
    await replaceFile(file, 'one');
    expect([text(join(folder, 'real/target.yaml')), lstatSync(file).isSymbolicLink()]).toEqual(['one', true]);
    expect(readdirSync(join(folder, 'real'))).toEqual(['target.yaml']);
    replaceFileSync(file, 'two');
    expect(await createFile(file, 'three')).toBe(false);
    expect([text(), lstatSync(file).isSymbolicLink()]).toEqual(['two', true]);
  });

  test('never mixes the texts of two writers in one process, and keeps that of the last call', async () => {
    const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000));
    for (let round = 0; round < 20; round++) {
      await Promise.all(texts.map((one) => replaceFile(file, one)));
      expect([text(), readdirSync(folder)]).toEqual([texts.at(-1), ['secrets.yaml']]);
    }
  });

  test('is created only when it does not exist', async () => {
    expect(await createFile(file, 'one')).toBe(true);
    expect(await createFile(file, 'two')).toBe(false);
    expect([text(), mode(), readdirSync(folder).length]).toEqual(['one', 0o600, 1]);
  });

  test('replaces an old one by a move when it is too large for memory', async () => {
    writeFileSync(file, 'old');
    chmodSync(file, 0o640);
    writeFileSync(join(folder, 'candidate'), 'new');
    await moveFile(join(folder, 'candidate'), file);
    expect([text(), mode(), readdirSync(folder)]).toEqual(['new', 0o640, ['secrets.yaml']]);
  });

  test('is refused with a reason where a folder has its name, its folder is missing, or the disk is full or read-only', async () => {
    mkdirSync(file);
    await expect(replaceFile(file, 'x')).rejects.toThrow(`${file} is not a file: move away what stands there`);
    const nowhere = join(folder, 'none', 'x');
    await expect(replaceFile(nowhere, 'x')).rejects.toThrow(`the folder ${join(folder, 'none')} is not there`);
    await expect(replaceFile('/proc/nothing', 'x')).rejects.toThrow(/^\/proc\/nothing cannot be written: /);
  });

  asRoot('keeps its owner when root replaces it (sudo forpost …)', async () => {
    writeFileSync(file, 'one', { mode: 0o600 });
    chownSync(file, service, service);
    await replaceFile(file, 'two');
    expect([statSync(file).uid, statSync(file).gid, mode()]).toEqual([service, service, 0o600]);
    writeFileSync(join(folder, 'candidate'), 'three');
    await moveFile(join(folder, 'candidate'), file);
    expect([statSync(file).uid, text()]).toEqual([service, 'three']);
  });

  asRootAndService('gets its folder’s owner when root makes it, and so do folders', async () => {
    chownSync(folder, service, service);
    await replaceFile(file, 'one');
    expect([statSync(file).uid, statSync(file).gid, mode()]).toEqual([service, service, 0o600]);
    expect(await createFile(join(folder, 'key.pem'), 'key')).toBe(true);
    expect(statSync(join(folder, 'key.pem')).uid).toBe(service);
    await makeFolder(join(folder, 'a/b'));
    expect(['a', 'a/b'].map((path) => statSync(join(folder, path)).uid)).toEqual([service, service]);
    expect(asService('files.replaceFileSync(file, "two"); console.log(files.readWholeSync(file))')).toBe('two\n');
  });

  asRoot('gets the group of a root folder that serves a group, or the owner that the caller names', async () => {
    chownSync(folder, 0, service);
    chmodSync(folder, 0o750);
    await replaceFile(file, 'one');
    expect([statSync(file).uid, statSync(file).gid, mode()]).toEqual([0, service, 0o640]);
    chownSync(folder, 0, 0);
    mkdirSync(join(folder, 'data'));
    chownSync(join(folder, 'data'), service, service);
    const other = join(folder, 'other.yaml');
    await replaceFile(other, 'one', { ownerOf: join(folder, 'data') });
    expect([statSync(other).uid, mode(other)]).toEqual([service, 0o600]);
  });

  asRootAndService('is written in place when only root could keep its owner', () => {
    writeFileSync(file, 'the first text, which is longer');
    chownSync(file, 0, service);
    chmodSync(file, 0o660);
    chownSync(folder, 0, service);
    chmodSync(folder, 0o770);
    const { ino } = statSync(file);
    expect(asService('await files.replaceFile(file, "second")')).toBe('');
    const now = statSync(file);
    expect([text(), now.uid, now.gid, mode(), now.ino]).toEqual(['second', 0, service, 0o660, ino]);
    expect(readdirSync(folder)).toEqual(['secrets.yaml']);
  });

  asRootAndService('can be replaced by a user in his own folder, even when root owns the file', () => {
    writeFileSync(file, 'one', { mode: 0o600 });
    chownSync(folder, service, service);
    expect(asService('files.replaceFileSync(file, "two"); console.log(files.readWholeSync(file))')).toBe('two\n');
    expect(readdirSync(folder)).toEqual(['secrets.yaml']);
  });

  asRootAndService(
    'stays unchanged for a user who may write neither file nor folder, and the error says what to do',
    () => {
      writeFileSync(file, 'one', { mode: 0o644 });
      const told = 'await files.replaceFile(file, "two").catch((error) => console.log(error.code, error.message))';
      expect(asService(told)).toMatch(
        /^EACCES \S+secrets\.yaml cannot be written: the user \S+ may not write .*\(0:0, 755\).*chown/,
      );
      chownSync(folder, 0, service);
      chmodSync(folder, 0o775);
      expect(asService(told)).toMatch(/^EACCES \S+secrets\.yaml cannot be written: /);
      expect([text(), readdirSync(folder)]).toEqual(['one', ['secrets.yaml']]);
    },
  );

  asRoot('is written when it is a mount of its own, also in a read-only folder', (skip) => {
    if (!canMount()) return skip('this machine lets nobody mount in a namespace');
    const [host, etc] = [join(folder, 'host.yaml'), join(folder, 'etc')];
    file = join(etc, 'secrets.yaml');
    mkdirSync(etc);
    for (const one of [host, file]) writeFileSync(one, 'the first text, which is longer');
    const files = fileURLToPath(new URL('./files.ts', import.meta.url));
    const replace = (words: string) =>
      `"${process.execPath}" --input-type=module-typescript -e 'import { replaceFile } from "${files}"; await replaceFile("${file}", "${words}")'`;
    const script = [
      ...['set -e', 'mount --make-rprivate /', `mount --bind "${host}" "${file}"`, replace('second')],
      `test "$(cat "${host}")" = second`,
      ...[`umount "${file}"`, `mount --bind "${etc}" "${etc}"`, `mount -o remount,bind,ro "${etc}"`],
      ...[`mount --bind "${host}" "${file}"`, replace('third'), `test "$(cat "${file}")" = third`],
    ];
    execFileSync('unshare', ['-m', 'bash', '-c', script.join('\n')], { stdio: 'pipe' });
    expect([text(host), readdirSync(etc)]).toEqual(['third', ['secrets.yaml']]);
  });
});

describe('a process that ends at any line of a write', () => {
  const before = 'the old text, which is longer';
  const after = 'the new text';
  let dead = false;

  /** Runs the steps and drops them after `count`. Returns whether all were made. */
  function killedAfter(count: number, steps: Steps<void>): boolean {
    let step = steps.next();
    for (let made = 1; step.done !== true && made < count && !dead; made++) step = steps.next(step.value);
    return step.done === true;
  }

  /** Answers as the kernel does for a file that is a mount point. */
  const mounted: System = {
    ...patient,
    rename: (from, to) => {
      if (to === file) throw Object.assign(new Error('EBUSY'), { code: 'EBUSY' });
      patient.rename(from, to);
    },
  };

  /** The power fails in the middle of writing the file itself. */
  function halfWritten(system: System): System {
    let inPlace = false;
    return {
      ...system,
      open: (path, flags, openMode) => {
        inPlace = flags === 'r+' && path === file;
        return system.open(path, flags, openMode);
      },
      write: (fd, content) => {
        dead = inPlace;
        system.write(fd, dead ? String(content).slice(0, 3) : content);
      },
    };
  }

  test.each([
    ['is renamed over', patient],
    ['is a mount and cannot be renamed over', mounted],
    ['is a mount whose writing stops halfway', halfWritten(mounted)],
  ])('leaves the old or the new text, where the file %s', (_, system) => {
    const read = new Set<string>();
    let whole = false;
    for (let count = 1; !whole && count < 100; count++) {
      dead = false;
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
      writeFileSync(file, before);
      whole = killedAfter(count, replaceAt(system, file, after, {})) || dead;
      const found = readWholeSync(file);
      read.add(found);
      expect([before, after]).toContain(found);
      expect([text(), existsSync(`${file}.whole`)], 'what was read stands there from now on').toEqual([found, false]);
      if (whole) expect(found).toBe(after);
      replaceFileSync(file, 'the next text');
      expect([text(), readdirSync(folder)]).toEqual(['the next text', ['secrets.yaml']]);
    }
    expect([whole, [...read].sort()]).toEqual([true, [after, before]]);
  });

  test('puts the old text back when a mount has no space for the new one', () => {
    writeFileSync(file, before);
    let full = false;
    const system: System = {
      ...mounted,
      write: (fd, content) => {
        if (content === after && full) {
          patient.write(fd, 'the');
          throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
        }
        full = true;
        patient.write(fd, content);
      },
    };
    expect(() => straight(replaceAt(system, file, after, {}))).toThrow('the disk is full; the file is as it was');
    expect([text(), readdirSync(folder)]).toEqual([before, ['secrets.yaml']]);
  });

  asRoot('ignores a copy that another user has put there', () => {
    writeFileSync(file, 'the text');
    writeFileSync(`${file}.whole`, 'the text of another');
    chownSync(`${file}.whole`, service, service);
    expect([readWholeSync(file), text()]).toEqual(['the text', 'the text']);
  });

  test('does not overwrite a file that a person repaired by hand long after', async () => {
    writeFileSync(`${file}.whole`, 'the copy of then');
    writeFileSync(file, 'mended');
    const later = new Date(Date.now() + 3_600_000);
    utimesSync(file, later, later);
    expect([await readWhole(file), readdirSync(folder)]).toEqual(['mended', ['secrets.yaml']]);
  });

  test('gives the whole text also to a user who may only read', () => {
    writeFileSync(file, 'hal');
    writeFileSync(`${file}.whole`, 'half and half');
    const open = () => {
      throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
    };
    expect([String(straight(readRecovered({ ...patient, open }, file))), text()]).toEqual(['half and half', 'hal']);
  });
});

function canMount(): boolean {
  return spawnSync('unshare', ['-m', 'mount', '--make-rprivate', '/']).status === 0;
}

describe('a name that must survive a power cut', () => {
  /** The names that a call made and the paths that it synced, in order. */
  function recorded(run: (system: System) => Steps<unknown>): readonly string[] {
    const calls: string[] = [];
    const opened = new Map<number, string>();
    const system: System = {
      ...patient,
      open: (path, flags, openMode) => {
        const fd = patient.open(path, flags, openMode) as number;
        opened.set(fd, path);
        return fd;
      },
      sync: (fd) => {
        calls.push(`sync ${opened.get(fd)}`);
        patient.sync(fd);
      },
      rename: (from, to) => {
        calls.push(`name ${to}`);
        patient.rename(from, to);
      },
      link: (from, to) => {
        calls.push(`name ${to}`);
        patient.link(from, to);
      },
    };
    straight(run(system));
    return calls.map((call) => call.replace(folder, ''));
  }

  test('is on disk with its content when a file is replaced, created or moved', () => {
    const written = ['sync /secrets.yaml.new', 'name /secrets.yaml', 'sync '];
    expect(recorded((system) => createAt(system, file, 'one', {}))).toEqual(written);
    expect(recorded((system) => replaceAt(system, file, 'two', {}))).toEqual(written);
    const from = join(folder, 'from');
    writeFileSync(from, 'three');
    expect(recorded((system) => moveTo(system, from, file, {}))).toEqual(['sync /from', 'name /secrets.yaml', 'sync ']);
    expect(text()).toBe('three');
  });

  test('is on disk with the first appended text, and later texts do not sync the folder', () => {
    expect(recorded((system) => appendAt(system, file, 'one\n', {}))).toEqual(['sync /secrets.yaml', 'sync ']);
    expect(recorded((system) => appendAt(system, file, 'two\n', {}))).toEqual(['sync /secrets.yaml']);
    expect([text(), mode()]).toEqual(['one\ntwo\n', 0o600]);
  });

  test('is on disk when a damaged file is renamed, in both folders if they differ', () => {
    writeFileSync(file, 'damaged');
    expect(recorded((system) => renameAt(system, file, `${file}.damaged`))).toEqual([
      'name /secrets.yaml.damaged',
      'sync ',
    ]);
    mkdirSync(join(folder, 'kept'));
    expect(recorded((system) => renameAt(system, `${file}.damaged`, join(folder, 'kept/one')))).toEqual([
      'name /kept/one',
      'sync /kept',
      'sync ',
    ]);
  });
});
