/**
 * Bounds the true time while no time service vouches for the clock.
 *
 *   earliest time (`atLeast`): the latest of these moments, plus the time that the monotonic clock has counted since:
 *     the date of this source · the newest sync (kept in a file) · the newest event that was stamped in sync
 *   estimate (`about`): the newest sync of this boot, plus the time that the monotonic clock has counted since, ± its drift
 *
 * Always: a time counts only if a time service vouched for it, so a clock that was once at 2099 without a service has no
 * effect. A newer sync replaces an older one even if its time is earlier, because the newest sync is the most accurate. If
 * the file cannot be read or written, only this knowledge is lost.
 */
import type { Clock, Uptime } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { ClockQuality } from '@forpost/shared/event/event.ts';
import { lanes } from '@forpost/shared/event/ids.ts';
import { readWhole, replaceFile } from '@forpost/shared/files.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import { notBefore } from '@forpost/shared/version.ts';
import type { OutboxReader } from '../outbox/outbox.ts';

export interface TrueTimeOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** id of this boot of the machine; the monotonic clock is comparable only within a boot */
  readonly boot: () => string;
  /** the file that keeps the newest sync; absent: it is not kept */
  readonly file?: string;
  /** ms since 1970; default: when this source was written */
  readonly notBefore?: number;
}

/** At `uptime` of the monotonic clock, the true time was `time` (ms since 1970) or later. */
interface Known {
  readonly time: number;
  readonly uptime: Uptime;
}

/** An estimate of the true time, ms since 1970, with an error of at most `withinMs`. */
export interface TimeEstimate {
  readonly time: number;
  readonly withinMs: number;
}

/** How many of a lane's newest events are searched for one that was stamped in sync. */
const mostSearched = 1000;
/** How often the time is written to the file while the clock is in sync. */
const keepEveryMs = 3_600_000;
/** The worst drift of a clock without a time service, as the kernel assumes (adjtimex(2)). */
const worstDrift = 500e-6;

const right = { shiftMs: 0, withinMs: 0 } as const;

export class TrueTime {
  readonly #options: TrueTimeOptions;
  readonly #notBefore: number;
  readonly #sparing: SparingLogger;
  /** the newest sync of this boot */
  #sync: Known | undefined;
  /** the latest time known from before this run */
  #before: Known | undefined;
  #keptAt = Number.NEGATIVE_INFINITY;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: TrueTimeOptions) {
    this.#options = options;
    this.#notBefore = options.notBefore ?? notBefore;
    this.#sparing = new SparingLogger(options.logger, options.clock);
  }

  /** Reads the file that an earlier run has written. */
  async start(): Promise<void> {
    const { file, clock, boot } = this.#options;
    const kept = file === undefined ? undefined : await readKept(file);
    if (kept === undefined) return;
    if (kept.boot === boot() && kept.uptime <= clock.uptime()) this.#sync = { time: kept.synced, uptime: kept.uptime };
    else this.notePast(kept.synced);
  }

  async stop(): Promise<void> {
    await this.#writing;
  }

  /**
   * Learns from the newest event of each lane that an earlier run stamped in sync: the true time is later.
   * @throws the errors of the reader
   */
  learnFromEvents(reader: Pick<OutboxReader, 'newest'>): void {
    for (const lane of lanes) {
      const synced = reader.newest(lane, mostSearched).find(({ clock }) => clock === 'synced');
      if (synced !== undefined) this.notePast(synced.received);
    }
  }

  /** Notes that an event of an earlier run was stamped in sync at this time. */
  notePast(time: number): void {
    if (time > this.earliest()) this.#before = { time, uptime: this.#options.clock.uptime() };
  }

  /** Notes that a time service vouches for `time` as the present time, ms since 1970. */
  noteSync(time: number): void {
    const { clock, file } = this.#options;
    const uptime = clock.uptime();
    this.#sync = { time, uptime };
    // the newest sync is the most accurate
    this.#before = undefined;
    if (file === undefined || uptime - this.#keptAt < keepEveryMs) return;
    this.#keptAt = uptime;
    this.#writing = this.#writing.then(() => this.#write(file, time, uptime));
  }

  /** The earliest time that the present can be, ms since 1970. */
  earliest(): number {
    const now = this.#options.clock.uptime();
    const passed = [this.#sync, this.#before].map((known) =>
      known === undefined ? this.#notBefore : known.time + (now - known.uptime) * (1 - worstDrift),
    );
    return Math.floor(Math.max(this.#notBefore, ...passed));
  }

  /** The estimate of the present time; undefined: the clock was not in sync since the machine started. */
  estimate(): TimeEstimate | undefined {
    if (this.#sync === undefined) return undefined;
    const passed = this.#options.clock.uptime() - this.#sync.uptime;
    return { time: this.#sync.time + passed, withinMs: passed * worstDrift };
  }

  /**
   * The error of the clock; undefined: unknown. `isTrusted`: the configuration declares the clock right without a time
   * service; a clock before `atLeast` is wrong all the same.
   */
  errorOf(
    quality: ClockQuality,
    isTrusted: boolean,
  ): { readonly shiftMs: number; readonly withinMs: number } | undefined {
    if (quality === 'synced') return right;
    const now = this.#options.clock.now();
    const about = this.estimate();
    if (about !== undefined) return { shiftMs: about.time - now, withinMs: about.withinMs };
    return isTrusted && now >= this.earliest() ? right : undefined;
  }

  async #write(file: string, time: number, uptime: Uptime): Promise<void> {
    const kept = { synced: Math.round(time), boot: this.#options.boot(), uptime: Math.round(uptime) };
    try {
      await replaceFile(file, `${JSON.stringify(kept)}\n`);
    } catch (error) {
      this.#sparing.warn('time', { file, error: messageOf(error) }, 'the time of the last sync cannot be stored');
    }
  }
}

async function readKept(file: string): Promise<{ synced: number; boot: string; uptime: Uptime } | undefined> {
  try {
    const { synced, boot, uptime } = JSON.parse(await readWhole(file)) as Record<string, unknown>;
    if (typeof synced !== 'number' || typeof uptime !== 'number' || typeof boot !== 'string') return undefined;
    return Number.isFinite(synced) && Number.isFinite(uptime) ? { synced, boot, uptime } : undefined;
  } catch {
    // no file yet, or a damaged one
    return undefined;
  }
}
