/** For tests of jobs: one real Kafka, and beside it a folder with the configuration of a centre that reads it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import type { CompressionTypes, Message } from 'kafkajs';
import { afterAll, beforeAll } from 'vitest';
import { stringify } from 'yaml';
import { startTestKafka, type TestKafka } from '../../../scripts/kafka/testing.ts';
import type { HistoryStore } from '../../history/store.ts';
import { Ingest } from '../../ingest/ingest.ts';

/** Starts both before the tests of the file and removes them afterwards. */
export function kafkaAndConfig(): KafkaAndConfig {
  const parts = new KafkaAndConfig();
  beforeAll(() => parts.start());
  afterAll(() => parts.remove());
  return parts;
}

class KafkaAndConfig {
  #kafka: TestKafka | undefined;
  /** the folder of `cloud.yaml`; the centre's data are in its folder `centre` */
  folder = '';

  async start(): Promise<void> {
    this.#kafka = await startTestKafka();
    this.folder = await mkdtemp(join(tmpdir(), 'forpost-job-'));
    const kafka = { brokers: this.#kafka.brokers, development: true };
    await writeFile(this.configFile, stringify({ data: 'centre', http: { port: 1 }, kafka }));
  }

  async remove(): Promise<void> {
    await this.#kafka?.remove();
    await rm(this.folder, { recursive: true, force: true });
  }

  get configFile(): string {
    return join(this.folder, 'cloud.yaml');
  }

  get client(): TestKafka['client'] {
    if (this.#kafka === undefined) throw new Error('Kafka is not started');
    return this.#kafka.client;
  }

  get cluster() {
    return { brokers: this.#kafka?.brokers ?? [], prefix: 'forpost', development: true };
  }

  async send(topic: string, messages: Message[], compression?: CompressionTypes): Promise<void> {
    const producer = this.client.producer();
    await producer.connect();
    await producer.send({ topic, messages, acks: -1, ...(compression === undefined ? {} : { compression }) });
    await producer.disconnect();
  }

  /** An ingest from this Kafka into `history`, not started. */
  ingestInto(history: HistoryStore): Ingest {
    return new Ingest({
      kafka: this.cluster,
      history,
      clock: systemClock,
      random: Math.random,
      logger: silentLogger(),
      events: { stored: () => {}, repeated: () => {}, status: () => {}, poison: () => {} },
    });
  }
}
