/**
 * Reads the alerts topic for the notifier, in a consumer group of its own (kafka/supervised-consumer.ts connects and
 * reconnects).
 *
 * Always: an offset is committed only when its record and all records before it are settled, so a restart reads unsettled
 * records again. An offset of a deleted topic is never committed to a new topic of the same name. A new group begins with
 * the first alert that the broker took after `since`, and commits that place as soon as it has joined; later, a partition
 * without a committed offset is read from its oldest record.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { replayHeader } from '@forpost/shared/event/codec.ts';
import { topic } from '@forpost/shared/event/topics.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { KafkaCluster } from '../kafka/client.ts';
import { isProtocolError } from '../kafka/protocol-error.ts';
import { type Assigned, type ConsumerState, SupervisedConsumer } from '../kafka/supervised-consumer.ts';
import type { EachBatchPayload, Kafka, KafkaMessage, TopicPartitionOffset } from '../kafka/types.ts';
import { OffsetTrackers } from './offsets.ts';

export interface AlertsConsumerOptions {
  readonly cluster: KafkaCluster;
  readonly group: string;
  /** a new group notifies about alerts from this time on, ms since 1970 */
  readonly since: number;
  /** settles when a record's work is done; never rejects */
  readonly handle: (message: KafkaMessage) => Promise<void>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** An alert ends the wait at once. A short wait makes the consumer read a newly assigned partition soon. */
const fetchWaitMs = 250;
const commitEveryMs = 250;
/** Kafka forgets the offsets of a group after a week without members; an older alert is no news. */
const owedForMs = 7 * 86_400_000;

export class AlertsConsumer implements Part {
  readonly #options: AlertsConsumerOptions;
  readonly #topic: string;
  readonly #consumer: SupervisedConsumer;
  readonly #trackers = new OffsetTrackers();
  /** commits with one try; `Consumer.commitOffsets` would retry even after the topic was replaced */
  #commitOnce: EachBatchPayload['commitOffsetsIfNecessary'] | undefined;
  #committing: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  /** where a new group begins; undefined once the group has committed offsets */
  #begin: readonly TopicPartitionOffset[] | undefined;
  #placed = false;

  constructor(options: AlertsConsumerOptions) {
    const { cluster, group, clock, random, logger } = options;
    this.#options = options;
    this.#topic = topic(cluster.prefix, 'alerts');
    this.#consumer = new SupervisedConsumer({
      cluster,
      name: 'notify',
      groupId: group,
      topics: [this.#topic],
      fetchWaitMs,
      clock,
      random,
      logger,
      prepare: (client) => {
        // a new consumer reads from the committed offsets
        this.#trackers.clear();
        return this.#findPlace(client);
      },
      onAssigned: () => this.#trackers.joined(this.#consumer.assigned[this.#topic] ?? []),
      onJoined: (consumer, assigned) => this.#commitFirstOffsets(consumer, assigned),
      onLeaving: async () => {
        const ending = this.#commitOnce;
        await this.#commit();
        if (this.#commitOnce === ending) this.#commitOnce = undefined;
      },
      eachBatch: async (payload, stopping) => {
        if (!stopping.aborted) this.#batch(payload);
      },
    });
  }

  get state(): ConsumerState {
    return this.#consumer.state;
  }

  async start(): Promise<void> {
    await this.#consumer.start();
    this.#armCommit();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#consumer.stop();
  }

  #armCommit(): void {
    this.#timer = this.#options.clock.after(commitEveryMs, () => {
      this.#armCommit();
      void this.#commit();
    });
  }

  /** Finds the first offsets for a new group. @throws where Kafka cannot be reached or the topic does not exist */
  async #findPlace(client: Kafka): Promise<void> {
    const admin = client.admin();
    try {
      await admin.connect();
      const { clock, group, since } = this.#options;
      const owed = Math.max(since, clock.now() - owedForMs);
      // this call also checks that the topic exists
      const begin = await admin.fetchTopicOffsetsByTimestamp(this.#topic, owed);
      if (this.#placed || this.#begin !== undefined) return;
      const [known] = await admin.fetchOffsets({ groupId: group, topics: [this.#topic] });
      this.#placed = known?.partitions.some(({ offset }) => offset !== '-1') ?? false;
      if (!this.#placed)
        this.#begin = begin.map(({ partition, offset }) => ({ topic: this.#topic, partition, offset }));
    } finally {
      await admin.disconnect();
    }
  }

  /** Commits the first offsets of a new group. (admin.setOffsets would do so too, but takes 5 s.) */
  async #commitFirstOffsets(
    consumer: {
      seek(to: TopicPartitionOffset): void;
      commitOffsets(offsets: TopicPartitionOffset[]): Promise<void>;
    },
    assigned: Assigned,
  ): Promise<void> {
    const begin = (this.#begin ?? []).filter(({ partition }) => assigned[this.#topic]?.includes(partition) ?? false);
    for (const place of begin) consumer.seek(place);
    if (begin.length > 0) await consumer.commitOffsets(begin);
    this.#begin = undefined;
    this.#placed = true;
  }

  /** Hands the records over without waiting, because a slow channel must not delay the next alert. */
  #batch({ batch, resolveOffset, commitOffsetsIfNecessary }: EachBatchPayload): void {
    this.#commitOnce = commitOffsetsIfNecessary;
    for (const message of batch.messages) {
      const settled = this.#trackers.track(batch.partition, BigInt(message.offset));
      // people were notified about a replayed alert when it first came
      if (message.headers?.[replayHeader] !== undefined) settled();
      else void this.#options.handle(message).then(settled);
    }
    resolveOffset(batch.lastOffset());
  }

  /** Runs one commit at a time. The next commit retries a failed one (the group rebalances), while the topic exists. */
  #commit(): Promise<void> {
    this.#committing = this.#committing.then(async () => {
      const due = this.#trackers.due();
      if (due.length === 0 || this.#commitOnce === undefined) return;
      try {
        const partitions = due.map(({ partition, offset }) => ({ partition, offset: `${offset}` }));
        await this.#commitOnce({ topics: [{ topic: this.#topic, partitions }] });
        for (const { done } of due) done();
      } catch (error) {
        this.#options.logger.debug({ topic: this.#topic, err: error }, 'a commit failed');
        if (endsConsumer(error)) {
          this.#trackers.unconfirm();
          this.#commitOnce = undefined;
          this.#consumer.restart?.(messageOf(error));
        }
      }
    });
    return this.#committing;
  }
}

/**
 * Whether the consumer must be replaced: the topic was deleted (a new topic of the same name has offsets from 0), or the
 * group has removed this consumer without kafkajs noticing.
 */
function endsConsumer(error: unknown): boolean {
  const types = ['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_MEMBER_ID'];
  return isProtocolError(error, types);
}
