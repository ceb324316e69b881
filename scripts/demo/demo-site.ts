/**
 * The demo site: its processes, the order in which they start, and how they stop.
 *
 *   receiver ─┐
 *   Kafka ────┴─► centre ─┐
 *   camera ─► gateway ────┴─► meters ─► ready
 *
 * Always: processes stop in the reverse order, also after a start that failed halfway; the demo runs without a camera or
 * without Kafka where the machine lacks the programs for them, and says so.
 */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type Clock, sleep } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { readFirstLogin } from '../../cloud/access/users.ts';
import { Child, ChildError, type ChildOptions } from './child.ts';
import { type Claim, claimFolder, type Holder } from './claim.ts';
import type { DemoOptions } from './options.ts';
import { takenPorts } from './ports.ts';
import { type Credentials, ensureSecrets, readCredentials, sha256, writeCredentials } from './secrets.ts';
import {
  credentialsFile,
  demoFolder,
  demoPorts,
  type Ports,
  prepareSettings,
  root,
  type Settings,
} from './settings.ts';

export interface DemoSiteOptions extends DemoOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** prints a line for the person at the terminal */
  readonly say: (line: string) => void;
  /** prints a notification that has arrived */
  readonly onNotification?: (line: string) => void;
}

/** ms until the ready line; at the first start the camera renders its video */
const deadlines = { kafka: 90_000, centre: 60_000, gateway: 60_000, camera: 240_000, meters: 20_000, receiver: 20_000 };
/** The gateway starts after this time even while the camera still renders its video. */
const cameraHeadStartMs = 5_000;
const healthDeadlineMs = 20_000;
const pollMs = 100;
/** On a real site these run on other machines: a starting Kafka must not slow the gateway down. */
const elsewhere = { nice: 10 } as const;
const cache = process.env.FORPOST_CACHE ?? join(root, '.forpost/cache');

export class DemoSite {
  readonly settings: Settings;
  readonly options: DemoSiteOptions;
  /** undefined without Kafka, or with a Kafka that the demo did not start */
  readonly kafka: Child | undefined;
  readonly receiver: Child;
  readonly centre: Child;
  readonly gateway: Child;
  readonly camera: Child | undefined;
  readonly meters: Child;
  #credentials: Credentials;
  readonly #claim: Claim;
  #stopping: Promise<void> | undefined;

