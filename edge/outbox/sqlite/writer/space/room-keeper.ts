/**
 * Keeps room for what comes: the writer's side of ../room.ts. It looks at the disk, lays the ballast and gives it up,
 * lets delivered events go before their time, and has the oldest telemetry shed.
 *
 *   roomy ── the floor of free disk ──► telemetry grows no more ── a write fails ──► full: the ballast is given up
 *     ▲                                       │                                         │
 *     └────────── free disk again ────────────┴──── … and room for the ballast as well ─┘
 *
 * Shedding itself waits first (shed-patience.ts).
 *
 * Always: delivered events go before undelivered ones; what is shed is told to the caller, who stores the gap record in
 * the same transaction; a look at the disk happens between transactions, at most once a second.
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
  type RoomState,
  rowBytes,
  whileWaiting,
} from '../../../room.ts';
import { leastFreeBytes } from '../../disk-trouble.ts';
import type { RoomFigures, WriterLimits } from '../../messages.ts';
import type { Lanes } from '../lanes.ts';
import type { WriterDisk } from '../writer-disk.ts';
import type { Retention } from './retention.ts';
import { ShedPatience } from './shed-patience.ts';
import { type Shed, Shedder } from './shedder.ts';

/** From this share of what telemetry may take, delivered events make room before their time. */
const pressedShare = 0.94;
/** Delivered events that one commit lets go at most, where room is needed at once. */
const urgentRows = 50_000;
const lookEveryMs = 1000;
/** More than the gap records of one step take. */
const gapBytes = 4096;
const gapDataBytes = 250;
/** The log is cut short once it is longer than this; a reader that was in the way is not waited for. */
const longestLogBytes = 32 * 2 ** 20;

interface Pages {
  readonly fileBytes: number;
  readonly usedBytes: number;
}

export class RoomKeeper {
  readonly #db: Database.Database;
  readonly #disk: WriterDisk;
  readonly #limits: WriterLimits;
  readonly #inHand: InHand;
  readonly #shedder: Shedder;
  readonly #leastStep: number;
  readonly #patience: ShedPatience;
  /** ms of the monotonic clock, of the look or commit that runs */
  #uptime = 0;
  readonly #pages: () => Pages;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #free = Number.POSITIVE_INFINITY;
  #minFree = 0;
  #fileAtLook = 0;
  #alertBytes = 0;
  #diskFull = false;
  #allowed: Allowances;
  #incomingBytes = 0;
  #deliveredBytes = 0;
  #written: number | null = null;
  /** in the transaction that runs */
  #shed: readonly Shed[] = [];
  /** how much more telemetry found room right after the last step */
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

