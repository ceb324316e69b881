/**
 * The centre's commands from Kafka: reads the partition of the commands topic that holds this gateway's commands, from
 * the first record that can be unexpired.
 *
 * Always: each run uses a new consumer group and commits nothing. A killed gateway therefore need not wait until Kafka
 * gives up its former member, and Kafka forgets the group. Commands that were read before come again; the commander
 * recognises them by id. The first offset is computed by the broker's clock; the gateway's clock may be years off.
 */
import { randomUUID } from 'node:crypto';
import { type Clock, sleep } from '@forpost/shared/clock.ts';
import type { ForpostError } from '@forpost/shared/errors.ts';
import { longestValidityMs } from '@forpost/shared/event/command.ts';
import type { GatewayId } from '@forpost/shared/event/ids.ts';
import { partitionOf } from '@forpost/shared/event/topics.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import kafkajs, { type Consumer, type Kafka, type KafkaMessage, type PartitionAssigner } from 'kafkajs';
import type { CommandFeed, DeliveredCommand } from '../../../commands/feed.ts';

export interface KafkaCommandsOptions {
  readonly client: () => Kafka;
  /** full name */
  readonly topic: string;
  readonly gateway: GatewayId;
  readonly toForpostError: (error: unknown) => ForpostError;
  readonly brokerTime: BrokerTime;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The greatest expected difference between the clocks of the centre and its brokers. */
const marginMs = 3_600_000;
/** The session sends its first status within two seconds; the answer contains the broker's time. */
const brokerTimeWithinMs = 10_000;
const brokerTimePollMs = 100;
/** How long an empty fetch waits at the broker; a new record ends the wait at once. */
const fetchWaitMs = 15_000;
const mostBytes = 262_144;
const sessionTimeoutMs = 45_000;
const heartbeatMs = 10_000;
const metadataMaxAgeMs = 60_000;
const closeDeadlineMs = 2_000;
const retry = { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: async () => false };

/** The time by the brokers' clocks, learned from the append times in their answers to produce requests. */
export class BrokerTime {
  readonly #clock: Clock;
  #last: { readonly at: number; readonly uptime: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `logAppendTime`: of an answer, in ms since 1970; -1 if the topic uses the client's timestamps. */
  learn(logAppendTime: string | undefined): void {
    const at = Number(logAppendTime ?? -1);
    if (at > 0) this.#last = { at, uptime: this.#clock.uptime() };
  }

  /** ms since 1970; undefined: unknown */
  now(): number | undefined {
    return this.#last && Math.round(this.#last.at + this.#clock.uptime() - this.#last.uptime);
  }
}

export function kafkaCommands(options: KafkaCommandsOptions): CommandFeed {
  return {
    run: (deliver, stopping) =>
      read(options, deliver, stopping).catch((error: unknown) => {
        throw options.toForpostError(error);
      }),
  };
}

async function read(
  { client: connect, topic, gateway, brokerTime, clock, logger }: KafkaCommandsOptions,
  deliver: (command: DeliveredCommand) => Promise<void>,
  stopping: AbortSignal,
): Promise<void> {
  await untilKnown(brokerTime, clock, stopping);
  if (stopping.aborted) return;
  const client = connect();
  const begin = await beginOf(client, topic, brokerTime.now());
  const consumer = client.consumer({
    groupId: `forpost-gateway-${gateway}-${randomUUID()}`,
    partitionAssigners: [onlyPartitionOf(gateway)],
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: sessionTimeoutMs,
    heartbeatInterval: heartbeatMs,
    maxWaitTimeInMs: fetchWaitMs,
    maxBytesPerPartition: mostBytes,
    metadataMaxAge: metadataMaxAgeMs,
    allowAutoTopicCreation: false,
    retry,
  });
  const { promise: over, resolve, reject } = Promise.withResolvers<void>();
  const stop = () => resolve();
  stopping.addEventListener('abort', stop, { once: true });
  if (stopping.aborted) resolve();
  consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  // also after partitions were added, when the key maps to another partition
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    for (const partition of payload.memberAssignment[topic] ?? [])
      consumer.seek({ topic, partition, offset: begin.get(partition) ?? '0' });
  });
  const run = async () => {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ message }) => {
        if (stopping.aborted || !isFor(message, gateway)) return;
        try {
          await deliver({ envelope: message.value ?? Buffer.alloc(0), centreTime: brokerTime.now() });
        } catch (error) {
          reject(error);
          throw error;
        }
      },
    });
    await over;
  };
  try {
    await Promise.race([run(), over]);
  } finally {
    stopping.removeEventListener('abort', stop);
    // a late rejection of the losing promise is handled
    over.catch(() => undefined);
    await close(consumer, clock, logger);
  }
}

function isFor({ key }: KafkaMessage, gateway: GatewayId): boolean {
  return key?.toString() === gateway;
}

async function untilKnown(brokerTime: BrokerTime, clock: Clock, stopping: AbortSignal): Promise<void> {
  const end = clock.uptime() + brokerTimeWithinMs;
  while (brokerTime.now() === undefined && clock.uptime() < end && !stopping.aborted)
    await sleep(clock, brokerTimePollMs, stopping);
}

/** The first offset of each partition that may hold an unexpired command. @throws if the topic does not exist */
async function beginOf(client: Kafka, topic: string, now: number | undefined): Promise<ReadonlyMap<number, string>> {
  const admin = client.admin();
  try {
    await admin.connect();
    const offsets =
      now === undefined
        ? (await admin.fetchTopicOffsets(topic)).map(({ partition, low }) => ({ partition, offset: low }))
        : await admin.fetchTopicOffsetsByTimestamp(topic, now - longestValidityMs - marginMs);
    return new Map(offsets.map(({ partition, offset }) => [partition, offset]));
  } finally {
    // a connect that timed out has left its socket open
    await admin.disconnect();
  }
}

/** Assigns every member of the group, of which there is one, the partition of this key. */
function onlyPartitionOf(key: string): PartitionAssigner {
  const name = 'forpost-one-key';
  const version = 0;
  const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
  return ({ cluster }) => ({
    name,
    version,
    assign: async ({ members, topics }) => {
      const assignment = Object.fromEntries(
        topics.map((topic) => [topic, [partitionOf(key, cluster.findTopicPartitionMetadata(topic).length)]]),
      );
      const memberAssignment = MemberAssignment.encode({ version, assignment, userData: Buffer.alloc(0) });
      return members.map(({ memberId }) => ({ memberId, memberAssignment }));
    },
    protocol: ({ topics }) => ({
      name,
      metadata: MemberMetadata.encode({ version, topics, userData: Buffer.alloc(0) }),
    }),
  });
}

async function close(consumer: Consumer, clock: Clock, logger: Logger): Promise<void> {
  const late = new AbortController();
  const closed = consumer.disconnect().catch((error: unknown) => {
    logger.debug({ err: error }, 'a Kafka client closed with an error');
  });
  await Promise.race([closed, sleep(clock, closeDeadlineMs, late.signal)]);
  late.abort();
}
