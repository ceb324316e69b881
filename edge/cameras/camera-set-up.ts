/**
 * Finds and tests cameras for an installer, before they belong to the site, for the page, the API and the command line.
 * Each job runs in a process of its own (job.ts).
 *
 *   search ── cameras reported as they answer ──► over: what was found is kept for `keptMs`
 *
 * Always: one search at a time, and `mostJobs` others; a log-in is kept nowhere and goes only to the address that the caller
 * named; `stop` ends every job.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import { noWords, type Words, words } from '@forpost/shared/texts/english.ts';
import { type JobEvents, type RunningJob, runJob } from './job.ts';
import type { AskJob, DeviceAnswer, FoundCamera, Job, StreamReading, TestJob } from './messages.ts';

const mostJobs = 2;
const searchMs = 5_000;
/** more than its work can take: a process that is late hangs */
const graceMs = 5_000;
const askDeadlineMs = 60_000;
const testDeadlineMs = 35_000;
/** What a search found may be stale after this: cameras get other addresses. */
const keptMs = 15 * 60_000;
/** a search for tests may be shorter */
const leastSearchMs = 100;
export const mostSearchMs = 15_000;
export const mostTestedStreams = 4;

export interface SearchView {
  readonly isRunning: boolean;
  /** when it began, ms since 1970; undefined: nobody has searched lately */
  readonly began: number | undefined;
  readonly cameras: readonly FoundCamera[];
  /** networks that could not be asked, and why a search ended early */
  readonly problems: readonly Words[];
}

export interface Refused {
  readonly refused: Words;
  /** the camera wants a log-in, or another one */
  readonly needsLogin: boolean;
}

/** No further job may run now. */
export class SetUpBusy extends Error {}

export interface CameraSetUpOptions {
  readonly clock: Clock;
  /** for tests */
  readonly run?: (job: Job, deadlineMs: number, clock: Clock, events: JobEvents) => RunningJob;
  /** for tests: the port that a search asks */
  readonly discoveryPort?: number;
}

export class CameraSetUp implements Part {
  readonly #options: CameraSetUpOptions;
  readonly #jobs = new Set<RunningJob>();
  #search: RunningJob | undefined;
  #began: { readonly at: number; readonly uptime: number } | undefined;
  #found = new Map<string, FoundCamera>();
  #problems: readonly Words[] = [];
  #isStopped = false;

  constructor(options: CameraSetUpOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#isStopped = false;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#search?.stop();
    this.#search = undefined;
    for (const job of this.#jobs) job.stop();
    this.#jobs.clear();
  }

  /** Begins a search, unless one is running. `ms`: how long answers are awaited. */
  search(ms = searchMs): SearchView {
    const { clock, discoveryPort } = this.#options;
    if (this.#search !== undefined || this.#isStopped) return this.found();
    const bounded = Math.min(mostSearchMs, Math.max(leastSearchMs, ms));
    this.#began = { at: clock.now(), uptime: clock.uptime() };
    this.#found = new Map();
    this.#problems = [];
    const port = discoveryPort === undefined ? {} : { port: discoveryPort };
    this.#search = this.#run({ kind: 'find', ms: bounded, ...port }, bounded + graceMs, {
      message: (message) => {
        if (message.kind === 'found') this.#found.set(message.camera.id, message.camera);
        if (message.kind === 'searched') this.#problems = message.problems;
      },
      over: (failure) => {
        this.#search = undefined;
        if (failure !== undefined) this.#problems = [...this.#problems, failure.reason];
      },
    });
    return this.found();
  }

  found(): SearchView {
    const isStale =
      this.#search === undefined &&
      this.#began !== undefined &&
      this.#options.clock.uptime() - this.#began.uptime > keptMs;
    if (isStale) {
      this.#began = undefined;
      this.#found = new Map();
      this.#problems = [];
    }
    const cameras = [...this.#found.values()].sort((a, b) => a.host.localeCompare(b.host, 'en', { numeric: true }));
    return {
      isRunning: this.#search !== undefined,
      began: this.#began?.at,
      cameras,
      problems: this.#problems.filter((one) => one !== noWords),
    };
  }

  /** Asks a camera for its model and streams. @throws SetUpBusy */
  async ask(job: Omit<AskJob, 'kind'>): Promise<DeviceAnswer | Refused> {
    let answer: DeviceAnswer | undefined;
    const failure = await this.#whole({ kind: 'ask', ...job }, askDeadlineMs, (message) => {
      if (message.kind === 'answered') answer = message.device;
    });
    if (answer !== undefined) return answer;
    return {
      refused: failure?.reason ?? words('gateway/reason.set-up-stopped'),
      needsLogin: failure?.needsLogin ?? false,
    };
  }

  /** Tests at most `mostTestedStreams` streams of one camera, in their order. @throws SetUpBusy */
  async test(job: Omit<TestJob, 'kind'>): Promise<readonly StreamReading[]> {
    const streams = job.streams.slice(0, mostTestedStreams);
    const readings: StreamReading[] = [];
    const failure = await this.#whole({ kind: 'test', ...job, streams }, testDeadlineMs * streams.length, (message) => {
      if (message.kind === 'measured') readings.push(message.reading);
    });
    const reason = failure?.reason ?? words('gateway/reason.set-up-stopped');
    return streams.map(({ url }, index) => readings[index] ?? { url, failure: reason });
  }

  /** Resolves when the job is over: to why it failed. */
  #whole(job: Job, deadlineMs: number, message: JobEvents['message']): Promise<Parameters<JobEvents['over']>[0]> {
    if (this.#jobs.size >= mostJobs || this.#isStopped) throw new SetUpBusy();
    return new Promise((resolve) => {
      const running = this.#run(job, deadlineMs, {
        message,
        over: (failure) => {
          this.#jobs.delete(held);
          resolve(failure);
        },
      });
      const held: RunningJob = {
        stop: () => {
          running.stop();
          resolve(undefined);
        },
      };
      this.#jobs.add(held);
    });
  }

  #run(job: Job, deadlineMs: number, events: JobEvents): RunningJob {
    const { run = runJob, clock } = this.#options;
    return run(job, deadlineMs, clock, events);
  }
}
