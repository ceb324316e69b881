/**
 * Reads the alerts topic for the notifier, in a consumer group of its own.
 *
 *   connecting ── joined ──► reading ◄── no answer, for a minute at most ──► riding it out
 *       ▲                       └── crash, silence ──┐
 *       └──── jittered delay ──── waiting ◄──────────┘   (a fresh client each time)
 *
 * Always: an offset is committed only when its record and all before it are settled, so a restart reads again what
 * was not; a group that is new begins at the end of the topic and has that noted at once, so that nothing that comes
 * between the first start and the first commit is lost.
 */
import { type Clock, sleep, type Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { backoffMs } from '@forpost/shared/retry.ts';
import type { Consumer, EachBatchPayload, Kafka, TopicPartitionOffset } from 'kafkajs';
import { type KafkaFactory, patience } from './kafka.ts';
import { OffsetTracker } from './offsets.ts';

export interface AlertsConsumerOptions {
  readonly kafka: KafkaFactory;
  readonly topic: string;
  readonly group: string;
  /** settles when a record's work is done; never rejects */
  readonly handle: (value: Buffer) => Promise<void>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

const backoff = { baseMs: 500, ceilingMs: 10_000 };
/** A member that was killed holds its partitions for this long; the broker's least. */
const sessionTimeoutMs = 6_000;
const heartbeatMs = 1_500;
/** An empty fetch waits at the broker; a record ends the wait at once. */
const fetchWaitMs = 250;
/** No answer to a fetch for this long is told, */
const quietMs = 3_000;
/** and for this long ends the client: it hangs. */
const silenceMs = 75_000;
const commitEveryMs = 250;
const closeDeadlineMs = 3_000;

export class AlertsConsumer {
  readonly #options: AlertsConsumerOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #connected = false;
  #connection: Connection | undefined;
  #reason = 'not started';

  constructor(options: AlertsConsumerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#reason = 'connecting';
    this.#running ??= this.#supervise();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Whether it reads, and in words why not. */
  status(): { readonly connected: boolean; readonly reason: string } {
    const quiet = this.#connected ? (this.#connection?.quietMs() ?? 0) : 0;
    if (quiet > quietMs)
      return { connected: false, reason: `Kafka has not answered for ${Math.round(quiet / 1000)} s` };
    return { connected: this.#connected, reason: this.#reason };
  }

  /** One consumer after another until it is stopped. */
  async #supervise(): Promise<void> {
    const { clock, logger, random, topic } = this.#options;
    for (let attempt = 0; !this.#stop.signal.aborted; attempt++) {
      const connection = new Connection(this.#options, () => {
        attempt = 0;
        this.#connected = true;
        this.#reason = '';
        logger.info({ topic }, 'reading alerts');
      });
      this.#connection = connection;
      try {
        await connection.run(this.#stop.signal);
      } catch (error) {
        const reason = messageOf(error);
        if (this.#connected || reason !== this.#reason) logger.warn({ topic, err: error }, 'alerts are not being read');
        this.#reason = reason;
      }
      this.#connected = false;
      await connection.close();
      await sleep(clock, backoffMs(backoff, attempt, random), this.#stop.signal);
    }
    this.#reason = 'stopped';
  }
}

/** One consumer's life. */
class Connection {
  readonly #options: AlertsConsumerOptions;
  readonly #joined: () => void;
  #consumer: Consumer | undefined;
  #trackers = new Map<number, OffsetTracker>();
  #committing: Promise<void> = Promise.resolve();
  #lastFetchMs: number;
  #timer: Timer | undefined;

  constructor(options: AlertsConsumerOptions, joined: () => void) {
    this.#options = options;
    this.#joined = joined;
    this.#lastFetchMs = options.clock.uptime();
  }

  /** Reads until `stop` is aborted; throws when it cannot go on. */
  async run(stop: AbortSignal): Promise<void> {
    const { clock, group, kafka, topic } = this.#options;
    const ends = await newPartitions(kafka('forpost-notify'), group, topic);
    if (stop.aborted) return;
    const consumer = kafka('forpost-notify', patience).consumer({
      groupId: group,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: heartbeatMs,
      maxWaitTimeInMs: fetchWaitMs,
      minBytes: 1,
      allowAutoTopicCreation: false,
      retry: { ...patience, restartOnFailure: async () => false },
    });
    this.#consumer = consumer;
    const ended = new Promise<never>((_, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      const watch = () => {
        if (this.quietMs() > silenceMs) reject(new Error(`Kafka did not answer for ${silenceMs / 1000} s`));
        void this.#commit();
        this.#timer = clock.after(commitEveryMs, watch);
      };
      this.#timer = clock.after(commitEveryMs, watch);
    });
    // it may come before anybody waits for it
    ended.catch(() => undefined);
    let assigned: readonly number[] = [];
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      // another generation reads again from what was committed
      this.#trackers = new Map();
      assigned = payload.memberAssignment[topic] ?? [];
    });
    consumer.on(consumer.events.FETCH, () => {
      this.#lastFetchMs = clock.uptime();
    });
    const stopped = new Promise<void>((resolve) => {
      if (stop.aborted) resolve();
      stop.addEventListener('abort', () => resolve(), { once: true });
    });
    const reading = async () => {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: false });
      await consumer.run({ autoCommit: false, eachBatch: async (payload) => this.#batch(payload) });
      const begin = ends.filter(({ partition }) => assigned.includes(partition));
      for (const end of begin) consumer.seek(end);
      if (begin.length > 0) await consumer.commitOffsets(begin);
      this.#joined();
      await stopped;
    };
    await Promise.race([reading(), ended, stopped]);
  }

  /** Commits what is settled and leaves the group; never rejects, and does not wait for ever. */
  async close(): Promise<void> {
    const { clock, logger } = this.#options;
    this.#timer?.cancel();
    const note = (error: unknown) => logger.debug({ err: error }, 'a Kafka client closed with an error');
    const leave = async () => {
      await this.#commit();
      await this.#consumer?.disconnect();
    };
    const late = new AbortController();
    await Promise.race([leave().catch(note), sleep(clock, closeDeadlineMs, late.signal)]);
    late.abort();
  }

  /** ms since the last answer to a fetch, or since it began */
  quietMs(): number {
    return this.#options.clock.uptime() - this.#lastFetchMs;
  }

  /** Hands the records over and does not wait for them: what one channel is slow with must not hold up the next alert. */
  #batch({ batch }: EachBatchPayload): void {
    const trackers = this.#trackers;
    const tracker = trackers.get(batch.partition) ?? new OffsetTracker();
    trackers.set(batch.partition, tracker);
    for (const message of batch.messages) {
      const settled = tracker.track(BigInt(message.offset));
      if (message.value === null) settled();
      else void this.#options.handle(message.value).then(settled);
    }
  }

  /** One commit at a time. One that fails (the group is on the move) is tried again with the next. */
  #commit(): Promise<void> {
    this.#committing = this.#committing.then(async () => {
      const due = [...this.#trackers].flatMap(([partition, tracker]) => {
        const offset = tracker.due();
        return offset === undefined ? [] : [{ partition, tracker, offset }];
      });
      if (due.length === 0 || this.#consumer === undefined) return;
      const { topic } = this.#options;
      try {
        await this.#consumer.commitOffsets(
          due.map(({ partition, offset }) => ({ topic, partition, offset: `${offset}` })),
        );
        for (const { tracker, offset } of due) tracker.committed(offset);
      } catch (error) {
        this.#options.logger.debug({ topic, err: error }, 'a commit failed');
      }
    });
    return this.#committing;
  }
}

/**
 * The end of each partition in which the group has no place yet. (admin.setOffsets would note it too, but takes 5 s.)
 * @throws where Kafka or the topic is not there
 */
async function newPartitions(client: Kafka, group: string, topic: string): Promise<readonly TopicPartitionOffset[]> {
  const admin = client.admin();
  await admin.connect();
  try {
    const ends = await admin.fetchTopicOffsets(topic);
    const [known] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    const placed = new Set(known?.partitions.filter(({ offset }) => offset !== '-1').map(({ partition }) => partition));
    return ends
      .filter(({ partition }) => !placed.has(partition))
      .map(({ partition, high }) => ({ topic, partition, offset: high }));
  } finally {
    await admin.disconnect();
  }
}
