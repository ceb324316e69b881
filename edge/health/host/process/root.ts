/**
 * Reads the kernel's files below a root folder: `/` on a machine, a recorded tree in tests.
 *
 * Always: a file that is absent or that the kernel does not let us read (ENOENT, EACCES, EOPNOTSUPP, EIO, ENODATA) is
 * undefined; the caller decides what that means. Lists are bounded.
 */
import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** The most entries read of one folder: more than any machine has disks, sensors or interfaces. */
const mostEntries = 512;

export class Root {
  readonly #folder: string;

  constructor(folder = '/') {
    this.#folder = folder;
  }

  /** The text of a file, without space and NUL around it. */
  async text(path: string): Promise<string | undefined> {
    try {
      const text = await readFile(join(this.#folder, path), 'utf8');
      return text.replaceAll('\0', '').trim();
    } catch {
      return undefined;
    }
  }

  /** The number in a file, decimal or 0x…; undefined: the file has none. */
  async number(path: string): Promise<number | undefined> {
    return numberIn(await this.text(path));
  }

  /** Names in a folder, sorted; none where there is no such folder. */
  async names(path: string): Promise<readonly string[]> {
    try {
      const names = await readdir(join(this.#folder, path));
      return names.toSorted(byNumber).slice(0, mostEntries);
    } catch {
      return [];
    }
  }

  /** The path that links lead to, below the root; undefined where there is none. */
  async target(path: string): Promise<string | undefined> {
    try {
      const [target, folder] = await Promise.all([realpath(join(this.#folder, path)), realpath(this.#folder)]);
      return folder === '/' ? target : target.slice(folder.length);
    } catch {
      return undefined;
    }
  }
}

const byNumber = new Intl.Collator('en', { numeric: true }).compare;

export function numberIn(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}
