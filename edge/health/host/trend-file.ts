/**
 * Keeps the use of the disk (disk-trend.ts) across restarts, in `host-health.json` in the data folder.
 *
 * Always: points carry the monotonic clock while the gateway runs, so that setting the clock moves none; in the file
 * they carry wall time, because the next boot's monotonic clock begins anew. Points that a wrong clock puts into the
 * future, and points of another disk (another size), are forgotten. A file that cannot be read or written loses
 * only the earlier trend. Written at most once an hour, and at the stop: flash wears out.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { readWhole, replaceFile } from '@forpost/shared/files.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import { type DiskTrend, noTrend, noted, type TrendPoint } from './disk-trend.ts';

const everyMs = 3_600_000;
const mostPoints = 1000;
/** ZFS and btrfs change the size of a file system a little as others use the pool; another disk differs by more. */
const sameDisk = 0.05;

export interface TrendFileOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class TrendFile {
  readonly #options: TrendFileOptions;
  readonly #log: SparingLogger;
  #trend = noTrend;
  /** size of the disk that the points describe, bytes */
  #total: number | undefined;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #written: DiskTrend = noTrend;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: TrendFileOptions) {
    this.#options = options;
    this.#log = new SparingLogger(options.logger, options.clock);
  }

  get trend(): DiskTrend {
    return this.#trend;
  }

  async start(): Promise<void> {
    const { file, clock } = this.#options;
    let stored: unknown;
    try {
      stored = JSON.parse(await readWhole(file));
    } catch {
      // none yet, or damaged: the trend begins now
      return;
    }
    const { total, points } = (stored ?? {}) as { readonly total?: unknown; readonly points?: unknown };
    if (typeof total !== 'number' || !Array.isArray(points)) return;
    this.#total = total;
    const past = (points as readonly unknown[]).slice(-mostPoints).filter(isStored);
    const [now, uptime] = [clock.now(), clock.uptime()];
    const known: readonly TrendPoint[] = past
      .filter(({ time }) => time <= now)
      .map(({ time, used }) => ({ at: uptime - (now - time), used }))
      .toSorted((a, b) => a.at - b.at);
    this.#trend = known.reduce(noted, noTrend);
    this.#written = this.#trend;
    this.#writtenAt = uptime;
  }

  /** Notes the use of the disk now; `total`: its size. Another size is another disk, whose trend begins now. */
  note(used: number, total: number): void {
    const uptime = this.#options.clock.uptime();
    if (this.#total === undefined || Math.abs(total - this.#total) > sameDisk * this.#total) {
      this.#trend = noTrend;
      this.#total = total;
    }
    this.#trend = noted(this.#trend, { at: uptime, used });
    if (uptime - this.#writtenAt < everyMs) return;
    this.#writtenAt = uptime;
    this.#writing = this.#writing.then(() => this.#write());
  }

  async stop(): Promise<void> {
    await this.#writing;
    await this.#write();
  }

  async #write(): Promise<void> {
    const { file, clock } = this.#options;
    const trend = this.#trend;
    if (trend === this.#written) return;
    const offset = clock.now() - clock.uptime();
    // several windows may hold the same point; the map keeps it once
    const points = new Map(trend.windows.flatMap((window) => window.points.map(({ at, used }) => [at, used] as const)));
    const stored = [...points]
      .toSorted(([a], [b]) => a - b)
      .map(([at, used]) => ({ time: Math.round(at + offset), used }));
    try {
      await replaceFile(file, `${JSON.stringify({ version: 1, total: this.#total, points: stored })}\n`);
      this.#written = trend;
    } catch (error) {
      this.#log.warn('trend', { file }, `the use of the disk over time cannot be written: ${messageOf(error)}`);
    }
  }
}

interface StoredPoint {
  /** ms since 1970 */
  readonly time: number;
  readonly used: number;
}

function isStored(point: unknown): point is StoredPoint {
  if (typeof point !== 'object' || point === null) return false;
  const { time, used } = point as { readonly time?: unknown; readonly used?: unknown };
  return Number.isFinite(time) && Number.isFinite(used);
}
