/**
 * Watches the gateway's clock: whether a time service vouches for it, whether it was set, and the offset between true
 * time and this boot's monotonic clock, by which the centre corrects earlier events.
 *
 *   unsynced ── a time service vouches ──► synced ── it no longer does, or the clock jumped ──► unsynced
 *                                            └── offset reported: at each sync, and when it has moved since ──┘
 *
 * Always: without an answer the clock is `unsynced`; asking never blocks the thread; a jump of the wall clock against the
 * monotonic clock of more than `jumpMs` is reported once, with its size. From the jump on the clock is unsynced until a
 * time service has measured it after the jump. Jumps of a clock that jumps all the time are reported once a minute.
 * While the clock is synced, the offset reported last is within `offsetToleranceMs` of the present one, or at most
 * `reportEveryMs` old.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Clock, sleep, type Timer, type WallTime } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { ClockQuality, GatewayData } from '@forpost/shared/event/event.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { type ClockProbe, systemProbes } from './probes.ts';

export interface ClockSyncOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** the wall clock was set: by how many ms it moved against the monotonic one (+ = forward) */
  readonly onJump?: (offsetMs: number) => void;
  readonly onQuality?: (quality: ClockQuality) => void;
  /** true time is the monotonic clock plus `offsetMs`, says `source`: called at each sync, and when the offset moved */
  readonly onOffset?: (offsetMs: number, source: string) => void;
  /** the clock is in sync: called at each sync, and each second while it lasts */
  readonly onInSync?: (now: WallTime) => void;
  /** asked in order, the first that knows decides; default: chrony, timesyncd, the kernel's flag */
  readonly probes?: readonly ClockProbe[];
  /** where the kernel shows the id of this boot */
  readonly bootIdFile?: string;
}

/** How often the time services are asked. */
const pollMs = 30_000;
/** How long a start waits for the first answer: until then the site has no alarms. */
const firstAnswerMs = 500;
/** How often the two clocks are compared. */
const compareMs = 1000;
/** A slewing clock moves 0.5 ms a second; more than this was set. */
const jumpMs = 2000;
/** A service may still slew a clock that it vouches for: the offset is reported again when it is this far off, */
const offsetToleranceMs = 500;
/** and no sooner than this: a clock that never rests must not fill the outbox */
const reportEveryMs = 60_000;
/** Jumps that are reported at once; further ones are summed up and reported once each `reportEveryMs`. */
const jumpsAtOnce = 10;

/** The event of a wall clock that was set. */
export function clockSetEvent(movedMs: number): GatewayData {
  const moved = Math.round(movedMs);
  return { change: 'clock-set', message: `the system clock moved by ${moved} ms`, moved_ms: moved };
}

export class ClockSync implements Part {
  readonly #options: ClockSyncOptions;
  readonly #probes: readonly ClockProbe[];
  #quality: ClockQuality = 'unsynced';
  #service = 'nobody';
  #bootId: string | undefined;
  #timer: Timer | undefined;
  #running = false;
  #reading: Promise<void> | undefined;
  #nextPollAt = 0;
  /** wall minus monotonic, ms */
  #offsetMs = 0;
  #unreportedMs = 0;
  #jumpBudget = { jumps: jumpsAtOnce, at: 0 };
  /** counts jumps: an answer to a question from before a jump is ignored */
  #jumps = 0;
  /** when the clock was set last, by the new time */
  #setAt: number | undefined;
  #reported: { readonly offsetMs: number; readonly at: number } | undefined;

  constructor(options: ClockSyncOptions) {
    this.#options = options;
    this.#probes = options.probes ?? systemProbes();
  }

