/**
 * Many meters at QoS 1, each over a connection of its own, that publish on while their gateway is backed up, killed and
 * replaced. Every reading has an id; one in forty raises an alarm, and the next one of that meter clears it.
 *
 * Always: a reading is acknowledged at the arrival of its PUBACK; a reading without one is sent again under the same id.
 */
import { makeCredential } from '@forpost/shared/made-credential.ts';
import mqtt, { type MqttClient } from 'mqtt';
import { until } from '../../harness/process.ts';
import { Random } from '../simulation/random.ts';

export interface Meter {
  readonly id: string;
  readonly password: string;
  readonly hash: string;
}

export function makeMeters(count: number): readonly Meter[] {
  return Array.from({ length: count }, (_, index) => ({ id: `meter-${index + 1}`, ...makeCredential() }));
}

export const overloadRule = {
  id: 'overload',
  kind: 'threshold',
  device: '*',
  metric: 'power_w',
  above: 5000,
  clear: 4500,
  severity: 'warning',
};

const overloadEvery = 40;
const overloadW = 6000;
const resendMs = 50;
const mostPauseMs = 120;

export class MeterLoad {
  /** when each reading was acknowledged, ms since 1970; by id */
  readonly acknowledged = new Map<string, number>();
  readonly #clients: readonly MqttClient[];
  readonly #random: Random;
  readonly #waiting = new Set<string>();
  #work: Promise<unknown> = Promise.resolve();
  #isPublishing = true;

  constructor(meters: readonly Meter[], port: number, seed: number) {
    this.#random = new Random(seed);
    this.#clients = meters.map(({ id, password }) => {
      const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
        username: id,
        password,
        clientId: id,
        reconnectPeriod: 200,
        reconnectOnConnackError: true,
        connectTimeout: 5000,
      });
      // the gateway is away: the client tries again by itself
      client.on('error', () => undefined);
      return client;
    });
  }

  async start(): Promise<void> {
    await until('all meters are connected', () => this.#clients.every(({ connected }) => connected), 60_000);
    this.#work = Promise.all(this.#clients.map((client) => this.#publishOn(client)));
    // `finish` reports the error
    this.#work.catch(() => undefined);
  }

  /** Waits until every meter has noticed that its gateway is gone: no acknowledgement of it is under way any more. */
  async cutOff(): Promise<void> {
    await until('all meters are cut off', () => this.#clients.every(({ connected }) => !connected));
  }

  /** ids of readings that were sent and not acknowledged */
  get unacknowledged(): ReadonlySet<string> {
    return new Set(this.#waiting);
  }

  async moreAcknowledged(count: number): Promise<void> {
    const wanted = this.acknowledged.size + count;
    await until(`${count} more readings are acknowledged`, () => this.acknowledged.size >= wanted, 90_000);
  }

  /** Ends the load when every reading is acknowledged. */
  async finish(): Promise<void> {
    this.#isPublishing = false;
    await until('every reading is acknowledged', () => this.#waiting.size === 0, 90_000);
    await this.#work;
  }

  async close(): Promise<void> {
    this.#isPublishing = false;
    for (const client of this.#clients) client.end(true);
  }

  async #publishOn(client: MqttClient): Promise<void> {
    const device = client.options.username ?? '';
    for (let n = 1; this.#isPublishing; n++) {
      await this.#deliver(client, device, `${device}-r${n}`, n % overloadEvery === 0 ? overloadW : 100 + (n % 4000));
      await new Promise((resolve) => setTimeout(resolve, this.#random.int(1, mostPauseMs)));
    }
    // no alarm stays active
    await this.#deliver(client, device, `${device}-last`, 10);
  }

  async #deliver(client: MqttClient, device: string, id: string, power: number): Promise<void> {
    const payload = JSON.stringify({ id, values: { power_w: power } });
    this.#waiting.add(id);
    while (!client.disconnecting) {
      try {
        await client.publishAsync(`forpost/devices/${device}/readings`, payload, { qos: 1 });
        this.acknowledged.set(id, Date.now());
        this.#waiting.delete(id);
        return;
      } catch {
        // the library gives up some publishes when a connection closes
        await new Promise((resolve) => setTimeout(resolve, resendMs));
      }
    }
  }
}
