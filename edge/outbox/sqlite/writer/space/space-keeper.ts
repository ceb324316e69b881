/**
 * Keeps space for new entries: the writer's side of ../../../space.ts. It checks the disk, lays the ballast and deletes
 * it, deletes delivered events before their time, and has the oldest telemetry shed.
 *
 *   roomy ── the floor of free disk ──► telemetry no longer grows ── a write fails ──► full: the ballast is deleted
 *     ▲                                       │                                         │
 *     └────────── free disk again ────────────┴──── … and space for the ballast as well ┘
 *
 * Shedding itself waits first (shed-patience.ts).
 *
 * Always: delivered events are deleted before undelivered ones. Shed ranges are returned to the caller, who stores
 * their gap records in the same transaction. The disk is checked between transactions, at most once a second.
 */
import { type Lane, lanes } from '@forpost/shared/event/ids.ts';
import type Database from 'better-sqlite3';
import type { InHand } from '../../../in-hand.ts';
import {
  type Allowances,
  allowances,
  bytesToShed,
  defaultMinFreeBytes,
  fits,
  headroom,
  isAmple,
  type Kind,
  leastStep,
  rowBytes,
  type SpaceState,
  whileWaiting,
} from '../../../space.ts';
import { leastFreeBytes } from '../../disk-trouble.ts';
import type { SpaceFigures, WriterLimits } from '../../messages.ts';
import type { Lanes } from '../lanes.ts';
import type { WriterDisk } from '../writer-disk.ts';
import type { Retention } from './retention.ts';
import { ShedPatience } from './shed-patience.ts';
import { type Shed, Shedder } from './shedder.ts';

/** From this share of telemetry's space on, delivered events are deleted before their time. */
const pressedShare = 0.94;
/** The most delivered events that one commit deletes where space is needed at once. */
const urgentRows = 50_000;
const checkEveryMs = 1000;
/** The gap records of one step take fewer bytes. */
const gapBytes = 4096;
const gapDataBytes = 250;
/** The log is truncated once it is longer than this, unless a reader is in the way. */
const longestLogBytes = 32 * 2 ** 20;

interface Pages {
  readonly fileBytes: number;
  readonly usedBytes: number;
}

export class SpaceKeeper {
  readonly #db: Database.Database;
  readonly #disk: WriterDisk;
  readonly #limits: WriterLimits;
  readonly #inHand: InHand;
  readonly #shedder: Shedder;
  readonly #leastStep: number;
  readonly #patience: ShedPatience;
  /** when the running check or commit began, ms of the monotonic clock */
  #uptime = 0;
  readonly #pages: () => Pages;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #free = Number.POSITIVE_INFINITY;
  #minFree = 0;
  #fileAtCheck = 0;
  #alertBytes = 0;
  #diskFull = false;
  #allowed: Allowances;
  #incomingBytes = 0;
  #deliveredBytes = 0;
  #written: number | null = null;
  /** ranges shed in the running transaction */
  #shed: readonly Shed[] = [];
  /** bytes of telemetry that had space right after the last shed step */
  #leftByShedding = 0;
  #shedEvents = 0;
  #shedRanges = 0;

  constructor(db: Database.Database, disk: WriterDisk, limits: WriterLimits, inHand: InHand, pages: () => Pages) {
    this.#db = db;
    this.#disk = disk;
    this.#limits = limits;
    this.#inHand = inHand;
    this.#shedder = new Shedder(db, inHand);
    this.#leastStep = leastStep(limits.maxBytes);
    this.#patience = new ShedPatience(limits.shedAfterMs);
    this.#pages = pages;
    this.#allowed = allowances(this.#state());
  }

