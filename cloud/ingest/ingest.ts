/**
 * Ingest reads events from Kafka's lane topics and stores each once in the history; it reads gateways' states from the
 * status topic.
 *
 *   batch of a partition ──► decode ──► drop what is stored ──► insert, until it works ──► dead letters, likewise ──► commit
 *                               └── unreadable, refused for good: kept for the dead letters ──┘
 *
 * Always: an offset is committed only after every record below it is in the history or in the dead-letter topic. An
 * unreadable record blocks no other record. While the history or the dead-letter topic fails, the batch waits and the
 * consumer stays in its group. A batch of a deleted topic commits no offset in a new topic of the same name.
 */
import { randomUUID } from 'node:crypto';
import { type Clock, sleep } from '@forpost/shared/clock.ts';
import { replayHeader } from '@forpost/shared/event/codec.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import { lanes } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import { laneTopic, topic } from '@forpost/shared/event/topics.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { inEnglish, words } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { decodeStatus } from '../gateways/status-codec.ts';
import type { KafkaCluster } from '../kafka/client.ts';
import { LagWatch, type PartitionLag } from '../kafka/lag.ts';
import type { PartitionCounts } from '../kafka/partition-counts.ts';
import { eventOf } from '../kafka/records.ts';
import { type ConsumerState, SupervisedConsumer } from '../kafka/supervised-consumer.ts';
import { SupervisedProducer } from '../kafka/supervised-producer.ts';
import { ensureTopics } from '../kafka/topics.ts';
import type { Batch, EachBatchPayload, Kafka, KafkaMessage } from '../kafka/types.ts';
import { type Admission, admitAll, supersededSender } from './admission.ts';
import { DeadLetters, type PoisonRecord } from './dead-letters.ts';
import { type HistoryTrouble, Intake, type IntakeHistory } from './intake.ts';

export interface IngestEvents {
  /** these events are new in the history, as far as the history has answered */
  stored(events: readonly ForpostEvent[]): void;
  /** these events are in the history, new or stored before; `toNotify`: those that were not replayed, default all */
  readonly held?: (events: readonly ForpostEvent[], toNotify?: readonly ForpostEvent[]) => void;
  /** partitions were assigned: other centres may have stored events meanwhile */
  readonly assigned?: () => void;
  /** number of repeated events, which were not stored again */
  repeated(count: number): void;
  /**
   * A gateway's state, and when the broker took it (ms since 1970). After a start the last state of each gateway comes
   * first. An older state may come after a newer one.
   */
  status(status: GatewayStatus, at: number): void;
  /**
   * A record that cannot be processed. It is in the dead-letter topic; a status stays in its own topic. Its offset is
   * committed after this promise has resolved.
   */
  poison(record: PoisonRecord): Promise<void> | void;
}

export interface IngestOptions {
  readonly kafka: KafkaCluster;
  readonly history: IntakeHistory;
  readonly events: IngestEvents;
  /** decides whether an event or a state is accepted; default: accepts all */
  readonly admission?: Admission;
  /** remembers how many partitions the topics have had */
  readonly partitions?: PartitionCounts;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

export interface IngestStatus {
  readonly events: ConsumerState;
  readonly statuses: ConsumerState;
  /** number of records in Kafka that were not handled at the last measurement */
  readonly lags: readonly PartitionLag[];
  /** ms of the monotonic clock: all records that stood in Kafka then have been handled; undefined: not known yet */
  readonly handledAt: number | undefined;
  /** settings of the topics that can lose events, in sentences */
  readonly topicProblems: readonly Message[];
  /** why the history or the dead-letter topic fails; undefined while both work */
  readonly trouble: HistoryTrouble | undefined;
}

/** Several owners may share a cluster, each with a prefix of its own. */
export function ingestGroup(prefix: string): string {
  return `${prefix}-ingest`;
}

/** partitions handled side by side; their inserts are joined (group-insert.ts) */
const concurrency = 16;
const heartbeatEveryMs = 1_000;
/** How long a start waits for the registry; an unreadable registry must not stop ingest. */
const admissionWaitMs = 30_000;
const admissionCheckMs = 50;
/** of one batch; the rest are counted in one line */
const mostLogged = 10;
const longestKeyBytes = 256;

interface Item {
  readonly event: ForpostEvent;
  readonly message: KafkaMessage;
}

export class Ingest implements Part {
  readonly #options: IngestOptions;
  readonly #admission: Admission;
  #waitedForAdmission = false;
  readonly #intake: Intake;
  readonly #producer: SupervisedProducer;
  readonly #deadLetters: DeadLetters;
  readonly #consumer: SupervisedConsumer;
  readonly #statusConsumer: SupervisedConsumer;
  readonly #lag: LagWatch;
  #topicProblems: readonly Message[] = [];

