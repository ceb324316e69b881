/**
 * A consumer that never gives up. kafkajs does not always reconnect, so each failure, crash or silence discards the
 * consumer and makes a fresh one.
 *
 *   connecting ── joined ──► consuming ── crash, no sign of life for `silenceMs`, an error ──► waiting (backoff) ─┐
 *       ▲                               └── `restart`, the wall clock set back ───────────────────────────────────┤
 *       │                    (it rides out a broker's restart: a fresh one would wait for the old one's session)  │
 *       └─────────────────────────────────────────────────────────────────────────────────────────────────────────┘
 *
 * Always:
 * - The handler alone commits offsets (autoCommit is off), after its work is done. Records that were not committed come
 *   again.
 * - A batch gets the signal to give up as soon as its consumer has joined again or ends. After a join it commits nothing: its
 *   partition may belong to another consumer by then, and its offsets may count in another topic.
 * - Where the group has no committed offset, the consumer begins with the oldest record, so that it reads all records of a
 *   recreated topic and of an added partition.
 * - A stop never waits for a Kafka that hangs. A wall clock that is set back leaves no consumer without heartbeats.
 */
import { type Clock, sleep } from '@forpost/shared/clock.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { backoffMs } from '@forpost/shared/retry.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { type KafkaCluster, kafkaClient, kafkaReason, patient } from './client.ts';

export interface SupervisedConsumerOptions {
  readonly cluster: KafkaCluster;
  /** for the logs and the client id */
  readonly name: string;
  readonly groupId: string;
  /** full names */
  readonly topics: readonly string[];
  /** called with each fresh client, before it subscribes: checks the topics */
  readonly prepare?: (client: Kafka) => Promise<void>;
  /** called at each join: partitions may have come from another consumer */
  readonly onAssigned?: () => void;
  /** called once in each consumer's life, before it reads: sets its first offsets */
  readonly onJoined?: (consumer: Pick<Consumer, 'seek' | 'commitOffsets'>, assigned: Assigned) => Promise<void>;
  /** called before a consumer leaves its group: the last commit */
  readonly onLeaving?: () => Promise<void>;
  /**
   * Handles one batch of one partition, and calls `resolveOffset` and `commitOffsetsIfNecessary(offsets)` itself. An
   * error ends this consumer; the next one begins at the last commit. `stopping` is aborted when the handler should give
   * up: finished work may still be committed. `membership` is aborted when the consumer has joined again, or is discarded
   * by `restart`: from then on the handler neither resolves nor commits, because kafkajs would do so for the latest join.
   */
  readonly eachBatch: (payload: EachBatchPayload, stopping: AbortSignal, membership: AbortSignal) => Promise<void>;
  /** partitions handled side by side; default 1 */
  readonly concurrency?: number;
  /** how long an empty fetch waits at the broker; a record ends the wait at once; default 1 s */
  readonly fetchWaitMs?: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Partitions by topic. */
export type Assigned = Readonly<Record<string, readonly number[]>>;

export interface ConsumerState {
  readonly state: 'connecting' | 'consuming' | 'stopped';
  /** why the consumer is not consuming, in words; empty while it is */
  readonly reason: string;
  /** when Kafka last answered, ms of the monotonic clock; absent: it has not yet */
  readonly answeredAt?: number;
}

const silent = words('centre/reason.silent');
const restartBackoff = { baseMs: 200, ceilingMs: 2_000 };
/** how soon the partitions of a killed consumer move to another one; a broker allows 6 s at least */
const sessionTimeoutMs = 6_000;
const heartbeatMs = 1_500;
const defaultFetchWaitMs = 1_000;
/** after this long without a fetch or a heartbeat Kafka counts as silent; kafkajs may still reconnect by itself */
const quietMs = 3_000;
/** after this long kafkajs will not reconnect by itself: the consumer is discarded */
const silenceMs = 75_000;
const checkMs = 1_000;
/**
 * A wall clock that is set back farther costs the consumer: kafkajs sends its next heartbeat only once the wall clock
 * has passed the last one, perhaps after an hour.
 */
const clockStepMs = 1_000;
/** deadlines for leaving the group: at a broker that answers, and at a broker that has not answered lately */
const closeDeadlineMs = 3_000;
const abandonMs = 500;
/** added partitions are noticed within this time */
const metadataMaxAgeMs = 10_000;

export class SupervisedConsumer implements Part {
  readonly #options: SupervisedConsumerOptions;
  #stop = new AbortController();
  #running: Promise<void> | undefined;
  #attempt = 0;
  #state: ConsumerState = { state: 'stopped', reason: '' };
  #assigned: Assigned = {};
  #answeredAt: number | undefined;
  /** ends the consumer that has joined */
  #abandon: ((reason: Error) => void) | undefined;