  /** Asks once before it returns, so that the first event is stamped right. Does not wait for a slow service. */
  async start(): Promise<void> {
    if (this.#running) return;
    const { clock } = this.#options;
    this.#running = true;
    this.#offsetMs = clock.now() - clock.uptime();
    const answered = new AbortController();
    const asked = this.#poll().finally(() => answered.abort());
    await Promise.race([asked, sleep(clock, firstAnswerMs, answered.signal)]);
    this.#arm();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#reading;
  }

  /** Counts a jump at once, also before the next comparison has noticed it. */
  quality(): ClockQuality {
    if (this.#quality === 'unsynced') return 'unsynced';
    const { clock } = this.#options;
    return Math.abs(clock.now() - clock.uptime() - this.#offsetMs) > jumpMs ? 'unsynced' : 'synced';
  }

  /** The time service that vouches: chrony, timesyncd, timedatectl or nobody. */
  service(): string {
    return this.#service;
  }

  /** The id of the machine's boot; on a machine without one, an id of this process. */
  bootId(): string {
    this.#bootId ??= readBootId(this.#options.bootIdFile ?? '/proc/sys/kernel/random/boot_id');
    return this.#bootId;
  }

  #arm(): void {
    if (!this.#running) return;
    this.#timer = this.#options.clock.after(compareMs, () => {
      this.#compare();
      this.#reportJump();
      if (this.#options.clock.uptime() >= this.#nextPollAt) void this.#poll();
      this.#arm();
    });
  }

  #compare(): void {
    const { clock } = this.#options;
    const offsetMs = clock.now() - clock.uptime();
    const movedMs = offsetMs - this.#offsetMs;
    this.#offsetMs = offsetMs;
    if (Math.abs(movedMs) <= jumpMs) {
      if (this.#quality === 'synced') this.#options.onInSync?.(clock.now());
      this.#reportMovedOffset();
      return;
    }
    this.#jumps++;
    this.#setAt = clock.now();
    this.#unreportedMs += movedMs;
    this.#set('unsynced', this.#service);
    this.#nextPollAt = clock.uptime() + this.#untilReportMs();
  }

  #untilReportMs(): number {
    const uptime = this.#options.clock.uptime();
    const { jumps, at } = this.#jumpBudget;
    this.#jumpBudget = { jumps: Math.min(jumpsAtOnce, jumps + (uptime - at) / reportEveryMs), at: uptime };
    return Math.max(0, (1 - this.#jumpBudget.jumps) * reportEveryMs);
  }

  #reportJump(): void {
    if (this.#unreportedMs === 0 || this.#untilReportMs() > 0) return;
    const movedMs = this.#unreportedMs;
    this.#unreportedMs = 0;
    this.#jumpBudget = { ...this.#jumpBudget, jumps: this.#jumpBudget.jumps - 1 };
    this.#options.logger.warn({ movedMs: Math.round(movedMs) }, 'the system clock was set');
    this.#options.onJump?.(movedMs);
  }

  /** The clock is in sync, and may have been slewed since the offset was reported. */
  #reportMovedOffset(): void {
    if (this.#quality !== 'synced' || this.#reported === undefined) return;
    const { clock } = this.#options;
    const { offsetMs, at } = this.#reported;
    const moved = Math.abs(clock.now() - clock.uptime() - offsetMs) > offsetToleranceMs;
    if (moved && clock.uptime() - at >= reportEveryMs) this.#reportOffset();
  }

  #reportOffset(): void {
    const { clock, onOffset } = this.#options;
    const offsetMs = Math.round(clock.now() - clock.uptime());
    this.#reported = { offsetMs, at: clock.uptime() };
    onOffset?.(offsetMs, this.#service);
  }

  /** Asks the services. A second call shares the running round. */
  #poll(): Promise<void> {
    this.#nextPollAt = this.#options.clock.uptime() + pollMs;
    this.#reading ??= this.#ask().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #ask(): Promise<void> {
    for (;;) {
      const jumps = this.#jumps;
      const [quality, service] = await this.#answer();
      if (jumps === this.#jumps || !this.#running) return this.#set(quality, service);
    }
  }

  async #answer(): Promise<readonly [quality: ClockQuality, service: string]> {
    for (const probe of this.#probes) {
      let answer: ClockQuality | 'unknown';
      try {
        answer = await probe.read(this.#options.clock.now(), this.#setAt);
      } catch (error) {
        this.#options.logger.warn({ probe: probe.name, problem: messageOf(error) }, 'a time service cannot be asked');
        answer = 'unknown';
      }
      if (answer !== 'unknown') return [answer, probe.name];
    }
    return ['unsynced', 'nobody'];
  }

  #set(quality: ClockQuality, service: string): void {
    this.#service = service;
    if (quality === this.#quality) return;
    this.#quality = quality;
    this.#options.logger.info({ clock: quality, service }, 'the clock is now called so');
    this.#options.onQuality?.(quality);
    if (quality !== 'synced') return;
    this.#options.onInSync?.(this.#options.clock.now());
    this.#reportOffset();
  }
}

function readBootId(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    // not Linux: the monotonic clock may still be the machine's, but nothing names its boot
    return randomUUID();
  }
}
