/**
 * Keeps the vision process alive and passes its messages on. If native inference or ffmpeg crashes, hangs or leaks
 * there, the gateway restarts the process and shows a problem on the status page.
 *
 *   stopped ── start ──► starting ── first heartbeat ──► running
 *                          ▲  └── exit, no heartbeat, over its memory ──┐  │ the same
 *                          └── at once the first time, else backoff ◄───┴──┘
 *
 * If the process ends again and again while running the same model, that model is out and the built-in model watches
 * instead (blame.ts).
 *
 * Always: at most one vision process runs; when it ends, its whole process group is killed, so that no ffmpeg is left;
 * the process starts only when the site has its first camera.
 */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type BoundedWork, contained } from '@forpost/shared/bounded-work.ts';
import type { Clock, Timer, Uptime } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { CameraStatus } from '@forpost/shared/event/status.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import { killGroup } from '@forpost/shared/process-group.ts';
import { type Backoff, backoffMs } from '@forpost/shared/retry.ts';
import { noWords, type Words, words } from '@forpost/shared/texts/english.ts';
import { Turns } from '@forpost/shared/turns.ts';
import type { Secrets } from '../site/secrets.ts';
import type { CameraConfig } from '../site/site.ts';
import { standsIn } from './blame.ts';
import { CameraStates } from './camera-states.ts';
import { builtInModel } from './cards.ts';
import { forkVision } from './fork.ts';
import type { CameraView, FromVision, ToVision, VisionEvents } from './messages.ts';
import { ModelTrust } from './trust.ts';
import { VisionFolders } from './vision-folders.ts';

/** The process sends a heartbeat once a second; its native start on a busy core takes longer than that. */
const heartbeatDeadlineMs = 5_000;
const startDeadlineMs = 30_000;
/** Resident bytes above which the process is considered leaking: its own part, and one for each camera. */
const memoryCeilingBytes = 1024 ** 3;
const memoryCeilingBytesPerCamera = 128 * 1024 ** 2;
const restartBackoff: Backoff = { baseMs: 250, ceilingMs: 15_000 };
/** After a process that ran this long, the next one starts without a delay. */
const provenAfterMs = 30_000;
const stopDeadlineMs = 3_000;
export type SceneMessage = Extract<FromVision, { kind: 'scene' }>;

export interface VisionOptions {
  readonly cameras: readonly CameraConfig[];
  /** user and password by camera id */
  readonly secrets: NonNullable<Secrets['cameras']>;
  /**
   * the installation's data folder: models in `models/`, live pictures in `live/`, finished evidence in `evidence/new`
   */
  readonly dataFolder: string;
  readonly events: VisionEvents;
  readonly logger: Logger;
  readonly clock: Clock;
  /** uniform in [0, 1) */
  readonly random: () => number;
  /** resident bytes above which the process is considered leaking; default by the number of cameras */
  readonly memoryCeilingBytes?: number;
}

interface Running {
  readonly child: ChildProcess;
  readonly startedAt: number;
  deadline: Timer;
  /** why the supervisor killed it; empty: the process ended by itself */
  verdict: string;
  /** the models in the process's last `running` message (messages.ts) */
  models: readonly string[];
  hung: readonly string[];
}

export class VisionSupervisor implements Part {
  readonly #options: VisionOptions;
  #secrets: VisionOptions['secrets'];
  #cameras: readonly CameraConfig[];
  readonly #states: CameraStates;
  readonly #folders: VisionFolders;
  readonly #problems = new Map<string, Words>();
  readonly #latest = new Map<string, SceneMessage>();
  readonly #trust: ModelTrust;
  /** bounds the handling of one message: an error in it is logged and goes no further */
  readonly #messageWork: BoundedWork;
  #running: Running | undefined;
  #restart: Timer | undefined;
  #down: Words = noWords;
  #residentBytes: number | undefined;
  #failures = 0;
  #stopped = true;
  /** the newest kind of tampering that the process has reported, by camera */
  readonly #tampers = new Map<string, CameraView['tamper']>();
  /** starts and stops wait for each other */
  readonly #turns = new Turns();
  /** `stop` was called: no change of the site starts the process again */
  #isOver = false;

