/**
 * The centre's metrics in Prometheus' text format, with names by its conventions: `forpost_…`, base units, `_total` for
 * counters.
 *
 * Always: nothing is counted here: each scrape reads the counts of the parts. Labels are ids of the configuration and
 * Kafka's partitions, so the number of series is bounded.
 */
import { type DescribedMetric, describedMetrics } from '@forpost/shared/metrics.ts';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { GatewayDirectory } from '../gateways/directory.ts';
import type { NotifierStatus } from '../notify/notifier.ts';

export interface IngestFigures {
  /** whether the gateways' events and states are being read */
  readonly connected: boolean;
  readonly stored: number;
  /** came again and were not stored again */
  readonly duplicates: number;
  readonly deadLetters: number;
  /** records that stand in Kafka and are not stored yet; empty without Kafka */
  readonly lag: readonly { readonly topic: string; readonly partition: number; readonly records: number }[];
}

export interface CentreFigures {
  readonly ingest: IngestFigures;
  readonly notifier: NotifierStatus;
  readonly gateways: Pick<GatewayDirectory, 'all' | 'refused'>;
  /** open pages */
  readonly streams: number;
  readonly certificates: CertificateEnds;
}

/** By listener: when its certificate ends, ms since 1970. */
export type CertificateEnds = readonly { readonly listener: string; readonly endsAt: number }[];

type Series = Iterable<readonly [labels: Readonly<Record<string, string>>, value: number]>;

export class CentreMetrics {
  readonly #registry = new Registry();
  readonly #source: () => CentreFigures;

  constructor(source: () => CentreFigures) {
    this.#source = source;
    collectDefaultMetrics({ register: this.#registry });
    this.#describe();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Name, kind, labels and help of each metric, without a scrape. */
  described(): readonly DescribedMetric[] {
    return describedMetrics(this.#registry);
  }

  /** The text of one scrape. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }

  #describe(): void {
    const one = (value: number): Series => [[{}, value]];
    this.#gauge(
      'forpost_ingest_connected',
      '1 where the centre reads the gateways’ events from Kafka',
      [],
      ({ ingest }) => one(ingest.connected ? 1 : 0),
    );
    this.#counter('forpost_ingest_stored_total', 'Events stored in the history', [], ({ ingest }) =>
      one(ingest.stored),
    );
    this.#counter('forpost_ingest_duplicates_total', 'Events that arrived again and were dropped', [], (c) =>
      one(c.ingest.duplicates),
    );
    this.#counter('forpost_ingest_dead_letters_total', 'Records that cannot be processed', [], ({ ingest }) =>
      one(ingest.deadLetters),
    );
    this.#gauge(
      'forpost_ingest_lag_records',
      'Records in Kafka that are not in the history yet',
      ['topic', 'partition'],
      ({ ingest }) =>
        ingest.lag.map(({ topic, partition, records }) => [{ topic, partition: String(partition) }, records] as const),
    );
    this.#gauge('forpost_gateways', 'Gateways by state: online or offline', ['state'], ({ gateways }) => {
      const all = gateways.all();
      const online = all.filter((gateway) => gateway.online).length;
      return [
        [{ state: 'online' }, online],
        [{ state: 'offline' }, all.length - online],
      ];
    });
    this.#counter(
      'forpost_gateways_refused_total',
      'States of gateways refused, because the centre knows too many gateways',
      [],
      ({ gateways }) => one(gateways.refused),
    );
    this.#describeNotifier();
    this.#gauge(
      'forpost_certificate_end_timestamp_seconds',
      'Time at which the certificate of a listener expires',
      ['listener'],
      ({ certificates }) => certificates.map(({ listener, endsAt }) => [{ listener }, endsAt / 1000] as const),
    );
    this.#gauge('forpost_api_streams', 'Open pages with a live stream', [], ({ streams }) => one(streams));
  }

  #describeNotifier(): void {
    this.#gauge('forpost_notifier_connected', '1 where the notifier reads alerts from Kafka', [], ({ notifier }) => [
      [{}, notifier.connected ? 1 : 0],
    ]);
    this.#counter('forpost_notifier_alerts_total', 'Alerts for which notifications are sent', [], ({ notifier }) => [
      [{}, notifier.notifications],
    ]);
    const channels = (pick: (channel: NotifierStatus['channels'][number]) => number) => (figures: CentreFigures) =>
      figures.notifier.channels.map((channel) => [{ channel: channel.channel }, pick(channel)] as const);
    this.#counter(
      'forpost_notifications_sent_total',
      'Notifications that the channel took',
      ['channel'],
      channels((c) => c.sent),
    );
    this.#counter(
      'forpost_notifications_failed_total',
      'Notifications that failed for good',
      ['channel'],
      channels((c) => c.failed),
    );
    this.#counter(
      'forpost_notifications_retries_total',
      'Failed tries to send a notification',
      ['channel'],
      channels((c) => c.retries),
    );
    this.#gauge(
      'forpost_notifications_waiting',
      'Notifications that wait to be sent',
      ['channel'],
      channels((c) => c.queue),
    );
  }

  #gauge(name: string, help: string, labelNames: string[], read: (figures: CentreFigures) => Series): void {
    const source = this.#source;
    new Gauge({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [labels, value] of read(source())) this.set(labels, value);
      },
    });
  }

  #counter(name: string, help: string, labelNames: string[], read: (figures: CentreFigures) => Series): void {
    const source = this.#source;
    new Counter({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [labels, value] of read(source())) this.inc(labels, value);
      },
    });
  }
}
