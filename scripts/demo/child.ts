/**
 * One process of the demo, with its own log.
 *
 *   stopped ── start ──► starting ── its line {"ready": …} ──► up ── stop ──► stopped
 *                           └── ended, too late ──► failed     └── ended by itself ──► waiting ── at most 5 times ──► starting
 *
 * Always: each process has a process group of its own, so that a Ctrl-C at the terminal reaches the demo alone; its
 * standard input is a pipe from the demo, so that it stops when the demo ends for any reason; only its own id is killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { type Clock, sleep } from '@forpost/shared/clock.ts';
import { backoffMs } from '@forpost/shared/retry.ts';
import { root } from './settings.ts';

/** the least urgent priority that setpriority(2) knows */
const lowestPriority = 19;

export interface ChildOptions {
  /** for people, and the name of the log */
  readonly name: string;
  readonly args: readonly string[];
  readonly log: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly readyWithinMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** reports an event of the process, in a line for people */
  readonly report: (line: string) => void;
  readonly onLine?: (line: string) => void;
  /** added to this process's own priority, as nice(1) does: more is less urgent. Default 0 */
  readonly nice?: number;
  /** output lines that the log must not keep */
  readonly secret?: RegExp;
}

/** After the last restart the process stays down, and the rest of the demo goes on. */
const mostRestarts = 5;
const restartBackoff = { baseMs: 1_000, ceilingMs: 20_000 };
/** Longer than the 20 s that a gateway or centre takes to stop. */
const stopDeadlineMs = 25_000;
const tailLines = 15;

export class ChildError extends Error {}

export class Child {
  readonly name: string;
  readonly log: string;
  readonly #options: ChildOptions;
  readonly #closing = new AbortController();
  #process: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #shouldRun = false;
  #restarts = 0;

  constructor(options: ChildOptions) {
    this.#options = options;
    this.name = options.name;
    this.log = options.log;
  }

  get running(): boolean {
    const { exitCode, signalCode } = this.#process ?? { exitCode: 0, signalCode: null };
    return this.#process !== undefined && exitCode === null && signalCode === null;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Resolves with the value of the ready line. @throws ChildError with the tail of the log */
  async start(): Promise<unknown> {
    this.#shouldRun = true;
    const ready = await this.#launch();
    void this.#watch();
    return ready;
  }

  /** Sends SIGTERM, and SIGKILL after the deadline. Safe to call twice, and before start. */
  async stop(): Promise<void> {
    this.#shouldRun = false;
    this.#closing.abort();
    if (!this.running) return;
    this.#process?.kill('SIGTERM');
    const late = this.#options.clock.after(stopDeadlineMs, () => {
      this.#options.report(`${this.name} did not stop within ${stopDeadlineMs / 1000} s: killed`);
      this.kill();
    });
    await this.#ended;
    late.cancel();
  }

  /** Stops the process until the next `start`. */
  async pause(): Promise<void> {
    this.#shouldRun = false;
    this.#process?.kill('SIGTERM');
    await this.#ended;
  }

  kill(): void {
    this.#shouldRun = false;
    if (this.running) this.#process?.kill('SIGKILL');
  }

  tail(): string {
    // somebody may have deleted the log while the process ran
    if (!existsSync(this.log)) return `    its log ${this.log} was deleted`;
    const lines = readFileSync(this.log, 'utf8').trimEnd().split('\n').slice(-tailLines);
    return lines.map((line) => `    ${line}`).join('\n');
  }

  #launch(): Promise<unknown> {
    const { args, env, readyWithinMs, clock, onLine, secret, nice } = this.#options;
    mkdirSync(dirname(this.log), { recursive: true, mode: 0o700 });
    const log = openSync(this.log, 'a', 0o600);
    const child = spawn(process.execPath, [...args], {
      cwd: root,
      env: { ...process.env, ...env, FORPOST_STOP_WITH_PARENT: '1' },
      stdio: ['pipe', 'pipe', log],
      detached: true,
    });
    this.#process = child;
    if (nice !== undefined && child.pid !== undefined)
      setPriority(child.pid, Math.min(lowestPriority, getPriority() + nice));
    // the process has ended: `#ended` reports it
    child.stdin?.on('error', () => child.stdin?.destroy());
    this.#ended = new Promise((resolve) => {
      child.once('error', () => resolve());
      child.once('close', () => {
        closeSync(log);
        resolve();
      });
    });
    return new Promise((resolve, reject) => {
      const fail = (why: string) =>
        reject(new ChildError(`${this.name} ${why}:\n${this.tail()}\n    whole log: ${this.log}`));
      const late = clock.after(readyWithinMs, () => {
        child.kill('SIGKILL');
        fail(`was not ready within ${readyWithinMs / 1000} s`);
      });
      if (child.stdout === null) throw new ChildError(`${this.name} has no standard output`);
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (secret?.test(line) !== true) writeSync(log, `${line}\n`);
        onLine?.(line);
        const ready = readyOf(line);
        if (ready === undefined) return;
        late.cancel();
        resolve(ready);
      });
      child.once('error', (error) => fail(`could not be started (${error.message})`));
      child.once('exit', (code, signal) => {
        late.cancel();
        fail(`ended with ${code ?? signal}`);
      });
    });
  }

  /** Restarts the process when it ends by itself. */
  async #watch(): Promise<void> {
    const { clock, random, report } = this.#options;
    for (;;) {
      await this.#ended;
      if (!this.#shouldRun) return;
      const { exitCode, signalCode } = this.#process ?? {};
      if (this.#restarts >= mostRestarts) {
        report(
          `${this.name} ended (${exitCode ?? signalCode}) for the ${mostRestarts + 1}th time and is not restarted: ${this.log}`,
        );
        return;
      }
      const delayMs = restartBackoff.baseMs + backoffMs(restartBackoff, this.#restarts++, random);
      report(
        `${this.name} ended by itself (${exitCode ?? signalCode}) and restarts in ${Math.round(delayMs / 1000)} s:\n${this.tail()}`,
      );
      await sleep(clock, delayMs, this.#closing.signal);
      if (!this.#shouldRun) return;
      try {
        await this.#launch();
        report(`${this.name} is back`);
      } catch (error) {
        if (!(error instanceof ChildError)) throw error;
        report(error.message);
      }
    }
  }
}

/** The value of a JSON line with the key "ready"; undefined for any other line. */
function readyOf(line: string): unknown {
  if (!line.startsWith('{"ready"')) return undefined;
  const { ready } = JSON.parse(line) as { ready: unknown };
  return ready === false ? undefined : ready;
}
