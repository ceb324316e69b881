/**
 * The check's own device and listener, in a thread of their own, so that no other work of the check delays them. The
 * device publishes readings with ids (QoS 1): every second one crosses its rule's limit, and some cross the limit of a
 * rule that notifies people. The listener receives every alert of the site.
 *
 * Always: a reading counts as acknowledged only after its PUBACK; the end waits for publishes under way; one clock times
 * publish and alert.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { AlertData } from '@forpost/shared/event/event.ts';
import mqtt, { type MqttClient } from 'mqtt';

export interface ProbeOptions {
  readonly port: number;
  readonly run: string;
  readonly device: { readonly id: string; readonly password: string };
  readonly listener: { readonly id: string; readonly password: string };
  readonly rule: string;
  readonly limitW: number;
  /** the limit of the rule that notifies people */
  readonly limitA: number;
}

/** An alert that reached the listener. */
export interface ReceivedAlert {
  readonly rule: string;
  readonly device: string;
  readonly alarm: string;
  readonly change: string;
  readonly severity: string;
  /** ms since 1970 */
  readonly at: number;
}

export interface ProbeResult {
  readonly published: number;
  /** ids of the acknowledged readings */
  readonly acknowledged: readonly string[];
  readonly alertMs: readonly number[];
  /** readings across the limit whose alert never came */
  readonly alertsLost: number;
  readonly alerts: readonly ReceivedAlert[];
}

export type ToProbe = { readonly kind: 'stop' };
export type FromProbe = { readonly kind: 'ready' } | { readonly kind: 'result'; readonly result: ProbeResult };

const intervalMs = 100;
/** readings from one crossing of `limitA` to the next: 25 a minute */
const notifyEvery = 24;
/** for the last acknowledgements and alerts, after the last publish */
const settleMs = 10_000;
const pollMs = 20;

/** One run of the probe, from connecting to its result. */
export class Probe {
  readonly #options: ProbeOptions;
  readonly #acknowledged: string[] = [];
  readonly #alertMs: number[] = [];
  readonly #alerts: ReceivedAlert[] = [];
  /** value that crossed the limit -> time of its publish, ms of performance.now */
  readonly #expected = new Map<number, number>();
  #published = 0;
  #unacknowledged = 0;
  #device: MqttClient | undefined;
  #listener: MqttClient | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ProbeOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { port, run, device, listener } = this.#options;
    const url = `mqtt://127.0.0.1:${port}`;
    const connect = ({ id, password }: ProbeOptions['device'], clientId: string) =>
      mqtt.connectAsync(url, { username: id, password, clientId, clean: false, reconnectPeriod: 200 });
    this.#listener = await connect(listener, `${listener.id}-${run}`);
    this.#listener.on('message', (_topic, payload) => this.#noteAlert(JSON.parse(payload.toString()) as AlertData));
    await this.#listener.subscribeAsync('forpost/alerts/#', { qos: 1 });
    this.#device = await connect(device, `${device.id}-${run}`);
    this.#timer = setInterval(() => this.#publish(), intervalMs);
  }

  /** Stops publishing, waits for publishes under way, and returns the result. */
  async stop(): Promise<ProbeResult> {
    clearInterval(this.#timer);
    const end = performance.now() + settleMs;
    while (performance.now() < end && (this.#unacknowledged > 0 || this.#expected.size > 0))
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    const result = {
      published: this.#published,
      acknowledged: this.#acknowledged,
      alertMs: this.#alertMs,
      alertsLost: this.#expected.size,
      alerts: this.#alerts,
    };
    // a clean session with the same client id removes the kept session
    await Promise.allSettled([this.#device?.endAsync(), this.#listener?.endAsync()]);
    return result;
  }

  #publish(): void {
    const { device, run, limitW, limitA } = this.#options;
    const n = this.#published++;
    // twice below the limit, then twice above it: every second reading crosses it
    const above = n % 4 >= 2;
    const value = above ? limitW + 1 + n : limitW - 1 - n;
    const amperes = Math.floor(n / notifyEvery) % 2 === 1 ? limitA + 1 : limitA - 1;
    const id = `${run}-${n}`;
    const payload = JSON.stringify({
      id,
      time: new Date().toISOString(),
      values: { power_w: value, current_a: amperes },
    });
    // the first reading is below the limit and changes nothing
    if (n % 2 === 0 && n > 0) this.#expected.set(value, performance.now());
    this.#unacknowledged += 1;
    this.#device?.publish(`forpost/devices/${device.id}/readings`, payload, { qos: 1 }, (error) => {
      this.#unacknowledged -= 1;
      if (error) process.stderr.write(`reading ${id} of the probe was not acknowledged: ${error.message}\n`);
      else this.#acknowledged.push(id);
    });
  }

  #noteAlert({ rule, device, alarm, change, severity, value }: AlertData): void {
    const now = performance.now();
    this.#alerts.push({ rule, device, alarm, change, severity, at: Date.now() });
    if (rule !== this.#options.rule || typeof value !== 'number') return;
    const published = this.#expected.get(value);
    if (published === undefined) return;
    this.#expected.delete(value);
    this.#alertMs.push(now - published);
  }
}

if (parentPort !== null) {
  const port = parentPort;
  const probe = new Probe(workerData as ProbeOptions);
  const post = (message: FromProbe) => port.postMessage(message);
  port.once('message', async (_stop: ToProbe) => {
    post({ kind: 'result', result: await probe.stop() });
    port.close();
  });
  await probe.start();
  post({ kind: 'ready' });
}
