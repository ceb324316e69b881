/**
 * Reads the alerts topic for the notifier, in a consumer group of its own.
 *
 *   connecting ── joined ──► reading ── crash, silence ──► waiting ── jittered delay ──► connecting (a fresh client)
 *
 * Always: an offset is committed only when its record and all before it are settled, so a restart reads again what
 * was not; a group that is new begins at the end of the topic and has that noted at once, so that nothing that comes
 * between the first start and the first commit is lost. kafkajs retries nothing by itself: it does not come back in
 * all cases (issues 907, 919, 979), a fresh consumer does.
 */
import { type Clock, sleep, type Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { backoffMs } from '@forpost/shared/retry.ts';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { OffsetTracker } from './offsets.ts';

export interface AlertsConsumerOptions {
  readonly kafka: (clientId: string) => Kafka;
  readonly topic: string;
  readonly group: string;
  /** settles when a record's work is done; never rejects */
  readonly handle: (value: Buffer) => Promise<void>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

const backoff = { baseMs: 500, ceilingMs: 10_000 };
/** A member that was killed holds its partitions for this long. */
const sessionTimeoutMs = 10_000;
const heartbeatMs = 2_000;
/** An empty fetch waits at the broker; a record ends the wait at once. */
const fetchWaitMs = 250;
/** No fetch for this long: the client hangs. */
const silenceMs = 30_000;
const commitEveryMs = 250;
const closeDeadlineMs = 3_000;

export class AlertsConsumer {
  readonly #options: AlertsConsumerOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #connected = false;
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
    const client = kafka('forpost-notify');
    await beginAtTheEnd(client, group, topic);
    const consumer = client.consumer({
      groupId: group,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: heartbeatMs,
      maxWaitTimeInMs: fetchWaitMs,
      minBytes: 1,
      allowAutoTopicCreation: false,
      retry: { retries: 0, restartOnFailure: async () => false },
    });
    this.#consumer = consumer;
    const ended = new Promise<never>((_, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      const watch = () => {
        if (clock.uptime() - this.#lastFetchMs > silenceMs) reject(new Error(`Kafka was silent for ${silenceMs} ms`));
        void this.#commit(reject);
        this.#timer = clock.after(commitEveryMs, watch);
      };
      this.#timer = clock.after(commitEveryMs, watch);
    });
    // it may come before anybody waits for it
    ended.catch(() => undefined);
    consumer.on(consumer.events.GROUP_JOIN, () => {
      // another generation reads again from what was committed
      this.#trackers = new Map();
      this.#joined();
    });
    consumer.on(consumer.events.FETCH_START, () => this.#seen());
    consumer.on(consumer.events.FETCH, () => this.#seen());
    const stopped = new Promise<void>((resolve) => {
      if (stop.aborted) resolve();
      stop.addEventListener('abort', () => resolve(), { once: true });
    });
    const reading = async () => {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: false });
      await consumer.run({ autoCommit: false, eachBatch: async (payload) => this.#batch(payload) });
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
      await this.#commit(note);
      await this.#consumer?.disconnect();
    };
    const late = new AbortController();
    await Promise.race([leave().catch(note), sleep(clock, closeDeadlineMs, late.signal)]);
    late.abort();
  }

  #seen(): void {
    this.#lastFetchMs = this.#options.clock.uptime();
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

  /** One commit at a time. A commit that fails means that the group has moved on: `failed` ends this consumer. */
  #commit(failed: (error: unknown) => void): Promise<void> {
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
        failed(error);
      }
    });
    return this.#committing;
  }
}

/** Notes the end of the topic for a group that has no place in it yet. @throws where Kafka or the topic is not there */
async function beginAtTheEnd(client: Kafka, group: string, topic: string): Promise<void> {
  const admin = client.admin();
  await admin.connect();
  try {
    const ends = await admin.fetchTopicOffsets(topic);
    const [known] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    const placed = new Set(known?.partitions.filter(({ offset }) => offset !== '-1').map(({ partition }) => partition));
    const fresh = ends.filter(({ partition }) => !placed.has(partition));
    if (fresh.length === 0) return;
    const partitions = fresh.map(({ partition, high }) => ({ partition, offset: high }));
    await admin.setOffsets({ groupId: group, topic, partitions });
  } finally {
    await admin.disconnect();
  }
}