  /** Between transactions, as often as one likes. `uptime`: ms of the monotonic clock. */
  look(lanes: Lanes, uptime: number): void {
    this.#uptime = uptime;
    // what made the file grow must not wait in the log: with the ballast used up there would be no room to take it over
    if (this.#isWaitingOnFullDisk()) this.#cutLog();
    if (uptime < this.#lookedAt + lookEveryMs) return;
    this.#lookedAt = uptime;
    const { freeBytes, totalBytes } = this.#disk.space();
    this.#free = freeBytes;
    this.#minFree = this.#limits.minFreeBytes ?? defaultMinFreeBytes(totalBytes);
    this.#fileAtLook = this.#pages().fileBytes;
    // what the ballast has just given back alone is no room for it
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

  /** Delivered events are room, too: they go when it is needed. */
  #hasRoom(usedBytes: number, incoming: number): void {
    const bytes = headroom(usedBytes - this.#deliveredBytes + incoming, this.#allowed);
    this.#patience.hasRoom(isAmple(bytes, this.#leftByShedding, this.#allowed, this.#leastStep));
  }

  #countAlerts(lanes: Lanes): void {
    this.#alertBytes = 0;
    for (const state of lanes.all()) if (state.lane === 'alerts') this.#alertBytes += lanes.keptBytes(state);
  }

  /** A write failed for room: gives back what there is to give back, so that it can be tried again. */
  diskIsFull(): void {
    this.#diskFull = true;
    this.#free = 0;
    this.#lookedAt = Number.NEGATIVE_INFINITY;
    this.#disk.ballast.giveUp();
    this.#cutLog();
  }

  /**
   * Before the first transaction, and after one that failed: what it left in the log behind the last commit would look,
   * after a kill, like the rest of a damaged one (log-check.ts).
   */
  clearLog(): void {
    if (this.#disk.logBytes() > 0) this.#cutLog();
  }

  /** Lanes whose delivered events are to go before their time, for this many bytes that come. */
  #pressed(incoming: number): readonly Lane[] {
    const { usedBytes } = this.#refresh();
    if (usedBytes + incoming > pressedShare * this.#allowed.shedFrom) return lanes;
    const { maxBytes } = this.#limits;
    return fits('alerts', incoming, { maxBytes, usedBytes: 0 }, this.#allowed, this.#alertBytes / pressedShare)
      ? []
      : ['alerts'];
  }

  /**
   * Within a transaction, before cursors are moved: delivered events go, first within the bounds of a commit's share,
   * and where that is not enough at once.
   */
  retain(retention: Retention, all: Lanes, now: number, incomingBytes: number, incomingEvents: number): void {
    const pressed = this.#pressed(incomingBytes);
    const more = retention.run(all, now, pressed, incomingEvents);
    if (more && this.#pages().usedBytes + incomingBytes > this.#allowed.shedFrom)
      retention.run(all, now, lanes, urgentRows / 2);
    if (pressed.length > 0) this.#countAlerts(all);
  }

  /**
   * Within a transaction, after cursors are moved: the oldest telemetry, where what comes would have no room else, and
   * devices have kept what they have for long enough, or an alert would find none. `alertBytes`: of what comes.
   */
  shed(lanes: Lanes, incomingBytes: number, alertBytes: () => number): readonly Shed[] {
    const { usedBytes } = this.#refresh();
    const bytes = bytesToShed(usedBytes, incomingBytes, this.#allowed, this.#leastStep);
    if (bytes === 0) {
      this.#hasRoom(usedBytes, incomingBytes);
      return [];
    }
    if (!this.#hasRoomForGaps()) return [];
    // what the cursors of this very transaction have passed goes with the next one
    let delivered = 0;
    for (const state of lanes.all()) delivered += lanes.deliveredBytes(state);
    if (usedBytes + incomingBytes - delivered <= this.#allowed.shedFrom) return [];
    if (!this.#patience.mayShed(this.#uptime) && this.#takesAlerts(usedBytes, alertBytes())) return [];
    this.#shed = this.#shedder.run(lanes, bytes, this.#leastStep);
    this.#alertBytes += this.#shed.length * weightOf(gapDataBytes);
    this.#leftByShedding = Math.max(0, headroom(this.#refresh().usedBytes, this.#allowed));
    return this.#shed;
  }

  #takesAlerts(usedBytes: number, bytes: number): boolean {
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

  /** However a transaction ended: what it shed is gone, or is there again. */
  ended(how: 'committed' | 'rolled back'): void {
    this.#inHand.endShedding();
    if (how === 'committed')
      for (const { count } of this.#shed) {
        this.#shedRanges++;
        this.#shedEvents += count;
      }
    this.#shed = [];
  }

  /** Whether an entry of this kind has room; if so, it is counted. */
  takes(kind: Kind, bytes: number, usedBytes: number): boolean {
    const allowed = this.#allowedNow();
    if (!fits(kind, bytes, { maxBytes: this.#limits.maxBytes, usedBytes }, allowed, this.#alertBytes)) return false;
    this.#incomingBytes += bytes;
    if (kind !== 'telemetry') this.#alertBytes += bytes;
    return true;
  }

  figures(): RoomFigures {
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

  /** Gap records are never shed: where they fill the alerts' share, telemetry waits instead. */
  #hasRoomForGaps(): boolean {
    const { maxBytes } = this.#limits;
    return fits('reserved', gapBytes, { maxBytes, usedBytes: 0 }, this.#allowed, this.#alertBytes);
  }

  #refresh(): RoomState {
    const state = this.#state();
    this.#allowed = allowances(state);
    return state;
  }

  #state(): RoomState {
    const { fileBytes, usedBytes } = this.#pages();
    return {
      maxBytes: this.#limits.maxBytes,
      fileBytes,
      usedBytes,
      freeDiskBytes: Math.max(0, this.#free - Math.max(0, fileBytes - this.#fileAtLook)),
      minFreeBytes: this.#minFree,
      diskFull: this.#diskFull,
    };
  }

  /** Writes the log into the file and gives its room back; not while somebody reads. */
  #cutLog(): void {
    try {
      this.#db.pragma('busy_timeout = 50');
      this.#db.pragma('wal_checkpoint(TRUNCATE)');
    } catch {
      // the disk is full, or a reader is in the way: the next look tries again
    } finally {
      this.#db.pragma('busy_timeout = 5000');
    }
  }
}

/** What an event of this many bytes of data takes, about. */
export function weightOf(dataBytes: number): number {
  return rowBytes + dataBytes;
}
