/**
 * A real gateway process that is killed (SIGKILL) at a call that changes its folder, by kill-at.mjs.
 *
 *   start ─► arm(at) ─► … ─► call number `at`: killed ─► start again, without a plan
 *
 * Always: one gateway at a time runs on the folder; its data folder stays when it is killed.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { replaceFileSync } from '@forpost/shared/files.ts';
import mqtt from 'mqtt';
import { SocketClient } from '../../../edge/config/socket-client.ts';
import { TestProcess, until } from '../../harness/process.ts';

const killer = fileURLToPath(new URL('./kill-at.mjs', import.meta.url));

export interface Ports {
  readonly mqtt: number;
  readonly http: number;
}

export interface Plan {
  /** number of the call before which it is killed; 0: it only counts */
  readonly at: number;
  /** pattern of the paths that count, within the folder */
  readonly only: string;
}

export class KilledGateway {
  readonly folder: string;
  readonly ports: Ports;
  readonly #plan: string;
  readonly #log: string;
  #process: TestProcess | undefined;

  /** `folder`: of its gateway.yaml */
  constructor(folder: string, ports: Ports) {
    this.folder = folder;
    this.ports = ports;
    this.#plan = `${folder}.plan.json`;
    this.#log = `${folder}.calls.log`;
  }

  /** Starts it, and waits until it is ready. */
  async start(): Promise<void> {
    rmSync(this.#plan, { force: true });
    this.#process = await TestProcess.start('gateway', this.#args, { env: this.#env });
  }

  /** Starts it with a plan, by which it is killed while it starts. @returns whether it was killed */
  async startInto(plan: Plan): Promise<boolean> {
    this.arm(plan);
    try {
      this.#process = await TestProcess.start('gateway', this.#args, { env: this.#env });
      return false;
    } catch (error) {
      if (String(error).includes('ended with SIGKILL')) return true;
      throw error;
    }
  }

  /** From now on its calls count. */
  arm({ at, only }: Plan): void {
    rmSync(this.#log, { force: true });
    replaceFileSync(this.#plan, JSON.stringify({ folder: this.folder, only, at, log: this.#log }));
  }

  /** The calls that were counted, the last of which was not made where it was killed. */
  calls(): readonly string[] {
    return existsSync(this.#log) ? readFileSync(this.#log, 'utf8').trim().split('\n') : [];
  }

  get running(): boolean {
    return this.#process?.running === true;
  }

  async ended(): Promise<void> {
    await until('the gateway has ended', () => !this.running);
  }

  stop(): Promise<void> {
    return this.#process?.stop() ?? Promise.resolve();
  }

  /** Its API by its socket, as the command line asks it. */
  get api(): SocketClient {
    return new SocketClient(join(this.folder, 'gateway'), 'tester');
  }

  /** Whether a client gets in. */
  async letsIn(user: string, password: string, clientId = user): Promise<boolean> {
    const options = { username: user, password, clientId, reconnectPeriod: 0, connectTimeout: 10_000 };
    try {
      const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${this.ports.mqtt}`, options);
      await client.endAsync(true);
      return true;
    } catch {
      return false;
    }
  }

  get #args(): readonly string[] {
    return ['forpost.mjs', 'gateway', '--config', join(this.folder, 'gateway.yaml')];
  }

  get #env(): NodeJS.ProcessEnv {
    const options = `${process.env.NODE_OPTIONS ?? ''} --import ${killer}`.trim();
    return { NODE_OPTIONS: options, FORPOST_KILL_PLAN: this.#plan };
  }
}