  constructor(options: SupervisedConsumerOptions) {
    this.#options = options;
  }

  get state(): ConsumerState {
    return this.#answeredAt === undefined ? this.#state : { ...this.#state, answeredAt: this.#answeredAt };
  }

  /** the partitions of the last join */
  get assigned(): Assigned {
    return this.#assigned;
  }

  /** Discards the present consumer and begins with a fresh one; undefined where none has joined. */
  get restart(): ((reason: string) => void) | undefined {
    const abandon = this.#abandon;
    return abandon === undefined ? undefined : (reason) => abandon(new Error(reason));
  }

  /** Resolves at once: it connects when Kafka is there. */
  async start(): Promise<void> {
    this.#stop = new AbortController();
    this.#running = this.#run(this.#stop.signal);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(stopping: AbortSignal): Promise<void> {
    const { name, clock, random, logger } = this.#options;
    while (!stopping.aborted) {
      this.#state = { state: 'connecting', reason: this.#state.reason };
      try {
        await this.#live(stopping);
      } catch (error) {
        if (stopping.aborted) break;
        const reason = kafkaReason(error, this.#options.cluster, clock.now());
        const waitMs = backoffMs(restartBackoff, this.#attempt++, random);
        if (reason !== this.#state.reason) logger.warn({ consumer: name, attempt: this.#attempt }, `Kafka: ${reason}`);
        this.#state = { state: 'connecting', reason };
        await sleep(clock, waitMs, stopping);
      }
    }
    this.#state = { state: 'stopped', reason: '' };
  }

  /** The life of one consumer. Resolves when it is to stop, rejects when it failed. */
  async #live(stopping: AbortSignal): Promise<void> {
    const { cluster, name, groupId, topics, prepare, onJoined, concurrency, fetchWaitMs, logger } = this.#options;
    const probe = kafkaClient(cluster, name, logger);
    // a broker that hangs answers nothing for long, and a stop must not wait for that broker
    await Promise.race([prepare === undefined ? isThere(probe) : prepare(probe), aborted(stopping)]);
    if (stopping.aborted) return;
    const consumer = kafkaClient(cluster, name, logger, patient).consumer({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: heartbeatMs,
      maxWaitTimeInMs: fetchWaitMs ?? defaultFetchWaitMs,
      metadataMaxAge: metadataMaxAgeMs,
      allowAutoTopicCreation: false,
      retry: { ...patient, restartOnFailure: async () => false },
    });
    // a batch that is being handled gives up when its consumer is discarded
    const ending = new AbortController();
    const watch = this.#watch(consumer, stopping);
    const run = async () => {
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: concurrency ?? 1,
        eachBatch: (payload) => this.#options.eachBatch(payload, ending.signal, watch.membership()),
      });
      // no await before `onJoined`: its seek drops the records that were fetched meanwhile
      await onJoined?.(consumer, watch.assigned());
      watch.joined();
      await watch.over;
    };
    try {
      // the first to settle decides; a later rejection of the other one is handled too
      await Promise.race([run(), watch.over]);
    } finally {
      watch.end();
      ending.abort(new Error('the consumer is ending'));
      await this.#close(consumer);
    }
  }

