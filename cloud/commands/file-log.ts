/**
 * The commands of a centre without Kafka: one file in its data folder, replaced as a whole with each command.
 *
 * Always: a command is on disk when its `append` resolves. Writes run one at a time. The file holds at most `mostKept`
 * commands of the last two days; beyond them a new one is refused.
 */
import { readFile } from 'node:fs/promises';
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { peekCommand } from '@forpost/shared/event/command.ts';
import { replaceFile } from '@forpost/shared/files.ts';
import { words } from '@forpost/shared/texts/english.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { keptMs } from './book.ts';
import type { CommandLog, OnCommand } from './log.ts';

/** Each write replaces the whole file: this limit keeps the file at a few MB. */
const mostKept = 5_000;

const isFile = Compile(Type.Object({ commands: Type.Array(Type.String()) }));

export class FileCommandLog implements CommandLog {
  readonly #file: string;
  readonly #onCommand: OnCommand;
  readonly #clock: Clock;
  #kept: readonly string[] = [];
  #writing: Promise<unknown> = Promise.resolve();

  constructor(file: string, onCommand: OnCommand, clock: Clock) {
    this.#file = file;
    this.#onCommand = onCommand;
    this.#clock = clock;
  }

  /** @throws ForpostError FORPOST_DATA_FOLDER where the file holds no commands */
  async start(): Promise<void> {
    this.#kept = this.#current(await this.#read());
    for (const envelope of this.#kept) this.#onCommand(envelope);
  }

  async stop(): Promise<void> {
    await this.#writing.catch(() => undefined);
  }

  append(_gateway: string, envelope: string): Promise<void> {
    const written = this.#writing.catch(() => undefined).then(() => this.#write(envelope));
    this.#writing = written;
    return written;
  }

  async #write(envelope: string): Promise<void> {
    const kept = this.#current(this.#kept);
    if (kept.length >= mostKept)
      throw new ForpostError('FORPOST_COMMANDS_FULL', words('centre/reason.commands-kept', { count: kept.length }));
    const next = [...kept, envelope];
    try {
      await replaceFile(this.#file, `${JSON.stringify({ commands: next }, null, 1)}\n`);
    } catch (error) {
      throw new ForpostError(
        'FORPOST_FILE_FAILED',
        words('reason/file.failed', { file: this.#file, error: messageOf(error) }),
        { cause: error },
      );
    }
    this.#kept = next;
    this.#onCommand(envelope);
  }

  #current(envelopes: readonly string[]): readonly string[] {
    const since = this.#clock.now() - keptMs;
    return envelopes.filter((envelope) => {
      const peeked = peekCommand(envelope);
      return peeked.ok && Date.parse(peeked.command.issued) >= since;
    });
  }

  async #read(): Promise<readonly string[]> {
    let value: unknown;
    try {
      value = JSON.parse(await readFile(this.#file, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw this.#foreign(messageOf(error), error);
    }
    if (!isFile.Check(value)) throw this.#foreign('it holds no commands');
    return value.commands;
  }

  #foreign(why: string, cause?: unknown): ForpostError {
    const message = `${this.#file}: ${why}. Move it away: the commands in it are then not handed out any more`;
    return new ForpostError('FORPOST_DATA_FOLDER', message, { cause });
  }
}
