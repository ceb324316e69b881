/**
 * The time from an MQTT publish to its alert: a device publishes a reading beyond a threshold (QoS 1), a local consumer gets
 * the alert. Both clients run in this process, so one clock measures both. Four settings: idle; while other meters publish;
 * while a backlog drains into a real Kafka on the same machine; and while every fsync takes 200 ms longer (one is always
 * under way, because a meter publishes all the time).
 *
 * Forty devices take turns: a device's alerts are stored one commit after another, so a single device that alerts all the
 * time would measure its own queue on the slow disk. The next alert never waits for an acknowledgement.
 *
 * The raw limit in the same run: the same clients and payload through a bare broker without decoding, rules or durability
 * (aedes alone in a process of its own), from publish to delivery. The ratio is the cost of Forpost.
 */
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { MqttClient } from 'mqtt';
import mqtt from 'mqtt';
import { createReport, percentile, type Report } from '../../scripts/report.ts';
import { goingFirst } from '../harness/going-first.ts';
import { freePorts } from '../harness/ports.ts';
import { root, TestProcess } from '../harness/process.ts';
import { type SiteOptions, TestKafka, TestSite } from '../harness/site.ts';
import { TopicCount, writeBacklog } from './backlog.ts';
import { allDevices } from './devices.ts';
import { type BenchOptions, say } from './options.ts';
import { slowDisk } from './slow-disk.ts';

const samples = 1000;
/** between two alerts: other messages of the site in this time are the background load */
const pauseMs = 5;
const backgroundDevices = 20;
const slowFsyncMs = 200;
/** with a slow disk: each device alerts about once a second */
const slowPauseMs = 20;
const probes: readonly string[] = Array.from({ length: 40 }, (_, n) => `probe-${n}`);

/** ms of each alert, and of the acknowledgement of the reading that caused it */
interface Times {
  readonly alerts: readonly number[];
  readonly acknowledgements: readonly number[];
}

const notMeasured: Times = { alerts: [], acknowledgements: [] };

export async function alertLatency({ events = 1_000_000 }: BenchOptions): Promise<Report> {
  const report = createReport('alert-latency').samples(samples);
  const idle = await onSite(0);
  const idleP99 = percentile(idle.alerts, 99);
  const settings: readonly (readonly [string, Times])[] = [
    ['alert', idle],
    ['alert_under_load', await onSite(backgroundDevices)],
    ['alert_draining', await whileDraining(events)],
    ['alert_slow_fsync', await withSlowFsync()],
  ];
  for (const [name, { alerts, acknowledgements }] of settings) {
    report.metric(`${name}_p50_ms`, percentile(alerts, 50));
    report.metric(`${name}_p99_ms`, percentile(alerts, 99));
    report.metric(`${name}_ack_p50_ms`, percentile(acknowledgements, 50));
    if (name !== 'alert') report.metric(`${name}_p99_above_idle_ms`, percentile(alerts, 99) - idleP99);
  }
  const raw = (await bareBroker()).alerts;
  const rawP50 = percentile(raw, 50);
  report.peer('bare_broker', { delivery_p50_ms: rawP50, delivery_p99_ms: percentile(raw, 99) });
  report.metric('ratio_to_bare_broker_p50', percentile(idle.alerts, 50) / rawP50);
  report.goal('alert_p99_ms', '<=', 5).goal('alert_under_load_p99_ms', '<=', 20);
  for (const name of ['alert_draining', 'alert_slow_fsync'])
    report.goal(`${name}_p99_ms`, '<=', 5).goal(`${name}_p99_above_idle_ms`, '<=', 3);
  return report;
}

const options = {
  devices: [...probes, ...allDevices],
  rules: probes.map((device) => ({
    id: `over-${device}`,
    kind: 'threshold',
    device,
    metric: 'power_w',
    above: 1000,
  })),
};

async function onSite(background: number, more: Partial<SiteOptions> = {}, pause = pauseMs): Promise<Times> {
  const site = await TestSite.start({ ...options, uplink: 'none', ...more });
  try {
    return await alertsOf(site, background, pause);
  } finally {
    await site.stop();
  }
}

async function withSlowFsync(): Promise<Times> {
  const disk = await slowDisk(slowFsyncMs);
  if (disk === undefined) return notMeasured;
  try {
    return await onSite(1, { gatewayEnv: disk.env }, slowPauseMs);
  } finally {
    await disk.remove();
  }
}