  /** `over` resolves when `stopping` is aborted, and rejects at a crash or after a long silence. */
  #watch(consumer: Consumer, stopping: AbortSignal): Watch {
    const { clock, name, logger, onAssigned } = this.#options;
    const { promise: over, resolve, reject } = Promise.withResolvers<void>();
    let seenAt = clock.uptime();
    const bootTime = () => clock.now() - clock.uptime();
    let booted = bootTime();
    let joined = false;
    let assigned: Assigned = {};
    let membership = new AbortController();
    const check = () => {
      const silentMs = clock.uptime() - seenAt;
      const setBackMs = booted - bootTime();
      booted = bootTime();
      if (setBackMs > clockStepMs)
        reject(new Error(words('centre/reason.clock-set-back', { seconds: Math.round(setBackMs / 1000) })));
      else if (silentMs >= silenceMs)
        reject(new Error(words('centre/reason.no-sign', { seconds: Math.round(silentMs / 1000) })));
      else if (silentMs >= quietMs) this.#state = { state: 'connecting', reason: silent };
      timer = clock.after(checkMs, check);
    };
    let timer = clock.after(checkMs, check);
    const seen = () => {
      seenAt = clock.uptime();
      if (joined) this.#answeredAt = seenAt;
      if (joined && this.#state.state !== 'consuming') this.#state = { state: 'consuming', reason: '' };
    };
    const { CRASH, FETCH, HEARTBEAT, GROUP_JOIN, START_BATCH_PROCESS } = consumer.events;
    consumer.on(FETCH, seen);
    consumer.on(HEARTBEAT, seen);
    consumer.on(START_BATCH_PROCESS, seen);
    consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#attempt = 0;
      membership.abort(new Error('the partitions were assigned anew'));
      membership = new AbortController();
      assigned = payload.memberAssignment;
      this.#assigned = assigned;
      this.#abandon = (reason) => {
        membership.abort(reason);
        reject(reason);
      };
      seen();
      logger.info({ consumer: name, assigned: payload.memberAssignment }, 'consuming from Kafka');
      onAssigned?.();
    });
    consumer.on(CRASH, ({ payload }) => reject(payload.error));
    const stopped = () => resolve();
    stopping.addEventListener('abort', stopped, { once: true });
    return {
      over,
      assigned: () => assigned,
      membership: () => membership.signal,
      joined() {
        joined = true;
        seen();
      },
      end: () => {
        timer.cancel();
        this.#abandon = undefined;
        stopping.removeEventListener('abort', stopped);
      },
    };
  }

  async #close(consumer: Consumer): Promise<void> {
    const { clock, name, logger, onLeaving } = this.#options;
    const late = new AbortController();
    const leave = async () => {
      await onLeaving?.();
      await consumer.disconnect();
    };
    const closed = leave().catch((error: unknown) => {
      logger.debug({ err: error, consumer: name }, 'a consumer closed with an error');
    });
    const deadlineMs = this.#state.state === 'consuming' ? closeDeadlineMs : abandonMs;
    await Promise.race([closed, sleep(clock, deadlineMs, late.signal)]);
    late.abort();
  }
}

interface Watch {
  readonly over: Promise<void>;
  readonly assigned: () => Assigned;
  /** aborted when the consumer joins again, or is discarded by `restart` */
  readonly membership: () => AbortSignal;
  /** from here on an answer of Kafka means that the consumer reads */
  readonly joined: () => void;
  readonly end: () => void;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** @throws the errors of kafkajs, within about half a second where no broker answers */
async function isThere(client: Kafka): Promise<void> {
  const admin = client.admin();
  try {
    await admin.connect();
  } finally {
    // a connect that was not answered in time leaves its socket open
    await admin.disconnect();
  }
}
