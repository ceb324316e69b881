/**
 * The condition of the centre, asked of the parts that do its work: the consumers, the delivery without Kafka, the dead
 * letters, the notifier, the listeners.
 *
 * Always: only two counts and the time of the start are kept here; each request asks the parts again.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { PoisonLog } from '../ingest/poison-log.ts';
import type { PartitionCounts } from '../kafka/partition-counts.ts';
import type { ConsumerState } from '../kafka/supervised-consumer.ts';
import type { Notifier } from '../notify/notifier.ts';
import type { Delivery } from '../receiver/delivery.ts';
import type { Health } from './capability.ts';
import { type CentreParts, centreView, type Problem, workProblems } from './condition.ts';
import type { CentreFigures, CertificateEnds } from './metrics.ts';
import type { CentreView } from './schemas.ts';

export interface CentreHealthOptions {
  /** undefined without Kafka */
  readonly ingest: Pick<Ingest, 'status'> | undefined;
  readonly delivery: Pick<Delivery, 'trouble'>;
  readonly poison: PoisonLog;
  readonly partitions: Pick<PartitionCounts, 'problems'>;
  readonly notifier: Pick<Notifier, 'status'>;
  /** what is wrong with the history's files, the listeners, the log-ins and cloud.yaml; words are recognised */
  readonly problems: () => readonly Problem[];
  readonly certificates: () => CertificateEnds;
  readonly clock: Clock;
}

export class CentreHealth implements Health {
  readonly #options: CentreHealthOptions;
  readonly #startedAt: number;
  #stored = 0;
  #repeated = 0;

  constructor(options: CentreHealthOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
  }

  /** So many events were stored. */
  stored(count: number): void {
    this.#stored += count;
  }

  /** So many events came again and were not stored again. */
  repeated(count: number): void {
    this.#repeated += count;
  }

  view(): CentreView {
    return centreView(this.#parts());
  }

  notReady(): readonly string[] {
    return workProblems(this.#parts());
  }

  figures(): Pick<CentreFigures, 'ingest' | 'notifier' | 'certificates'> {
    const { ingest, notifier, poison, certificates } = this.#options;
    return {
      ingest: {
        connected: this.#consumers().every(({ state }) => state === 'consuming'),
        stored: this.#stored,
        duplicates: this.#repeated,
        deadLetters: poison.count,
        lag: ingest?.status().lags ?? [],
      },
      notifier: notifier.status(),
      certificates: certificates(),
    };
  }

  #parts(): CentreParts {
    const { ingest, delivery, poison, partitions, notifier, problems, clock } = this.#options;
    const status = ingest?.status();
    return {
      startedAt: this.#startedAt,
      now: clock.now(),
      kafkaAnsweredAt: this.#kafkaAnsweredAt(),
      consumers: this.#consumers(),
      stored: this.#stored,
      repeated: this.#repeated,
      unread: (status?.lags ?? []).reduce((sum, { records }) => sum + records, 0),
      poison,
      trouble: status?.trouble ?? delivery.trouble,
      topics: [...partitions.problems, ...(status?.topicProblems ?? [])],
      doors: problems(),
      notifier: notifier.status(),
    };
  }

  /** When Kafka last answered each of the consumers, ms since 1970: the earliest of those times. */
  #kafkaAnsweredAt(): number | undefined {
    const { clock } = this.#options;
    const answers = this.#consumers().map(({ answeredAt: heardAt }) => heardAt ?? Number.NEGATIVE_INFINITY);
    const oldest = Math.min(clock.uptime(), ...answers);
    return oldest === Number.NEGATIVE_INFINITY ? undefined : Math.round(clock.now() - (clock.uptime() - oldest));
  }

  #consumers(): readonly ConsumerState[] {
    const status = this.#options.ingest?.status();
    return status === undefined ? [] : [status.events, status.statuses];
  }
}
