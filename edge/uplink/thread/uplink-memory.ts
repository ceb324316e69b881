/**
 * The uplink's memory beyond its thread and its process, in one small file beside the outbox: the use of the day's
 * budget, and each sink's own memory.
 *
 * Always: when `change` returns, the change is on disk, or a warning says that it is not. An unreadable file is begun
 * anew, because nothing in it is needed to send.
 */
import { readFileSync } from 'node:fs';
import { messageOf } from '@forpost/shared/errors.ts';
import { replaceFileSync } from '@forpost/shared/files.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { SinkMemory } from '../sink-kind.ts';

const usedDay = Type.Object({
  day: Type.String(),
  bytes: Type.Number({ minimum: 0 }),
  /** bytes of it for evidence (absent: none) */
  evidence: Type.Optional(Type.Number({ minimum: 0 })),
});
const schema = Type.Object({
  /** by sink: the local day, its used bytes, and the same of earlier days (absent: none) */
  budgets: Type.Record(
    Type.String(),
    Type.Object({ ...usedDay.properties, before: Type.Optional(Type.Array(usedDay, { maxItems: 10 })) }),
  ),
  /**
   * by sink: its own memory, in the form of its kind. The key is named for Kafka's sink, which was the first to have
   * one.
   */
  partitions: Type.Record(Type.String(), Type.Unknown()),
});
const check = Compile(schema);

export type Remembered = Type.Static<typeof schema>;

export class UplinkMemory {
  readonly #file: string | undefined;
  readonly #logger: Logger;
  #value: Remembered;

  /** Without a file the memory lasts only as long as this object. */
  constructor(file: string | undefined, logger: Logger) {
    this.#file = file;
    this.#logger = logger;
    this.#value = { budgets: {}, partitions: {} };
    if (file !== undefined) this.#value = this.#read(file);
  }

  get value(): Remembered {
    return this.#value;
  }

  change(next: Partial<Remembered>): void {
    this.#value = { ...this.#value, ...next };
    if (this.#file === undefined) return;
    try {
      replaceFileSync(this.#file, JSON.stringify(this.#value));
    } catch (error) {
      this.#logger.warn({ err: error, file: this.#file }, 'the uplink cannot write down what it has to remember');
    }
  }

  /** One sink's own memory. */
  of(sink: string): SinkMemory {
    const memory = this;
    return {
      get value() {
        const { partitions } = memory.#value;
        return Object.hasOwn(partitions, sink) ? partitions[sink] : undefined;
      },
      change: (value) => memory.change({ partitions: { ...memory.#value.partitions, [sink]: value } }),
    };
  }

  #read(file: string): Remembered {
    try {
      const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
      if (check.Check(value)) return value;
      this.#logger.warn({ file }, 'what the uplink remembered cannot be understood: it begins anew');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#logger.warn({ file }, `what the uplink remembered cannot be read: ${messageOf(error)}`);
    }
    return { budgets: {}, partitions: {} };
  }
}
