/**
 * The registry in Kafka: the compacted topic `forpost.registry`. Every centre writes it, and reads it from its beginning in
 * a group of its own without any commit.
 *
 *   put ──► a record with the revision after `seen` ──► read back ── it counts ──► true
 *                                                          └── another was first ──► that one is written again ──► false
 *
 * (Compaction keeps the last record of a key, here the refused one. So its writer writes the other record again.)
 *
 * Always: acks=all. An unreadable record is skipped. The registry is `complete` once every record that stood
 * there when this centre connected has been read.
 */
import { randomUUID } from 'node:crypto';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { topic } from '@forpost/shared/event/topics.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { KafkaCluster } from '../kafka/client.ts';
import { SupervisedConsumer } from '../kafka/supervised-consumer.ts';
import { SupervisedProducer } from '../kafka/supervised-producer.ts';
import type { EachBatchPayload, Kafka } from '../kafka/types.ts';
import { type Registry, RegistryBook, type RegistryRecord, type RegistryWrite, recordIn } from './registry.ts';

export interface TopicRegistryOptions {
  readonly kafka: KafkaCluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

const headers = { 'content-type': 'application/json' };
/** After this long `put` fails, though the record may have been written. */
const readBackMs = 10_000;

export class TopicRegistry implements Registry {
  readonly #options: TopicRegistryOptions;
  readonly #topic: string;
  readonly #book = new RegistryBook();
  readonly #producer: SupervisedProducer;
  readonly #consumer: SupervisedConsumer;
  /** by the id of a write: its author's promise */
  readonly #writes = new Map<string, (won: boolean) => void>();
  /** by partition: the offset up to which to read before the registry is complete */
  #until = new Map<number, bigint>();
  #known = false;

  constructor(options: TopicRegistryOptions) {
    const { kafka, clock, random, logger } = options;
    this.#options = options;
    this.#topic = topic(kafka.prefix, 'registry');
    this.#producer = new SupervisedProducer(kafka, 'registry', clock, logger);
    this.#consumer = new SupervisedConsumer({
      cluster: kafka,
      name: 'registry',
      topics: [this.#topic],
      clock,
      random,
      logger,
      groupId: `${kafka.prefix}-registry-${randomUUID()}`,
      // the other centres are to see a write at once
      fetchWaitMs: 250,
      prepare: (client) => this.#findEnd(client),
      eachBatch: async (payload) => this.#batch(payload),
    });
  }

  get complete(): boolean {
    return this.#known && this.#until.size === 0;
  }

  /** Resolves at once: it connects when Kafka is there. */
  async start(): Promise<void> {
    await this.#producer.start();
    await this.#consumer.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#producer.stop(), this.#consumer.stop()]);
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

  async put({ seen, ...write }: RegistryWrite): Promise<boolean> {
    if ((this.get(write.kind, write.id)?.revision ?? 0) !== seen) return false;
    const name = randomUUID();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#writes.set(name, resolve);
    let late: Timer | undefined;
    try {
      await this.#send({ ...write, revision: seen + 1, at: this.#options.clock.now() }, name);
      const tooLate = new Promise<never>((_, reject) => {
        late = this.#options.clock.after(readBackMs, () =>
          reject(
            new ForpostError('FORPOST_SINK_UNREACHABLE', words('centre/reason.no-record-back', { topic: this.#topic })),
          ),
        );
      });
      return await Promise.race([promise, tooLate]);
    } finally {
      late?.cancel();
      this.#writes.delete(name);
    }
  }

  #send(record: RegistryRecord, write?: string): Promise<void> {
    const value = JSON.stringify({ ...record, ...(write === undefined ? {} : { write }) });
    return this.#producer.send([{ topic: this.#topic, key: `${record.kind}/${record.id}`, value, headers }]);
  }

  /** @throws where Kafka or the topic is not there; ingest creates the topic */
  async #findEnd(client: Kafka): Promise<void> {
    const admin = client.admin();
    try {
      await admin.connect();
      const ends = await admin.fetchTopicOffsets(this.#topic);
      this.#until = new Map(
        ends.flatMap(({ partition, high, low }) => (BigInt(high) > BigInt(low) ? [[partition, BigInt(high)]] : [])),
      );
      this.#known = true;
    } finally {
      await admin.disconnect();
    }
  }

  #batch({ batch, resolveOffset }: EachBatchPayload): void {
    for (const { value } of batch.messages) {
      const record = value === null ? undefined : recordIn(value.toString('utf8'));
      if (record === undefined) continue;
      const counts = this.#book.apply(record);
      const settle = record.write === undefined ? undefined : this.#writes.get(record.write);
      if (settle === undefined) continue;
      if (!counts) this.#repair(record);
      settle(counts);
    }
    resolveOffset(batch.lastOffset());
    const until = this.#until.get(batch.partition);
    if (until !== undefined && BigInt(batch.lastOffset()) + 1n >= until) this.#until.delete(batch.partition);
  }

  #repair({ kind, id }: RegistryRecord): void {
    const winner = this.get(kind, id);
    if (winner === undefined) return;
    this.#send(winner).catch((error: unknown) =>
      this.#options.logger.warn(
        { kind, id, problem: messageOf(error) },
        'a record of the registry is not written again',
      ),
    );
  }
}
