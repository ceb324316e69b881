/**
 * The others of the site during a visit: a meter that publishes twenty readings a second with QoS 1, and a watched device
 * whose alerts are timed in a process of its own.
 *
 * Always: each reading of the meter has a number that no other has, and counts as acknowledged once its PUBACK has come.
 */
import Database from 'better-sqlite3';
import mqtt, { type MqttClient } from 'mqtt';
import { Probe } from '../../bench/probe.ts';
import type { EmptySite } from './empty-site.ts';

const meterEveryMs = 50;
const alertPauseMs = 80;

/** What became of the meter's readings. */
export interface MeterVerdict {
  readonly acknowledged: number;
  /** acknowledged, and not in the outbox */
  readonly lost: number;
  /** acknowledged, and in the outbox more than once */
  readonly duplicated: number;
  /** connections beyond the first */
  readonly reconnects: number;
}

export class Neighbours {
  readonly #site: EmptySite;
  readonly #meter: MqttClient;
  readonly #probe: Probe;
  readonly #acknowledged = new Set<number>();
  readonly #open = new Set<Promise<unknown>>();
  readonly #timer: NodeJS.Timeout;
  #number = 0;
  #connections = 1;

  private constructor(site: EmptySite, meter: MqttClient, probe: Probe) {
    this.#site = site;
    this.#meter = meter;
    this.#probe = probe;
    meter.on('connect', () => this.#connections++);
    this.#timer = setInterval(() => this.#publish(), meterEveryMs);
  }

  static async start(site: EmptySite): Promise<Neighbours> {
    const { meter, watched, display } = site.others;
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${site.mqttPort}`, {
      clientId: meter,
      username: meter,
      password: site.passwordOf(meter),
      clean: false,
    });
    const probe = await Probe.start({
      port: site.mqttPort,
      device: watched,
      consumer: display,
      password: site.passwordOf(watched),
      consumerPassword: site.passwordOf(display),
      pauseMs: alertPauseMs,
      gateway: site.gateway.pid,
    });
    return new Neighbours(site, client, probe);
  }

  #publish(): void {
    const number = ++this.#number;
    const payload = JSON.stringify({ values: { power_w: number } });
    const sent = this.#meter
      .publishAsync(`forpost/devices/${this.#site.others.meter}/readings`, payload, { qos: 1 })
      .then(
        () => this.#acknowledged.add(number),
        () => undefined,
      )
      .finally(() => this.#open.delete(sent));
    this.#open.add(sent);
  }

  /** Stops both. Returns ms from publish to alert of each alert. */
  async stop(): Promise<readonly number[]> {
    clearInterval(this.#timer);
    const alerts = await this.#probe.alerts();
    await this.#probe.stop();
    await Promise.all(this.#open);
    await this.#meter.endAsync();
    return alerts;
  }

  /** Reads the outbox of the gateway, which has stopped. */
  verdict(): MeterVerdict {
    const stored = countStored(this.#site.outboxFile, this.#site.others.meter);
    const times = [...this.#acknowledged].map((number) => stored.get(number) ?? 0);
    return {
      acknowledged: times.length,
      lost: times.filter((one) => one === 0).length,
      duplicated: times.filter((one) => one > 1).length,
      reconnects: this.#connections - 1,
    };
  }
}

function countStored(file: string, device: string): ReadonlyMap<number, number> {
  const db = new Database(file, { readonly: true, fileMustExist: true });
  try {
    const rows = db.prepare<[string], { data: string }>(
      "select data from events where lane = 'telemetry' and device = ?",
    );
    const stored = new Map<number, number>();
    for (const { data } of rows.iterate(device)) {
      const number = Number(/"power_w":(\d+)/.exec(data)?.[1]);
      stored.set(number, (stored.get(number) ?? 0) + 1);
    }
    return stored;
  } finally {
    db.close();
  }
}
