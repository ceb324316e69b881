/**
 * The supervisor of the probe process: asks it for a reading now and then, and replaces it when it fails.
 *
 *   forked ── 20 s ──► asked ── reading ──► idle ── every_s ──► asked
 *     ▲                  └── no answer, ended ──┐
 *     └── pause, twice as long each time ◄── group killed
 *
 * Always: the main thread waits for nothing and reads no file of the machine. The process leads its own group: SIGKILL
 * to it also ends the programs that it started. At most one process exists: while the kernel cannot end it
 * (it waits for a disk), no other one starts. A fork stops the main thread for some milliseconds, longer in a larger
 * gateway: the process is forked before devices connect, and is idle until the first reading.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import { killGroup } from '@forpost/shared/process-group.ts';
import type { FromProbe, ToProbe } from './messages.ts';
import type { HostReading } from './reading.ts';

const entryPoint = fileURLToPath(new URL('./process/main.mjs', import.meta.url));
/** Reading a hundred small files needs little memory; by default V8 plans for 2 GB. */
const memoryFlags = ['--max-semi-space-size=1', '--max-old-space-size=32'];

/** While a gateway boots, its devices come first. */
const firstAfterMs = 20_000;
/** Longer than the deadline of every probe together with a start on a slow machine. */
const answerDeadlineMs = 40_000;
const longestPauseMs = 3_600_000;

export interface ProbeProcessOptions {
  /** the data folder */
  readonly folder: string;
  readonly smart: boolean;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onReading: (reading: HostReading) => void;
  /** the process gave no reading */
  readonly onFailure: () => void;
  /** default: Node's fork of process/main.mjs */
  readonly forkProcess?: () => ChildProcess;
}

export class ProbeProcess {
  readonly #options: ProbeProcessOptions;
  readonly #log: SparingLogger;
  #child: ChildProcess | undefined;
  #timer: Timer | undefined;
  #asked = 0;
  #failures = 0;
  #stopped = true;
  #gone: (() => void) | undefined;

  constructor(options: ProbeProcessOptions) {
    this.#options = options;
    this.#log = new SparingLogger(options.logger, options.clock);
  }

  start(): void {
    this.#stopped = false;
    this.#fork();
    if (this.#child !== undefined) this.#after(firstAfterMs, () => this.#ask());
  }

  /** Resolves when the process is gone, or after `patienceMs` if the kernel cannot end it. */
  async stop(patienceMs = 1000): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    const child = this.#child;
    if (child === undefined) return;
    killGroup(child);
    await new Promise<void>((resolve) => {
      this.#gone = resolve;
      this.#after(patienceMs, resolve);
    });
    this.#timer?.cancel();
    child.unref();
  }

  /** pid of the process while there is one */
  get processId(): number | undefined {
    return this.#child?.pid;
  }

  #fork(): void {
    const child = this.#forked();
    this.#child = child;
    if (child === undefined) return;
    let over = false;
    const ended = (how: string) => {
      if (over) return;
      over = true;
      this.#ended(child, how);
    };
    child.on('message', (message) => this.#receive(message as FromProbe));
    child.once('error', (error) => ended(messageOf(error)));
    child.once('exit', (code, signal) => ended(`it ended with ${signal ?? `status ${code}`}`));
  }

  /** undefined: the system has no memory for the process (Node throws); the next try follows as after an end. */
  #forked(): ChildProcess | undefined {
    try {
      return (this.#options.forkProcess ?? forkProbe)();
    } catch (error) {
      this.#pause({ how: messageOf(error) });
      return undefined;
    }
  }

  #ask(): void {
    const { folder, smart } = this.#options;
    this.#asked++;
    // the first message loads the probes; a repeated one changes nothing
    this.#send({ kind: 'configure', folder, smart });
    this.#send({ kind: 'read', id: this.#asked });
    this.#after(answerDeadlineMs, () => {
      const child = this.#child;
      this.#log.warn('late', { pid: child?.pid }, 'the machine’s health was not read in time: its process is ended');
      this.#options.onFailure();
      if (child !== undefined) killGroup(child);
    });
  }

  #receive({ id, reading }: FromProbe): void {
    if (this.#stopped || id !== this.#asked) return;
    this.#failures = 0;
    this.#after(this.#options.everyMs, () => this.#ask());
    this.#options.onReading(reading);
  }

  #ended(child: ChildProcess, how: string): void {
    // programs of its group outlive it
    killGroup(child);
    this.#child = undefined;
    this.#gone?.();
    if (!this.#stopped) this.#pause({ pid: child.pid, how });
  }

  #pause(about: { readonly pid?: number | undefined; readonly how: string }): void {
    const { everyMs, onFailure } = this.#options;
    this.#log.warn('ended', about, 'there is no process that reads the machine’s health: it is started again');
    onFailure();
    const pauseMs = Math.min(longestPauseMs, Math.max(everyMs, 60_000) * 2 ** Math.min(this.#failures, 10));
    this.#failures++;
    this.#after(pauseMs, () => {
      this.#fork();
      if (this.#child !== undefined) this.#ask();
    });
  }

  /** Sets the only timer; an earlier one is cancelled. */
  #after(delayMs: number, run: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(delayMs, run);
  }

  #send(message: ToProbe): void {
    if (this.#child?.connected !== true) return;
    // a process that takes no message is ending: `exit` follows
    this.#child.send(message, () => {});
  }
}

function forkProbe(): ChildProcess {
  return fork(entryPoint, [], {
    detached: true,
    execArgv: memoryFlags,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, MALLOC_ARENA_MAX: '1' },
  });
}
