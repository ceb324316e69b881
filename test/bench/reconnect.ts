/**
 * The time from Kafka's return to the first event in it. Kafka is killed as by a power cut, stays away for a while (short and
 * long, because a gateway tries less often the longer it waits), and starts again; a reading waits meanwhile.
 *
 * Measured from the moment when the broker's port accepts a connection (no client could send earlier) to the broker's own time
 * stamp on the first record (LogAppendTime; the same clock).
 */
import { connect } from 'node:net';
import { readTopic, testClient } from '../../scripts/kafka/testing.ts';
import { createReport, percentile, type Report } from '../../scripts/report.ts';
import { TestKafka, TestSite, until } from '../harness/site.ts';
import { TopicCount } from './backlog.ts';
import { type BenchOptions, say } from './options.ts';

const telemetry = 'forpost.telemetry';
/** seconds of outage, one run each; more runs begin again at the first */
const outages = [1, 3, 10, 5, 20, 2, 15, 8, 30, 4];
const readings = 'forpost/devices/meter/readings';
const probeEveryMs = 10;

export async function reconnect({ runs = outages.length }: BenchOptions): Promise<Report> {
  const report = createReport('reconnect').samples(runs);
  const kafka = await TestKafka.start();
  const values: number[] = [];
  try {
    const site = await TestSite.start({ devices: ['meter'], brokers: kafka.brokers });
    try {
      // the centre has made the topics; its own return is not measured here
      await site.centre?.stop();
      for (let run = 0; run < runs; run++) {
        const outage = outages[run % outages.length] ?? 1;
        const ms = await oneOutage(site, kafka, outage);
        say(`away ${outage} s: ${Math.round(ms)} ms`);
        values.push(ms);
      }
    } finally {
      await site.stop();
    }
  } finally {
    await kafka.remove();
  }
  return report
    .metric('first_event_p50_ms', percentile(values, 50))
    .metric('first_event_p90_ms', percentile(values, 90))
    .metric('first_event_max_ms', percentile(values, 100))
    .goal('first_event_max_ms', '<=', 2000);
}

async function oneOutage(site: TestSite, kafka: TestKafka, seconds: number): Promise<number> {
  const meter = await site.connect('meter');
  try {
    // connected before the outage, so that the figure is about a lost connection
    const before = await sendAndArrive(site, () => meter.publishAsync(readings, reading(1), { qos: 1 }));
    await kafka.kill();
    await meter.publishAsync(readings, reading(2), { qos: 1 });
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const [backAt] = await Promise.all([takesConnections(site.brokers), kafka.start()]);
    await arrived(site, before + 1);
    const records = await readTopic(testClient(site.brokers), telemetry);
    const waited = records.map(({ message }) => Number(message.timestamp)).filter((at) => at >= Math.floor(backAt));
    return Math.min(...waited) - backAt;
  } finally {
    await meter.endAsync(true);
  }
}

function reading(n: number): string {
  return JSON.stringify({ values: { power_w: n } });
}

/** Sends something; returns the number of records once Kafka has it. */
async function sendAndArrive(site: TestSite, send: () => Promise<unknown>): Promise<number> {
  const count = await TopicCount.open(site.brokers, telemetry);
  try {
    const before = await count.now();
    await send();
    return await until('the reading is in Kafka', async () => {
      const now = await count.now();
      return now > before && now;
    });
  } finally {
    await count.close();
  }
}

async function arrived(site: TestSite, records: number): Promise<void> {
  const count = await TopicCount.open(site.brokers, telemetry);
  try {
    await until('what waited is in Kafka', async () => (await count.now()) >= records, 60_000);
  } finally {
    await count.close();
  }
}

/** When the broker's port first accepts a connection, ms since 1970. */
async function takesConnections(brokers: readonly string[]): Promise<number> {
  const port = Number(brokers[0]?.split(':')[1]);
  const give = AbortSignal.timeout(60_000);
  for (;;) {
    const taken = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port });
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (taken) return performance.timeOrigin + performance.now();
    if (give.aborted) throw new Error(`nobody listens on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, probeEveryMs));
  }
}
