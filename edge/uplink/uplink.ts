/**
 * The uplink's side in the main thread. It runs the thread that forwards the outbox to every sink, so that compression
 * and the network never delay an alert. It passes acknowledgements to the outbox, notifies the thread of commits, and
 * restarts a thread that ends by itself.
 *
 *   stopped ── start ──► running ── the thread ends by itself ──► waiting (backoff) ──► running
 *                          └── renew: other passwords or keys ──► ending ──► running
 *
 * Always: the site works without the uplink. A new thread resends the events that were not acknowledged.
 */

import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import type { Command } from '@forpost/shared/event/command.ts';
import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus, LaneBacklog, UplinkStatus } from '@forpost/shared/event/status.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { backoffMs } from '@forpost/shared/retry.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { Answerer, Caller } from '@forpost/shared/threads/calls.ts';
import type { InHand } from '../outbox/in-hand.ts';
import type { DamagePlace } from '../outbox/sqlite/event-rows.ts';
import type { EvidenceLink } from './evidence-link.ts';
import { longestTryMs } from './link-limits.ts';
import type {
  ByteGrant,
  FromThread,
  LinkStep,
  MainCalls,
  Refusal,
  ThreadData,
  ToThread,
  UplinkCalls,
} from './messages.ts';
import type { SinkIdentity } from './sink.ts';
import { type SinkConfig, type SinkSecret, secretKey, sinkName } from './sink-kind.ts';

export interface UplinkOptions {
  readonly sinks: readonly SinkConfig[];
  /** by sink name: the secrets' `uplink` */
  readonly secrets: Readonly<Record<string, SinkSecret>>;
  readonly identity: SinkIdentity;
  readonly outboxFile: string;
  /** IANA, of the site: the days of a metered link's budget begin at midnight there; default UTC */
  readonly timeZone?: string;
  /** of the outbox, made for the same sinks in the same order: events on their way are not shed */
  readonly inHand: InHand;
  /** The sink has all events of this lane up to and including `through`. */
  readonly acknowledge: (sink: string, epoch: Epoch, lane: Lane, through: Sequence) => void;
  /** of the outbox: calls the listener after commits, returns a function that ends this */
  readonly onCommit: (listener: () => void) => () => void;
  /** The gateway's status now. The uplink fills in `lanes`, for each sink with its cursors. */
  readonly status: () => GatewayStatus;
  /**
   * Records an event that a sink refuses for good (dead letter and gap record); resolves when both are on disk. Without
   * this function such an event blocks its lane, and the status names the reason.
   */
  readonly recordRefusal?: (refusal: Refusal) => Promise<void>;
  /** called when the uplink's reader finds the outbox's file damaged: the lane waits until the outbox repairs it */
  readonly onDamaged?: (place?: DamagePlace) => void;
  /** takes the centre's commands; absent: none are read */
  readonly commands?: CommandHandler;
  readonly clock: Clock;
  readonly logger: Logger;
  /** in [0, 1): jitter of the waits */
  readonly random: () => number;
}

export interface CommandHandler {
  /** public keys of trusted centres, as text */
  readonly keys: readonly string[];
  /** Resolves when the command's result is on disk. @param centreTime ms since 1970; undefined: unknown */
  readonly handle: (command: Command, centreTime: number | undefined) => Promise<void>;
  /** `count` items were refused, the newest for `reason`. */
  readonly refused: (count: number, reason: string) => void;
}

const restartBackoff = { baseMs: 500, ceilingMs: 30_000 };
const stopDeadlineMs = 5_000;
/** The thread answers in milliseconds. */
const grantTimeoutMs = 2_000;
/** Without an answer evidence waits: bytes that cannot be counted against the link's limit are not sent. */
const noGrant: ByteGrant = { bytes: 0, waitMs: grantTimeoutMs };
const maxOpenCalls = 64;
/** More than `maxOpenCalls`: a handler goes on after the thread has given up its call. */
const maxRunningCalls = 512;

