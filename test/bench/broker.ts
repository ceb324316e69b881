/**
 * The broker's speed for a site's clients, on the real gateway.
 *
 * Traffic between consumers, in turns with mosquitto in the same run: QoS 0, 1 and 2 from one to one, and QoS 0 to 10, 100
 * and 1,000 subscribers; the figure is the median of the delivered messages. The publisher is a consumer: a device's
 * readings reach the disk before their acknowledgement, which mqtt-ack measures.
 *
 * A fleet: 5,000 devices with made credentials publish one reading in 10 s each and are all cut off at once, while one more
 * device stays connected and raises alerts all the time (FORPOST_REALTIME=1 keeps other programs of the machine out of the
 * times). Memory a device is the gateway's memory with the fleet less its memory without.
 */

import { createReport, percentile, type Report } from '../../scripts/report.ts';
import { makeCredential } from '../../shared/made-credential.ts';
import { TestSite, testPassword } from '../harness/site.ts';
import { backWithinMs, devices, measureFleet, probe, startProbe } from './fleet-run.ts';
import { type BenchOptions, say } from './options.ts';
import { type Peer, startMosquitto } from './peers.ts';
import { type LogIn, type TrafficSetup, traffic } from './traffic.ts';

const payload = '{"values":{"power_w":512.3,"energy_wh":1048576,"voltage_v":229.4}}';
const warmUpMs = 500;
const settings = [
  { name: 'qos0', qos: 0, subscribers: 1, window: 500 },
  { name: 'qos1', qos: 1, subscribers: 1, window: 100 },
  { name: 'qos2', qos: 2, subscribers: 1, window: 100 },
  { name: 'fan_out_10', qos: 0, subscribers: 10, window: 100 },
  { name: 'fan_out_100', qos: 0, subscribers: 100, window: 20 },
  { name: 'fan_out_1000', qos: 0, subscribers: 1000, window: 20 },
] as const;

export async function broker({ seconds: measured = 2, runs = 3 }: BenchOptions): Promise<Report> {
  const report = createReport('broker').samples(runs);
  await messages(report, measured * 1000, runs);
  await fleet(report);
  for (const { name, qos } of settings) if (qos === 0) report.goal(`ratio_to_mosquitto_${name}`, '>=', 0.7);
  return report
    .goal('fleet_back_s', '<=', backWithinMs / 1000)
    .goal('fleet_wrong_refusals', '=', 0)
    .goal('fleet_alert_p99_ms', '<=', 5)
    .goal('fleet_cut_alert_p99_ms', '<=', 5)
    .goal('fleet_kb_each', '<=', 30);
}

async function messages(report: Report, measuredMs: number, runs: number): Promise<void> {
  const most = Math.max(...settings.map(({ subscribers }) => subscribers));
  const displays = Array.from({ length: most }, (_, n) => ({ id: `display-${n}`, subscribe: ['fan/#'] }));
  const made = displays.map(({ id }) => [id, makeCredential()] as const);
  const site = await TestSite.start({
    devices: ['meter'],
    uplink: 'none',
    more: { consumers: [{ id: 'sender', publish: ['fan/#'], subscribe: ['fan/#'] }, ...displays] },
    hashes: Object.fromEntries(made.map(([id, { hash }]) => [id, hash])),
  });
  const peer = await startMosquitto();
  const publisher = { id: 'sender-1', username: 'sender', password: testPassword };
  const subscribers = made.map(([id, { password }]) => ({ id, username: id, password }));
  try {
    for (const setting of settings) {
      const setup = { topic: 'fan/out', payload, warmUpMs, measuredMs, qos: setting.qos, window: setting.window };
      const own = subscribers.slice(0, setting.subscribers);
      await inTurns(report, setting.name, runs, peer, { ...setup, port: site.mqttPort, publisher, subscribers: own });
    }
  } finally {
    await peer?.stop();
    await site.stop();
  }
  if (peer !== undefined) report.version(peer.name, peer.version);
}

async function inTurns(
  report: Report,
  name: string,
  runs: number,
  peer: Peer | undefined,
  setup: TrafficSetup,
): Promise<void> {
  const anonymous = ({ id }: LogIn) => ({ id });
  const [ours, theirs, loads]: [number[], number[], number[]] = [[], [], []];
  for (let run = 0; run < runs; run++) {
    const own = await traffic(setup);
    ours.push(own.deliveredPerS);
    loads.push(own.loadPercent);
    if (peer === undefined) continue;
    const others = { publisher: anonymous(setup.publisher), subscribers: setup.subscribers.map(anonymous) };
    const other = await traffic({ ...setup, ...others, port: peer.port });
    theirs.push(other.deliveredPerS);
    loads.push(other.loadPercent);
  }
  const [own, other] = [percentile(ours, 50), percentile(theirs, 50)];
  const load = Math.max(...loads);
  say(
    `${name}: ${Math.round(own)}/s, mosquitto ${Math.round(other)}/s, the load takes ${Math.round(load)} % of a core`,
  );
  report.metric(`${name}_messages_per_s`, own).metric(`${name}_load_percent`, load);
  if (peer !== undefined) report.peer(`${peer.name}_${name}`, { messages_per_s: other });
  report.metric(`ratio_to_mosquitto_${name}`, own / other);
}

async function fleet(report: Report): Promise<void> {
  const made = Array.from({ length: devices }, (_, n) => ({ id: `meter-${n}`, ...makeCredential() }));
  const site = await TestSite.start({
    devices: [probe, ...made.map(({ id }) => id)],
    rules: [{ id: 'over', kind: 'threshold', device: probe, metric: 'power_w', above: 1000 }],
    uplink: 'none',
    hashes: Object.fromEntries(made.map(({ id, hash }) => [id, hash])),
  });
  const alerts = await startProbe(site);
  try {
    await measureFleet(report, site, alerts, made);
  } finally {
    await alerts.stop();
    await site.stop();
  }
}
