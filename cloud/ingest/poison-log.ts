/**
 * What nobody could process: how many since this start, and the latest with their reasons, for staff to see, also after
 * a restart (`<data>/dead-letters.json`). The records themselves are in the dead-letter topic; this is not a record of
 * them.
 *
 * Always: what `saved` promises is on disk; the latest stay in the file for `keptForMs`. A file that cannot be read or
 * written costs staff the memory of a restart, and nothing else: it is told in the log and ingest goes on.
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
/** A reason may quote what it is about. */
const maxText = 300;
/** Somebody will have looked by then. */
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
  /** the latest one; apart, so that no flood of other records pushes it out */
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

  /** Reads what was told before this start. */
  async start(): Promise<void> {
    try {
      const value: unknown = JSON.parse(await readFile(this.#file, 'utf8'));
      if (Value.Check(schema, value)) [this.#earlier, this.#conflict] = [value.recent, value.conflict];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#logger.warn({ file: this.#file, problem: messageOf(error) }, 'what was told before cannot be read');
    }
  }

  /** Resolves when it is on disk. */
  take({ original: _, conflict, ...record }: PoisonRecord): Promise<void> {
    this.#count++;
    const [key, reason] = [record.key.slice(0, maxText), record.reason.slice(0, maxText)];
    const seen = { ...record, key, reason, at: this.#clock.now() };
    const own = this.#recent.filter((one) => one.key === key);
    // a flood of one gateway pushes no other's out
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

  /** The latest event whose id was stored with other content, whenever that was within a week. */
  get conflict(): PoisonSeen | undefined {
    const latest = this.#conflict;
    return latest !== undefined && this.#clock.now() - latest.at < keptForMs ? latest : undefined;
  }

  /** from before this start, and not longer ago than a week */
  get earlier(): readonly PoisonSeen[] {
    const now = this.#clock.now();
    return this.#earlier.filter(({ at }) => now - at < keptForMs);
  }

  /** One write at a time; those who come while it runs share the next. */
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
      this.#logger.warn({ file: this.#file, problem: messageOf(error) }, 'what could not be processed is not noted');
    }
  }
}
