/**
 * The centre's commands from Kafka: the one partition of the commands topic in which this gateway's stand, from where
 * unexpired ones can begin.
 *
 * Always: each run reads in a group of its own, without any commit, so that a gateway that was killed need not wait for
 * its former self to be given up, and the broker forgets the group; what was read before comes again and is known by
 * its id. Where it begins is counted by the broker's clock, never by ours, which may say 1970 or 2099.
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
  readonly asOurs: (error: unknown) => ForpostError;
  readonly brokerTime: BrokerTime;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The centre's clock may be this far from its brokers'. */
const marginMs = 3_600_000;
/** The first status is sent within two seconds of a connection, and its answer tells the broker's time. */
const brokerTimeWithinMs = 10_000;
const brokerTimeLookMs = 100;
/** A record ends the wait at once; an empty fetch waits so long at the broker. */
const fetchWaitMs = 15_000;
const mostBytes = 262_144;
const sessionTimeoutMs = 45_000;
const heartbeatMs = 10_000;
const metadataMaxAgeMs = 60_000;
const closeDeadlineMs = 2_000;
const retry = { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: async () => false };

/** What the brokers' clocks say, learned from the append times with which they answer what is sent to them. */
export class BrokerTime {
  readonly #clock: Clock;
  #last: { readonly at: number; readonly uptime: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `logAppendTime` of an answer: ms since 1970; a topic that stamps with the client's clock says -1. */
  told(logAppendTime: string | undefined): void {
    const at = Number(logAppendTime ?? -1);
    if (at > 0) this.#last = { at, uptime: this.#clock.uptime() };
  }

  /** ms since 1970; undefined: nothing is known */
  now(): number | undefined {
    return this.#last && Math.round(this.#last.at + this.#clock.uptime() - this.#last.uptime);
  }
}

export function kafkaCommands(options: KafkaCommandsOptions): CommandFeed {
  return {
    run: (take, stopping) =>
      read(options, take, stopping).catch((error: unknown) => {
        throw options.asOurs(error);
      }),
  };
}

async function read(
  { client: connect, topic, gateway, brokerTime, clock, logger }: KafkaCommandsOptions,
  take: (delivered: DeliveredCommand) => Promise<void>,
  stopping: AbortSignal,
): Promise<void> {
  await known(brokerTime, clock, stopping);
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
  // also where somebody has added partitions, and ours is another one now
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
          await take({ envelope: message.value ?? Buffer.alloc(0), centreTime: brokerTime.now() });
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
    // whoever lost the race has been heard
    over.catch(() => undefined);
    await close(consumer, clock, logger);
  }
}

function isFor({ key }: KafkaMessage, gateway: GatewayId): boolean {
  return key?.toString() === gateway;
}

async function known(brokerTime: BrokerTime, clock: Clock, stopping: AbortSignal): Promise<void> {
  const end = clock.uptime() + brokerTimeWithinMs;
  while (brokerTime.now() === undefined && clock.uptime() < end && !stopping.aborted)
    await sleep(clock, brokerTimeLookMs, stopping);
}

/** The first offset of each partition at which something unexpired can stand. @throws where the topic is not there */
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
    // a connect that was not answered in time has left its socket open
    await admin.disconnect();
  }
}

/** Gives each member of the group (there is one) the partition of this key and no other. */
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
