/**
 * The folders that the main process shares with the vision process: models, live pictures, finished evidence.
 *
 * Always: live pictures and recordings of an ended process are deleted, because they may show areas that are now
 * masked.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@forpost/shared/errors.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { removeRings } from './process/ring-folder.ts';

export class VisionFolders {
  readonly live: string;
  readonly evidence: string;
  readonly models: string;
  readonly #logger: Logger;

  /** `dataFolder`: the installation's data folder */
  constructor(dataFolder: string, logger: Logger) {
    this.live = join(dataFolder, 'live');
    this.evidence = join(dataFolder, 'evidence', 'new');
    this.models = join(dataFolder, 'models');
    this.#logger = logger;
  }

  /** Makes the folders. @throws the file system's error */
  async make(): Promise<void> {
    await mkdir(this.live, { recursive: true, mode: 0o700 });
    await this.forgetPictures();
    await mkdir(this.models, { recursive: true });
    await mkdir(this.evidence, { recursive: true, mode: 0o700 });
  }

  /** Deletes the live pictures; the next process may have other masks and writes new ones. Never rejects. */
  async forgetPictures(): Promise<void> {
    try {
      const pictures = await readdir(this.live);
      await Promise.all(pictures.map((name) => rm(join(this.live, name), { force: true })));
    } catch (error) {
      this.#logger.warn({ why: messageOf(error) }, 'live pictures could not be deleted');
    }
  }

  /** Deletes the recordings of an ended process, which are not masked. Never throws. */
  forgetRecordings(): void {
    try {
      removeRings(this.evidence);
    } catch (error) {
      this.#logger.warn({ why: messageOf(error) }, 'recordings of the vision process could not be deleted');
    }
  }
}
