/**
 * Whether the gateway's clock can be believed, and whether somebody has just set it.
 *
 *   unsynced ── a time service says so ──► synced ── it no longer does, or the clock jumped ──► unsynced
 *
 * Always: what nobody can tell is `unsynced`; asking never blocks the thread; a jump of the wall clock against the
 * monotonic one of more than `jumpMs` is told once, with its size, and the time services are asked again at once.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { ClockQuality } from '@forpost/shared/event/event.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { type ClockProbe, systemProbes } from './probes.ts';

export interface ClockSyncOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** the wall clock was set: by how many ms it moved against the monotonic one (+ = forward) */
  readonly onJump?: (offsetMs: number) => void;
  readonly onQuality?: (quality: ClockQuality) => void;
  /** asked in order, the first that knows decides; default: chrony, timesyncd, the kernel's flag */
  readonly probes?: readonly ClockProbe[];
  /** where the kernel tells the id of this boot */
  readonly bootIdFile?: string;
}

/** How often the time services are asked. */
const pollMs = 30_000;
/** How often the two clocks are compared. */
const compareMs = 1000;
/** A slewing clock moves 0.5 ms a second; more than this was set. */
const jumpMs = 2000;

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

  constructor(options: ClockSyncOptions) {
    this.#options = options;
    this.#probes = options.probes ?? systemProbes();
  }

  /** Asks once before it returns, so that the first event already knows. */
  async start(): Promise<void> {
    if (this.#running) return;
    const { clock } = this.#options;
    this.#running = true;
    this.#offsetMs = clock.now() - clock.uptime();
    await this.#poll();
    this.#arm();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#reading;
  }

  quality(): ClockQuality {
    return this.#quality;
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
      if (this.#options.clock.uptime() >= this.#nextPollAt) void this.#poll();
      this.#arm();
    });
  }

  #compare(): void {
    const { clock, logger, onJump } = this.#options;
    const offsetMs = clock.now() - clock.uptime();
    const movedMs = offsetMs - this.#offsetMs;
    this.#offsetMs = offsetMs;
    if (Math.abs(movedMs) <= jumpMs) return;
    logger.warn({ movedMs: Math.round(movedMs) }, 'the system clock was set');
    onJump?.(movedMs);
    this.#nextPollAt = 0;
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
    for (const probe of this.#probes) {
      let answer: ClockQuality | 'unknown';
      try {
        answer = await probe.read(this.#options.clock.now());
      } catch (error) {
        this.#options.logger.warn({ probe: probe.name, problem: messageOf(error) }, 'a time service cannot be asked');
        answer = 'unknown';
      }
      if (answer !== 'unknown') return this.#set(answer, probe.name);
    }
    this.#set('unsynced', 'nobody');
  }

  #set(quality: ClockQuality, service: string): void {
    this.#service = service;
    if (quality === this.#quality) return;
    this.#quality = quality;
    this.#options.logger.info({ clock: quality, service }, 'the clock is now called so');
    this.#options.onQuality?.(quality);
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