  private constructor(settings: Settings, options: DemoSiteOptions, credentials: Credentials, claim: Claim) {
    this.#claim = claim;
    this.settings = settings;
    this.options = options;
    this.#credentials = credentials;
    const { ports, gatewayFile, cloudFile, siteFile, folder } = settings;
    const scripts = join(root, 'scripts');
    if (options.kafka.kind === 'own') {
      const where = ['--port', `${ports.kafka}`, '--controller-port', `${ports.kafkaController}`];
      const data = ['--data', join(folder, 'kafka'), '--cache', cache];
      this.kafka = this.#child(
        'kafka',
        [join(scripts, 'kafka/main.ts'), ...where, ...data],
        deadlines.kafka,
        elsewhere,
      );
    }
    this.receiver = this.#child(
      'receiver',
      [join(scripts, 'demo/receiver.ts'), '--port', `${ports.receiver}`],
      deadlines.receiver,
      { ...elsewhere, onLine: (line) => line.startsWith('{') || options.onNotification?.(line) },
    );
    this.centre = this.#child('centre', ['forpost.mjs', 'cloud', '--config', cloudFile], deadlines.centre, elsewhere);
    this.gateway = this.#child('gateway', ['forpost.mjs', 'gateway', '--config', gatewayFile], deadlines.gateway);
    this.camera = this.#cameraChild(settings, credentials);
    const meters = ['--site', siteFile, '--credentials', settings.credentialsFile, '--port', `${ports.mqtt}`];
    this.meters = this.#child(
      'meters',
      [join(scripts, 'demo/meters.ts'), ...meters, '--state', join(folder, 'meters.json')],
      deadlines.meters,
    );
  }

  /**
   * Reads the configuration and makes missing files; starts no process. Changes nothing when another demo runs on the
   * folder or a port is taken. @throws Error with a message for the person at the terminal
   */
  static async prepare(options: DemoSiteOptions): Promise<DemoSite> {
    const folder = demoFolder(options);
    const claimed = await claimFolder(folder);
    if (!('claim' in claimed)) throw new Error(runsAlready(claimed.holder, options));
    try {
      const taken = await takenPorts(portsIn(demoPorts(options), options));
      if (taken.length > 0) throw new Error(taken.join('\n'));
      if (options.fresh) await rm(folder, { recursive: true, force: true });
      const known = await readCredentials(credentialsFile(folder));
      const settings = await prepareSettings(options, sha256(known.token));
      for (const file of settings.kept) options.say(`  keeping your changes in ${relative(root, file)}`);
      const credentials = await ensureSecrets(known, settings, settings);
      await keepLastLogs(settings.logs);
      return new DemoSite(settings, options, credentials, claimed.claim);
    } catch (error) {
      claimed.claim.release();
      throw error;
    }
  }

  get credentials(): Credentials {
    return this.#credentials;
  }

  /** Starts everything. @throws Error with a message for people, after stopping what had started */
  async start(): Promise<void> {
    try {
      await Promise.all([this.#startCentre(), this.#startGateway()]);
      await this.#begin(this.meters, 'twelve meters and sensors');
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Stops everything in the reverse order of the start. Safe to call twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  /** Sends SIGKILL to each process by its id. */
  kill(): void {
    for (const child of this.#children()) child.kill();
  }

  async #stopAll(): Promise<void> {
    await Promise.all([this.meters.stop(), this.camera?.stop()]);
    await this.gateway.stop();
    await this.centre.stop();
    await Promise.all([this.kafka?.stop(), this.receiver.stop()]);
    this.#claim.release();
  }

  async #startCentre(): Promise<void> {
    const { options } = this;
    const receiver = this.#begin(this.receiver, 'receiver of notifications');
    if (this.kafka !== undefined) await this.#begin(this.kafka, 'Apache Kafka');
    else if (options.kafka.kind === 'existing') options.say(`  using the Kafka at ${options.kafka.broker}`);
    else if (options.kafka.kind === 'none')
      options.say(`  no Kafka (${options.kafka.reason.split('\n')[0]}): the gateway sends over HTTP`);
    await this.#begin(this.centre, 'centre: ingest, history, API, page');
    await this.#keepLogIn();
    await receiver;
    await this.#healthy('the centre', this.settings.ports.centre);
  }

  async #startGateway(): Promise<void> {
    const { clock } = this.options;
    const { withoutCamera } = this.options;
    if (withoutCamera !== undefined) this.options.say(`  no camera (${withoutCamera})`);
    const camera = this.#startCamera();
    await Promise.race([camera, sleep(clock, cameraHeadStartMs)]);
    await this.#begin(this.gateway, 'gateway');
    await this.#healthy('the gateway', this.settings.ports.gateway);
  }

  /** A camera that fails does not stop the site. */
  async #startCamera(): Promise<void> {
    if (this.camera === undefined) return;
    try {
      await this.#begin(this.camera, 'camera');
    } catch (error) {
      if (!(error instanceof ChildError)) throw error;
      this.options.say(`  the demo goes on without a camera: ${error.message}`);
    }
  }

  async #begin(child: Child, what: string): Promise<void> {
    const begun = performance.now();
    await child.start();
    this.options.say(`  ✓ ${what} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
  }

  async #healthy(what: string, port: number): Promise<void> {
    const { clock } = this.options;
    const end = clock.uptime() + healthDeadlineMs;
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch((error: unknown) => error);
      if (answer instanceof Response && answer.ok) return;
      if (clock.uptime() > end) {
        const said = answer instanceof Response ? `says ${answer.status}` : messageOf(answer);
        throw new Error(`${what} is not healthy: http://127.0.0.1:${port}/healthz ${said}`);
      }
      await sleep(clock, pollMs);
    }
  }

  #cameraChild({ ports, cameraPath, cameras }: Settings, credentials: Credentials): Child | undefined {
    const [first] = cameras;
    const account = first === undefined ? undefined : credentials.cameras[first];
    if (account === undefined) return undefined;
    const where = ['--port', `${ports.camera}`, '--path', cameraPath, '--cache', join(cache, 'camera')];
    const who = ['--user', account.user, '--password', account.password];
    const what = this.options.video === undefined ? [] : ['--video', this.options.video];
    const say = (line: string) => line.startsWith('{') || this.options.say(`  … camera: ${line}`);
    const entry = join(root, 'scripts/camera/camera.ts');
    return this.#child('camera', [entry, ...where, ...who, ...what], deadlines.camera, { ...elsewhere, onLine: say });
  }

  #child(
    name: string,
    args: readonly string[],
    readyWithinMs: number,
    more: Pick<ChildOptions, 'onLine' | 'nice'> = {},
  ): Child {
    const { clock, random, say } = this.options;
    const log = join(this.settings.logs, `${name}.log`);
    return new Child({ name, args, log, readyWithinMs, clock, random, report: say, ...more });
  }

  #children(): Child[] {
    return [this.meters, this.camera, this.gateway, this.centre, this.kafka, this.receiver].filter(
      (child) => child !== undefined,
    );
  }

  /** At its first start the centre makes a user; a file holds the password until somebody changes it. */
  async #keepLogIn(): Promise<void> {
    const first = await readFirstLogin(this.settings.cloudData);
    if (first === undefined) return;
    this.#credentials = { ...this.#credentials, centre: first };
    try {
      await writeCredentials(this.settings.credentialsFile, this.#credentials);
    } catch (error) {
      this.options.say(`cannot save the centre's log-in: ${messageOf(error)}`);
    }
  }
}

function portsIn(ports: Ports, options: DemoOptions): (readonly [number, string])[] {
  return [
    [ports.mqtt, 'MQTT of the gateway'],
    [ports.gateway, 'page of the gateway'],
    [ports.centre, 'page of the centre'],
    [ports.receiver, 'receiver of notifications'],
    ...(options.kafka.kind === 'own'
      ? ([
          [ports.kafka, 'Kafka'],
          [ports.kafkaController, 'Kafka’s controller'],
        ] as const)
      : []),
    ...(options.withoutCamera === undefined ? ([[ports.camera, 'camera']] as const) : []),
  ];
}

function runsAlready(holder: Holder | undefined, { portOffset }: DemoOptions): string {
  const who = holder === undefined ? '' : ` (process ${holder.pid}, since ${new Date(holder.since).toLocaleString()})`;
  const { gateway, centre } = demoPorts({ portOffset });
  return [
    `This demo is already running${who}; nothing was changed.`,
    `  its pages       http://127.0.0.1:${gateway} and http://127.0.0.1:${centre}`,
    '  to stop it      Ctrl-C in its terminal',
    `  a second demo   npm start -- --port-offset ${portOffset + 1000}`,
  ].join('\n');
}

async function keepLastLogs(folder: string): Promise<void> {
  const last = `${folder}-before`;
  if (existsSync(folder)) {
    await rm(last, { recursive: true, force: true });
    await rename(folder, last);
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
}
