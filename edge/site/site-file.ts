/**
 * Saves the site's file: one writer at a time, and only over the revision that the writer has seen.
 *
 *   read ──► revision as expected? ──► changed ──► loaded and checked as at a start ──► old one kept beside ──► renamed
 *              └── no: somebody was faster            └── wrong: told in words, nothing was changed
 *
 * Always: the file is the old one or the new one, whole, also after a power cut; what is saved can be loaded at the next
 * start; a revision is the SHA-256 of the text.
 */
import { createHash } from 'node:crypto';
import { copyFile, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { configProblems } from '@forpost/shared/config/yaml.ts';
import { loadSite } from './load.ts';
import type { Site } from './site.ts';

export type Saved =
  | { readonly site: Site }
  /** the file's revision now; it is another one than the writer has seen */
  | { readonly conflict: string }
  /** what is wrong with the change, a line each */
  | { readonly problems: readonly string[] };

const unwritable = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT'];

export class SiteFile {
  readonly #file: string;
  readonly #secretsFile: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(file: string, secretsFile: string) {
    this.#file = file;
    this.#secretsFile = secretsFile;
  }

  /** `change`: from the text to the new text. @throws what it throws, and what the file system says */
  save(expected: string, change: (text: string) => string): Promise<Saved> {
    const saved = this.#last.then(() => this.#save(expected, change));
    this.#last = saved.catch(() => {
      // told to whoever saved
    });
    return saved;
  }

  async #save(expected: string, change: (text: string) => string): Promise<Saved> {
    // a link stays a link
    const file = await realpath(this.#file);
    const text = await readFile(file, 'utf8');
    const revision = createHash('sha256').update(text).digest('hex');
    if (revision !== expected) return { conflict: revision };
    const next = `${file}.next`;
    try {
      await writeAs(next, change(text), (await stat(file)).mode & 0o777);
      const { site } = loadSite(next, this.#secretsFile);
      await copyFile(file, `${file}.before`);
      await rename(next, file);
      await syncFolder(dirname(file));
      return { site };
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (unwritable.includes(code))
        return { problems: [`${file} cannot be written (${code}): may the gateway’s user write it and its folder?`] };
      const problems = configProblems(error);
      if (problems === undefined) throw error;
      // the file of the trial is nobody's to open: what is wrong is enough
      return { problems: problems.map((line) => line.replace(/^\S+:\d+:\d+: /, '')) };
    } finally {
      await rm(next, { force: true });
    }
  }
}

async function writeAs(path: string, text: string, mode: number): Promise<void> {
  const handle = await open(path, 'w', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
