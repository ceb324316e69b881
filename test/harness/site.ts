/**
 * A whole site and centre of a test's own: temporary folders, free ports, real processes (the gateway, the centre, and
 * Kafka where asked for). What is started here is stopped by `stop`, also when a start fails half-way.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Releasers } from '@forpost/shared/lifecycle.ts';
import { hashPassword } from '@forpost/shared/password.ts';
import type { MqttClient } from 'mqtt';
import mqtt from 'mqtt';
import { stringify } from 'yaml';
import { type RunningKafka, startKafka } from '../../scripts/kafka/kafka.ts';
import { freePorts, TestProcess, until } from './process.ts';

export const testPassword = 'a-password-of-the-tests';

export interface SiteOptions {
  /** native devices, by id */
  readonly devices: readonly string[];
  readonly rules?: readonly object[];
  readonly cameras?: readonly { readonly id: string; readonly [key: string]: unknown }[];
  readonly cameraSecrets?: Readonly<Record<string, { user: string; password: string }>>;
  /** how the gateway reaches the centre; none: the site stays on its own */
  readonly uplink?: 'kafka' | 'http' | 'none';
  /** a Kafka that is there already */
  readonly brokers?: readonly string[];
  /** webhooks of the centre's notifier */
  readonly webhook?: string;
  readonly centre?: boolean;
  readonly extraInstallation?: object;
  /** the gateway's environment beside this process's own */
  readonly gatewayEnv?: NodeJS.ProcessEnv;
}

export class TestSite {
  readonly folder: string;
  readonly mqttPort: number;
  readonly httpPort: number;
  readonly centrePort: number;
  readonly brokers: readonly string[];
  readonly #gatewayEnv: NodeJS.ProcessEnv;
  gateway: TestProcess | undefined;
  centre: TestProcess | undefined;
  centrePassword = '';
  readonly #releasers = new Releasers();
  #cookie = '';

  private constructor(
    folder: string,
    ports: readonly number[],
    brokers: readonly string[],
    gatewayEnv: NodeJS.ProcessEnv,
  ) {
    this.folder = folder;
    this.#gatewayEnv = gatewayEnv;
    [this.mqttPort = 0, this.httpPort = 0, this.centrePort = 0] = ports;
    this.brokers = brokers;
  }

  static async start(options: SiteOptions): Promise<TestSite> {
    const folder = await mkdtemp(join(tmpdir(), 'forpost-site-'));
    const ports = await freePorts(3);
    const releasers: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
    let brokers = options.brokers ?? [];
    const uplink = options.uplink ?? 'kafka';
    try {
      if (uplink === 'kafka' && options.brokers === undefined) {
        const kafka = await TestKafka.start();
        releasers.push(() => kafka.remove());
        brokers = kafka.brokers;
      }
      const site = new TestSite(folder, ports, brokers, options.gatewayEnv ?? {});
      for (const release of releasers) site.#releasers.add('resource', release);
      await site.#write(options, uplink);
      site.#releasers.add('gateway', async () => site.gateway?.stop());
      site.#releasers.add('centre', async () => site.centre?.stop());
      if (options.centre !== false && uplink !== 'none') await site.startCentre();
      await site.startGateway();
      return site;
    } catch (error) {
      for (const release of releasers.reverse()) await release();
      throw error;
    }
  }

