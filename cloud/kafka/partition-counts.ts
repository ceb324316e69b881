/**
 * Keeps each topic's first number of partitions that this centre saw, in `<data>/topics.json`, and reports changes.
 *
 * A key's partition depends on the number of partitions. Where a person adds partitions, a gateway's records stand in
 * its old partition and in a new one, which are read side by side: no event is lost or stored twice, but the order
 * within the gateway is no longer sure.
 *
 * Always: the first number of a topic is kept until a person has looked at the problem and removed the file, also over a
 * restart. An unreadable file is replaced. A file that cannot be written is reported, and tried again at each
 * look. Neither ingest nor the ledger depends on this file.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '@forpost/shared/errors.ts';
import { replaceFile } from '@forpost/shared/files.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { recognise, recognisedOr } from '@forpost/shared/texts/recognise.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import { Value } from 'typebox/value';

const schema = Type.Record(Type.String(), Type.Integer({ minimum: 1 }));

export class PartitionCounts {
  readonly #file: string;
  readonly #logger: Logger;
  #first: Record<string, number> | undefined;
  #problems: readonly Message[] = [];
  #saved = true;
  #unwritable: Message | undefined;

  constructor(file: string, logger: Logger) {
    this.#file = file;
    this.#logger = logger;
  }

  /** for staff; none where every topic has as many partitions as it had at first */
  get problems(): readonly Message[] {
    return this.#problems;
  }

  /** Compares with the numbers seen first, and notes new topics. `now`: partitions by full name. */
  async compare(now: ReadonlyMap<string, number>): Promise<void> {
    this.#first ??= await this.#read();
    const first = this.#first;
    const unknown = [...now].filter(([topic]) => first[topic] === undefined);
    for (const [topic, count] of unknown) first[topic] = count;
    const problems = [...now].flatMap(([topic, count]) => {
      const before = first[topic] ?? count;
      return count === before ? [] : [differs(topic, before, count, this.#file)];
    });
    if (unknown.length > 0) this.#saved = false;
    if (!this.#saved) await this.#write(first);
    if (this.#unwritable !== undefined) problems.push(this.#unwritable);
    const known = this.#problems.map(inEnglish);
    for (const problem of problems.map(inEnglish)) if (!known.includes(problem)) this.#logger.error(problem);
    this.#problems = problems;
  }

  async #read(): Promise<Record<string, number>> {
    try {
      const value: unknown = JSON.parse(await readFile(this.#file, 'utf8'));
      if (Value.Check(schema, value)) return { ...value };
      this.#logger.warn({ file: this.#file }, 'this file does not hold numbers of partitions; it is written anew');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#logger.warn({ file: this.#file, problem: messageOf(error) }, 'this file is written anew');
    }
    return {};
  }

  async #write(first: Record<string, number>): Promise<void> {
    try {
      await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
      await replaceFile(this.#file, `${JSON.stringify(first)}\n`);
      this.#saved = true;
      this.#unwritable = undefined;
    } catch (error) {
      const [file, words] = [this.#file, messageOf(error)];
      this.#unwritable =
        (words.startsWith(file) ? recognise(words) : undefined) ??
        message('reason/file.unwritable', { file, reason: recognisedOr(words) });
    }
  }
}

function differs(topic: string, before: number, now: number, file: string): Message {
  return message('centre/reason.topic-partitions', { topic, before: String(before), now: String(now), file });
}
