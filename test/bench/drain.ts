/**
 * How quickly a gateway empties a long backlog into a real Kafka: from the first record in Kafka to the last, so that the
 * gateway's start does not count (it has its own figure).
 *
 * Peers in the same run: Kafka's own ProducerPerformance against the same broker, with a topic of one partition (a gateway
 * writes to one), the same record size and acks=all, and other settings at their defaults; and once more with the same
 * records and zstd, which the gateway uses. The centre is stopped, because on a site it is another machine. Kafka runs on
 * this machine and takes its share of the cores.
 */
import { performance } from 'node:perf_hooks';
import { createReport, type Report } from '../../scripts/report.ts';
import { TestKafka, TestSite, until } from '../harness/site.ts';
import { backlogRecord, TopicCount, writeBacklog } from './backlog.ts';
import { allDevices, quietRules } from './devices.ts';
import { type BenchOptions, say, seconds } from './options.ts';
import { type ProducerFigures, producerPerformance } from './producer-performance.ts';

const telemetry = 'forpost.telemetry';
const drainWithinMs = 600_000;

export async function drain({ events = 1_000_000 }: BenchOptions): Promise<Report> {
  const report = createReport('drain').samples(events);
  const kafka = await TestKafka.start();
  try {
    const drained = await emptyOutbox(kafka.brokers, events);
    const recordSize = Buffer.byteLength(backlogRecord(events));
    say('ProducerPerformance …');
    const plain = await producerPerformance({ brokers: kafka.brokers, records: events, recordSize });
    const records = Array.from({ length: Math.min(events, 10_000) }, (_, n) => backlogRecord(n));
    const same = await producerPerformance({ brokers: kafka.brokers, records: events, payloads: records });
    report
      .metric('events_per_s', events / drained.seconds)
      .metric('drain_s', drained.seconds)
      .metric('start_to_first_event_s', drained.firstEventSeconds)
      .metric('missing', drained.missing)
      .metric('record_bytes', recordSize)
      .metric('ratio_to_producer_performance', events / drained.seconds / plain.recordsPerSecond)
      .metric('ratio_to_producer_performance_zstd', events / drained.seconds / same.recordsPerSecond)
      .peer('producer_performance', figures(plain))
      .peer('producer_performance_same_records_zstd', figures(same));
  } finally {
    await kafka.remove();
  }
  return report
    .goal('events_per_s', '>=', 60_000)
    .goal('ratio_to_producer_performance', '>=', 0.4)
    .goal('missing', '=', 0);
}

function figures({ recordsPerSecond, p99Ms }: ProducerFigures) {
  return { records_per_s: recordsPerSecond, latency_p99_ms: p99Ms };
}

/** Starts the gateway of a site with a backlog; measures the time until Kafka has all of it. */
async function emptyOutbox(brokers: readonly string[], events: number) {
  const site = await TestSite.start({ devices: allDevices, rules: quietRules, brokers });
  const count = await TopicCount.open(brokers, telemetry);
  try {
    await site.centre?.stop();
    await site.gateway?.stop();
    say(`writing ${events} events into the outbox …`);
    await writeBacklog(site, events);
    const before = await count.now();
    const started = performance.now();
    const running = site.startGateway();
    const first = await reached(count, before + 1);
    say('draining …');
    const last = await reached(count, before + events);
    await running;
    return {
      // records that were there at the first look do not count as sent after it
      seconds: (seconds(last.at - first.at) * events) / (events - (first.records - before)),
      firstEventSeconds: seconds(first.at - started),
      missing: Math.max(0, before + events - last.records),
    };
  } finally {
    await count.close();
    await site.stop();
  }
}

async function reached(count: TopicCount, wanted: number): Promise<{ readonly at: number; readonly records: number }> {
  return until(
    `Kafka has ${wanted} records`,
    async () => {
      const records = await count.now();
      return records >= wanted && { at: performance.now(), records };
    },
    drainWithinMs,
  );
}
