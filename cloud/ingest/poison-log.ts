/**
 * Lists the records that could not be processed, for staff: their number since this start, and the latest ones with their
 * reasons, also after a restart (`<data>/dead-letters.json`). The records themselves are in the dead-letter topic.
 *
 * Always: when `add` resolves, the record is on disk. The latest stay in the file for `keptForMs`. Where the file cannot
 * be read or written, the log says so and ingest goes on; a restart then forgets the latest records.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { replaceFile } from '@forpost/shared/files.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import Type from 'typebox';
import { Value } from 'typebox/value';
import type { PoisonRecord } from './dead-letters.ts';

export interface PoisonSeen extends Omit<PoisonRecord, 'original' | 'conflict'> {
  /** ms since 1970 */
  readonly at: number;
}

const kept = 20;
const keptOfGateway = 10;
/** Longest reason; a reason may quote a record. */
const maxText = 300;
/** How long the file keeps a record; staff will have read it by then. */
const keptForMs = 7 * 86_400_000;

const seen = Type.Object({
  at: Type.Number(),
  topic: Type.String(),
  partition: Type.Integer(),
  offset: Type.String(),
  key: Type.String(),
  reason: Type.String(),
});
const schema = Type.Object({
  recent: Type.Array(seen, { maxItems: kept }),
  /** the latest one; kept apart, so that a flood of other records cannot push it out */
  conflict: Type.Optional(seen),
});

export class PoisonLog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #file: string;
  #recent: readonly PoisonSeen[] = [];
  #earlier: readonly PoisonSeen[] = [];
  #conflict: PoisonSeen | undefined;
  #count = 0;
  #saving: Promise<void> = Promise.resolve();
  #saves = 0;

  constructor(file: string, clock: Clock, logger: Logger) {
    this.#file = file;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Reads the records of before this start. */
  async start(): Promise<void> {
    try {
      const value: unknown = JSON.parse(await readFile(this.#file, 'utf8'));
      if (Value.Check(schema, value)) [this.#earlier, this.#conflict] = [value.recent, value.conflict];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#logger.warn(
          { file: this.#file, problem: messageOf(error) },
          'the list of records that could not be processed cannot be read',
        );
    }
  }

  /** Resolves when the record is on disk. */
  add({ original: _, conflict, ...record }: PoisonRecord): Promise<void> {
    this.#count++;
    const [key, reason] = [record.key.slice(0, maxText), record.reason.slice(0, maxText)];
    const seen = { ...record, key, reason, at: this.#clock.now() };
    const own = this.#recent.filter((one) => one.key === key);
    // a flood of one gateway pushes out no record of another
    const oldest = own.length >= keptOfGateway ? own.at(-1) : undefined;
    this.#recent = [seen, ...this.#recent.filter((one) => one !== oldest)].slice(0, kept);
    if (conflict === true) this.#conflict = seen;
    return this.#save();
  }

  /** since this start */
  get count(): number {
    return this.#count;
  }

  /** newest first; those from before this start too */
  get recent(): readonly PoisonSeen[] {
    return [...this.#recent, ...this.earlier].slice(0, kept);
  }

  /** The latest event of the last week whose id was stored with other content. */
  get conflict(): PoisonSeen | undefined {
    const latest = this.#conflict;
    return latest !== undefined && this.#clock.now() - latest.at < keptForMs ? latest : undefined;
  }

  /** from before this start, of the last week */
  get earlier(): readonly PoisonSeen[] {
    const now = this.#clock.now();
    return this.#earlier.filter(({ at }) => now - at < keptForMs);
  }

  /** One write at a time; records that come while it runs share the next. */
  #save(): Promise<void> {
    if (this.#saves < 2) {
      this.#saves++;
      this.#saving = this.#saving.then(() => this.#write()).finally(() => this.#saves--);
    }
    return this.#saving;
  }

  async #write(): Promise<void> {
    try {
      await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
      await replaceFile(this.#file, `${JSON.stringify({ recent: this.recent, conflict: this.#conflict })}\n`);
    } catch (error) {
      this.#logger.warn(
        { file: this.#file, problem: messageOf(error) },
        'the list of records that could not be processed cannot be written',
      );
    }
  }
}