  constructor(options: IngestOptions) {
    this.#options = options;
    this.#admission = options.admission ?? admitAll;
    const { kafka, history, events, partitions, clock, random, logger } = options;
    this.#intake = new Intake({
      history,
      stored: (some) => events.stored(some),
      held: events.held,
      clock,
      random,
      logger,
    });
    this.#producer = new SupervisedProducer(kafka, 'ingest-deadletter', clock, logger);
    const producer = this.#producer;
    this.#deadLetters = new DeadLetters({ producer, prefix: kafka.prefix, clock, random, logger });
    const groupId = ingestGroup(kafka.prefix);
    const topics = lanes.map((lane) => laneTopic(kafka.prefix, lane));
    const prepare = async (client: Kafka) => {
      // a consumer that has joined has found all topics
      const { restart } = this.#consumer;
      const { created, problems } = await ensureTopics(client, kafka, logger);
      const recreated = topics.find((name) => created.includes(name));
      if (recreated !== undefined) restart?.(recreatedReason(recreated));
      const known = this.#topicProblems.map(inEnglish);
      for (const problem of problems.map(inEnglish)) if (!known.includes(problem)) logger.error(problem);
      this.#topicProblems = problems;
    };
    const onPartitions = async (counts: ReadonlyMap<string, number>) => partitions?.compare(counts);
    const onRecreated = (name: string) => this.#consumer.restart?.(recreatedReason(name));
    this.#lag = new LagWatch({ cluster: kafka, groupId, topics, prepare, onPartitions, onRecreated, clock, logger });
    this.#consumer = new SupervisedConsumer({
      cluster: kafka,
      name: 'ingest',
      groupId,
      topics,
      prepare,
      onAssigned: () => {
        this.#intake.forget();
        this.#deadLetters.forget();
        events.assigned?.();
      },
      eachBatch: (payload, stopping, membership) => this.#eachBatch(payload, stopping, membership),
      concurrency,
      clock,
      random,
      logger,
    });
    this.#statusConsumer = new SupervisedConsumer({
      cluster: kafka,
      name: 'ingest-status',
      // a group of its own that commits nothing: each start reads the compacted topic from its beginning
      groupId: `${kafka.prefix}-status-${randomUUID()}`,
      topics: [topic(kafka.prefix, 'status')],
      prepare,
      eachBatch: (payload, stopping) => this.#eachStatusBatch(payload, stopping),
      clock,
      random,
      logger,
    });
  }

  /** Resolves at once; it connects when Kafka is there. */
  async start(): Promise<void> {
    await this.#producer.start();
    await this.#consumer.start();
    await this.#statusConsumer.start();
    await this.#lag.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#consumer.stop(), this.#statusConsumer.stop(), this.#lag.stop()]);
    await this.#producer.stop();
  }

  status(): IngestStatus {
    return {
      events: this.#consumer.state,
      statuses: this.#statusConsumer.state,
      lags: this.#lag.lags,
      handledAt: this.#lag.handledAt,
      topicProblems: this.#topicProblems,
      trouble: this.#intake.trouble ?? this.#deadLetters.trouble,
    };
  }

  /**
   * Whether this centre alone stores all events, by Kafka's last assignment. That is not known for a single gateway,
   * because a gateway computes its partition from the number of partitions that it saw first.
   */
  ownsAll(): boolean {
    if (this.#consumer.state.state !== 'consuming') return false;
    const { assigned } = this.#consumer;
    return lanes.every((lane) => {
      const name = laneTopic(this.#options.kafka.prefix, lane);
      return (assigned[name] ?? []).length === this.#lag.partitions.get(name);
    });
  }

  async #eachBatch(payload: EachBatchPayload, stopping: AbortSignal, membership: AbortSignal): Promise<void> {
    const { batch } = payload;
    await this.#untilAdmissionKnows(payload, AbortSignal.any([stopping, membership]));
    const { items, poison } = this.#sorted(batch);
    this.#intake.replaying(
      items.flatMap(({ event, message }) => (message.headers?.[replayHeader] === undefined ? [] : [event])),
    );
    await this.#beating(payload, AbortSignal.any([stopping, membership]), async (signal) => {
      const { repeated, refused, conflicting } = await this.#intake.storeBatch(items, signal);
      if (repeated > 0) this.#options.events.repeated(repeated);
      for (const { item, reason } of refused) poison.push(poisonOf(batch, item.message, reason));
      for (const { item, reason } of conflicting)
        poison.push({ ...poisonOf(batch, item.message, reason), conflict: true });
      await this.#deadLetters.write(poison, signal);
    });
    await this.#reportPoison(poison);
    membership.throwIfAborted();
    const offset = (BigInt(batch.lastOffset()) + 1n).toString();
    const { topic: name, partition } = batch;
    await payload.commitOffsetsIfNecessary({ topics: [{ topic: name, partitions: [{ partition, offset }] }] });
    membership.throwIfAborted();
    // resolved only now: after a failed commit the batch is read again, and the commit is tried again
    payload.resolveOffset(batch.lastOffset());
    await payload.heartbeat();
  }

  /** Splits a batch into events of their gateways and records for the dead letters. */
  #sorted(batch: Batch): { readonly items: readonly Item[]; readonly poison: PoisonRecord[] } {
    const poison: PoisonRecord[] = [];
    const items: Item[] = [];
    const byGateway = new Map<string, { readonly events: ForpostEvent[]; bytes: number }>();
    for (const message of batch.messages) {
      const decoded = eventOf(message);
      if (!decoded.ok) {
        poison.push(poisonOf(batch, message, decoded.reason));
        continue;
      }
      const { event } = decoded;
      const sent = byGateway.get(event.gateway) ?? { events: [], bytes: 0 };
      byGateway.set(event.gateway, sent);
      sent.events.push(event);
      sent.bytes += message.value?.length ?? 0;
      const refusal = this.#admission.refusal(event) ?? supersededSender(this.#admission, event.gateway, message);
      if (refusal === undefined) items.push({ event, message });
      else poison.push(poisonOf(batch, message, refusal));
    }
    for (const { events, bytes } of byGateway.values()) this.#admission.count(events, bytes);
    return { items, poison };
  }

  /** Waits for the registry once after a start, so that a known gateway does not look like a new one. */
  async #untilAdmissionKnows(payload: EachBatchPayload | undefined, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    const until = clock.uptime() + admissionWaitMs;
    while (!this.#admission.ready && !this.#waitedForAdmission) {
      signal.throwIfAborted();
      if (clock.uptime() >= until) {
        this.#waitedForAdmission = true;
        logger.error('the registry cannot be read: gateways count for the sites that they name');
        return;
      }
      await sleep(clock, admissionCheckMs, signal);
      await payload?.heartbeat();
    }
  }

  /** Runs `work` while heartbeats keep this consumer in its group. Gives up when the consumer leaves the group or stops. */
  async #beating(
    payload: EachBatchPayload,
    stopping: AbortSignal,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const lost = new AbortController();
    const done = new AbortController();
    const signal = AbortSignal.any([stopping, lost.signal]);
    const beat = async () => {
      for (;;) {
        await sleep(this.#options.clock, heartbeatEveryMs, done.signal);
        if (done.signal.aborted) return;
        try {
          await payload.heartbeat();
        } catch (error) {
          lost.abort(error);
          return;
        }
      }
    };
    const beats = beat();
    try {
      await work(signal);
    } finally {
      done.abort();
      await beats;
    }
  }

  async #reportPoison(poison: readonly PoisonRecord[]): Promise<void> {
    const { logger, events } = this.#options;
    const reports = poison.map((record, index) => {
      const { topic: name, partition, offset, key, reason } = record;
      if (index < mostLogged)
        logger.error({ topic: name, partition, offset, key, reason }, 'a record went to the dead-letter topic');
      return events.poison(record);
    });
    if (poison.length > mostLogged)
      logger.error(`${poison.length - mostLogged} more records went to the dead-letter topic`);
    await Promise.all(reports);
  }

  async #eachStatusBatch(payload: EachBatchPayload, stopping: AbortSignal): Promise<void> {
    const { batch, resolveOffset, heartbeat } = payload;
    await this.#untilAdmissionKnows(payload, stopping);
    for (const message of batch.messages) {
      const key = message.key?.toString() ?? '';
      // a key gateway/device holds a device's last values; an empty value removes a gateway
      if (message.value === null || key.includes('/')) continue;
      const decoded = decodeStatus(message.value);
      const refusal = decoded.ok ? this.#statusRefusal(decoded.status, key, Number(message.timestamp)) : decoded.reason;
      if (!decoded.ok || refusal !== undefined) {
        const reason = refusal ?? words('centre/reason.no-status');
        this.#options.logger.warn({ key, offset: message.offset, reason }, 'an unreadable status is skipped');
        await this.#options.events.poison(poisonOf(batch, message, reason));
        continue;
      }
      this.#options.events.status(decoded.status, Number(message.timestamp));
    }
    resolveOffset(batch.lastOffset());
    await heartbeat();
  }

  #statusRefusal(status: GatewayStatus, key: string, at: number): string | undefined {
    const { gateway, instance } = status;
    if (gateway !== key) return words('centre/reason.speaks-for', { gateway });
    return this.#admission.refusal(status) ?? this.#admission.superseded({ gateway, instance, at });
  }
}

function recreatedReason(name: string): string {
  return words('centre/reason.made-anew', { topic: name });
}

function poisonOf({ topic: name, partition }: Batch, message: KafkaMessage, reason: string): PoisonRecord {
  const { offset, key, value } = message;
  // a key that is not a gateway's id may be as large as a record
  const owner = key?.subarray(0, longestKeyBytes).toString() ?? '';
  return { topic: name, partition, offset, key: owner, reason, original: value ?? Buffer.alloc(0) };
}