  async #write(options: SiteOptions, uplink: string): Promise<void> {
    const hash = await hashPassword(testPassword);
    const token = 'the-token-of-the-tests-0123456789';
    const sinks =
      uplink === 'kafka'
        ? [{ kind: 'kafka', brokers: this.brokers }]
        : uplink === 'http'
          ? [{ kind: 'http', name: 'centre', url: `http://127.0.0.1:${this.centrePort}` }]
          : [];
    await this.#yaml('gateway.yaml', {
      gateway: 'test-gateway',
      data: 'gateway',
      site_file: 'site.yaml',
      secrets_file: 'secrets.yaml',
      mqtt: { port: this.mqttPort },
      http: { port: this.httpPort },
      uplink: sinks,
      ...options.extraInstallation,
    });
    await this.#yaml('site.yaml', {
      site: { id: 'test-site', name: 'Test site', timezone: 'Europe/Berlin' },
      devices: options.devices.map((id) => ({ id, decoder: 'native' })),
      consumers: [{ id: 'wall-display', subscribe: ['forpost/#'] }],
      cameras: options.cameras ?? [],
      rules: options.rules ?? [],
    });
    await this.#yaml('secrets.yaml', {
      mqtt: Object.fromEntries([...options.devices, 'wall-display'].map((id) => [id, hash])),
      console: { installer: hash },
      ...(options.cameraSecrets === undefined ? {} : { cameras: options.cameraSecrets }),
      ...(uplink === 'http' ? { uplink: { centre: { token } } } : {}),
    });
    const { createHash } = await import('node:crypto');
    await this.#yaml('cloud.yaml', {
      data: 'centre',
      http: { port: this.centrePort },
      ...(uplink === 'kafka' ? { kafka: { brokers: this.brokers, development: true } } : {}),
      gateways: { 'test-gateway': { token_sha256: createHash('sha256').update(token).digest('hex') } },
      notify:
        options.webhook === undefined ? [] : [{ id: 'hook', kind: 'webhook', url: options.webhook, severity: 'info' }],
    });
  }

  async #yaml(name: string, value: object): Promise<void> {
    await writeFile(join(this.folder, name), stringify(value), { mode: 0o600 });
  }

  async startGateway(): Promise<void> {
    this.gateway = await TestProcess.start(
      'gateway',
      ['forpost.mjs', 'gateway', '--config', join(this.folder, 'gateway.yaml')],
      { env: this.#gatewayEnv },
    );
  }

  async startCentre(): Promise<void> {
    this.centre = await TestProcess.start('centre', [
      'forpost.mjs',
      'cloud',
      '--config',
      join(this.folder, 'cloud.yaml'),
    ]);
    const line = this.centre.lines.find((text) => text.includes('log-in: admin / '));
    const password = line?.split('log-in: admin / ')[1]?.trim();
    if (password !== undefined) this.centrePassword = password;
    this.#cookie = '';
  }

  /** An MQTT client of a device, or of the local consumer `wall-display`. */
  connect(id: string, options: mqtt.IClientOptions = {}): Promise<MqttClient> {
    return mqtt.connectAsync(`mqtt://127.0.0.1:${this.mqttPort}`, {
      username: id,
      password: testPassword,
      clientId: `${id}-test`,
      reconnectPeriod: 100,
      connectTimeout: 5000,
      ...options,
    });
  }

  /** GET from the centre's API, logged in. */
  async api<T>(path: string): Promise<T> {
    const base = `http://127.0.0.1:${this.centrePort}`;
    if (this.#cookie === '') this.#cookie = await logIn(base, 'admin', this.centrePassword);
    const answer = await fetch(base + path, { headers: { cookie: this.#cookie } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** GET from the gateway's API, logged in as the installer. */
  async local<T>(path: string): Promise<T> {
    const base = `http://127.0.0.1:${this.httpPort}`;
    const cookie = await logIn(base, 'installer', testPassword);
    const answer = await fetch(base + path, { headers: { cookie } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  async stop(): Promise<void> {
    await this.#releasers.releaseAll((name, problem) => process.stderr.write(`${name}: ${problem}\n`));
  }
}

/** A broker of a test's own, which can be stopped and started again with what it holds. */
export class TestKafka {
  readonly #folder: string;
  readonly #port: number;
  readonly #controllerPort: number;
  #running: RunningKafka | undefined;

  private constructor(folder: string, port: number, controllerPort: number) {
    this.#folder = folder;
    this.#port = port;
    this.#controllerPort = controllerPort;
  }

  static async start(): Promise<TestKafka> {
    const folder = await mkdtemp(join(tmpdir(), 'forpost-kafka-'));
    const [port = 0, controllerPort = 0] = await freePorts(2);
    const kafka = new TestKafka(folder, port, controllerPort);
    await kafka.start();
    return kafka;
  }

  get brokers(): readonly string[] {
    return [`127.0.0.1:${this.#port}`];
  }

  async start(): Promise<void> {
    this.#running = await startKafka({
      dataFolder: this.#folder,
      port: this.#port,
      controllerPort: this.#controllerPort,
    });
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
  }

  async kill(): Promise<void> {
    await this.#running?.kill();
  }

  /** It keeps its connections and answers nothing, until `thaw`. */
  freeze(): void {
    if (this.#running !== undefined) process.kill(this.#running.pid, 'SIGSTOP');
  }

  thaw(): void {
    if (this.#running !== undefined) process.kill(this.#running.pid, 'SIGCONT');
  }

  /** Stops it and removes what it held. */
  async remove(): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Logs in and gives the cookie to send. */
export async function logIn(base: string, user: string, password: string): Promise<string> {
  const answer = await fetch(`${base}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: base },
    body: JSON.stringify({ user, password }),
  });
  if (!answer.ok) throw new Error(`log-in at ${base}: ${answer.status} ${await answer.text()}`);
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
}

export interface ApiEvent {
  readonly id: string;
  readonly type: string;
  readonly lane: string;
  readonly subject?: string;
  readonly data: Record<string, unknown>;
}

/** Every event of the history that matches, over all pages. */
export async function allEvents(site: TestSite, filter: string): Promise<ApiEvent[]> {
  const events: ApiEvent[] = [];
  let cursor: string | undefined;
  do {
    const page: { events: ApiEvent[]; cursor?: string } = await site.api(
      `/api/v1/events?limit=1000&${filter}${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    events.push(...page.events);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return events;
}

export { until };