  /**
   * Checks the disk and lays ballast; to be called between transactions, as often as one likes. @param uptime ms of the
   * monotonic clock
   */
  check(lanes: Lanes, uptime: number): void {
    this.#uptime = uptime;
    // pages that make the file grow must not wait in the log: with the ballast used up there is no space to move them
    if (this.#isWaitingOnFullDisk()) this.#cutLog();
    if (uptime < this.#checkedAt + checkEveryMs) return;
    this.#checkedAt = uptime;
    const { freeBytes, totalBytes } = this.#disk.space();
    this.#free = freeBytes;
    this.#minFree = this.#limits.minFreeBytes ?? defaultMinFreeBytes(totalBytes);
    this.#fileAtCheck = this.#pages().fileBytes;
    // the space that the ballast has just given back does not count
    const wanted = Math.max(this.#minFree, leastFreeBytes) + this.#disk.ballast.missingBytes;
    if (this.#diskFull && freeBytes >= wanted) this.#diskFull = false;
    if (!this.#diskFull) {
      const before = this.#disk.ballast.bytes;
      this.#disk.ballast.lay(freeBytes - this.#minFree);
      this.#free -= this.#disk.ballast.bytes - before;
    }
    if (this.#disk.logBytes() > longestLogBytes) this.#cutLog();
    this.#written = this.#disk.writtenBytes();
    this.#countAlerts(lanes);
    this.#deliveredBytes = 0;
    for (const state of lanes.all()) this.#deliveredBytes += lanes.deliveredBytes(state);
    const { usedBytes } = this.#refresh();
    if (usedBytes - this.#deliveredBytes <= this.#allowed.shedFrom) this.#hasRoom(usedBytes, 0);
  }

  /** Delivered events count as space: they are deleted when it is needed. */
  #hasRoom(usedBytes: number, incoming: number): void {
    const bytes = headroom(usedBytes - this.#deliveredBytes + incoming, this.#allowed);
    this.#patience.hasRoom(isAmple(bytes, this.#leftByShedding, this.#allowed, this.#leastStep));
  }

  #countAlerts(lanes: Lanes): void {
    this.#alertBytes = 0;
    for (const state of lanes.all()) if (state.lane === 'alerts') this.#alertBytes += lanes.keptBytes(state);
  }

  /** After a write that found the disk full: gives back the ballast and the log for another try. */
  diskIsFull(): void {
    this.#diskFull = true;
    this.#free = 0;
    this.#checkedAt = Number.NEGATIVE_INFINITY;
    this.#disk.ballast.giveUp();
    this.#cutLog();
  }

  /**
   * Truncates the log before the first transaction, and after a failed one: its frames behind the last commit would
   * look like a damaged log after a kill (repair/log-check.ts).
   */
  clearLog(): void {
    if (this.#disk.logBytes() > 0) this.#cutLog();
  }

  /** The lanes whose delivered events must be deleted before their time for this many incoming bytes. */
  #pressed(incoming: number): readonly Lane[] {
    const { usedBytes } = this.#refresh();
    if (usedBytes + incoming > pressedShare * this.#allowed.shedFrom) return lanes;
    const { maxBytes } = this.#limits;
    return fits('alerts', incoming, { maxBytes, usedBytes: 0 }, this.#allowed, this.#alertBytes / pressedShare)
      ? []
      : ['alerts'];
  }

  /**
   * Deletes delivered events, within a transaction and before cursors move: first a commit's share, and more where that
   * is not enough at once.
   */
  retain(retention: Retention, all: Lanes, now: number, incomingBytes: number, incomingEvents: number): void {
    const pressed = this.#pressed(incomingBytes);
    const more = retention.run(all, now, pressed, incomingEvents);
    if (more && this.#pages().usedBytes + incomingBytes > this.#allowed.shedFrom)
      retention.run(all, now, lanes, urgentRows / 2);
    if (pressed.length > 0) this.#countAlerts(all);
  }

  /**
   * Sheds the oldest telemetry, within a transaction and after cursors moved. It sheds only where the incoming bytes
   * have no space otherwise, and only after the wait, or where an alert has no space. @param alertBytes of the incoming
   * entries
   */
  shed(lanes: Lanes, incomingBytes: number, alertBytes: () => number): readonly Shed[] {
    const { usedBytes } = this.#refresh();
    const bytes = bytesToShed(usedBytes, incomingBytes, this.#allowed, this.#leastStep);
    if (bytes === 0) {
      this.#hasRoom(usedBytes, incomingBytes);
      return [];
    }
    if (!this.#hasRoomForGaps()) return [];
    // events that this transaction's cursors have passed are deleted in the next one
    let delivered = 0;
    for (const state of lanes.all()) delivered += lanes.deliveredBytes(state);
    if (usedBytes + incomingBytes - delivered <= this.#allowed.shedFrom) return [];
    if (!this.#patience.mayShed(this.#uptime) && this.#fitsAlerts(usedBytes, alertBytes())) return [];
    this.#shed = this.#shedder.run(lanes, bytes, this.#leastStep);
    this.#alertBytes += this.#shed.length * weightOf(gapDataBytes);
    this.#leftByShedding = Math.max(0, headroom(this.#refresh().usedBytes, this.#allowed));
    return this.#shed;
  }

  #fitsAlerts(usedBytes: number, bytes: number): boolean {
    return bytes === 0 || usedBytes + bytes <= this.#allowedNow().alerts;
  }

  #allowedNow(): Allowances {
    if (!this.#isWaitingOnFullDisk()) return this.#allowed;
    return whileWaiting(this.#allowed, this.#ballastWanted() / 2);
  }

  #isWaitingOnFullDisk(): boolean {
    return this.#diskFull && this.#patience.leftMs(this.#uptime) !== undefined;
  }

  #ballastWanted(): number {
    return this.#disk.ballast.bytes + this.#disk.ballast.missingBytes;
  }

  /** A transaction ended: its shed events are gone, or are there again. */
  ended(how: 'committed' | 'rolled back'): void {
    this.#inHand.endShedding();
    if (how === 'committed')
      for (const { count } of this.#shed) {
        this.#shedRanges++;
        this.#shedEvents += count;
      }
    this.#shed = [];
  }

  /** Whether an entry of this kind has space; counts it if so. */
  reserve(kind: Kind, bytes: number, usedBytes: number): boolean {
    const allowed = this.#allowedNow();
    if (!fits(kind, bytes, { maxBytes: this.#limits.maxBytes, usedBytes }, allowed, this.#alertBytes)) return false;
    this.#incomingBytes += bytes;
    if (kind !== 'telemetry') this.#alertBytes += bytes;
    return true;
  }

  figures(): SpaceFigures {
    const { usedBytes } = this.#pages();
    return {
      freeDiskBytes: Number.isFinite(this.#free) ? this.#free : null,
      minFreeBytes: this.#minFree,
      diskFull: this.#diskFull,
      shedsInMs: this.#patience.leftMs(this.#uptime) ?? null,
      ballastBytes: this.#disk.ballast.bytes,
      ballastWanted: this.#ballastWanted(),
      shedEvents: this.#shedEvents,
      shedRanges: this.#shedRanges,
      incomingBytes: this.#incomingBytes,
      leftBytes: Math.max(0, this.#allowed.shedFrom - usedBytes + this.#deliveredBytes),
      writtenBytes: this.#written,
    };
  }

  /** Gap records are never shed: where they fill the alerts' share, telemetry waits. */
  #hasRoomForGaps(): boolean {
    const { maxBytes } = this.#limits;
    return fits('reserved', gapBytes, { maxBytes, usedBytes: 0 }, this.#allowed, this.#alertBytes);
  }

  #refresh(): SpaceState {
    const state = this.#state();
    this.#allowed = allowances(state);
    return state;
  }

  #state(): SpaceState {
    const { fileBytes, usedBytes } = this.#pages();
    return {
      maxBytes: this.#limits.maxBytes,
      fileBytes,
      usedBytes,
      freeDiskBytes: Math.max(0, this.#free - Math.max(0, fileBytes - this.#fileAtCheck)),
      minFreeBytes: this.#minFree,
      diskFull: this.#diskFull,
    };
  }

  /** Moves the log into the file and truncates it; not while a reader is active. */
  #cutLog(): void {
    try {
      this.#db.pragma('busy_timeout = 50');
      this.#db.pragma('wal_checkpoint(TRUNCATE)');
    } catch {
      // the disk is full, or a reader is in the way: the next check tries again
    } finally {
      this.#db.pragma('busy_timeout = 5000');
    }
  }
}

/** About the bytes that an event with so many bytes of data takes. */
export function weightOf(dataBytes: number): number {
  return rowBytes + dataBytes;
}
