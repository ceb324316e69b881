/**
 * The gateway of one run: its files, its process, and the functions that kill and start it.
 *
 * Always: kills and starts happen one after the other, for any caller; a gateway that ends by itself is noticed.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { writeGatewayFiles } from '../harness/configuration.ts';
import { freePorts } from '../harness/ports.ts';
import { TestProcess } from '../harness/process.ts';
import { deviceIds, loadRules } from './load/load.ts';

export interface GatewayOptions {
  readonly id: string;
  readonly folder: string;
  readonly brokers: readonly string[];
  /** the outbox's folder; default: in `folder` */
  readonly data?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** further keys of gateway.yaml */
  readonly extra?: object | undefined;
}

export class GatewayUnderTest {
  readonly id: string;
  readonly mqttPort: number;
  readonly httpPort: number;
  readonly log: string;
  readonly outboxFile: string;
  readonly #file: string;
  readonly #env: NodeJS.ProcessEnv | undefined;
  #process: TestProcess | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: GatewayOptions, mqttPort: number, httpPort: number, file: string) {
    this.id = options.id;
    this.mqttPort = mqttPort;
    this.httpPort = httpPort;
    this.log = join(options.folder, 'gateway.log');
    this.outboxFile = join(options.data ?? join(options.folder, 'gateway'), 'outbox.db');
    this.#file = file;
    this.#env = options.env;
  }

  static async start(options: GatewayOptions): Promise<GatewayUnderTest> {
    const { id, folder, brokers, data, extra } = options;
    await mkdir(folder, { recursive: true });
    const [mqttPort = 0, httpPort = 0] = await freePorts(2);
    const file = await writeGatewayFiles(folder, {
      gateway: id,
      data,
      mqttPort,
      httpPort,
      devices: deviceIds,
      rules: loadRules,
      uplink: [{ kind: 'kafka', brokers }],
      extra,
    });
    const gateway = new GatewayUnderTest(options, mqttPort, httpPort, file);
    await gateway.#launch();
    return gateway;
  }

  get running(): boolean {
    return this.#process?.running === true;
  }

  /**
   * Sends SIGKILL; starts the gateway `awayMs` later, and kills it again that many ms after each of these starts. `whileDown`
   * runs before the last start. Returns the number of kills. @throws Error when it had ended by itself
   */
  killAndRestart(
    awayMs: number,
    killedWhileStartingMs: readonly number[] = [],
    whileDown: () => Promise<void> = () => Promise.resolve(),
  ): Promise<number> {
    return this.#inTurn(async () => {
      if (!this.running) throw new Error(`the gateway had ended by itself: ${this.log}`);
      await this.#process?.kill();
      for (const afterMs of killedWhileStartingMs)
        await TestProcess.startAndKill('gateway', this.#args(), afterMs, { env: this.#env, logFile: this.log });
      await new Promise((resolve) => setTimeout(resolve, awayMs));
      await whileDown();
      await this.#launch();
      return 1 + killedWhileStartingMs.length;
    });
  }

  stop(): Promise<void> {
    return this.#inTurn(async () => this.#process?.stop());
  }

  /** The number of assigned sequence numbers over all epochs and lanes, from the outbox's present file. */
  assigned(): number {
    const db = new Database(this.outboxFile, { readonly: true, fileMustExist: true });
    try {
      return (
        db.prepare<[], { assigned: number }>('select sum(next_seq - 1) as assigned from lanes').get()?.assigned ?? 0
      );
    } finally {
      db.close();
    }
  }

  /** Kills it at once, in any state. */
  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #args(): readonly string[] {
    return ['forpost.mjs', 'gateway', '--config', this.#file];
  }

  async #launch(): Promise<void> {
    this.#process = await TestProcess.start('gateway', this.#args(), { env: this.#env, logFile: this.log });
  }
}
