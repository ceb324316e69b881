/**
 * Keeps the state of blame.ts for the supervisor: writes a note for `forpost check` about each model that is out, and
 * notices when the files of such a model change. Files are looked at only while a model is out.
 *
 *   in use ── counted out ──► out: `<name>.crashes` is written ── its files changed, same in two looks ──► in use
 *
 * Always: no caller waits for the disk; a start of the gateway tries every model again, and so does adding the model
 * again.
 */
import { rm } from 'node:fs/promises';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { replaceFile } from '@forpost/shared/files.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { type Blame, ended, noBlame, type Ousted, type ProcessEnd, proven, renewed } from './blame.ts';
import { crashNote, filesOf } from './cards.ts';

const checkEveryMs = 5_000;

export interface ModelTrustOptions {
  readonly modelsFolder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly checkEveryMs?: number;
  /** the files of a model that was out changed */
  renewed(model: string): void;
}

export class ModelTrust {
  readonly #options: ModelTrustOptions;
  #blame: Blame = noBlame;
  /** identity of each model's files when the newest process began */
  #began: ReadonlyMap<string, Promise<string>> = new Map();
  /** for each model that is out: identity of its files when its process began, and at the last look */
  readonly #files = new Map<string, { readonly before: Promise<string>; last: string }>();
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: ModelTrustOptions) {
    this.#options = options;
  }

  get suspects(): readonly string[] {
    return Object.keys(this.#blame.suspects);
  }

  get out(): readonly Ousted[] {
    return this.#blame.out;
  }

  /** Deletes the notes about `models` from an earlier run of the gateway. */
  start(models: readonly string[]): void {
    this.#stopped = false;
    for (const model of models) this.#forgetNote(model);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** A process that will run `models` begins. */
  began(models: readonly string[]): void {
    this.#began = new Map(models.map((model) => [model, filesOf(model, this.#options.modelsFolder)]));
  }

  /** A process ended unexpectedly. Returns the models that are newly out. */
  ended(end: ProcessEnd): readonly Ousted[] {
    const before = this.#blame.out;
    this.#blame = ended(this.#blame, end);
    const added = this.#blame.out.filter((one) => !before.includes(one));
    for (const { model, why } of added) {
      const { modelsFolder, logger } = this.#options;
      this.#files.set(model, { before: this.#began.get(model) ?? filesOf(model, modelsFolder), last: '' });
      replaceFile(crashNote(model, modelsFolder), `${why}\n`).catch((error: unknown) => {
        logger.warn({ model, why: messageOf(error) }, 'forpost check will not know that this model is out');
      });
    }
    if (added.length > 0) this.#checkLater();
    return added;
  }

  proven(model: string): void {
    this.#blame = proven(this.#blame, model);
  }

  #checkLater(): void {
    const { clock, logger, checkEveryMs: every = checkEveryMs } = this.#options;
    this.#timer?.cancel();
    this.#timer = clock.after(every, () => {
      this.#checkFiles()
        .catch((error: unknown) => logger.error(error, 'the files of models cannot be looked at'))
        .finally(() => {
          if (this.#blame.out.length > 0 && !this.#stopped) this.#checkLater();
        });
    });
  }

  /** A model's two files are replaced one after the other, so only files that are the same in two looks count. */
  async #checkFiles(): Promise<void> {
    for (const { model } of this.#blame.out) {
      const known = this.#files.get(model);
      if (known === undefined) continue;
      const now = await filesOf(model, this.#options.modelsFolder);
      const isOther = now !== (await known.before) && now === known.last;
      known.last = now;
      if (!isOther || this.#stopped) continue;
      this.#files.delete(model);
      this.#blame = renewed(this.#blame, model);
      this.#forgetNote(model);
      this.#options.renewed(model);
    }
  }

  #forgetNote(model: string): void {
    const { modelsFolder, logger } = this.#options;
    rm(crashNote(model, modelsFolder), { force: true }).catch((error: unknown) => {
      logger.warn({ model, why: messageOf(error) }, 'forpost check will say that this model is out');
    });
  }
}