/** Not measured when the backlog is gone before the last sample. */
async function whileDraining(events: number): Promise<Times> {
  const kafka = await TestKafka.start();
  try {
    const site = await TestSite.start({ ...options, brokers: kafka.brokers });
    const count = await TopicCount.open(kafka.brokers, 'forpost.telemetry');
    try {
      // on a site the centre is another machine
      await site.centre?.stop();
      await site.gateway?.stop();
      say(`writing ${events} events into the outbox …`);
      await writeBacklog(site, events);
      const before = await count.now();
      await site.startGateway();
      const times = await alertsOf(site, 0);
      const left = before + events - (await count.now());
      say(`while draining: ${left} of ${events} events left at the end`);
      return left > 0 ? times : notMeasured;
    } finally {
      await count.close();
      await site.stop();
    }
  } finally {
    await kafka.remove();
  }
}

async function alertsOf(site: TestSite, background: number, pause = pauseMs): Promise<Times> {
  const devices = await Promise.all(probes.map((id) => site.connect(id)));
  const display = await site.connect('wall-display');
  await display.subscribeAsync('forpost/alerts/+/+', { qos: 0 });
  const clients = await Promise.all(allDevices.slice(0, background).map((id) => site.connect(id)));
  const load = keepPublishing(clients);
  const { result: times, first } = await goingFirst(() => measure(display, devices, pause));
  if (!first) say('this process could not raise its priority: its waits for a core count as part of the latency');
  await load.stop();
  say(`alert p99 ${percentile(times.alerts, 99).toFixed(2)} ms`);
  await Promise.all([...devices, display, ...clients].map((client) => client.endAsync(true)));
  return times;
}

/** Every second turn is beyond the threshold: each turn raises or clears the device's alarm. */
function publishReading(device: MqttClient, number: number, turn: number): Promise<unknown> {
  return device.publishAsync(
    `forpost/devices/${probes[number]}/readings`,
    JSON.stringify({ values: { power_w: turn % 2 === 0 ? 2000 : 10 } }),
    { qos: 1 },
  );
}

async function bareBroker(): Promise<Times> {
  const [port = 0] = await freePorts(1);
  const broker = await TestProcess.start('bare broker', [join(root, 'test/bench/bare-broker.ts'), String(port)]);
  try {
    const from = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`);
    const to = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`);
    await to.subscribeAsync('forpost/#', { qos: 0 });
    const times = await measure(to, [from], pauseMs);
    await Promise.all([from.endAsync(true), to.endAsync(true)]);
    return times;
  } finally {
    await broker.stop();
  }
}

/** Publishes `samples` times, one device after another; returns the ms from each publish to its effect. */
async function measure(receiver: MqttClient, devices: readonly MqttClient[], pause: number): Promise<Times> {
  const alerts: number[] = [];
  const acknowledgements: number[] = [];
  const pending: Promise<unknown>[] = [];
  // a publish must not wait in this process for the previous segment's acknowledgement (Nagle, RFC 896)
  for (const { stream } of devices) if (stream instanceof Socket) stream.setNoDelay(true);
  const warmUp = 2 * devices.length;
  for (let n = 0; n < warmUp + samples; n++) {
    const number = n % devices.length;
    const device = devices[number];
    if (device === undefined) throw new RangeError('no device');
    const arrived = nextMessage(receiver);
    const sent = performance.now();
    const acknowledged = publishReading(device, number, Math.floor(n / devices.length)).then(() => {
      if (n >= warmUp) acknowledgements.push(performance.now() - sent);
    });
    pending.push(acknowledged);
    const ms = (await arrived) - sent;
    if (n >= warmUp) alerts.push(ms);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  await Promise.all(pending);
  return { alerts, acknowledgements };
}

/** The time of the next message's arrival. @throws Error after 5 s */
function nextMessage(receiver: MqttClient): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no alert within 5 s')), 5000);
    receiver.once('message', () => {
      clearTimeout(timer);
      resolve(performance.now());
    });
  });
}

/** Every client publishes a reading 50 times a second, until stopped. */
function keepPublishing(clients: readonly MqttClient[]): { stop(): Promise<void> } {
  const pending = new Set<Promise<unknown>>();
  const timers = clients.map((client, i) =>
    setInterval(() => {
      const sent = client.publishAsync(`forpost/devices/meter-${i}/readings`, '{"values":{"power_w":100}}', { qos: 1 });
      pending.add(sent);
      void sent.finally(() => pending.delete(sent));
    }, 20),
  );
  return {
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(pending);
    },
  };
}
