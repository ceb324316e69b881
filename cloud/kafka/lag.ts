/**
 * How far ingest is behind Kafka. Kafka itself is asked every few seconds for the ends of the lanes' partitions and for
 * the offsets that the group has committed, so the answer holds for all centres of one group together.
 *
 *   measure ──► ends, then places ──► every place at or beyond the ends of an earlier measurement? ── yes ──► `handledAt`
 *     ▲                                                    └── no: that one waits ───┐
 *     └────────────────────────── a while later, with a fresh client after an error ◄┘
 *
 * Always: every record that stood in a lane's topic at `handledAt` is in the history or in the dead letters. So an event is
 * missing if it was acknowledged to its gateway before `handledAt` and the history lacks it.
 */
import { type Clock, sleep } from '@forpost/shared/clock.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { Admin, Kafka } from 'kafkajs';
import { type KafkaCluster, kafkaClient, kafkaReason } from './client.ts';

export interface PartitionLag {
  /** full name */
  readonly topic: string;
  readonly partition: number;
  readonly records: number;
}

export interface LagWatchOptions {
  readonly cluster: KafkaCluster;
  readonly groupId: string;
  /** full names */
  readonly topics: readonly string[];
  /** called with each fresh client, and each minute: checks the topics, which a person may have deleted or changed */
  readonly prepare: (client: Kafka) => Promise<void>;
  /** how many partitions each topic has, at each measurement; by full name */
  readonly onPartitions?: (counts: ReadonlyMap<string, number>) => Promise<void>;
  /** called with a topic that was deleted and recreated since the last measurement */
  readonly onRecreated?: (topic: string) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One partition at a measurement. `committed`: the group's offset, below 0 where it has none (`nextOf`). */
export interface PartitionSeen {
  readonly topic: string;
  readonly partition: number;
  readonly low: bigint;
  readonly high: bigint;
  readonly committed: bigint;
}

/** An earlier measurement whose ends are not handled yet: ms of the monotonic clock, and the ends by partition. */
interface Awaited {
  readonly at: number;
  readonly ends: ReadonlyMap<string, bigint>;
}

const checkEveryMs = 2_000;
const measurementsPerPreparation = 30;

export class LagWatch implements Part {
  readonly #options: LagWatchOptions;
  #stop = new AbortController();
  #running: Promise<void> | undefined;
  #lags: readonly PartitionLag[] = [];
  #frontier = new Frontier();
  #seen: readonly PartitionSeen[] = [];
  #partitions: ReadonlyMap<string, number> = new Map();

  constructor(options: LagWatchOptions) {
    this.#options = options;
  }

  /** The lag at the last measurement, of the partitions in which records wait. */
  get lags(): readonly PartitionLag[] {
    return this.#lags;
  }

  /** How many partitions each topic had at the last measurement, by full name. */
  get partitions(): ReadonlyMap<string, number> {
    return this.#partitions;
  }

  /** ms of the monotonic clock; undefined as long as nothing is known */
  get handledAt(): number | undefined {
    return this.#frontier.handledAt;
  }

  /** Resolves at once: the first measurement waits for Kafka. */
  async start(): Promise<void> {
    this.#stop = new AbortController();
    this.#frontier = new Frontier();
    this.#running = this.#run(this.#stop.signal);
  }

