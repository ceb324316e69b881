/**
 * The cost of a backlog at the start: a gateway that starts with many waiting events (Kafka is down) against the same
 * gateway with an empty outbox. Measures the time from the start of the process to the first acknowledged reading, and
 * resident memory a while later.
 */
import { createReport, percentile, type Report } from '../../scripts/report.ts';
import { freePorts } from '../harness/ports.ts';
import { TestSite } from '../harness/site.ts';
import { writeBacklog } from './backlog.ts';
import { allDevices, quietRules } from './devices.ts';
import { type BenchOptions, say, seconds } from './options.ts';
import { residentMb } from './resident.ts';

/** after the first acknowledgement: by then the uplink has read the backlog and failed to send it more than once */
const settleMs = 5000;

interface Start {
  readonly acknowledgedMs: number;
  readonly residentMb: number;
}

export async function boot({ events = 1_000_000, runs = 3 }: BenchOptions): Promise<Report> {
  const report = createReport('boot').samples(runs);
  const [nobody = 0] = await freePorts(1);
  const site = await TestSite.start({
    devices: allDevices,
    rules: quietRules,
    brokers: [`127.0.0.1:${nobody}`],
    centre: false,
  });
  try {
    await site.gateway?.stop();
    const empty = await starts(site, runs);
    say(`writing ${events} events into the outbox …`);
    await writeBacklog(site, events);
    const waiting = await starts(site, runs);
    const memory = (some: readonly Start[]) => median(some.map((start) => start.residentMb));
    const slowest = (some: readonly Start[]) => Math.max(...some.map((start) => seconds(start.acknowledgedMs)));
    report
      .metric('events_waiting', events)
      .metric('first_ack_s', slowest(waiting))
      .metric('first_ack_p50_s', median(waiting.map((start) => seconds(start.acknowledgedMs))))
      .metric('empty_first_ack_s', slowest(empty))
      .metric('resident_added_mb', memory(waiting) - memory(empty))
      .metric('resident_mb', memory(waiting))
      .metric('empty_resident_mb', memory(empty));
  } finally {
    await site.stop();
  }
  return report.goal('first_ack_s', '<=', 3).goal('resident_added_mb', '<=', 20).goal('empty_resident_mb', '<=', 150);
}

async function starts(site: TestSite, runs: number): Promise<readonly Start[]> {
  const all: Start[] = [];
  for (let run = 0; run < runs; run++) all.push(await oneStart(site));
  return all;
}

async function oneStart(site: TestSite): Promise<Start> {
  const began = performance.now();
  await site.startGateway();
  const client = await site.connect(allDevices[0] ?? '');
  await client.publishAsync(`forpost/devices/${allDevices[0]}/readings`, '{"values":{"power_w":1}}', { qos: 1 });
  const acknowledgedMs = performance.now() - began;
  await client.endAsync();
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const resident = await residentMb(site.gateway?.pid ?? 0);
  await site.gateway?.stop();
  say(`first acknowledgement after ${Math.round(acknowledgedMs)} ms, ${Math.round(resident)} MB`);
  return { acknowledgedMs, residentMb: resident };
}

function median(values: readonly number[]): number {
  return percentile(values, 50);
}
