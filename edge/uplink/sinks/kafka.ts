/**
 * The sink for an owner's own Kafka: the lanes' topics, one CloudEvents record an event, key = gateway.
 *
 * Always: acks=-1 and idempotent off (kafkajs can lose a batch of overlapping idempotent sends and call it safe), one
 * outstanding batch a session, the partition computed by us and sent explicitly. The topics are the centre's to
 * create: a missing one is an error that says so.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import { eventContentType } from '@forpost/shared/event/codec.ts';
import type { Lane } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import { laneTopic, partitionOf, type TopicName, topic } from '@forpost/shared/event/topics.ts';
import type { KafkaLogin, KafkaTls } from '@forpost/shared/kafka/security.ts';
import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import type { SinkConfig } from '../../config/installation.ts';
import type { Sink, SinkBatch, SinkSession } from '../sink.ts';
import { kafkaClient, kafkaError } from './kafka-client.ts';
import type { SinkContext } from './registry.ts';
import { within } from './within.ts';

type KafkaSinkConfig = Extract<SinkConfig, { kind: 'kafka' }>;

export const defaultPrefix = 'forpost';
const usedTopics: readonly TopicName[] = ['alerts', 'telemetry', 'status'];
const headers = { 'content-type': eventContentType };
/** A session that cannot close in this time is left to its own end. */
const closeDeadlineMs = 3_000;

export function kafkaSink(config: KafkaSinkConfig, context: SinkContext): Sink {
  const prefix = config.prefix ?? defaultPrefix;
  const { clock, identity, logger } = context;
  return {
    name: context.name,
    async open(deadlineMs) {
      const sasl = loginOf(config, context);
      const id = `forpost-gateway-${identity.gateway}`;
      const client = kafkaClient(config.brokers, { tls: config.tls, sasl }, id, deadlineMs, logger);
      const producer = client.producer({ idempotent: false, allowAutoTopicCreation: false, maxInFlightRequests: 1 });
      const connect = async () => {
        const partitions = await partitionsOf(client, prefix, config.sasl?.user);
        await producer.connect();
        return partitions;
      };
      try {
        const partitions = await within(clock, deadlineMs, 'connecting to Kafka', connect());
        return new KafkaSession(producer, context, prefix, partitions, config.tls);
      } catch (error) {
        void producer.disconnect().catch((late) => logger.debug({ err: late }, 'a Kafka client closed with an error'));
        throw kafkaError(error, `connecting to ${config.brokers.join(', ')}`, config.tls, clock.now());
      }
    },
  };
}

/** @throws ForpostError FORPOST_SINK_UNREACHABLE, where the user has no password */
function loginOf({ sasl }: KafkaSinkConfig, { name, secret }: SinkContext): KafkaLogin | undefined {
  if (sasl === undefined) return undefined;
  if (secret !== undefined && 'password' in secret) return { ...sasl, password: secret.password };
  throw new ForpostError(
    'FORPOST_SINK_UNREACHABLE',
    `the secrets file has no password for the uplink "${name}" (uplink: ${name}: password: …)`,
  );
}

/** Partitions by topic of this prefix. @throws FORPOST_SINK_TOPIC_MISSING */
async function partitionsOf(
  client: Kafka,
  prefix: string,
  user: string | undefined,
): Promise<ReadonlyMap<string, number>> {
  const admin = client.admin();
  try {
    // a connect that was not answered in time has left its socket open: it is to be closed too
    await admin.connect();
    const wanted = usedTopics.map((name) => topic(prefix, name));
    const there = new Set(await admin.listTopics());
    const missing = wanted.filter((name) => !there.has(name));
    if (missing.length > 0)
      throw new ForpostError(
        'FORPOST_SINK_TOPIC_MISSING',
        `Kafka has no topic ${missing.join(', ')}: the centre creates it, so start the centre with the prefix "${prefix}"${
          // a broker with ACLs hides what a user may not use
          user === undefined ? '' : `, and allow the user "${user}" to write to it`
        }`,
      );
    const { topics } = await admin.fetchTopicMetadata({ topics: wanted });
    return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
  } finally {
    await admin.disconnect();
  }
}

class KafkaSession implements SinkSession {
  readonly #producer: Producer;
  readonly #context: SinkContext;
  readonly #prefix: string;
  readonly #partitions: ReadonlyMap<string, number>;
  readonly #tls: KafkaTls | undefined;
  #closed: Promise<void> | undefined;

  constructor(
    producer: Producer,
    context: SinkContext,
    prefix: string,
    partitions: ReadonlyMap<string, number>,
    tls: KafkaTls | undefined,
  ) {
    this.#producer = producer;
    this.#context = context;
    this.#prefix = prefix;
    this.#partitions = partitions;
    this.#tls = tls;
  }

  async send(batch: SinkBatch, deadlineMs: number): Promise<void> {
    const values = batch.records.map(({ json }) => json);
    await this.#produce(laneTopic(this.#prefix, batch.lane), values, deadlineMs, headers);
  }

  async status(status: GatewayStatus, deadlineMs: number): Promise<void> {
    await this.#produce(topic(this.#prefix, 'status'), [JSON.stringify(status)], deadlineMs);
  }

  async #produce(name: string, values: readonly string[], deadlineMs: number, head?: Record<string, string>) {
    const { clock, identity } = this.#context;
    const partition = partitionOf(identity.gateway, this.#partitions.get(name) ?? 1);
    const messages = values.map((value) => ({
      key: identity.gateway as string,
      value,
      partition,
      ...(head === undefined ? {} : { headers: head }),
    }));
    const sent = this.#producer.sendBatch({
      acks: -1,
      timeout: deadlineMs,
      compression: kafkajs.CompressionTypes.ZSTD,
      topicMessages: [{ topic: name, messages }],
    });
    try {
      const answers = await within(clock, deadlineMs, `${name} did not answer`, sent);
      const bad = answers.find(({ errorCode }) => errorCode !== 0);
      if (bad !== undefined)
        throw new ForpostError('FORPOST_SINK_UNREACHABLE', `${name} answered with error code ${bad.errorCode}`);
      // kafkajs drops what is for a partition that it has not heard of, and resolves: nobody has it then
      if (!answers.some((answer) => answer.partition === partition))
        throw new ForpostError('FORPOST_SINK_UNREACHABLE', `no answer for partition ${partition} of ${name}`);
    } catch (error) {
      throw kafkaError(error, `sending to ${name}`, this.#tls, clock.now());
    }
  }

  close(): Promise<void> {
    const { clock, logger } = this.#context;
    this.#closed ??= within(clock, closeDeadlineMs, 'closing', this.#producer.disconnect()).catch((error) =>
      logger.debug({ err: error }, 'a Kafka client closed with an error'),
    );
    return this.#closed;
  }
}

/** For tests: the topic a lane goes to. */
export function topicOf(prefix: string, lane: Lane): string {
  return laneTopic(prefix, lane);
}
