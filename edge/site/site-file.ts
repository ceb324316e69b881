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
import { realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { configProblems } from '@forpost/shared/config/yaml.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { readWhole, replaceFile } from '@forpost/shared/files.ts';
import { loadSite } from '../config/load-site.ts';
import type { Site } from './site.ts';

export type Saved =
  | { readonly site: Site }
  /** the file's revision now; it is another one than the writer has seen */
  | { readonly conflict: string }
  /** what is wrong with the change, a line each */
  | { readonly problems: readonly string[] };

const closedFolder = ['EACCES', 'EPERM', 'EROFS'];
const unwritable = [...closedFolder, 'ENOSPC', 'EDQUOT'];

export class SiteFile {
  readonly #file: string;
  readonly #secretsFile: string;
  readonly #data: string | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** `data`: where the text before a change is kept if the file's folder takes no new file; default: nowhere else */
  constructor(file: string, secretsFile: string, data?: string) {
    this.#file = file;
    this.#secretsFile = secretsFile;
    this.#data = data;
  }

  /** `change`: from the text to the new text. @throws what it throws, and what the file system says */
  save(expected: string, change: (text: string) => string): Promise<Saved> {
    const saved = this.#last.then(() => this.#save(expected, change));
    this.#last = saved.catch(() => {
      // told to whoever saved
    });
    return saved;
  }

  async #keepBefore(text: string): Promise<void> {
    const target = await realpath(this.#file);
    const options = { mode: (await stat(target)).mode & 0o777, ownerOf: target };
    try {
      await replaceFile(`${target}.before`, text, options);
    } catch (error) {
      // the file may be mounted by itself into a folder that is read-only or somebody else's
      if (this.#data === undefined || !closedFolder.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      await replaceFile(join(this.#data, `${basename(this.#file)}.before`), text, options);
    }
  }

  async #save(expected: string, change: (text: string) => string): Promise<Saved> {
    const file = this.#file;
    const text = await readWhole(file);
    const revision = createHash('sha256').update(text).digest('hex');
    if (revision !== expected) return { conflict: revision };
    try {
      const next = change(text);
      const { site } = loadSite(file, this.#secretsFile, next);
      await this.#keepBefore(text);
      await replaceFile(file, next);
      return { site };
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (unwritable.includes(code)) return { problems: [messageOf(error)] };
      const problems = configProblems(error);
      if (problems === undefined) throw error;
      // the text of the trial is in no file to open: what is wrong is enough
      return { problems: problems.map((line) => line.replace(/^\S+:\d+:\d+: /, '')) };
    }
  }
}
