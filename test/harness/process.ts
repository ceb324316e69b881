/**
 * A test's child process: ready when it prints its JSON line, stopped or killed by its own id, never left behind. Its output
 * is kept (bounded) and shown when it does not become ready.
 */
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { root } from './root.ts';

export { root };

const keptLines = 400;

export interface ProcessOptions {
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly readyWithinMs?: number;
  /** file that its output is appended to */
  readonly logFile?: string | undefined;
}

/** Processes that were started here and still run: empty when a test has cleaned up. */
const running = new Map<number, string>();

/** Registers a process that was started by other means. */
export function noteProcess(pid: number, name: string, ended: Promise<void>): void {
  running.set(pid, name);
  void ended.then(() => running.delete(pid));
}

export function runningProcesses(): readonly { readonly pid: number; readonly name: string }[] {
  return [...running].map(([pid, name]) => ({ pid, name }));
}

export class TestProcess {
  readonly name: string;
  readonly ready: Record<string, unknown>;
  readonly lines: string[];
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  private constructor(
    name: string,
    child: ChildProcess,
    ready: Record<string, unknown>,
    lines: string[],
    ended: Promise<void>,
  ) {
    this.name = name;
    this.#child = child;
    this.ready = ready;
    this.lines = lines;
    this.#ended = ended;
  }

  /** Starts `node ...args`; resolves when it has printed a line of JSON with the key "ready". */
  static start(name: string, args: readonly string[], options: ProcessOptions = {}): Promise<TestProcess> {
    const child = launch(name, args, options);
    const lines: string[] = [];
    const log = options.logFile === undefined ? undefined : createWriteStream(options.logFile, { flags: 'a' });
    const keep = (line: string) => {
      log?.write(`${line}\n`);
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
    };
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.once('close', () => log?.end());
    return new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${name} ${why}:\n${lines.slice(-40).join('\n')}`));
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        fail('was not ready in time');
      }, options.readyWithinMs ?? 60_000);
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        fail(`ended with ${code ?? signal}`);
      });
      child.once('error', (error) => fail(error.message));
      createInterface({ input: child.stderr }).on('line', keep);
      createInterface({ input: child.stdout }).on('line', (line) => {
        keep(line);
        if (!line.startsWith('{"ready"')) return;
        clearTimeout(timer);
        resolve(
          new TestProcess(name, child, (JSON.parse(line) as { ready: Record<string, unknown> }).ready, lines, ended),
        );
      });
    });
  }

  /** Starts `node ...args` and kills it `afterMs` later, ready or not. */
  static async startAndKill(
    name: string,
    args: readonly string[],
    afterMs: number,
    options: ProcessOptions = {},
  ): Promise<void> {
    const child = launch(name, args, options);
    child.stdout.resume();
    child.stderr.resume();
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
    await ended;
    clearTimeout(timer);
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.name} has no process id`);
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** Sends SIGTERM, and SIGKILL after the deadline. */
  async stop(deadlineMs = 15_000): Promise<void> {
    if (!this.running) return;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), deadlineMs);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Sends SIGKILL: the process can do nothing more. */
  async kill(): Promise<void> {
    if (!this.running) return;
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

function launch(
  name: string,
  args: readonly string[],
  { env }: ProcessOptions,
): ChildProcessByStdio<Writable, Readable, Readable> {
  const child = spawn(process.execPath, args, {
    cwd: root,
    // the process ends even when the tests are killed
    env: { ...process.env, FORPOST_STOP_WITH_PARENT: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid !== undefined) {
    running.set(pid, name);
    child.once('exit', () => running.delete(pid));
  }
  return child;
}

/** Polls until `check` returns something else than undefined or false. @throws Error naming `what` after `withinMs` */
export async function until<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 30_000,
): Promise<T> {
  const end = performance.now() + withinMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms in vain: ${what}`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
