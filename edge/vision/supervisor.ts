/**
 * Keeps the vision process alive and tells the rest of the gateway what it sees. Native inference and ffmpeg may
 * crash, hang or leak in there; out here that is a restart and a sentence on the status page.
 *
 *   stopped ── start ──► starting ── first heartbeat ──► running
 *                          ▲  └── exit, no heartbeat, over its memory ──┐  │ the same
 *                          └── at once the first time, else backoff ◄───┴──┘
 *
 * A model that takes the process down again and again is run no more, and the built-in one watches in its place: what
 * counts, and how it is forgotten, says blame.ts.
 *
 * Always: at most one vision process; it leads a process group of its own, and the whole group is killed when it
 * ends, so that no ffmpeg is left; a site without cameras starts none; a camera that is not `off` is
 * connecting until the process that runs now says otherwise.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BoundedWork, contained } from '@forpost/shared/bounded-work.ts';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { CameraStatus } from '@forpost/shared/event/status.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import { type Backoff, backoffMs } from '@forpost/shared/retry.ts';
import type { CameraConfig, Secrets } from '../site/site.ts';
import { standsIn } from './blame.ts';
import { builtInModel } from './cards.ts';
import type { FromVision, ToVision, VisionEvents } from './messages.ts';
import { noTelemetry } from './no-telemetry.ts';
import { removeRings } from './process/ring-folder.ts';
import { ModelTrust } from './trust.ts';

/** The process says it is well once a second; native start-up on a busy core takes longer than a heartbeat may. */
const heartbeatDeadlineMs = 5_000;
const startDeadlineMs = 30_000;
/** Resident bytes at which the process is taken to be leaking: its own, and for each camera. */
const memoryCeilingBytes = 1024 ** 3;
const memoryCeilingBytesPerCamera = 128 * 1024 ** 2;
const restartBackoff: Backoff = { baseMs: 250, ceilingMs: 15_000 };
/** After a process that ran this long the next one starts at once, however often others ended before it. */
const provenAfterMs = 30_000;
const stopDeadlineMs = 3_000;
const entryPoint = fileURLToPath(new URL('./process/main.ts', import.meta.url));
/**
 * Frames come in pieces of 64 KB that are garbage at once. Left alone V8 lets its room for young objects grow to 64 MB
 * with them, and malloc keeps what they left between things that stay: 60 to 80 MB of 8 cameras.
 */
const memoryFlags = ['--max-semi-space-size=4'];
const memoryEnvironment = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '65536',
};

export type SceneMessage = Extract<FromVision, { kind: 'scene' }>;

export interface VisionOptions {
  readonly cameras: readonly CameraConfig[];
  /** user and password by camera id */
  readonly secrets: NonNullable<Secrets['cameras']>;
  /** the installation's data folder: models in `models/`, live pictures in `live/`, finished evidence in `evidence/new` */
  readonly dataFolder: string;
  readonly events: VisionEvents;
  readonly logger: Logger;
  readonly clock: Clock;
  /** uniform in [0, 1) */
  readonly random: () => number;
  /** resident bytes at which the process is taken to be leaking; default by the number of cameras */
  readonly memoryCeilingBytes?: number;
}

interface Running {
  readonly child: ChildProcess;
  readonly startedAt: number;
  deadline: Timer;
  /** why this side killed it; empty where it ended by itself */
  verdict: string;
  /** as it told last (messages.ts) */
  models: readonly string[];
  hung: readonly string[];
}

export class VisionSupervisor implements Part {
  readonly #options: VisionOptions;
  #secrets: VisionOptions['secrets'];
  #cameras: readonly CameraConfig[];
  readonly #status = new Map<string, CameraStatus>();
  readonly #problems = new Map<string, string>();
  readonly #latest = new Map<string, SceneMessage>();
  readonly #trust: ModelTrust;
  /** what one message of the process causes: an error in it ends there */
  readonly #hearing: BoundedWork;
  #running: Running | undefined;
  #restart: Timer | undefined;
  #down = '';
  #residentBytes: number | undefined;
  #failures = 0;
  #stopped = true;

