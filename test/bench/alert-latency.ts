/**
 * MQTT-in to alert-out: a device publishes a reading beyond a threshold (QoS 1), a local consumer gets the alert. Both
 * ends are clients of this process, so one clock measures both.
 *
 * The raw limit in the same run: the same clients and the same payload through a bare broker without decoding, rules
 * or durability (aedes alone in a process of its own), publish to delivery. The ratio is what Forpost adds.
 */
import { join } from 'node:path';
import type { MqttClient } from 'mqtt';
import mqtt from 'mqtt';
import { createReport, percentile, type Report } from '../../scripts/report.ts';
import { freePorts, root, TestProcess } from '../harness/process.ts';
import { TestSite } from '../harness/site.ts';

const samples = 1000;
/** between two alerts: what the rest of the site sends meanwhile is the background load */
const pauseMs = 5;
const backgroundDevices = 20;

export async function alertLatency(): Promise<Report> {
  const report = createReport('alert-latency');
  const idle = await forpost(0);
  const loaded = await forpost(backgroundDevices);
  const raw = await bareBroker();
  report.samples(samples);
  for (const [name, values] of [
    ['alert', idle],
    ['alert_under_load', loaded],
  ] as const) {
    report.metric(`${name}_p50_ms`, percentile(values, 50));
    report.metric(`${name}_p99_ms`, percentile(values, 99));
  }
  const rawP50 = percentile(raw, 50);
  report.peer('bare_broker', { delivery_p50_ms: rawP50, delivery_p99_ms: percentile(raw, 99) });
  report.metric('ratio_to_bare_broker_p50', percentile(idle, 50) / rawP50);
  report.goal('alert_p99_ms', '<=', 20);
  report.goal('alert_under_load_p99_ms', '<=', 20);
  return report;
}

async function forpost(background: number): Promise<number[]> {
  const others = Array.from({ length: background }, (_, i) => `meter-${i}`);
  const site = await TestSite.start({
    devices: ['probe', ...others],
    uplink: 'none',
    rules: [{ id: 'over', kind: 'threshold', device: 'probe', metric: 'power_w', above: 1000 }],
  });
  try {
    const probe = await site.connect('probe');
    const display = await site.connect('wall-display');
    await display.subscribeAsync('forpost/alerts/over/probe', { qos: 0 });
    const clients = await Promise.all(others.map((id) => site.connect(id)));
    const load = keepPublishing(clients);
    const values = await measure(display, (n) =>
      probe.publishAsync(
        'forpost/devices/probe/readings',
        JSON.stringify({ values: { power_w: n % 2 === 0 ? 2000 : 10 } }),
        { qos: 1 },
      ),
    );
    await load.stop();
    await Promise.all([probe, display, ...clients].map((client) => client.endAsync(true)));
    return values;
  } finally {
    await site.stop();
  }
}

async function bareBroker(): Promise<number[]> {
  const [port = 0] = await freePorts(1);
  const broker = await TestProcess.start('bare broker', [join(root, 'test/bench/bare-broker.ts'), String(port)]);
  try {
    const from = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`);
    const to = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`);
    await to.subscribeAsync('forpost/#', { qos: 0 });
    const values = await measure(to, (n) =>
      from.publishAsync(
        'forpost/devices/probe/readings',
        JSON.stringify({ values: { power_w: n % 2 === 0 ? 2000 : 10 } }),
        { qos: 1 },
      ),
    );
    await Promise.all([from.endAsync(true), to.endAsync(true)]);
    return values;
  } finally {
    await broker.stop();
  }
}

/** Publishes `samples` times, one at a time, and gives the ms from each publish to the message that it caused. */
async function measure(receiver: MqttClient, publish: (n: number) => Promise<unknown>): Promise<number[]> {
  const values: number[] = [];
  for (let n = -20; n < samples; n++) {
    const arrived = new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no alert within 5 s')), 5000);
      receiver.once('message', () => {
        clearTimeout(timer);
        resolve(performance.now());
      });
    });
    const sent = performance.now();
    const acknowledged = publish(n);
    const ms = (await arrived) - sent;
    await acknowledged;
    if (n >= 0) values.push(ms);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return values;
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
