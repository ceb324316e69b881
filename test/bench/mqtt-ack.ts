/**
 * Durable acknowledgements: 50 devices publish readings with QoS 1 to the real gateway, which acknowledges each one after
 * decoding, rules and the commit to disk. At full speed with one and with twenty unacknowledged publishes a device, and at
 * a steady 2,000 a second, where the time to the acknowledgement is measured.
 *
 * Peers in the same run, under the same load: mosquitto without durability (a raw limit: it acknowledges from memory), and
 * RabbitMQ's MQTT plug-in with a durable session that keeps the messages. The load generator writes raw packets
 * (mqtt-load-thread.ts), because mqtt.js would be the bottleneck.
 */
import { createReport, percentile, type Report } from '../../scripts/report.ts';
import { TestSite, testPassword } from '../harness/site.ts';
import { allDevices, quietRules } from './devices.ts';
import { type LoadClient, type LoadResult, type LoadSetup, mqttLoad } from './mqtt-load.ts';
import { type BenchOptions, say, seconds } from './options.ts';
import { type Peer, startMosquitto, startRabbit } from './peers.ts';
import { residentMb } from './resident.ts';

const payload = '{"values":{"power_w":512.3,"energy_wh":1048576,"voltage_v":229.4}}';
const warmUpMs = 2000;
const settings = [
  { name: 'window_1', pace: { window: 1 } },
  { name: 'window_20', pace: { window: 20 } },
  { name: 'paced', pace: { perSecond: 2000 } },
] as const;

type Name = (typeof settings)[number]['name'];
type Results = Readonly<Record<Name, LoadResult>>;

export async function mqttAck({ seconds: measured = 10 }: BenchOptions): Promise<Report> {
  const report = createReport('mqtt-ack');
  const measuredMs = measured * 1000;
  const { results, resident } = await gateway(measuredMs);
  for (const [name, value] of Object.entries(figures(results))) report.metric(name, value);
  report.metric('resident_after_load_mb', resident);
  report.samples(results.paced.acknowledged);
  for (const start of [startMosquitto, startRabbit]) {
    const peer = await start();
    if (peer === undefined) continue;
    const theirs = await peerResults(peer, measuredMs);
    report.version(peer.name, peer.version).peer(peer.name, figures(theirs));
    for (const name of ['window_1', 'window_20'] as const)
      report.metric(`ratio_to_${peer.name}_${name}`, rate(results[name]) / rate(theirs[name]));
  }
  return report
    .goal('window_1_acks_per_s', '>=', 30_000)
    .goal('window_20_acks_per_s', '>=', 80_000)
    .goal('paced_p50_ms', '<=', 1)
    .goal('paced_p99_ms', '<=', 7)
    .goal('ratio_to_rabbitmq_window_1', '>=', 2)
    .goal('ratio_to_rabbitmq_window_20', '>=', 2)
    .goal('resident_after_load_mb', '<=', 150)
    .goal('missing', '=', 0);
}

async function gateway(measuredMs: number): Promise<{ readonly results: Results; readonly resident: number }> {
  const site = await TestSite.start({ devices: allDevices, rules: quietRules, uplink: 'none' });
  try {
    const clients = allDevices.map((id) => ({
      id,
      topic: `forpost/devices/${id}/readings`,
      username: id,
      password: testPassword,
    }));
    const results = await allSettings('forpost', { port: site.mqttPort, clients, payload, warmUpMs, measuredMs });
    return { results, resident: await residentMb(site.gateway?.pid ?? 0) };
  } finally {
    await site.stop();
  }
}

async function peerResults(peer: Peer, measuredMs: number): Promise<Results> {
  try {
    const clients: LoadClient[] = allDevices.map((id) => ({ id, topic: `forpost/devices/${id}/readings` }));
    return await allSettings(peer.name, { port: peer.port, clients, payload, warmUpMs, measuredMs });
  } finally {
    await peer.stop();
  }
}

async function allSettings(who: string, setup: Omit<LoadSetup, 'pace'>): Promise<Results> {
  const results: [Name, LoadResult][] = [];
  for (const { name, pace } of settings) {
    const result = await mqttLoad({ ...setup, pace });
    say(`${who}, ${name}: ${Math.round(rate(result))}/s, p99 ${percentile([...result.latencies], 99).toFixed(2)} ms`);
    results.push([name, result]);
  }
  return Object.fromEntries(results) as Record<Name, LoadResult>;
}

function rate({ acknowledged, measuredMs }: LoadResult): number {
  return acknowledged / seconds(measuredMs);
}

function figures(results: Results): Record<string, number> {
  const all: Record<string, number> = {};
  let missing = 0;
  for (const [name, result] of Object.entries(results)) {
    const latencies = [...result.latencies];
    all[`${name}_acks_per_s`] = rate(result);
    all[`${name}_p50_ms`] = percentile(latencies, 50);
    all[`${name}_p99_ms`] = percentile(latencies, 99);
    missing += result.unanswered;
  }
  all.paced_sent_per_s = results.paced.sent / seconds(results.paced.measuredMs);
  return { ...all, missing };
}
