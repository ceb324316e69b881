/**
 * The sink for Kafka: each lane has a topic, each event is one CloudEvents record, and the key is the gateway.
 *
 * Always: acks=-1. Idempotence is off, because kafkajs can lose a batch of overlapping idempotent sends and report it
 * as safe. A session has one outstanding batch. The sink computes the partition itself, by the number of partitions
 * that it saw first (partitions.ts). The centre creates the topics; a missing topic is an error that says so.
 */

import { ForpostError } from '@forpost/shared/errors.ts';
import { eventContentType, replayHeader } from '@forpost/shared/event/codec.ts';
import type { Lane } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import { laneTopic, partitionOf, type TopicName, topic } from '@forpost/shared/event/topics.ts';
import type { KafkaLogin } from '@forpost/shared/kafka/security.ts';
import { describeTopics } from '@forpost/shared/kafka/topic-metadata.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import kafkajs, { type Admin, type Kafka, type Producer } from 'kafkajs';
import { instanceHeaders, type Sink, type SinkBatch, type SinkSession } from '../../sink.ts';
import type { SinkContext } from '../../sink-kind.ts';
import { WireCount } from '../wire-count.ts';
import { within } from '../within.ts';
import { kafkaClient, kafkaError, noRetries } from './client.ts';
import { BrokerTime, kafkaCommands } from './commands.ts';
import {
  addedInWords,
  rememberedPartitions,
  type SeenPartitions,
  settlePartitions,
  unknownCluster,
} from './partitions.ts';
import type { KafkaSinkConfig } from './settings.ts';

export const defaultPrefix = 'forpost';
const usedTopics: readonly TopicName[] = ['alerts', 'telemetry', 'status'];
const headers = { 'content-type': eventContentType };
const replayedHeaders = { ...headers, [replayHeader]: '1' };
/** How often a long session checks the number of partitions, over an unlimited link and over a metered one. */
const refreshEveryMs = 60_000;
const refreshEveryMeteredMs = 3_600_000;
/** timeout of one request for commands; kafkajs adds the fetch's wait at the broker to it */
const commandsTimeoutMs = 10_000;
/** A session that does not close in this time is abandoned. */
const closeDeadlineMs = 3_000;

export function kafkaSink(config: KafkaSinkConfig, context: SinkContext): Sink {
  const topics = new Topics(config, context);
  const { clock, identity, logger } = context;
  const brokerTime = new BrokerTime(clock);
  const other = new WireCount();
  const id = `forpost-gateway-${identity.gateway}`;
  return {
    name: context.name,
    commands: kafkaCommands({
      client: () => {
        const security = { tls: config.tls, sasl: loginOf(config, context) };
        return kafkaClient(config.brokers, security, id, commandsTimeoutMs, logger, other);
      },
      topic: topic(config.prefix ?? defaultPrefix, 'commands'),
      gateway: identity.gateway,
      toForpostError: (error) => kafkaError(error, words('gateway/reason.kafka-commands'), config, clock.now()),
      brokerTime,
      clock,
      logger,
    }),
    isLogInRefused: isRefusedLogin,
    problems: () => topics.problems,
    get otherWireBytes() {
      return other.bytes;
    },
    async open(deadlineMs) {
      const sasl = loginOf(config, context);
      const wire = new WireCount();
      const client = kafkaClient(config.brokers, { tls: config.tls, sasl }, id, deadlineMs, logger, wire);
      const producer = client.producer({
        idempotent: false,
        allowAutoTopicCreation: false,
        maxInFlightRequests: 1,
        retry: noRetries,
      });
      const connect = async () => {
        await topics.refresh(client);
        await producer.connect();
      };
      try {
        await within(clock, deadlineMs, words('gateway/reason.kafka-to-kafka'), connect());
        return new KafkaSession({ client, producer, topics, wire, brokerTime, context, config });
      } catch (error) {
        other.adopt(wire);
        void producer.disconnect().catch((late) => logger.debug({ err: late }, 'a Kafka client closed with an error'));
        throw kafkaError(
          error,
          words('gateway/reason.kafka-connecting', { brokers: config.brokers.join(', ') }),
          config,
          clock.now(),
        );
      }
    },
  };
}

