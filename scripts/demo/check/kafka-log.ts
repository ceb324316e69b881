/**
 * Reads Kafka from the beginning to the present end of both lanes' topics: every record of one epoch, and the number of
 * different events among them.
 *
 * Always: the check uses a consumer group of its own and removes it afterwards; it never touches the others' groups.
 */
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { decodeEvent } from '@forpost/shared/event/codec.ts';
import { type Lane, lanes } from '@forpost/shared/event/ids.ts';
import { laneTopic } from '@forpost/shared/event/topics.ts';
import { calmRequestQueue } from '@forpost/shared/kafka/request-queue.ts';
import kafkajs, { type Kafka } from 'kafkajs';

calmRequestQueue(import.meta.url);

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
  compress: (encoder: { buffer: Buffer }) => compress(encoder.buffer),
  decompress: (buffer: Buffer) => decompress(buffer),
});

export interface KafkaLog {
  /** records of the epoch; each resend is one more */
  readonly records: number;
  readonly ids: Readonly<Record<Lane, ReadonlySet<string>>>;
}

const deadlineMs = 60_000;

/** @throws Error when the end is not reached within the deadline */
export async function readKafka(
  brokers: readonly string[],
  prefix: string,
  gateway: string,
  epoch: string,
): Promise<KafkaLog> {
  const kafka = new kafkajs.Kafka({
    brokers: [...brokers],
    clientId: 'forpost-check',
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const ids: Record<Lane, Set<string>> = { alerts: new Set(), telemetry: new Set() };
  let records = 0;
  await readToEnd(
    kafka,
    lanes.map((lane) => laneTopic(prefix, lane)),
    (value) => {
      const decoded = decodeEvent(value);
      if (!decoded.ok || decoded.event.gateway !== gateway || decoded.event.epoch !== epoch) return;
      records += 1;
      ids[decoded.event.lane].add(decoded.event.id);
    },
  );
  return { records, ids };
}

async function readToEnd(kafka: Kafka, topics: readonly string[], onEvent: (value: Buffer) => void): Promise<void> {
  const admin = kafka.admin();
  const groupId = `forpost-check-${randomBytes(6).toString('hex')}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200, allowAutoTopicCreation: false });
  let timer: NodeJS.Timeout | undefined;
  try {
    await admin.connect();
    /** `topic/partition` -> offset of the last record that is still to be read */
    const left = new Map<string, number>();
    for (const topic of topics)
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic))
        if (Number(high) > Number(low)) left.set(`${topic}/${partition}`, Number(high) - 1);
    if (left.size === 0) return;
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`Kafka's end was not reached within ${deadlineMs / 1000} s`)),
        deadlineMs,
      );
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch: { topic, partition, messages } }) => {
            for (const { value } of messages) if (value !== null) onEvent(value);
            const name = `${topic}/${partition}`;
            const last = left.get(name);
            if (last !== undefined && Number(messages.at(-1)?.offset ?? -1) >= last) left.delete(name);
            if (left.size === 0) resolve();
          },
        })
        .catch(reject);
    });
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => undefined); // a group without members never existed
    await admin.disconnect();
  }
}
