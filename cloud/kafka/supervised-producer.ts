/**
 * A producer with acks=-1, without idempotence, with one outstanding sendBatch and without kafkajs' own retries. After
 * any error or deadline the client is discarded, and the next send makes a fresh one. While one batch is out the next
 * one gathers, so that many callers share it.
 *
 * Always: `send` resolves only when the brokers have every record. It never retries: only the caller knows whether a
 * retry is wanted. The queue in front of it is bounded.
 */
import { type Clock, sleep } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { partitionOf } from '@forpost/shared/event/topics.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Kafka, Producer } from 'kafkajs';
import { isFinalRefusal, type KafkaCluster, kafkaClient, kafkaReason, zstd } from './client.ts';

export interface ProducedRecord {
  /** full name */
  readonly topic: string;
  readonly key: string;
  readonly value: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Waiting {
  readonly records: readonly ProducedRecord[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Open {
  readonly producer: Producer;
  readonly partitions: Map<string, number>;
  readonly client: Kafka;
}

const sendDeadlineMs = 15_000;
const closeDeadlineMs = 1_000;
const stopGraceMs = 1_000;
const maxWaitingRecords = 20_000;
/** of one batch; Kafka's limit of 1 MB is after compression */
const maxBatchBytes = 2_000_000;

const stopped = words('centre/reason.producer-stopped');

export class SupervisedProducer implements Part {
  readonly #cluster: KafkaCluster;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #waiting: Waiting[] = [];
  #waitingRecords = 0;
  #running: Promise<void> | undefined;
  #open: Open | undefined;
  /** counts the clients that were discarded */
  #life = 0;
  #stopped = false;
  /** fails the batch that is out */
  #giveUp: ((error: ForpostError) => void) | undefined;

  constructor(cluster: KafkaCluster, name: string, clock: Clock, logger: Logger) {
    this.#cluster = cluster;
    this.#name = name;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Resolves at once: the first send connects. */
  async start(): Promise<void> {
    this.#stopped = false;
  }

  /** The outstanding batch has a moment to arrive, and then fails: a hanging Kafka does not delay the stop. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const late = this.#clock.after(stopGraceMs, () => {
      const given = this.#waiting.splice(0);
      this.#waitingRecords = 0;
      for (const { reject } of given) reject(unreachable(stopped));
      this.#giveUp?.(unreachable(stopped));
    });
    await this.#running;
    late.cancel();
    await this.#discard();
  }

  /** @throws ForpostError FORPOST_SINK_UNREACHABLE, FORPOST_SINK_REFUSED */
  send(records: readonly ProducedRecord[]): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    if (this.#stopped) return Promise.reject(unreachable(stopped));
    if (this.#waitingRecords + records.length > maxWaitingRecords && this.#waitingRecords > 0)
      return Promise.reject(unreachable(words('centre/reason.records-wait', { count: String(this.#waitingRecords) })));
    this.#waitingRecords += records.length;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#gather();
      try {
        await this.#produce(group.flatMap(({ records }) => records));
        for (const { resolve } of group) resolve();
      } catch (error) {
        // one caller's record must not fail the others
        if (group.length > 1 && isFinalRefusal(error)) await this.#oneByOne(group);
        else for (const { reject } of group) reject(this.#asOurs(error));
      }
    }
    // no await since the queue was found empty, so the next `send` starts a new run
    this.#running = undefined;
  }

  #gather(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { records } of this.#waiting) {
      const more = records.reduce((sum, { value }) => sum + value.length, 0);
      if (count > 0 && bytes + more > maxBatchBytes) break;
      bytes += more;
      count++;
    }
    const group = this.#waiting.splice(0, count);
    this.#waitingRecords -= group.reduce((sum, { records }) => sum + records.length, 0);
    return group;
  }

  async #oneByOne(group: readonly Waiting[]): Promise<void> {
    for (const { records, resolve, reject } of group)
      await this.#produce(records).then(resolve, (error: unknown) => reject(this.#asOurs(error)));
  }

  async #produce(records: readonly ProducedRecord[]): Promise<void> {
    const late = new AbortController();
    const { promise: givenUp, reject } = Promise.withResolvers<never>();
    this.#giveUp = reject;
    try {
      const produced = this.#deliver(records);
      const deadline = sleep(this.#clock, sendDeadlineMs, late.signal).then(() => {
        if (!late.signal.aborted)
          throw unreachable(words('centre/reason.no-answer-within', { seconds: String(sendDeadlineMs / 1000) }));
      });
      await Promise.race([produced, deadline, givenUp]);
    } catch (error) {
      void this.#discard();
      throw error;
    } finally {
      this.#giveUp = undefined;
      late.abort();
    }
  }

  async #deliver(records: readonly ProducedRecord[]): Promise<void> {
    const { producer, partitions } = await this.#connected(new Set(records.map((record) => record.topic)));
    const byTopic = Map.groupBy(records, (record) => record.topic);
    const topicMessages = [...byTopic].map(([topic, some]) => ({
      topic,
      messages: some.map(({ key, value, headers }) => ({
        key,
        value,
        partition: partitionOf(key, partitions.get(topic) ?? 1),
        ...(headers === undefined ? {} : { headers }),
      })),
    }));
    const answers = await producer.sendBatch({ acks: -1, timeout: sendDeadlineMs, compression: zstd, topicMessages });
    const left = unanswered(topicMessages, answers);
    if (left !== undefined) throw unreachable(words('centre/reason.no-answer-for', { partition: left }));
  }

  /** A connected producer that knows the number of partitions of `topics`. */
  async #connected(topics: ReadonlySet<string>): Promise<Open> {
    const open = this.#open ?? (await this.#connect());
    const { partitions, client } = open;
    const unknown = [...topics].filter((topic) => !partitions.has(topic));
    if (unknown.length > 0) {
      const admin = client.admin();
      try {
        await admin.connect();
        const metadata = await admin.fetchTopicMetadata({ topics: unknown });
        for (const { name, partitions: some } of metadata.topics) partitions.set(name, some.length);
      } finally {
        await admin.disconnect();
      }
    }
    return open;
  }

  async #connect(): Promise<Open> {
    const client = kafkaClient(this.#cluster, this.#name, this.#logger);
    const producer = client.producer({
      idempotent: false,
      allowAutoTopicCreation: false,
      maxInFlightRequests: 1,
      retry: { retries: 0 },
    });
    const life = this.#life;
    const open = { client, producer, partitions: new Map<string, number>() };
    try {
      await producer.connect();
    } catch (error) {
      // a call that was not answered in time leaves its socket open
      void this.#close(open);
      throw error;
    }
    if (life !== this.#life) {
      // the batch that asked for this client was given up meanwhile
      void this.#close(open);
      throw unreachable(words('centre/reason.connected-late'));
    }
    this.#open = open;
    return open;
  }

  #asOurs(error: unknown): ForpostError {
    if (error instanceof ForpostError) return error;
    const code = isFinalRefusal(error) ? 'FORPOST_SINK_REFUSED' : 'FORPOST_SINK_UNREACHABLE';
    const reason = kafkaReason(error, this.#cluster, this.#clock.now());
    return new ForpostError(code, words('centre/reason.kafka', { reason }), { cause: error });
  }

  /** Discards the client; the next send makes another. */
  async #discard(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    this.#life++;
    if (open !== undefined) await this.#close(open);
  }

  async #close(open: Open): Promise<void> {
    const late = new AbortController();
    const closed = open.producer.disconnect().catch((error: unknown) => {
      this.#logger.debug({ err: error }, 'a producer closed with an error');
    });
    await Promise.race([closed, sleep(this.#clock, closeDeadlineMs, late.signal)]);
    late.abort();
  }
}

/**
 * A partition of the sent records without a successful answer; undefined where all partitions answered. kafkajs drops
 * records for an unknown partition (its metadata of a changed topic is up to 5 min old), and resolves.
 */
export function unanswered(
  sent: readonly { readonly topic: string; readonly messages: readonly { readonly partition: number }[] }[],
  answers: readonly { readonly topicName: string; readonly partition: number; readonly errorCode: number }[],
): string | undefined {
  const good = new Set(
    answers.flatMap(({ topicName, partition, errorCode }) => (errorCode === 0 ? [`${topicName}/${partition}`] : [])),
  );
  return sent
    .flatMap(({ topic, messages }) => messages.map(({ partition }) => `${topic}/${partition}`))
    .find((name) => !good.has(name));
}

function unreachable(what: string): ForpostError {
  return new ForpostError('FORPOST_SINK_UNREACHABLE', words('centre/reason.kafka', { reason: what }));
}
