/**
 * The folders that the main process shares with the vision process: models, live pictures, finished evidence.
 *
 * Always: what an ended process left in them is deleted, because it may show what is masked by now.
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

  /** `dataFolder`: of the installation */
  constructor(dataFolder: string, logger: Logger) {
    this.live = join(dataFolder, 'live');
    this.evidence = join(dataFolder, 'evidence', 'new');
    this.models = join(dataFolder, 'models');
    this.#logger = logger;
  }

  /** @throws what the file system says */
  async make(): Promise<void> {
    await mkdir(this.live, { recursive: true, mode: 0o700 });
    await this.forgetPictures();
    await mkdir(this.models, { recursive: true });
    await mkdir(this.evidence, { recursive: true, mode: 0o700 });
  }

  /** Deletes the live pictures: the next process may get other masks, and writes others. Never rejects. */
  async forgetPictures(): Promise<void> {
    try {
      const pictures = await readdir(this.live);
      await Promise.all(pictures.map((name) => rm(join(this.live, name), { force: true })));
    } catch (error) {
      this.#logger.warn({ why: messageOf(error) }, 'live pictures could not be deleted');
    }
  }

  /** Deletes the recordings of an ended process: nobody needs them, and they are not masked. Never throws. */
  forgetRecordings(): void {
    try {
      removeRings(this.evidence);
    } catch (error) {
      this.#logger.warn({ why: messageOf(error) }, 'recordings of the vision process could not be deleted');
    }
  }
}