  /** Does not wait for a Kafka that hangs. */
  async stop(): Promise<void> {
    this.#stop.abort();
    const { clock } = this.#options;
    const late = new AbortController();
    await Promise.race([this.#running, sleep(clock, stopGraceMs, late.signal)]);
    late.abort();
  }

  async #run(stopping: AbortSignal): Promise<void> {
    const { clock, cluster, logger, prepare } = this.#options;
    while (!stopping.aborted) {
      const client = kafkaClient(cluster, 'lag', logger);
      const admin = client.admin();
      try {
        await admin.connect();
        for (let looks = 0; !stopping.aborted; looks++) {
          if (looks % measurementsPerPreparation === 0) await prepare(client);
          await this.#measure(admin);
          await sleep(clock, checkEveryMs, stopping);
        }
      } catch (error) {
        // the consumers report whether Kafka answers; a failure here leaves only their progress unknown
        if (!stopping.aborted)
          logger.debug(
            { reason: kafkaReason(error, cluster, clock.now()) },
            'the lag of ingest cannot be read from Kafka',
          );
      }
      void admin.disconnect().catch((error) => logger.debug({ err: error }, 'a Kafka client closed with an error'));
      await sleep(clock, checkEveryMs, stopping);
    }
  }

  async #measure(admin: Admin): Promise<void> {
    const { clock, groupId, topics } = this.#options;
    const at = clock.uptime();
    // the ends first: an offset that is committed afterwards covers them
    const ends = await Promise.all(topics.map(async (topic) => [topic, await admin.fetchTopicOffsets(topic)] as const));
    this.#partitions = new Map(ends.map(([topic, partitions]) => [topic, partitions.length]));
    await this.#options.onPartitions?.(this.#partitions);
    const places = await admin.fetchOffsets({ groupId, topics: [...topics] });
    const committed = new Map(
      places.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => [`${topic}/${partition}`, BigInt(offset)] as const),
      ),
    );
    const seen = ends.flatMap(([topic, partitions]) =>
      partitions.map(({ partition, low, high }) => ({
        topic,
        partition,
        low: BigInt(low),
        high: BigInt(high),
        committed: committed.get(`${topic}/${partition}`) ?? noPlace,
      })),
    );
    for (const topic of recreatedTopics(this.#seen, seen)) this.#options.onRecreated?.(topic);
    this.#seen = seen;
    this.#lags = seen.flatMap((one) => {
      const records = Number(one.high - nextOf(one));
      return records > 0 ? [{ topic: one.topic, partition: one.partition, records }] : [];
    });
    this.#frontier.update(at, seen);
  }
}

const stopGraceMs = 500;
/** Kafka's answer where nothing is committed */
const noPlace = -1n;

/** The offset of the next record to handle. A committed -1 means "none yet", and -2 "from the oldest". */
function nextOf({ committed, low }: PartitionSeen): bigint {
  return committed > low ? committed : low;
}

/**
 * Pure: the topics that were deleted and recreated between two checks. kafkajs does not know topic ids, so a recreated topic
 * is recognised by a shorter end or by the lost offset of the group.
 */
export function recreatedTopics(before: readonly PartitionSeen[], now: readonly PartitionSeen[]): readonly string[] {
  const known = new Map(before.map((one) => [`${one.topic}/${one.partition}`, one]));
  const recreated = now.flatMap(({ topic, partition, high, committed }) => {
    const was = known.get(`${topic}/${partition}`);
    return was !== undefined && (high < was.high || (was.committed >= 0n && committed === noPlace)) ? [topic] : [];
  });
  return [...new Set(recreated)];
}

/** Pure: the latest check whose records have all been handled since. */
export class Frontier {
  handledAt: number | undefined;
  #awaited: Awaited | undefined;

  /** @param at ms of the monotonic clock at which the measurement began */
  update(at: number, seen: readonly PartitionSeen[]): void {
    const now: Awaited = {
      at,
      ends: new Map(seen.map(({ topic, partition, high }) => [`${topic}/${partition}`, high])),
    };
    this.#awaited ??= now;
    if (!isHandled(this.#awaited, seen)) return;
    this.handledAt = this.#awaited.at;
    // under a steady load new records always wait: the next measurement waits for those that are there now
    this.#awaited = isHandled(now, seen) ? undefined : now;
    if (this.#awaited === undefined) this.handledAt = at;
  }
}

function isHandled({ ends }: Awaited, seen: readonly PartitionSeen[]): boolean {
  return seen.every((one) => {
    const end = ends.get(`${one.topic}/${one.partition}`) ?? 0n;
    // a topic that was created again is shorter than before
    return nextOf(one) >= (end < one.high ? end : one.high);
  });
}
