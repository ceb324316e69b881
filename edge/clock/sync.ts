/**
 * Whether the gateway's clock can be believed, whether somebody has just set it, and by how much true time and this
 * boot's monotonic clock differ, from which the centre corrects what was stamped before.
 *
 *   unsynced ── a time service says so ──► synced ── it no longer does, or the clock jumped ──► unsynced
 *                                            └── offset told: at each sync, and where it has moved since ──┘
 *
 * Always: what nobody can tell is `unsynced`; asking never blocks the thread; a jump of the wall clock against the
 * monotonic one of more than `jumpMs` is told once, with its size; from the jump itself on the clock counts as unsynced
 * until a time service that has looked at it after the jump vouches for it. A clock that never rests is asked about, and
 * told of, once a minute. While it is synced, the offset told last is within `offsetToleranceMs` of the present one, or
 * at most `tellEveryMs` old.
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
  /** true time is the monotonic clock plus so many ms, as `source` says: at each sync, and when it has moved since */
  readonly onOffset?: (offsetMs: number, source: string) => void;
  /** the clock is in sync, and it is `now` (ms since 1970): at each sync, and each second while it lasts */
  readonly onInSync?: (now: WallTime) => void;
  /** asked in order, the first that knows decides; default: chrony, timesyncd, the kernel's flag */
  readonly probes?: readonly ClockProbe[];
  /** where the kernel tells the id of this boot */
  readonly bootIdFile?: string;
}

/** How often the time services are asked. */
const pollMs = 30_000;
/** How long the gateway's start waits for the first answer: the site has no alarms meanwhile. */
const firstAnswerMs = 500;
/** How often the two clocks are compared. */
const compareMs = 1000;
/** A slewing clock moves 0.5 ms a second; more than this was set. */
const jumpMs = 2000;
/** A service that vouches for the clock while it still slews it: what was told is told anew when it is this far off. */
const offsetToleranceMs = 500;
/** and no sooner than this: a clock that never rests must not fill the outbox */
const tellEveryMs = 60_000;
/** Jumps that are told at once; beyond them one each `tellEveryMs`, with all that moved since. */
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
  #untoldMs = 0;
  #mayTell = { jumps: jumpsAtOnce, at: 0 };
  /** an answer that was asked for before the clock was set says nothing about it */
  #jumps = 0;
  /** when it was set last, by the clock as it was set */
  #setAt: number | undefined;
  #told: { readonly offsetMs: number; readonly at: number } | undefined;

  constructor(options: ClockSyncOptions) {
    this.#options = options;
    this.#probes = options.probes ?? systemProbes();
  }

  /** Asks once before it returns, so that the first event already knows; a service that is slow is not waited for. */
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

  /** A jump counts at once, also before it is noticed. */
  quality(): ClockQuality {
    if (this.#quality === 'unsynced') return 'unsynced';
    const { clock } = this.#options;
    return Math.abs(clock.now() - clock.uptime() - this.#offsetMs) > jumpMs ? 'unsynced' : 'synced';
  }

  /** Which time service said so: chrony, timesyncd, timedatectl or nobody. */
  service(): string {
    return this.#service;
  }

  /** The id of the machine's boot; on a machine that gives none, one of this process. */
  bootId(): string {
    this.#bootId ??= readBootId(this.#options.bootIdFile ?? '/proc/sys/kernel/random/boot_id');
    return this.#bootId;
  }

  #arm(): void {
    if (!this.#running) return;
    this.#timer = this.#options.clock.after(compareMs, () => {
      this.#compare();
      this.#tellJump();
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
      this.#tellMoved();
      return;
    }
    this.#jumps++;
    this.#setAt = clock.now();
    this.#untoldMs += movedMs;
    this.#set('unsynced', this.#service);
    this.#nextPollAt = clock.uptime() + this.#untilItMayBeTold();
  }

  #untilItMayBeTold(): number {
    const uptime = this.#options.clock.uptime();
    const { jumps, at } = this.#mayTell;
    this.#mayTell = { jumps: Math.min(jumpsAtOnce, jumps + (uptime - at) / tellEveryMs), at: uptime };
    return Math.max(0, (1 - this.#mayTell.jumps) * tellEveryMs);
  }

  #tellJump(): void {
    if (this.#untoldMs === 0 || this.#untilItMayBeTold() > 0) return;
    const movedMs = this.#untoldMs;
    this.#untoldMs = 0;
    this.#mayTell = { ...this.#mayTell, jumps: this.#mayTell.jumps - 1 };
    this.#options.logger.warn({ movedMs: Math.round(movedMs) }, 'the system clock was set');
    this.#options.onJump?.(movedMs);
  }

  /** The clock is in sync, and may have been slewed since the offset was told. */
  #tellMoved(): void {
    if (this.#quality !== 'synced' || this.#told === undefined) return;
    const { clock } = this.#options;
    const { offsetMs, at } = this.#told;
    const moved = Math.abs(clock.now() - clock.uptime() - offsetMs) > offsetToleranceMs;
    if (moved && clock.uptime() - at >= tellEveryMs) this.#tellOffset();
  }

  #tellOffset(): void {
    const { clock, onOffset } = this.#options;
    const offsetMs = Math.round(clock.now() - clock.uptime());
    this.#told = { offsetMs, at: clock.uptime() };
    onOffset?.(offsetMs, this.#service);
  }

  /** One round of questions; a second one waits for the first. */
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
    this.#tellOffset();
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
