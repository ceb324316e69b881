/**
 * Delivers events and states from the receiver to Kafka or, without Kafka, straight into the history.
 *
 * Always: when a promise resolves, the events are durable; only then the receiver acknowledges them to the gateway.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { eventContentType, instanceHeader, replayHeader } from '@forpost/shared/event/codec.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import { laneTopic, topic } from '@forpost/shared/event/topics.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { IngestEvents } from '../ingest/ingest.ts';
import { type HistoryTrouble, Intake, type IntakeHistory } from '../ingest/intake.ts';
import type { KafkaCluster } from '../kafka/client.ts';
import { SupervisedProducer } from '../kafka/supervised-producer.ts';

export interface ReceivedEvent {
  readonly event: ForpostEvent;
  /** as it came */
  readonly json: string;
}

export interface Delivery extends Part {
  /**
   * `replayed`: the events are sent again on request; they are stored like all others, and nobody is notified again.
   * `instance`: of the sender, see `instanceHeader`. @throws ForpostError: `retryable` says whether sending again can help
   */
  events(gateway: string, received: readonly ReceivedEvent[], replayed?: boolean, instance?: string): Promise<void>;
  /** @throws ForpostError */
  status(status: GatewayStatus): Promise<void>;
  /** why the history fails; undefined while it works, and for a delivery to Kafka */
  readonly trouble: HistoryTrouble | undefined;
}

const headers = { 'content-type': eventContentType };
const replayedHeaders = { ...headers, [replayHeader]: '1' };
/** Longest wait for the history; after this time the gateway sends again. */
const historyDeadlineMs = 20_000;

/** To Kafka, from where ingest takes the events like all others. */
export class KafkaDelivery implements Delivery {
  readonly trouble = undefined;
  readonly #prefix: string;
  readonly #producer: SupervisedProducer;

  constructor(kafka: KafkaCluster, clock: Clock, logger: Logger) {
    this.#prefix = kafka.prefix;
    this.#producer = new SupervisedProducer(kafka, 'receiver', clock, logger);
  }

  start(): Promise<void> {
    return this.#producer.start();
  }

  stop(): Promise<void> {
    return this.#producer.stop();
  }

  events(gateway: string, received: readonly ReceivedEvent[], replayed = false, instance?: string): Promise<void> {
    const own = replayed ? replayedHeaders : headers;
    return this.#producer.send(
      received.map(({ event, json }) => ({
        topic: laneTopic(this.#prefix, event.lane),
        key: gateway,
        value: json,
        headers: instance === undefined ? own : { ...own, [instanceHeader]: instance },
      })),
    );
  }

  status(status: GatewayStatus): Promise<void> {
    return this.#producer.send([
      { topic: topic(this.#prefix, 'status'), key: status.gateway, value: JSON.stringify(status) },
    ]);
  }
}

export interface HistoryDeliveryOptions {
  readonly history: IntakeHistory;
  /** the same listeners as those of ingest, so that other parts need not know the source of events */
  readonly events: IngestEvents;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Straight into the history, without Kafka. */
export class HistoryDelivery implements Delivery {
  readonly #options: HistoryDeliveryOptions;
  readonly #intake: Intake;
  /** ids of replayed events on their way into the history, about which nobody is notified */
  readonly #replayed = new WeakSet<ForpostEvent>();
  #stop = new AbortController();

  constructor(options: HistoryDeliveryOptions) {
    this.#options = options;
    const { history, events, clock, random, logger } = options;
    const stored = (some: readonly ForpostEvent[]) => events.stored(some);
    const held = (some: readonly ForpostEvent[]) =>
      events.held?.(
        some,
        some.filter((event) => !this.#replayed.has(event)),
      );
    this.#intake = new Intake({ history, stored, held, clock, random, logger });
  }

  async start(): Promise<void> {
    this.#stop = new AbortController();
  }

  get trouble(): HistoryTrouble | undefined {
    return this.#intake.trouble;
  }

  async stop(): Promise<void> {
    this.#stop.abort(new ForpostError('FORPOST_CENTRE_STOPPING', words('centre/reason.stopping')));
  }

  async events(gateway: string, received: readonly ReceivedEvent[], replayed = false): Promise<void> {
    if (replayed) {
      for (const { event } of received) this.#replayed.add(event);
      this.#intake.replaying(received.map(({ event }) => event));
    }
    const { clock, events, logger } = this.#options;
    const late = new AbortController();
    const timer = clock.after(historyDeadlineMs, () =>
      late.abort(
        new ForpostError(
          'FORPOST_HISTORY_FAILED',
          words('centre/reason.stored-nothing-for', { seconds: String(historyDeadlineMs / 1000) }),
        ),
      ),
    );
    try {
      const taken = await this.#intake.storeBatch(received, AbortSignal.any([late.signal, this.#stop.signal]));
      if (taken.repeated > 0) events.repeated(taken.repeated);
      for (const { item, reason } of taken.conflicting) {
        logger.error({ gateway, id: item.event.id }, reason);
        const original = Buffer.from(item.json);
        await events.poison({
          topic: 'receiver',
          partition: 0,
          offset: '0',
          key: gateway,
          reason,
          conflict: true,
          original,
        });
      }
      const [refused] = taken.refused;
      if (refused !== undefined)
        throw new ForpostError(
          'FORPOST_SINK_REFUSED',
          words('centre/reason.event-refused', { event: refused.item.event.id, reason: refused.reason }),
        );
    } finally {
      timer.cancel();
    }
  }

  async status(status: GatewayStatus): Promise<void> {
    this.#options.events.status(status, this.#options.clock.now());
  }
}