  constructor(options: VisionOptions) {
    this.#options = options;
    this.#cameras = options.cameras;
    this.#secrets = options.secrets;
    this.#states = new CameraStates(options.cameras);
    this.#folders = new VisionFolders(options.dataFolder, options.logger);
    const sparing = new SparingLogger(options.logger, options.clock);
    this.#messageWork = {
      failed: (error) =>
        sparing.error('hearing', { err: error }, 'handling a message of the vision process failed: a defect'),
    };
    this.#trust = new ModelTrust({
      modelsFolder: this.#folders.models,
      clock: options.clock,
      logger: options.logger,
      renewed: (model) => {
        options.logger.info({ model }, 'the file of this model changed: the model is tried again');
        this.#send({ kind: 'renewed', model });
      },
    });
  }

  /** Starts the process and returns without waiting for a camera: no alert waits for vision. */
  start(): Promise<void> {
    this.#isOver = false;
    return this.#turns.run(() => this.#begin());
  }

  async #begin(): Promise<void> {
    if (this.#cameras.length === 0 || !this.#stopped || this.#isOver) return;
    this.#stopped = false;
    await this.#folders.make();
    this.#trust.start(this.#models);
    this.#fork();
  }

  stop(): Promise<void> {
    this.#isOver = true;
    return this.#turns.run(() => this.#halt());
  }

  async #halt(): Promise<void> {
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
    this.#folders.forgetRecordings();
  }

  /** The last known state of every camera, in the site's order; while the process is down, the reason says so. */
  cameras(): CameraStatus[] {
    return this.#states.list(this.#down);
  }

  /** Memory of the process with its threads, without its ffmpegs; undefined while it does not run. */
  get residentBytes(): number | undefined {
    return this.#residentBytes;
  }

  /** The present problems, as text for an installer. */
  problems(): Words[] {
    return [...(this.#down === '' ? [] : [this.#down]), ...this.#problems.values()];
  }

  /** Somebody watches `camera`: keeps its live picture fresh for `seconds`. */
  watch(camera: string, seconds: number): void {
    if (this.#states.has(camera)) this.#send({ kind: 'watch', camera, seconds });
  }

  /** Sets new log-ins: a camera whose log-in changed reconnects, and the others continue. */
  renew(secrets: VisionOptions['secrets']): void {
    const before = this.#secrets;
    this.#secrets = secrets;
    for (const camera of this.#cameras)
      if (JSON.stringify(before[camera.id]) !== JSON.stringify(secrets[camera.id])) this.#reconfigure(camera);
  }

  /**
   * Sets the cameras of a changed site and their log-ins. Only a camera that differs is touched: one that is gone
   * stops, a new one starts, and the process restarts the camera where its stream must change.
   */
  change(cameras: readonly CameraConfig[], secrets: VisionOptions['secrets']): void {
    const [before, known] = [new Map(this.#cameras.map((camera) => [camera.id, camera])), this.#secrets];
    this.#cameras = cameras;
    this.#secrets = secrets;
    this.#states.renew(cameras);
    for (const id of before.keys()) if (!this.#states.has(id)) this.#forget(id);
    for (const camera of cameras) {
      const { id } = camera;
      if (!isDeepStrictEqual([camera, secrets[id]], [before.get(id), known[id]])) this.#reconfigure(camera);
    }
    this.#options.events.changed();
    const settled = this.#turns.run(() => (this.#cameras.length === 0 ? this.#halt() : this.#begin()));
    settled.catch((error: unknown) => this.#options.logger.error({ err: error }, 'the vision process was not started'));
  }

  #forget(camera: string): void {
    this.#latest.delete(camera);
    this.#tampers.delete(camera);
    for (const about of this.#problems.keys()) if (about.endsWith(` ${camera}`)) this.#problems.delete(about);
    this.#send({ kind: 'remove', camera });
  }

  #reconfigure(config: CameraConfig): void {
    this.#send({ kind: 'reconfigure', camera: { ...config, ...this.#secrets[config.id] } });
  }

  /** What a camera sees now, for rules that begin while it runs. */
  view(camera: string): CameraView {
    const live = this.#down === '' && this.#states.isLive(camera);
    return { live, tracks: this.#latest.get(camera)?.tracks ?? [], tamper: this.#tampers.get(camera) };
  }

  /** The log-in at a camera, for a test of its streams; undefined: it has none. */
  loginOf(camera: string): { readonly user: string; readonly password: string } | undefined {
    return this.#secrets[camera];
  }

  /** Asks for an alarm's evidence, which comes as an event. `uptime`: of the frame that raised the alarm. */
  wantEvidence(camera: string, alarm: string, uptime: Uptime): void {
    if (this.#states.has(camera)) this.#send({ kind: 'evidence', camera, alarm, uptime });
  }

  /** Path of the camera's live picture; the file exists once the camera was live and watched. */
  livePicture(camera: string): string {
    if (!this.#states.has(camera)) throw new RangeError(`there is no camera "${camera}"`);
    return join(this.#folders.live, `${camera}.jpg`);
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
    const { memoryCeilingBytes: chosen } = this.#options;
    return chosen ?? memoryCeilingBytes + this.#cameras.length * memoryCeilingBytesPerCamera;
  }

  /** names of the cameras' models, without the built-in one */
  get #models(): string[] {
    const named = this.#cameras.map(({ detector = builtInModel.name }) => detector);
    return [...new Set(named)].filter((name) => name !== builtInModel.name);
  }

  #fork(): void {
    this.#trust.began(this.#models);
    const { clock, logger } = this.#options;
    const child = forkVision(logger.level);
    const deadline = clock.after(startDeadlineMs, () => this.#kill(words('gateway/reason.vision-slow-start')));
    const running: Running = { child, startedAt: clock.uptime(), deadline, verdict: '', models: [], hung: [] };
    this.#running = running;
    child.on('message', (message) => contained(this.#messageWork, () => this.#receive(running, message as FromVision)));
    child.once('error', (error) => this.#ended(running, messageOf(error)));
    // "close" comes after the last messages were read, "exit" may come before
    child.once('exit', () => killGroup(child));
    child.once('close', (code, signal) =>
      this.#ended(
        running,
        signal === null
          ? words('gateway/reason.vision-status', { status: code ?? 0 })
          : words('gateway/reason.vision-signal', { signal }),
      ),
    );
    this.#send({
      kind: 'configure',
      cameras: this.#cameras.map((camera) => ({ ...camera, ...this.#secrets[camera.id] })),
      liveFolder: this.#folders.live,
      modelsFolder: this.#folders.models,
      evidenceFolder: this.#folders.evidence,
      suspects: this.#trust.suspects,
      out: this.#trust.out,
    });
  }

  #receive(running: Running, message: FromVision): void {
    if (running !== this.#running) return;
    const { events } = this.#options;
    switch (message.kind) {
      case 'scene':
        if (!this.#states.has(message.camera)) break;
        this.#latest.set(message.camera, message);
        events.scene(message);
        break;
      case 'tamper':
        if (!this.#states.has(message.camera)) break;
        this.#tampers.set(message.camera, message.tamper ?? undefined);
        events.tamper(message);
        break;
      case 'camera':
        this.#states.set(message.status);
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
          this.#kill(words('gateway/reason.vision-silent', { seconds: heartbeatDeadlineMs / 1000 })),
        );
        if (this.#down !== '') {
          this.#down = noWords;
          events.changed();
        }
        this.#residentBytes = message.residentBytes;
        if (message.residentBytes > this.#ceiling)
          this.#kill(words('gateway/reason.vision-memory', { size: Math.round(message.residentBytes / 1024 ** 2) }));
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
    this.#tampers.clear();
    this.#problems.clear();
    this.#states.reset();
    // not awaited: a slow disk must not delay alerts
    void this.#folders.forgetPictures();
    this.#folders.forgetRecordings();
    if (this.#stopped) return;
    const { clock, random, logger, events } = this.#options;
    const out = this.#trust.ended({ running: running.models, hung: running.hung });
    for (const ousted of out) logger.error({ cameras: this.#using(ousted.model) }, standsIn(ousted));
    if (out.length > 0 || clock.uptime() - running.startedAt >= provenAfterMs) this.#failures = 0;
    const delayMs = this.#failures === 0 ? 0 : backoffMs(restartBackoff, this.#failures - 1, random);
    this.#failures++;
    const why = running.verdict === '' ? how : running.verdict;
    this.#down = words('gateway/reason.vision-restarts', { reason: why });
    logger.error({ pid: running.child.pid, why, delayMs: Math.round(delayMs) }, 'vision process lost');
    this.#restart = clock.after(delayMs, () => this.#fork());
    events.changed();
  }

  #using(model: string): string[] {
    return this.#cameras.filter(({ detector }) => detector === model).map(({ id }) => id);
  }

  #send(message: ToVision): void {
    const child = this.#running?.child;
    if (child === undefined || !child.connected) return;
    // a process that accepts no message is ending; #ended handles that
    child.send(message, (error) => {
      if (error !== null) this.#options.logger.debug({ kind: message.kind, error }, 'vision process took no message');
    });
  }
}
