/**
 * Writes a record that cannot be processed to `<prefix>.deadletter`, unchanged, with the reason in its headers. A person
 * can examine the record and send it again; meanwhile it blocks no other record.
 *
 * Always: `write` resolves only when all records are in the topic. While writing fails, `trouble` holds the reason.
 */
import { type Clock, sleep } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { topic } from '@forpost/shared/event/topics.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { backoffMs } from '@forpost/shared/retry.ts';
import type { ProducedRecord, SupervisedProducer } from '../kafka/supervised-producer.ts';
import type { HistoryTrouble } from './intake.ts';

export interface PoisonRecord {
  /** full name of the topic that the record stood in */
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** the record's key: the gateway that sent it; '' where there is none */
  readonly key: string;
  readonly reason: string;
  /** an event of this id with other content is stored: two gateways run under one name */
  readonly conflict?: boolean;
  readonly original: Buffer;
}

/** How much is kept of a record that is too large for a dead letter, and of a key that is not a gateway's id. */
const keptBytes = 65_536;
const longestKey = 256;
const longestReason = 1_000;
/** Most bytes of one send: well below the limit of a broker. */
const bytesAtOnce = 262_144;
const lettersAtOnce = 1_000;

const retryBackoff = { baseMs: 100, ceilingMs: 5_000 };

export interface DeadLettersOptions {
  readonly producer: Pick<SupervisedProducer, 'send'>;
  /** of the topics' names */
  readonly prefix: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

export class DeadLetters {
  readonly #options: DeadLettersOptions;
  readonly #topic: string;
  #trouble: HistoryTrouble | undefined;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
    this.#topic = topic(options.prefix, 'deadletter');
  }

  /** why writing fails; undefined while it works, as far as is known */
  get trouble(): HistoryTrouble | undefined {
    return this.#trouble;
  }

  /** Forgets the trouble, because the waiting callers have given up or will try again. */
  forget(): void {
    this.#trouble = undefined;
  }

  /** Resolves when all records are in the topic. @throws the signal's reason, once it is aborted; nothing else */
  async write(poison: readonly PoisonRecord[], signal: AbortSignal): Promise<void> {
    for (const some of inParts(poison)) {
      const taken = await this.#untilItWorks(signal, () =>
        this.#areStored(some.map((record) => letterOf(this.#topic, record))),
      );
      if (!taken) for (const record of some) await this.#untilItWorks(signal, () => this.#sendAlone(record));
    }
  }

  /** false: Kafka refuses one of the letters for good. @throws an error where a retry can help */
  async #areStored(letters: readonly ProducedRecord[]): Promise<boolean> {
    try {
      await this.#options.producer.send(letters);
      return true;
    } catch (error) {
      if (!(error instanceof ForpostError) || error.retryable) throw error;
      return false;
    }
  }

  async #sendAlone(record: PoisonRecord): Promise<void> {
    if (await this.#areStored([letterOf(this.#topic, record)])) return;
    await this.#options.producer.send([letterOf(this.#topic, record, keptBytes)]);
  }

  async #untilItWorks<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    const { clock, random, logger } = this.#options;
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted();
      try {
        const result = await work();
        this.#trouble = undefined;
        return result;
      } catch (error) {
        signal.throwIfAborted();
        this.#trouble = { since: this.#trouble?.since ?? clock.now(), reason: messageOf(error), deadLetters: true };
        const waitMs = Math.round(backoffMs(retryBackoff, attempt, random));
        logger.warn({ topic: this.#topic, attempt, waitMs }, `the dead letters cannot be written: ${messageOf(error)}`);
        await sleep(clock, waitMs, signal);
      }
    }
  }
}

function letterOf(name: string, record: PoisonRecord, mostBytes = Number.POSITIVE_INFINITY): ProducedRecord {
  const { topic: from, partition, offset, key, reason, original } = record;
  const headers = { reason: reason.slice(0, longestReason), topic: from, partition: String(partition), offset };
  const whole = original.length <= mostBytes;
  return {
    topic: name,
    key: key.slice(0, longestKey),
    value: whole ? original : original.subarray(0, mostBytes),
    headers: whole ? headers : { ...headers, 'original-bytes': String(original.length) },
  };
}

function* inParts(poison: readonly PoisonRecord[]): Generator<readonly PoisonRecord[]> {
  let part: PoisonRecord[] = [];
  let bytes = 0;
  for (const record of poison) {
    if (part.length === lettersAtOnce || (part.length > 0 && bytes + record.original.length > bytesAtOnce)) {
      yield part;
      [part, bytes] = [[], 0];
    }
    part.push(record);
    bytes += record.original.length;
  }
  if (part.length > 0) yield part;
}
