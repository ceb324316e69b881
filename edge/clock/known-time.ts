/**
 * What the gateway knows of the true time while no time service vouches for the clock.
 *
 *   at least (`atLeast`): the latest of these moments, plus what the monotonic clock has counted since:
 *     this source was written · the newest sync (kept in a file) · the newest event that was stamped in sync
 *   about (`about`): the newest sync of this boot, plus what the monotonic clock has counted since, give or take its drift
 *
 * Always: a time counts only where a time service vouched for it: a clock that once said 2099 without a service does not
 * count. A newer sync replaces an older one, also with an earlier time: the newest is the least wrong. A file that cannot
 * be read or written costs this knowledge and nothing else.
 */
import type { Clock, Uptime } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { ClockQuality } from '@forpost/shared/event/event.ts';
import { lanes } from '@forpost/shared/event/ids.ts';
import { readWhole, replaceFile } from '@forpost/shared/files.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import { notBefore } from '@forpost/shared/version.ts';
import type { OutboxReader } from '../outbox/outbox.ts';

export interface KnownTimeOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** id of this boot of the machine: its monotonic clock counts */
  readonly boot: () => string;
  /** where the newest sync is kept; absent: nowhere */
  readonly file?: string;
  /** ms since 1970; default: when this source was written */
  readonly notBefore?: number;
}

/** It was `time` (ms since 1970), or later, when the monotonic clock said `uptime`. */
interface Known {
  readonly time: number;
  readonly uptime: Uptime;
}

/** True time, ms since 1970, give or take `withinMs`. */
export interface AboutTime {
  readonly time: number;
  readonly withinMs: number;
}

/** Newest events of a lane among which one that was stamped in sync is looked for. */
const mostLookedThrough = 1000;
/** How often the time is written to the file while the clock is in sync. */
const keepEveryMs = 3_600_000;
/** The worst drift of a clock without a time service, as the kernel assumes (adjtimex(2)). */
const worstDrift = 500e-6;

const right = { shiftMs: 0, withinMs: 0 } as const;

export class KnownTime {
  readonly #options: KnownTimeOptions;
  readonly #notBefore: number;
  readonly #sparing: SparingLogger;
  /** the newest sync of this boot */
  #sync: Known | undefined;
  /** the latest time known from before this run */
  #before: Known | undefined;
  #keptAt = Number.NEGATIVE_INFINITY;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: KnownTimeOptions) {
    this.#options = options;
    this.#notBefore = options.notBefore ?? notBefore;
    this.#sparing = new SparingLogger(options.logger, options.clock);
  }

  /** Reads what an earlier run has written. */
  async start(): Promise<void> {
    const { file, clock, boot } = this.#options;
    const kept = file === undefined ? undefined : await readKept(file);
    if (kept === undefined) return;
    if (kept.boot === boot() && kept.uptime <= clock.uptime()) this.#sync = { time: kept.synced, uptime: kept.uptime };
    else this.wasOnce(kept.synced);
  }

  async stop(): Promise<void> {
    await this.#writing;
  }

  /**
   * Learns from the newest event of each lane that an earlier run stamped in sync: now is later.
   * @throws what the reader says
   */
  learnFrom(reader: Pick<OutboxReader, 'newest'>): void {
    for (const lane of lanes) {
      const synced = reader.newest(lane, mostLookedThrough).find(({ clock }) => clock === 'synced');
      if (synced !== undefined) this.wasOnce(synced.received);
    }
  }

  /** An event of an earlier run was stamped in sync at this time. */
  wasOnce(time: number): void {
    if (time > this.atLeast()) this.#before = { time, uptime: this.#options.clock.uptime() };
  }

  /** A time service vouches that it is `time` now, ms since 1970. */
  inSync(time: number): void {
    const { clock, file } = this.#options;
    const uptime = clock.uptime();
    this.#sync = { time, uptime };
    // the newest sync is the least wrong
    this.#before = undefined;
    if (file === undefined || uptime - this.#keptAt < keepEveryMs) return;
    this.#keptAt = uptime;
    this.#writing = this.#writing.then(() => this.#write(file, time, uptime));
  }

  /** The earliest time that it can be now, ms since 1970. */
  atLeast(): number {
    const now = this.#options.clock.uptime();
    const passed = [this.#sync, this.#before].map((known) =>
      known === undefined ? this.#notBefore : known.time + (now - known.uptime) * (1 - worstDrift),
    );
    return Math.floor(Math.max(this.#notBefore, ...passed));
  }

  /** undefined where the clock was not in sync since the machine started. */
  about(): AboutTime | undefined {
    if (this.#sync === undefined) return undefined;
    const passed = this.#options.clock.uptime() - this.#sync.uptime;
    return { time: this.#sync.time + passed, withinMs: passed * worstDrift };
  }

  /**
   * How far the clock is off; undefined where nobody knows. `isTrusted`: the configuration says that this machine's clock
   * is right without a time service; a clock that says less than `atLeast` is wrong all the same.
   */
  errorOf(
    quality: ClockQuality,
    isTrusted: boolean,
  ): { readonly shiftMs: number; readonly withinMs: number } | undefined {
    if (quality === 'synced') return right;
    const now = this.#options.clock.now();
    const about = this.about();
    if (about !== undefined) return { shiftMs: about.time - now, withinMs: about.withinMs };
    return isTrusted && now >= this.atLeast() ? right : undefined;
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
