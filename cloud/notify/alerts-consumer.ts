/**
 * Reads the alerts topic for the notifier, in a consumer group of its own (how it connects and comes back:
 * kafka/supervised-consumer.ts).
 *
 * Always: an offset is committed only when its record and all before it are settled, so a restart reads again what
 * was not; how far a topic was told is never noted in one that was made anew under its name; a group that is new begins with the first alert that came into the topic after `since`, by the broker's
 * clock, and has that noted as soon as it has joined; later it begins with the oldest wherever it has no place.
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
  /** from when on a group that is new owes alerts, ms since 1970 */
  readonly since: number;
  /** settles when a record's work is done; never rejects */
  readonly handle: (message: KafkaMessage) => Promise<void>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** An alert ends the wait at once; the shorter it is, the sooner a partition that moved is read. */
const fetchWaitMs = 250;
const commitEveryMs = 250;
/** Kafka forgets the place of a group that nobody was in for a week; what is older than that is no news. */
const owedForMs = 7 * 86_400_000;

export class AlertsConsumer implements Part {
  readonly #options: AlertsConsumerOptions;
  readonly #topic: string;
  readonly #consumer: SupervisedConsumer;
  readonly #trackers = new OffsetTrackers();
  /** tried once: `Consumer.commitOffsets` goes on trying, also when the topic is another by then */
  #commitOnce: EachBatchPayload['commitOffsetsIfNecessary'] | undefined;
  #committing: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  /** where a new group begins; undefined once it has a place */
  #begin: readonly TopicPartitionOffset[] | undefined;
  #placed = false;

  constructor(options: AlertsConsumerOptions) {
    const { cluster, group, clock, random, logger } = options;
    this.#options = options;
    this.#topic = topic(cluster.prefix, 'alerts');
    this.#consumer = new SupervisedConsumer({
      ...{ cluster, name: 'notify', groupId: group, topics: [this.#topic], fetchWaitMs, clock, random, logger },
      prepare: (client) => {
        // another consumer reads again from what was committed
        this.#trackers.clear();
        return this.#findPlace(client);
      },
      onAssigned: () => this.#trackers.joined(this.#consumer.assigned[this.#topic] ?? []),
      onJoined: (consumer, assigned) => this.#takePlace(consumer, assigned),
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

  /** Finds where to begin where the group is new. @throws where Kafka or the topic is not there */
  async #findPlace(client: Kafka): Promise<void> {
    const admin = client.admin();
    try {
      await admin.connect();
      const { clock, group, since } = this.#options;
      const owed = Math.max(since, clock.now() - owedForMs);
      // also the check that the topic is there
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

  /** (admin.setOffsets would note the place too, but takes 5 s.) */
  async #takePlace(
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

  /** Hands the records over and does not wait for them: what one channel is slow with must not hold up the next alert. */
  #batch({ batch, resolveOffset, commitOffsetsIfNecessary }: EachBatchPayload): void {
    this.#commitOnce = commitOffsetsIfNecessary;
    for (const message of batch.messages) {
      const settled = this.#trackers.track(batch.partition, BigInt(message.offset));
      // what is sent again on request was told of when it came first
      if (message.headers?.[replayHeader] !== undefined) settled();
      else void this.#options.handle(message).then(settled);
    }
    resolveOffset(batch.lastOffset());
  }

  /** One commit at a time. One that fails (the group is on the move) is tried again with the next, where the topic still is. */
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
          this.#trackers.doubt();
          this.#commitOnce = undefined;
          this.#consumer.restart?.(messageOf(error));
        }
      }
    });
    return this.#committing;
  }
}

/**
 * The topic was deleted (what comes in another one of its name is numbered from 0 again), or the group has dropped us and
 * nothing told kafkajs.
 */
function endsConsumer(error: unknown): boolean {
  const types = ['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_MEMBER_ID'];
  return isProtocolError(error, types);
}
