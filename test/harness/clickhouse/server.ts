/** A test's own ClickHouse server: http-interface.ts as a child process with a folder of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../ports.ts';
import type { Fault } from './faults.ts';

export class TestClickHouse {
  /** http://127.0.0.1:PORT, without user, password and database */
  readonly origin: string;
  readonly #folder: string;
  readonly #login: readonly string[];
  #child: ChildProcess;

  private constructor(folder: string, login: readonly string[], child: ChildProcess, port: number) {
    this.#folder = folder;
    this.#login = login;
    this.#child = child;
    this.origin = `http://127.0.0.1:${port}`;
  }

  /** `login`: user and password; without them the server asks for none. */
  static async start(...login: readonly string[]): Promise<TestClickHouse> {
    const folder = await mkdtemp(join(tmpdir(), 'forpost-clickhouse-'));
    try {
      const [port = 0] = await freePorts(1);
      return new TestClickHouse(folder, login, await launch(folder, port, login), port);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Makes the next `times` requests fail in this way. */
  async fail(fault: Fault, times = 1): Promise<void> {
    this.#child.send({ fault, times });
    await once(this.#child, 'message');
  }

  /** Ends the server as a power cut does. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  /** Starts it again, on the same port and folder. */
  async restart(): Promise<void> {
    await this.kill();
    this.#child = await launch(this.#folder, Number(new URL(this.origin).port), this.#login);
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Resolves when the server listens. */
async function launch(folder: string, port: number, login: readonly string[]): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('http-interface.ts', import.meta.url));
  const child = fork(program, [join(folder, 'data'), String(port), ...login], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    // each running statement occupies one of libuv's threads
    env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
  });
  if (child.stdout === null) throw new Error('the ClickHouse server of the tests has no standard output');
  for await (const _line of createInterface({ input: child.stdout })) return child;
  throw new Error(`the ClickHouse server of the tests ended with ${child.exitCode} before it listened`);
}
