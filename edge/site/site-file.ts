/**
 * Saves the site's file: one writer at a time, and only over the revision that the writer has seen.
 *
 *   read ──► revision as seen? ──► changed ──► loaded and checked as at a start ──► old text kept beside ──► replaced
 *              └── no: conflict                   └── wrong: problems in words, nothing was changed
 *
 * Always: the file is the old one or the new one, whole, also after a power cut; the next start can load what is saved;
 * a revision is the SHA-256 of the text.
 */
import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { configProblems } from '@forpost/shared/config/yaml.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { readWhole, replaceFile } from '@forpost/shared/files.ts';
import type { Site } from './site.ts';

export type Saved =
  | { readonly site: Site }
  /** the file's revision now, which is not the one that the writer has seen */
  | { readonly conflict: string }
  /** what is wrong with the change, a line each */
  | { readonly problems: readonly string[] };

const closedFolder = ['EACCES', 'EPERM', 'EROFS'];
const unwritable = [...closedFolder, 'ENOSPC', 'EDQUOT'];

export interface SiteFileOptions {
  readonly file: string;
  /** loads and checks a text as a start would. @throws the problems, FORPOST_CONFIG_INVALID */
  readonly load: (text: string) => Site;
  /** where the text before a change is kept if the file's folder takes no new file; default: nowhere else */
  readonly data?: string;
}

export class SiteFile {
  readonly #options: SiteFileOptions;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: SiteFileOptions) {
    this.#options = options;
  }

  /**
   * Saves what `change` makes of the text. `expected`: the revision that the writer has seen.
   * @throws what `change` throws, and what the file system says
   */
  save(expected: string, change: (text: string) => string): Promise<Saved> {
    const saved = this.#last.then(() => this.#save(expected, change));
    this.#last = saved.catch(() => {
      // the caller of this save gets the error; the next save goes on
    });
    return saved;
  }

  async #keepBefore(text: string): Promise<void> {
    const { file, data } = this.#options;
    const target = await realpath(file);
    const options = { mode: (await stat(target)).mode & 0o777, ownerOf: target };
    try {
      await replaceFile(`${target}.before`, text, options);
    } catch (error) {
      // the file may be mounted alone into a folder that takes no new file
      if (data === undefined || !closedFolder.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      await replaceFile(join(data, `${basename(file)}.before`), text, options);
    }
  }

  async #save(expected: string, change: (text: string) => string): Promise<Saved> {
    const { file, load } = this.#options;
    const text = await readWhole(file);
    const revision = createHash('sha256').update(text).digest('hex');
    if (revision !== expected) return { conflict: revision };
    try {
      const next = change(text);
      const site = load(next);
      await this.#keepBefore(text);
      await replaceFile(file, next);
      return { site };
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (unwritable.includes(code)) return { problems: [messageOf(error)] };
      const problems = configProblems(error);
      if (problems === undefined) throw error;
      // the refused text stands in no file: its line numbers would mislead
      return { problems: problems.map((line) => line.replace(/^\S+:\d+:\d+: /, '')) };
    }
  }
}