class NoPassword extends Error {}

/** Whether Kafka refused the user and password, or there is no password to send. */
function isRefusedLogin(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if (at instanceof NoPassword || at.name === 'KafkaJSSASLAuthenticationError') return true;
  return false;
}

/** @throws ForpostError FORPOST_SINK_UNREACHABLE if the secrets file has no password */
function loginOf({ sasl }: KafkaSinkConfig, { name, secret }: SinkContext): KafkaLogin | undefined {
  if (sasl === undefined) return undefined;
  if (secret?.password !== undefined) return { ...sasl, password: secret.password };
  throw new ForpostError('FORPOST_SINK_UNREACHABLE', words('gateway/reason.no-password', { name }), {
    cause: new NoPassword('no password'),
  });
}

/** The topics at the cluster: each new session describes them, and a long session does so again now and then. */
class Topics {
  readonly prefix: string;
  readonly #user: string | undefined;
  readonly #context: SinkContext;
  readonly #everyMs: number;
  #seen: SeenPartitions | undefined;
  #refreshedAt = Number.NEGATIVE_INFINITY;
  #problems: readonly Words[] = [];

  constructor({ prefix, sasl, limit }: KafkaSinkConfig, context: SinkContext) {
    this.prefix = prefix ?? defaultPrefix;
    this.#user = sasl?.user;
    this.#context = context;
    this.#everyMs = limit === undefined ? refreshEveryMs : refreshEveryMeteredMs;
    this.#seen = rememberedPartitions(context.memory?.value);
  }

  get problems(): readonly Words[] {
    return this.#problems;
  }

  get due(): boolean {
    return this.#context.clock.uptime() >= this.#refreshedAt + this.#everyMs;
  }

