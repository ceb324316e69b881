/**
 * The registry of a centre without Kafka: one file in its data folder, replaced as a whole. Writes that come while one
 * runs share the next one.
 *
 * Always: a record is on disk before its `put` resolves. A file that cannot be read is kept as `….damaged`, and logged.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { renameFile, replaceFile } from '@forpost/shared/files.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { type Registry, RegistryBook, type RegistryRecord, type RegistryWrite, recordIn } from './registry.ts';

interface Waiting {
  readonly write: RegistryWrite;
  readonly resolve: (won: boolean) => void;
  readonly reject: (error: unknown) => void;
}

export class FileRegistry implements Registry {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #book = new RegistryBook();
  /** the lines of the file, by kind and id */
  readonly #lines = new Map<string, string>();
  #waiting: Waiting[] = [];
  #running: Promise<void> = Promise.resolve();
  #busy = false;
  #complete = false;

  constructor(file: string, clock: Clock, logger: Logger) {
    this.#file = file;
    this.#clock = clock;
    this.#logger = logger;
  }

  get complete(): boolean {
    return this.#complete;
  }

  async start(): Promise<void> {
    for (const line of await this.#read()) {
      const record = recordIn(line);
      if (record === undefined)
        this.#logger.error({ file: this.#file }, 'a line of the registry is no record: left out');
      else if (this.#book.apply(record)) this.#lines.set(nameOf(record), line);
    }
    this.#complete = true;
  }

  async stop(): Promise<void> {
    await this.#running;
  }

  get(kind: string, id: string): RegistryRecord | undefined {
    return this.#book.get(kind, id);
  }

  all(kind: string): readonly RegistryRecord[] {
    return this.#book.all(kind);
  }

  onChange(kind: string, listener: (record: RegistryRecord) => void): () => void {
    return this.#book.onChange(kind, listener);
  }

  put(write: RegistryWrite): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject });
      if (this.#busy) return;
      this.#busy = true;
      this.#running = this.#run();
    });
  }

  async #read(): Promise<readonly string[]> {
    let text: string;
    try {
      text = await readFile(this.#file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw new ForpostError('FORPOST_DATA_FOLDER', `${this.#file} cannot be read: ${messageOf(error)}`);
    }
    const lines = text.split('\n').filter((line) => line !== '');
    if (lines.some((line) => recordIn(line) === undefined)) {
      await renameFile(this.#file, `${this.#file}.damaged`);
      this.#logger.error(
        { file: this.#file },
        'the registry is damaged: it is kept as ….damaged, what can be read counts',
      );
    }
    return lines;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0);
      const lines = new Map<string, { readonly record: RegistryRecord; readonly line: string }>();
      const won: Waiting[] = [];
      for (const waiting of group) {
        const { seen, ...write } = waiting.write;
        const revision = lines.get(nameOf(write))?.record.revision ?? this.get(write.kind, write.id)?.revision ?? 0;
        if (revision !== seen) {
          waiting.resolve(false);
          continue;
        }
        const record = { ...write, revision: seen + 1, at: this.#clock.now() };
        lines.set(nameOf(write), { record, line: JSON.stringify(record) });
        won.push(waiting);
      }
      try {
        if (lines.size > 0) await this.#write(lines);
        for (const [name, { record, line }] of lines) {
          this.#lines.set(name, line);
          this.#book.apply(record);
        }
        for (const { resolve } of won) resolve(true);
      } catch (error) {
        for (const { reject } of won)
          reject(
            new ForpostError(
              'FORPOST_FILE_FAILED',
              words('reason/file.failed', { file: this.#file, error: messageOf(error) }),
              { cause: error },
            ),
          );
      }
    }
    // no await since the queue was found empty, so the next `put` begins a new run
    this.#busy = false;
  }

  async #write(lines: ReadonlyMap<string, { readonly line: string }>): Promise<void> {
    const all = new Map([...this.#lines, ...[...lines].map(([name, { line }]) => [name, line] as const)]);
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    await replaceFile(this.#file, `${[...all.values()].join('\n')}\n`);
  }
}

function nameOf({ kind, id }: Pick<RegistryRecord, 'kind' | 'id'>): string {
  return `${kind}/${id}`;
}
