/**
 * The operations log of a centre without Kafka: one JSON line for each act of staff, in a file that only this user reads.
 *
 * Always: one write at a time, synced before `append` resolves. At `maxBytes` the file becomes the older one of two, and
 * the former older one is deleted.
 */
import { stat } from 'node:fs/promises';
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { appendToFile, readWhole, renameFile } from '@forpost/shared/files.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { type KeptOperation, type Operation, type OperationsLog, operationIn, operationRecord } from './operations.ts';

const defaultMaxBytes = 8 * 1024 ** 2;

export class FileOperationsLog implements OperationsLog {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #maxBytes: number;
  #last: Promise<void> = Promise.resolve();

  constructor(file: string, clock: Clock, maxBytes = defaultMaxBytes) {
    this.#file = file;
    this.#clock = clock;
    this.#maxBytes = maxBytes;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    await this.#last;
  }

  append(operation: Operation): Promise<void> {
    const { value } = operationRecord(operation, this.#clock.now());
    const written = this.#last.then(() => this.#append(`${value}\n`));
    this.#last = written.catch(() => {
      // the caller of this append gets the error; the next append goes on
    });
    return written;
  }

  async read(handle: (operations: readonly KeptOperation[]) => Promise<void>): Promise<void> {
    await this.#last;
    for (const file of [`${this.#file}.1`, this.#file]) {
      const text = await readWhole(file).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return '';
        throw error;
      });
      await handle(text.split('\n').flatMap((line) => operationIn(line) ?? []));
    }
  }

  async #append(line: string): Promise<void> {
    try {
      const size = (await stat(this.#file).catch(() => undefined))?.size ?? 0;
      if (size > 0 && size + line.length > this.#maxBytes) await renameFile(this.#file, `${this.#file}.1`);
      await appendToFile(this.#file, line);
    } catch (error) {
      throw new ForpostError(
        'FORPOST_FILE_FAILED',
        words('reason/file.failed', { file: this.#file, error: messageOf(error) }),
        { cause: error },
      );
    }
  }
}
