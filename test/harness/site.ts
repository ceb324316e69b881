/**
 * A whole site with its centre for one test: temporary folders, free ports, real processes (the gateway, the centre, and Kafka
 * where the test uses it). `stop` ends all of them; a start that fails half-way ends what it had started.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Releasers } from '@forpost/shared/lifecycle.ts';
import type { MqttClient } from 'mqtt';
import mqtt from 'mqtt';
import { readFirstLogin } from '../../cloud/access/users.ts';
import { signingKey } from '../../cloud/commands/key.ts';
import { type ApiEvent, eventsOf, logIn } from './centre.ts';
import { type Named, testPassword, writeCentreFile, writeGatewayFiles } from './configuration.ts';
import { TestKafka } from './kafka.ts';
import { freePorts } from './ports.ts';
import { TestProcess, until } from './process.ts';

export interface SiteOptions {
  /** ids of the devices; their decoder is `native` unless `decoders` names another */
  readonly devices: readonly string[];
  readonly rules?: readonly object[];
  /** decoders of devices that are not native, by id */
  readonly decoders?: Readonly<Record<string, string>>;
  /** ids of consumers beside `wall-display`, which also may subscribe to everything */
  readonly consumers?: readonly string[];
  /** further devices and consumers, written to site.yaml as they are */
  readonly more?: { readonly devices?: readonly Named[]; readonly consumers?: readonly Named[] };
  /** password hashes of log-ins that do not have the tests' password, by id */
  readonly hashes?: Readonly<Record<string, string>>;
  readonly cameras?: readonly { readonly id: string; readonly [key: string]: unknown }[];
  readonly cameraSecrets?: Readonly<Record<string, { user: string; password: string }>>;
  /** a folder of models, copied into the gateway's data folder */
  readonly models?: string;
  /** how the gateway sends to the centre; none: it sends nothing */
  readonly uplink?: 'kafka' | 'http' | 'none';
  /** a Kafka that runs already */
  readonly brokers?: readonly string[];
  /** address to which the centre's notifier sends */
  readonly webhook?: string;
  readonly centre?: boolean;
  readonly extraInstallation?: object;
  /** environment variables of the gateway, added to those of this process */
  readonly gatewayEnv?: NodeJS.ProcessEnv;
  /** the gateway's program, where it is not this checkout's */
  readonly gatewayMain?: string;
  /** called with the folder of the written files, before any process starts */
  readonly prepare?: (folder: string) => Promise<void>;
}

export class TestSite {
  readonly folder: string;
  readonly mqttPort: number;
  readonly httpPort: number;
  readonly centrePort: number;
  readonly brokers: readonly string[];
  readonly #gatewayEnv: NodeJS.ProcessEnv;
  readonly #gatewayMain: string;
  gateway: TestProcess | undefined;
  centre: TestProcess | undefined;
  centrePassword = '';
  readonly #releasers = new Releasers();
  #cookie = '';
  #localCookie = '';

  private constructor(
    folder: string,
    ports: readonly number[],
    brokers: readonly string[],
    { gatewayEnv = {}, gatewayMain = 'forpost.mjs' }: SiteOptions,
  ) {
    this.folder = folder;
    this.#gatewayEnv = gatewayEnv;
    this.#gatewayMain = gatewayMain;
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
      const site = new TestSite(folder, ports, brokers, options);
      for (const release of releasers) site.#releasers.add('resource', release);
      await site.#write(options, uplink);
      await options.prepare?.(folder);
      if (options.models !== undefined) await cp(options.models, join(folder, 'gateway/models'), { recursive: true });
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
    const sinks =
      uplink === 'kafka'
        ? [{ kind: 'kafka', brokers: this.brokers }]
        : uplink === 'http'
          ? [{ kind: 'http', name: 'centre', url: `http://127.0.0.1:${this.centrePort}` }]
          : [];
    const { devices, decoders, rules, consumers, more, hashes, cameras, cameraSecrets, extraInstallation, webhook } =
      options;
    const { publicKey } = await signingKey(join(this.folder, 'centre', 'command-key.pem'));
    await writeGatewayFiles(this.folder, {
      gateway: 'test-gateway',
      mqttPort: this.mqttPort,
      httpPort: this.httpPort,
      uplink: sinks,
      extra: { commands: { trusted_keys: [publicKey.text] }, ...extraInstallation },
      devices,
      decoders,
      rules,
      consumers,
      more,
      hashes,
      cameras,
      cameraSecrets,
    });
    await writeCentreFile(this.folder, {
      port: this.centrePort,
      kafka: uplink === 'kafka' ? { brokers: this.brokers, development: true } : undefined,
      gateways: ['test-gateway'],
      webhook,
    });
  }

  async startGateway(): Promise<void> {
    this.gateway = await TestProcess.start(
      'gateway',
      [this.#gatewayMain, 'gateway', '--config', join(this.folder, 'gateway.yaml')],
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
    const first = await readFirstLogin(join(this.folder, 'centre'));
    if (first !== undefined) this.centrePassword = first.password;
    this.#cookie = '';
  }

  /** An MQTT client of a device, or of the local consumer `wall-display`. */
  connect(id: string, options: mqtt.IClientOptions = {}): Promise<MqttClient> {
    return mqtt.connectAsync(`mqtt://127.0.0.1:${this.mqttPort}`, {
      username: id,
      password: testPassword,
      clientId: `${id}-test`,
      reconnectPeriod: 100,
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

  /** POST to the centre's API, logged in. */
  async post<T>(path: string, body: object): Promise<T> {
    const base = `http://127.0.0.1:${this.centrePort}`;
    if (this.#cookie === '') this.#cookie = await logIn(base, 'admin', this.centrePassword);
    const answer = await fetch(base + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: base, cookie: this.#cookie },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** GET from the gateway's API, logged in as the installer. */
  async local<T>(path: string, body?: object): Promise<T> {
    const base = `http://127.0.0.1:${this.httpPort}`;
    const cookie = await logIn(base, 'installer', testPassword);
    const post =
      body === undefined
        ? { headers: { cookie } }
        : { method: 'POST', headers: { cookie, 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const answer = await fetch(base + path, post);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** The gateway's /metrics, as text; logged in once as the installer. */
  async metrics(): Promise<string> {
    const base = `http://127.0.0.1:${this.httpPort}`;
    if (this.#localCookie === '') this.#localCookie = await logIn(base, 'installer', testPassword);
    return (await fetch(`${base}/metrics`, { headers: { cookie: this.#localCookie } })).text();
  }

  async stop(): Promise<void> {
    await this.#releasers.releaseAll((name, problem) => process.stderr.write(`${name}: ${problem}\n`));
  }
}

/** Every event of the history that matches, over all pages. */
export function allEvents(site: TestSite, filter: string): Promise<readonly ApiEvent[]> {
  return eventsOf(site, filter);
}

export { logIn, TestKafka, testPassword, until };