  partition(name: string): number {
    return partitionOf(this.#context.identity.gateway, this.#seen?.topics[name] ?? 1);
  }

  /** @throws ForpostError FORPOST_SINK_TOPIC_MISSING */
  async refresh(client: Kafka): Promise<void> {
    const { clock, memory } = this.#context;
    this.#refreshedAt = clock.uptime();
    const { use, added } = settlePartitions(this.#seen, await this.#describe(client));
    this.#problems = added.map(addedInWords);
    if (JSON.stringify(use) === JSON.stringify(this.#seen)) return;
    this.#seen = use;
    memory?.change(use);
  }

  async #describe(client: Kafka): Promise<SeenPartitions> {
    const admin = client.admin();
    try {
      // inside `try`: a connect that timed out has left its socket open, and `disconnect` closes it
      await admin.connect();
      const { topics, missing } = await describeTopics(
        admin,
        usedTopics.map((name) => topic(this.prefix, name)),
      );
      if (missing.length > 0) throw this.#missing(missing);
      return {
        cluster: await this.#clusterId(admin),
        topics: Object.fromEntries(topics.map(({ name, partitions }) => [name, partitions.length])),
      };
    } finally {
      await admin.disconnect();
    }
  }

  /**
   * The id of the cluster, or `unknownCluster`. kafkajs asks for all topics, and fails while any topic of the cluster
   * has no leader. It also asks a random broker, which may have just died.
   */
  async #clusterId(admin: Admin): Promise<string> {
    try {
      return (await admin.describeCluster()).clusterId;
    } catch (error) {
      this.#context.logger.debug({ err: error }, 'the id of the Kafka cluster could not be read');
      return unknownCluster;
    }
  }

  #missing(names: readonly string[]): ForpostError {
    const about = { topics: names.join(', '), prefix: this.prefix };
    // a broker with ACLs hides topics that the user may not use
    return new ForpostError(
      'FORPOST_SINK_TOPIC_MISSING',
      this.#user === undefined
        ? words('gateway/reason.no-topic', about)
        : words('gateway/reason.no-topic-for-user', { ...about, user: this.#user }),
    );
  }
}

/**
 * Marks messages that all have the same partition. kafkajs groups messages by partition with `reduce`, and copies the
 * group for each message: 125,000 element copies for 500 messages. The replaced `reduce` groups by the first message.
 */
function ofOnePartition<Item>(messages: Item[]): Item[] {
  const reduce = (group: (groups: unknown, message: Item | undefined) => Record<string, Item[]>, none: unknown) => {
    const groups = group(none, messages[0]);
    for (const partition of Object.keys(groups)) groups[partition] = messages;
    return groups;
  };
  return Object.defineProperty(messages, 'reduce', { value: reduce });
}

interface KafkaSessionParts {
  readonly client: Kafka;
  readonly producer: Producer;
  readonly topics: Topics;
  readonly wire: WireCount;
  readonly brokerTime: BrokerTime;
  readonly context: SinkContext;
  readonly config: KafkaSinkConfig;
}

class KafkaSession implements SinkSession {
  readonly #parts: KafkaSessionParts;
  #closed: Promise<void> | undefined;

  constructor(parts: KafkaSessionParts) {
    this.#parts = parts;
  }

  get wireBytes(): number {
    return this.#parts.wire.bytes;
  }

  async send(batch: SinkBatch, deadlineMs: number): Promise<void> {
    const values = batch.records.map(({ json }) => json);
    const own = batch.replayed === undefined ? headers : replayedHeaders;
    const head = { ...own, ...instanceHeaders(this.#parts.context.identity) };
    await this.#produce(laneTopic(this.#parts.topics.prefix, batch.lane), values, deadlineMs, head);
  }

  async status(status: GatewayStatus, deadlineMs: number): Promise<void> {
    const { topics, client, context } = this.#parts;
    await this.#produce(topic(topics.prefix, 'status'), [JSON.stringify(status)], deadlineMs);
    if (topics.due)
      void topics
        .refresh(client)
        .catch((error) => context.logger.debug({ err: error }, 'the Kafka topics could not be described'));
  }

  async #produce(name: string, values: readonly string[], deadlineMs: number, head?: Record<string, string>) {
    const { producer, topics, config, context } = this.#parts;
    const { clock, identity } = context;
    const partition = topics.partition(name);
    const key: string = identity.gateway;
    const headers = head === undefined ? {} : { headers: head };
    const messages = ofOnePartition(values.map((value) => ({ key, value, partition, ...headers })));
    const sent = producer.sendBatch({
      acks: -1,
      timeout: deadlineMs,
      compression: kafkajs.CompressionTypes.ZSTD,
      topicMessages: [{ topic: name, messages }],
    });
    try {
      const answers = await within(clock, deadlineMs, words('gateway/reason.topic-silent', { topic: name }), sent);
      const bad = answers.find(({ errorCode }) => errorCode !== 0);
      if (bad !== undefined)
        throw new ForpostError(
          'FORPOST_SINK_UNREACHABLE',
          words('gateway/reason.topic-error', { topic: name, code: bad.errorCode }),
        );
      // kafkajs drops messages to a partition that it does not know, and resolves without an answer for it
      const answer = answers.find((one) => one.partition === partition);
      if (answer === undefined)
        throw new ForpostError(
          'FORPOST_SINK_UNREACHABLE',
          words('gateway/reason.partition-silent', { partition, topic: name }),
        );
      this.#parts.brokerTime.learn(answer.logAppendTime);
    } catch (error) {
      throw kafkaError(error, words('gateway/reason.kafka-sending', { topic: name }), config, clock.now());
    }
  }

  close(): Promise<void> {
    const { producer, context } = this.#parts;
    const { clock, logger } = context;
    this.#closed ??= within(clock, closeDeadlineMs, words('gateway/reason.kafka-closing'), producer.disconnect()).catch(
      (error) => logger.debug({ err: error }, 'a Kafka client closed with an error'),
    );
    return this.#closed;
  }
}

/** For tests: the topic of a lane. */
export function topicOf(prefix: string, lane: Lane): string {
  return laneTopic(prefix, lane);
}
