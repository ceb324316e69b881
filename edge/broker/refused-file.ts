/**
 * Keeps the refused clients in a file of the data folder, for the next start and for `forpost devices list`.
 *
 * Always: the file is written at most once in `everyMs`, and at the stop. If it cannot be written or read, only earlier
 * refusals are forgotten.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { readWhole, replaceFile } from '@forpost/shared/files.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import type { RefusedClients } from './refused-clients.ts';

export const refusedFileName = 'refused-clients.json';
/** The interval between two writes while clients keep being refused: frequent writes wear flash memory out. */
const everyMs = 30_000;

export interface RefusedFileOptions {
  readonly clients: RefusedClients;
  readonly file: string;
  readonly isKnown: (principal: string) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class RefusedFile implements Part {
  readonly #options: RefusedFileOptions;
  readonly #sparing: SparingLogger;
  #timer: Timer | undefined;
  #written = 0;
  #writing: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: RefusedFileOptions) {
    this.#options = options;
    this.#sparing = new SparingLogger(options.logger, options.clock);
  }

  async start(): Promise<void> {
    const { clients, file, isKnown } = this.#options;
    clients.recall(await readRefused(file), isKnown);
    this.#next();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#writing;
    await this.#write();
  }

  #next(): void {
    if (this.#stopped) return;
    this.#timer = this.#options.clock.after(everyMs, () => {
      this.#writing = this.#write().then(() => this.#next());
    });
  }

  async #write(): Promise<void> {
    const { clients, file } = this.#options;
    const { changes } = clients;
    if (changes === this.#written) return;
    try {
      await replaceFile(file, `${JSON.stringify(clients.list())}\n`, { mode: 0o600 });
      this.#written = changes;
    } catch (error) {
      this.#sparing.warn('refused-file', { file }, `the refused clients cannot be written: ${messageOf(error)}`);
    }
  }
}

/** The content of the file; undefined: it cannot be read. */
export async function readRefused(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readWhole(file)) as unknown;
  } catch {
    return undefined;
  }
}
