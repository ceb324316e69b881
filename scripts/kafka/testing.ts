/**
 * The development Kafka for tests: one broker for a test file, in a temporary folder, and a function that reads all
 * records of a topic.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { calmRequestQueue } from '@forpost/shared/kafka/request-queue.ts';
import kafkajs, { type Kafka, type KafkaMessage } from 'kafkajs';
import { type RunningKafka, type SecuredListeners, startKafka } from './kafka.ts';
import { leadersReady } from './topics.ts';

calmRequestQueue(import.meta.url);

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

// kafkajs brings no zstd codec
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
  compress: (encoder: { buffer: Buffer }) => compress(encoder.buffer),
  decompress: (buffer: Buffer) => decompress(buffer),
});

export interface TestKafka {
  readonly brokers: string[];
  /** the TLS ports, when `secured` was given */
  readonly secured: RunningKafka['secured'];
  /** the broker's present process; changes with `restart` */
  readonly pid: number;
  readonly client: Kafka;
  /** ends the broker as a power cut would */
  kill(): Promise<void>;
  /** starts the broker again on the same port and data */
  restart(): Promise<void>;
  /** ends the broker and removes its data */
  remove(): Promise<void>;
}

export async function startTestKafka(wanted?: SecuredListeners): Promise<TestKafka> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'forpost-kafka-'));
  const beside = wanted === undefined ? {} : { secured: wanted };
  let running: RunningKafka = await startKafka({ dataFolder, port: 0, ...beside });
  const { brokers, port, secured } = running;
  return {
    brokers,
    secured,
    get pid() {
      return running.pid;
    },
    client: testClient(brokers),
    kill: () => running.kill(),
    async restart() {
      running = await startKafka({ dataFolder, port, ...(wanted && { secured: { ...wanted, ...secured } }) });
    },
    async remove() {
      await running.kill();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

export function testClient(brokers: readonly string[]): Kafka {
  return new kafkajs.Kafka({ brokers: [...brokers], clientId: 'forpost-test', logLevel: kafkajs.logLevel.NOTHING });
}

export interface TopicRecord {
  readonly partition: number;
  readonly message: KafkaMessage;
}

/** Every record of a topic now, by partition and in order. `deadlineMs`: for the whole read. */
export async function readTopic(client: Kafka, topic: string, deadlineMs = 20_000): Promise<readonly TopicRecord[]> {
  // the controller takes back a thawed broker a moment later
  await leadersReady(client, [topic]);
  const admin = client.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const left = new Map(
    offsets.filter(({ low, high }) => BigInt(high) > BigInt(low)).map((o) => [o.partition, BigInt(o.high)]),
  );
  if (left.size === 0) return [];
  const records: TopicRecord[] = [];
  const consumer = client.consumer({ groupId: `read-${process.pid}-${Math.random()}`, maxWaitTimeInMs: 100 });
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${topic} was not read within ${deadlineMs} ms`)), deadlineMs);
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            const end = left.get(batch.partition);
            if (end === undefined) return;
            for (const message of batch.messages)
              if (BigInt(message.offset) < end) records.push({ partition: batch.partition, message });
            if (BigInt(batch.lastOffset()) + 1n < end) return;
            left.delete(batch.partition);
            if (left.size > 0) return;
            clearTimeout(late);
            resolve();
          },
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return records.sort((a, b) => a.partition - b.partition);
}