export class Uplink implements Part {
  readonly #options: UplinkOptions;
  /** 1 while the thread waits for a commit */
  readonly #commitsWanted = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  readonly #random: () => number;
  #worker: Worker | undefined;
  #unlisten: (() => void) | undefined;
  #restart: Timer | undefined;
  #restarts = 0;
  #stopping = false;
  #secrets: UplinkOptions['secrets'];
  #keys: readonly string[];
  /** the thread that was asked to end, so that the next one begins with the renewed secrets */
  #renewing: Worker | undefined;
  #uplinks: readonly UplinkStatus[] = [];
  #lanes: readonly LaneBacklog[] = [];
  /** by sink, ms since 1970 */
  readonly #successes = new Map<string, number>();
  #problems: readonly Words[] = [];
  readonly #calls: Caller<UplinkCalls>;
  readonly #answerer: Answerer<MainCalls>;

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.#secrets = options.secrets;
    this.#keys = options.commands?.keys ?? [];
    this.#random = options.random;
    this.#calls = new Caller({ peer: 'the uplink thread', clock: options.clock, maxOpen: maxOpenCalls });
    const { recordRefusal, commands } = options;
    this.#answerer = new Answerer<MainCalls>(
      {
        recordRefusal: async (refusal) => {
          if (recordRefusal === undefined)
            throw new ForpostError('FORPOST_PART_FAILED', 'refusals are not recorded here');
          await recordRefusal(refusal);
          return null;
        },
        runCommand: async ({ command, centreTime }) => {
          if (commands === undefined) throw new ForpostError('FORPOST_PART_FAILED', 'commands are not taken here');
          await commands.handle(command, centreTime);
          return null;
        },
      },
      maxRunningCalls,
    );
  }

  /** Resolves once the thread is started, before any sink is connected. @throws ForpostError FORPOST_CONFIG_INVALID */
  async start(): Promise<void> {
    const names = this.#options.sinks.map(sinkName);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined)
      throw new ForpostError('FORPOST_CONFIG_INVALID', `two sinks are called "${twice}": give one of them a name`);
    if (names.length === 0) return;
    this.#stopping = false;
    const since = new Date(this.#options.clock.now()).toISOString();
    this.#uplinks = names.map((sink) => unknownYet(sink, since, words('gateway/reason.connecting')));
    this.#launch();
    const flag = new Int32Array(this.#commitsWanted);
    this.#unlisten = this.#options.onCommit(() => {
      // one notice at most for each read of the thread, however many commits there are
      if (Atomics.exchange(flag, 0, 0) === 1) this.#post({ kind: 'committed' });
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#unlisten?.();
    this.#unlisten = undefined;
    this.#restart?.cancel();
    const worker = this.#worker;
    this.#worker = undefined;
    this.#calls.disconnect('the uplink stops');
    if (worker === undefined) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    const late = this.#options.clock.after(stopDeadlineMs, () => void worker.terminate());
    worker.postMessage({ kind: 'stop' } satisfies ToThread);
    await ended;
    late.cancel();
  }

  /** Takes new passwords and keys. Where they differ, the thread is stopped and another one started with them. */
  renew(secrets: UplinkOptions['secrets'], keys: readonly string[]): void {
    const same = JSON.stringify([secrets, keys]) === JSON.stringify([this.#secrets, this.#keys]);
    this.#secrets = secrets;
    this.#keys = keys;
    const worker = this.#worker;
    if (same || worker === undefined || this.#renewing === worker) return;
    this.#renewing = worker;
    const late = this.#options.clock.after(stopDeadlineMs, () => void worker.terminate());
    worker.once('exit', () => late.cancel());
    worker.postMessage({ kind: 'stop' } satisfies ToThread);
  }

  /** Each sink's state, at most about a second old. */
  statuses(): readonly UplinkStatus[] {
    return this.#uplinks.map((status, i) => {
      const kind = this.#options.sinks[i]?.kind;
      return kind === undefined ? status : { ...status, kind };
    });
  }

  /**
   * The last number given and the last number safe at the first sink, for every epoch and lane that waits or was
   * forwarded in this run.
   */
  lanes(): readonly LaneBacklog[] {
    return this.#lanes;
  }

  /** When the sink last called events safe, ms since 1970; undefined: not since the gateway started. */
  lastSuccess(sink: string): number | undefined {
    return this.#successes.get(sink);
  }

  /** The name of the credential that the gateway sends to the sink, as token or password; undefined: it sends none. */
  credentialOf(sink: string): string | undefined {
    const secret = Object.hasOwn(this.#secrets, sink) ? this.#secrets[sink] : undefined;
    return secret === undefined ? undefined : secretKey(secret);
  }

  /** Tries the link to a sink, step by step, without events. @throws ForpostError unless the uplink's thread runs */
  tryLink(sink: string): Promise<readonly LinkStep[]> {
    return this.#calls.call('tryLink', { sink }, longestTryMs);
  }

  /** Problems at the sinks that do not stop the sending, in words. */
  problems(): readonly Words[] {
    return this.#problems;
  }

  /** Sends the gateway's status to every connected sink, now. */
  sendStatus(): void {
    this.#post({ kind: 'status', status: this.#options.status() });
  }

  /** The metered link of this sink, for evidence: evidence and events count together. */
  evidenceLink(sink: string): EvidenceLink {
    return {
      grant: (bytes) => this.#calls.call('grantBytes', { sink, bytes }, grantTimeoutMs).catch(() => noGrant),
      spent: (bytes) => this.#post({ kind: 'evidenceSpent', sink, bytes }),
    };
  }

  #post(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  #launch(): void {
    const { sinks, identity, outboxFile, inHand, timeZone = 'UTC', logger, recordRefusal } = this.#options;
    const data: ThreadData = {
      sinks,
      secrets: this.#secrets,
      identity,
      outboxFile,
      timeZone,
      inHand: inHand.buffer,
      canRecordRefusals: recordRefusal !== undefined,
      commandKeys: this.#keys,
      logName: 'uplink',
      logLevel: logger.level,
      commitsWanted: this.#commitsWanted,
    };
    const worker = new Worker(new URL('./thread/thread.ts', import.meta.url), {
      workerData: data,
      name: 'uplink',
    });
    this.#worker = worker;
    this.#calls.connect((message) => worker.postMessage(message));
    worker.on('message', (message: FromThread) => this.#receive(message, worker));
    worker.on('error', (error) => logger.error({ err: error }, 'the uplink thread failed'));
    worker.on('exit', () => {
      if (this.#worker !== worker) return;
      this.#calls.disconnect('its thread ended');
      if (this.#renewing === worker && !this.#stopping) this.#launch();
      else this.#onEnded();
    });
  }

  #onEnded(): void {
    this.#worker = undefined;
    if (this.#stopping) return;
    const { clock, logger } = this.#options;
    const waitMs = backoffMs(restartBackoff, this.#restarts++, this.#random);
    logger.error({ restarts: this.#restarts, waitMs: Math.round(waitMs) }, 'the uplink thread ended: starting another');
    const since = new Date(clock.now()).toISOString();
    this.#uplinks = this.#uplinks.map((was) => ({
      ...unknownYet(was.sink, since, words('gateway/reason.uplink-restarts')),
      ...backlog(was),
    }));
    this.#restart = clock.after(waitMs, () => this.#launch());
  }

  #receive(message: FromThread, from: Worker): void {
    const { acknowledge, status, commands, logger } = this.#options;
    switch (message.kind) {
      case 'acknowledge':
        this.#restarts = 0;
        this.#successes.set(message.sink, this.#options.clock.now());
        acknowledge(message.sink, message.epoch, message.lane, message.through);
        return;
      case 'report':
        this.#uplinks = message.uplinks;
        this.#lanes = message.lanes;
        this.#problems = message.problems;
        return;
      case 'wantStatus':
        try {
          this.#post({ kind: 'status', status: status() });
        } catch (error) {
          logger.error({ err: error }, 'the state of the gateway could not be sent');
        }
        return;
      case 'call':
        // answers only the thread that asked: a new thread numbers its own calls from 0
        this.#answerer.answer(message, (answer) => from.postMessage(answer));
        return;
      case 'answer':
      case 'call-failed':
        this.#calls.receive(message);
        return;
      case 'damaged':
        this.#options.onDamaged?.(message.place);
        return;
      case 'commandsRefused':
        commands?.refused(message.count, message.reason);
        return;
    }
  }
}

function unknownYet(sink: string, since: string, reason: Words): UplinkStatus {
  return { sink, state: 'offline', since, reason, events: 0, bytes: 0, eventsPerSecond: 0 };
}

function backlog({ events, bytes }: UplinkStatus): Pick<UplinkStatus, 'events' | 'bytes'> {
  return { events, bytes };
}