  constructor(options: VisionOptions) {
    this.#options = options;
    this.#cameras = options.cameras;
    this.#secrets = options.secrets;
    const sparing = new SparingLogger(options.logger, options.clock);
    this.#hearing = {
      failed: (error) =>
        sparing.error('hearing', { err: error }, 'a message of the vision process could not be handled: a defect'),
    };
    this.#trust = new ModelTrust({
      modelsFolder: this.#modelsFolder,
      clock: options.clock,
      logger: options.logger,
      renewed: (model) => {
        options.logger.info({ model }, 'model is another one now: it is tried again');
        this.#send({ kind: 'renewed', model });
      },
    });
    for (const camera of options.cameras) this.#status.set(camera.id, initialStatus(camera));
  }

  /** Starts the process and returns without waiting for a camera: an alert of a meter never waits for vision. */
  async start(): Promise<void> {
    if (this.#options.cameras.length === 0) return;
    this.#stopped = false;
    await mkdir(this.#liveFolder, { recursive: true, mode: 0o700 });
    await this.#forgetPictures();
    await mkdir(this.#modelsFolder, { recursive: true });
    await mkdir(this.#evidenceFolder, { recursive: true, mode: 0o700 });
    this.#trust.start(this.#models);
    this.#fork();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#restart?.cancel();
    this.#trust.stop();
    const running = this.#running;
    if (running === undefined) return;
    const ended = new Promise<void>((resolve) => running.child.once('close', () => resolve()));
    running.deadline.cancel();
    this.#send({ kind: 'stop' });
    running.deadline = this.#options.clock.after(stopDeadlineMs, () => killGroup(running.child));
    await ended;
    this.#forgetRecordings();
  }

  /** The last known state of every camera, in the site's order; while the process is down the reason says so. */
  cameras(): CameraStatus[] {
    return this.#options.cameras.map((camera) => {
      const status = this.#status.get(camera.id) ?? initialStatus(camera);
      if (this.#down === '' || status.state === 'off') return status;
      return { ...status, state: 'connecting', reason: this.#down, framesPerSecond: 0 };
    });
  }

  /** Memory of the process with its threads, without its ffmpegs; undefined while it does not run. */
  get residentBytes(): number | undefined {
    return this.#residentBytes;
  }

  /** What an installer should know now, in words. */
  problems(): string[] {
    return [...(this.#down === '' ? [] : [this.#down]), ...this.#problems.values()];
  }

  /** Somebody looks at `camera`: its picture is kept fresh for `seconds`. */
  watch(camera: string, seconds: number): void {
    if (this.#status.has(camera)) this.#send({ kind: 'watch', camera, seconds });
  }

  /** The site names other zones, lines or masks of a camera that it had before. */
  /** From now on these log-ins count: cameras whose own is another one are connected anew, the others do not notice. */
  renew(secrets: VisionOptions['secrets']): void {
    const before = this.#secrets;
    this.#secrets = secrets;
    for (const camera of this.#cameras)
      if (JSON.stringify(before[camera.id]) !== JSON.stringify(secrets[camera.id])) this.reconfigure(camera);
  }

  reconfigure(config: CameraConfig): void {
    this.#cameras = this.#cameras.map((camera) => (camera.id === config.id ? config : camera));
    this.#send({ kind: 'reconfigure', camera: { ...config, ...this.#secrets[config.id] } });
  }

  /** An alarm of `camera` wants evidence; it comes, if it comes, as an event. `uptime`: of the frame that set it off. */
  wantEvidence(camera: string, alarm: string, uptime: number): void {
    if (this.#status.has(camera)) this.#send({ kind: 'evidence', camera, alarm, uptime });
  }

  /** Path of the camera's newest JPEG; the file is there once the camera was live and watched. */
  livePicture(camera: string): string {
    if (!this.#status.has(camera)) throw new RangeError(`there is no camera "${camera}"`);
    return join(this.#liveFolder, `${camera}.jpg`);
  }

  /** The newest tracks of `camera`, for the boxes on the page. */
  latest(camera: string): SceneMessage | undefined {
    return this.#latest.get(camera);
  }

  /** pid of the vision process while there is one, for tests and fault runs */
  get processId(): number | undefined {
    return this.#running?.child.pid;
  }

  get #ceiling(): number {
    const { cameras, memoryCeilingBytes: chosen } = this.#options;
    return chosen ?? memoryCeilingBytes + cameras.length * memoryCeilingBytesPerCamera;
  }

  get #liveFolder(): string {
    return join(this.#options.dataFolder, 'live');
  }

  get #evidenceFolder(): string {
    return join(this.#options.dataFolder, 'evidence', 'new');
  }

  get #modelsFolder(): string {
    return join(this.#options.dataFolder, 'models');
  }

  /** names of the models that cameras want, other than the built-in one */
  get #models(): string[] {
    const named = this.#cameras.map(({ detector = builtInModel.name }) => detector);
    return [...new Set(named)].filter((name) => name !== builtInModel.name);
  }

  #fork(): void {
    this.#trust.began(this.#models);
    const { clock, logger } = this.#options;
    const child = fork(entryPoint, [], {
      // its own session: Ctrl-C reaches the gateway alone, which then stops it; and the group can be killed as one
      detached: true,
      execArgv: memoryFlags,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, ...memoryEnvironment, ...noTelemetry, FORPOST_LOG_LEVEL: logger.level },
    });
    const deadline = clock.after(startDeadlineMs, () => this.#kill('it did not start in time'));
    const running: Running = { child, startedAt: clock.uptime(), deadline, verdict: '', models: [], hung: [] };
    this.#running = running;
    child.on('message', (message) => contained(this.#hearing, () => this.#take(running, message as FromVision)));
    child.once('error', (error) => this.#ended(running, messageOf(error)));
    // what it said last is read before it is taken to have ended
    child.once('exit', () => killGroup(child));
    child.once('close', (code, signal) =>
      this.#ended(running, signal === null ? `it ended with status ${code}` : `it was ended by ${signal}`),
    );
    this.#send({
      kind: 'configure',
      cameras: this.#cameras.map((camera) => ({ ...camera, ...this.#secrets[camera.id] })),
      liveFolder: this.#liveFolder,
      modelsFolder: this.#modelsFolder,
      evidenceFolder: this.#evidenceFolder,
      suspects: this.#trust.suspects,
      out: this.#trust.out,
    });
  }

  #take(running: Running, message: FromVision): void {
    if (running !== this.#running) return;
    const { events } = this.#options;
    switch (message.kind) {
      case 'scene':
        this.#latest.set(message.camera, message);
        events.scene(message);
        break;
      case 'tamper':
        events.tamper(message);
        break;
      case 'camera':
        this.#status.set(message.status.id, message.status);
        if (message.status.state !== 'live') this.#latest.delete(message.status.id);
        events.changed();
        break;
      case 'problem':
        if (message.text === '') this.#problems.delete(message.about);
        else this.#problems.set(message.about, message.text);
        events.changed();
        break;
      case 'evidence':
        events.evidence?.(message);
        break;
      case 'running':
        running.models = message.models;
        break;
      case 'hung':
        running.hung = message.models;
        break;
      case 'proven':
        this.#trust.proven(message.model);
        break;
      case 'heartbeat':
        if (this.#stopped) break;
        running.deadline.cancel();
        running.deadline = this.#options.clock.after(heartbeatDeadlineMs, () =>
          this.#kill(`it gave no sign of life for ${heartbeatDeadlineMs / 1000} s`),
        );
        if (this.#down !== '') {
          this.#down = '';
          events.changed();
        }
        this.#residentBytes = message.residentBytes;
        if (message.residentBytes > this.#ceiling)
          this.#kill(`it used ${Math.round(message.residentBytes / 1024 ** 2)} MB of memory`);
        break;
    }
  }

  #kill(verdict: string): void {
    if (this.#running === undefined) return;
    this.#running.verdict = verdict;
    killGroup(this.#running.child);
  }

  #ended(running: Running, how: string): void {
    if (running !== this.#running) return;
    this.#running = undefined;
    this.#residentBytes = undefined;
    running.deadline.cancel();
    killGroup(running.child);
    this.#latest.clear();
    this.#problems.clear();
    this.#forgetStatus();
    // not waited for: the disk may take its time, and alerts go on here
    void this.#forgetPictures();
    this.#forgetRecordings();
    if (this.#stopped) return;
    const { clock, random, logger, events } = this.#options;
    const out = this.#trust.ended({ running: running.models, hung: running.hung });
    for (const ousted of out) logger.error({ cameras: this.#using(ousted.model) }, standsIn(ousted));
    if (out.length > 0 || clock.uptime() - running.startedAt >= provenAfterMs) this.#failures = 0;
    const delayMs = this.#failures === 0 ? 0 : backoffMs(restartBackoff, this.#failures - 1, random);
    this.#failures++;
    const why = running.verdict === '' ? how : running.verdict;
    this.#down = `the vision process is starting again: ${why}`;
    logger.error({ pid: running.child.pid, why, delayMs: Math.round(delayMs) }, 'vision process lost');
    this.#restart = clock.after(delayMs, () => this.#fork());
    events.changed();
  }

  /** The next process runs before it has seen a picture: until it tells, no camera is as the last one left it. */
  #forgetStatus(): void {
    for (const camera of this.#cameras)
      if (this.#status.get(camera.id)?.state !== 'off') this.#status.set(camera.id, initialStatus(camera));
  }

  /** Whoever takes the next ones may have been told other masks; should one of those go along, another follows. */
  async #forgetPictures(): Promise<void> {
    try {
      const pictures = await readdir(this.#liveFolder);
      await Promise.all(pictures.map((name) => rm(join(this.#liveFolder, name), { force: true })));
    } catch (error) {
      this.#options.logger.warn({ why: messageOf(error) }, 'live pictures could not be deleted');
    }
  }

  #using(model: string): string[] {
    return this.#cameras.filter(({ detector }) => detector === model).map(({ id }) => id);
  }

  /** What its cameras recorded is of no more use, and not masked. */
  #forgetRecordings(): void {
    try {
      removeRings(this.#evidenceFolder);
    } catch (error) {
      this.#options.logger.warn({ why: messageOf(error) }, 'recordings of the vision process could not be deleted');
    }
  }

  #send(message: ToVision): void {
    const child = this.#running?.child;
    if (child === undefined || !child.connected) return;
    // a process that is going down is told by its exit; a message that it no longer takes is nothing more to report
    child.send(message, (error) => {
      if (error !== null) this.#options.logger.debug({ kind: message.kind, error }, 'vision process took no message');
    });
  }
}

function initialStatus(camera: CameraConfig): CameraStatus {
  return {
    id: camera.id,
    name: camera.name ?? camera.id,
    state: 'connecting',
    reason: 'starting',
    framesPerSecond: 0,
    detector: camera.detector ?? 'motion',
  };
}

/** Kills the vision process with every ffmpeg of its group; a group that is gone already is what was wanted. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
