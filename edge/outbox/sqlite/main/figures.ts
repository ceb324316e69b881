/** The outbox's figures: totals over all writers of this process, rates of the last minute and hour. */
import type { Clock } from '@forpost/shared/clock.ts';
import type { OutboxSpace, OutboxStatus, ReusedIds } from '../../outbox.ts';
import type { CommitOutcome, FileState } from '../messages.ts';
import { CommitTimes } from './commit-times.ts';
import { DailyRate } from './daily-rate.ts';

/** How long a device that reused an id is named, in the gateway's running time. */
const reusedReportedMs = 86_400_000;

export class Figures {
  readonly #clock: Clock;
  readonly #maxBytes: number;
  readonly #times = new CommitTimes();
  readonly #syncTimes = new CommitTimes();
  readonly #incoming = new DailyRate();
  readonly #written = new DailyRate();
  /** by the running writer, or the last one */
  #file: FileState | undefined;
  /** totals of the writers before that one */
  readonly #before = { shedEvents: 0, shedRanges: 0, writtenBytes: 0 };
  #committedEvents = 0;
  #repeatedEvents = 0;
  #commits = 0;
  /** by device; `heard`: when the last one came, ms of the monotonic clock */
  readonly #reused = new Map<string, ReusedIds & { readonly heard: number }>();

  constructor(clock: Clock, maxBytes: number) {
    this.#clock = clock;
    this.#maxBytes = maxBytes;
  }

  /** A new writer has opened the file; its totals begin at zero. */
  opened(state: FileState): void {
    const last = this.#file?.room;
    this.#before.shedEvents += last?.shedEvents ?? 0;
    this.#before.shedRanges += last?.shedRanges ?? 0;
    this.#before.writtenBytes += last?.writtenBytes ?? 0;
    this.#learn(state);
  }

  /** Devices that reused an id, by the file at the start or by a commit. */
  reused(reused: readonly ReusedIds[]): void {
    for (const one of reused) this.#reused.set(one.device, { ...one, heard: this.#clock.uptime() });
  }

  #reusedIds(uptime: number): readonly ReusedIds[] {
    return [...this.#reused.values()]
      .filter(({ heard }) => uptime - heard < reusedReportedMs)
      .map(({ device, count, lastAt }) => ({ device, count, lastAt }));
  }

  /** A commit took `ms`. */
  committed({ stored, repeated, reused, syncMs, state }: CommitOutcome, ms: number): void {
    this.reused(reused);
    this.#commits++;
    this.#committedEvents += stored;
    for (const [, known] of repeated) this.#repeatedEvents += known;
    this.#learn(state);
    this.#times.add(ms, this.#clock.uptime());
    this.#syncTimes.add(syncMs, this.#clock.uptime());
  }

  #learn(state: FileState): void {
    const uptime = this.#clock.uptime();
    this.#file = state;
    this.#incoming.add(state.room.incomingBytes, uptime);
    if (state.room.writtenBytes !== null) this.#written.add(state.room.writtenBytes, uptime);
  }

  /** @param cannotOpen the file cannot be opened, because the disk is full */
  status(cannotOpen: boolean): Omit<OutboxStatus, 'epoch' | 'starts' | 'queued' | 'problem'> {
    const uptime = this.#clock.uptime();
    return {
      committedEvents: this.#committedEvents,
      repeatedEvents: this.#repeatedEvents,
      reusedIds: this.#reusedIds(uptime),
      deadLetters: this.#file?.deadLetters ?? 0,
      commits: this.#commits,
      lastCommitMs: this.#times.last,
      longestCommitMs: this.#times.longest(uptime),
      fileBytes: this.#file?.fileBytes ?? 0,
      lastSyncMs: this.#syncTimes.last,
      longestSyncMs: this.#syncTimes.longest(uptime),
      room: this.#room(cannotOpen, uptime),
    };
  }

  #room(cannotOpen: boolean, uptime: number): OutboxSpace {
    const room = this.#file?.room;
    const { shedEvents, shedRanges, writtenBytes } = this.#before;
    const written = room?.writtenBytes ?? null;
    const aDay = this.#incoming.aDay(room?.incomingBytes ?? 0, uptime);
    return {
      maxBytes: this.#maxBytes,
      usedBytes: this.#file?.usedBytes ?? 0,
      freeDiskBytes: room?.freeDiskBytes ?? null,
      minFreeBytes: room?.minFreeBytes ?? 0,
      diskFull: cannotOpen || room?.diskFull === true,
      shedsInMs: room?.shedsInMs ?? null,
      ballastBytes: room?.ballastBytes ?? 0,
      shedEvents: shedEvents + (room?.shedEvents ?? 0),
      shedRanges: shedRanges + (room?.shedRanges ?? 0),
      daysLeft: aDay === null || aDay === 0 || room === undefined ? null : room.leftBytes / aDay,
      writtenBytes: written === null ? null : writtenBytes + written,
      writtenBytesADay: written === null ? null : this.#written.aDay(written, uptime),
    };
  }
}
