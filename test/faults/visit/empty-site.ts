/**
 * The site of a visit: what `forpost init` makes, a gateway's own process on it, and the others of the site, which the API
 * adds before the visit begins: a meter, a device that is watched, and the display that reads its alerts.
 *
 * Always: after the gateway's start no file is touched from here; the gateway is started once.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { logIn } from '../../harness/centre.ts';
import { freePorts } from '../../harness/ports.ts';
import { root, TestProcess } from '../../harness/process.ts';

const user = 'installer';
const others = {
  meter: 'main-meter',
  watched: 'boiler',
  display: 'wall-display',
} as const;

export class EmptySite {
  readonly folder: string;
  readonly mqttPort: number;
  readonly page: string;
  readonly account: { readonly user: string; readonly password: string };
  readonly gateway: TestProcess;
  readonly others = others;
  readonly #cookie: string;
  #passwords: ReadonlyMap<string, string> = new Map();

  private constructor(parts: {
    readonly folder: string;
    readonly mqttPort: number;
    readonly page: string;
    readonly password: string;
    readonly gateway: TestProcess;
    readonly cookie: string;
  }) {
    this.folder = parts.folder;
    this.mqttPort = parts.mqttPort;
    this.page = parts.page;
    this.account = { user, password: parts.password };
    this.gateway = parts.gateway;
    this.#cookie = parts.cookie;
  }

  /** @throws Error where the gateway does not start */
  static async start(): Promise<EmptySite> {
    const folder = await mkdtemp(join(tmpdir(), 'forpost-visit-'));
    try {
      const [mqttPort = 0, httpPort = 0] = await freePorts(2);
      const forpost = join(root, 'forpost.mjs');
      await promisify(execFile)(process.execPath, [forpost, 'init', folder, '--site', 'farm', '--timezone', 'UTC']);
      const file = join(folder, 'gateway.yaml');
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replace('port: 1883', `port: ${mqttPort}`).replace('port: 8080', `port: ${httpPort}`));
      const log = await readFile(join(folder, 'first-log-in.txt'), 'utf8');
      const password = log.split(' / ')[1]?.trim() ?? '';
      const gateway = await TestProcess.start('gateway', [forpost, 'gateway', '--config', file]);
      const page = `http://127.0.0.1:${httpPort}`;
      const cookie = await logIn(page, user, password);
      const site = new EmptySite({ folder, mqttPort, page, password, gateway, cookie });
      await site.#addOthers();
      return site;
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get outboxFile(): string {
    return join(this.folder, 'data/outbox.db');
  }

  passwordOf(id: string): string {
    const password = this.#passwords.get(id);
    if (password === undefined) throw new Error(`${id} got no password`);
    return password;
  }

  async api<T>(path: string, init: RequestInit = {}): Promise<T> {
    const headers = { 'content-type': 'application/json', cookie: this.#cookie, origin: this.page, ...init.headers };
    const answer = await fetch(`${this.page}${path}`, { ...init, headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  async #addOthers(): Promise<void> {
    const { meter, watched, display } = others;
    const edits = [
      { set: ['devices', meter], value: { id: meter, name: 'Main meter', decoder: 'native' } },
      { set: ['devices', watched], value: { id: watched, name: 'Boiler', decoder: 'native' } },
      { set: ['consumers', display], value: { id: display, subscribe: ['forpost/alerts/#'] } },
      {
        set: ['rules', 'boiler-on'],
        value: {
          id: 'boiler-on',
          kind: 'threshold',
          device: watched,
          metric: 'power_w',
          above: 1000,
          severity: 'info',
        },
      },
    ];
    const { revision } = await this.api<{ revision: { sha256: string } }>('/api/v1/site/values');
    const { passwords } = await this.api<{ passwords: readonly { id: string; password: string }[] }>('/api/v1/site', {
      method: 'PATCH',
      headers: { 'if-match': `"${revision.sha256}"` },
      body: JSON.stringify({ edits, passwords: true }),
    });
    this.#passwords = new Map(passwords.map(({ id, password }) => [id, password]));
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
