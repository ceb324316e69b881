/**
 * The outbox: holds every event of the site durably until all sinks have called it safe.
 *
 *   append ──► queued ── the running commit ends ──► one transaction (numbers given, fsync) ──► committed
 *                                                          └── fails ──► rejected, nothing of it was stored
 *
 * Always:
 *  - `append` resolves only after the entry is on disk (WAL, synchronous=FULL), and rejects if it is not stored;
 *  - sequence numbers of one (epoch, lane) are 1, 2, 3, … without gaps, given inside the insert's transaction;
 *  - each start is a new epoch; unsent events of older epochs are still read and acknowledged under their own numbers;
 *  - an entry is stored whole or not at all. A `resendId` that the same device used before adds nothing where its
 *    newest `content` is the same; other content is stored, and counted as a reused id of the device;
 *  - a cursor only moves forward, and is on disk before the events that it has passed may be deleted;
 *  - alerts of one device are stored in the order in which they were handed over: where one is refused, later ones that
 *    were handed over before the refusal was known are refused too;
 *  - without space (space.ts) delivered events are deleted first. Then telemetry is refused for a while
 *    (`outbox.shed_after_s`, sqlite/writer/space/shed-patience.ts). Then the oldest telemetry is shed: named by a gap
 *    record in the same transaction, and never while it is in hand at a sink (in-hand.ts). Alerts are never shed:
 *    `append` rejects with FORPOST_OUTBOX_FULL;
 *  - the queue in front of the disk is bounded, each sender has a share of it, and its last part is kept for alerts and
 *    `reserved` entries (sqlite/main/commit-queue.ts): beyond a bound `append` rejects with FORPOST_OUTBOX_FULL.
 */

import type { Uptime, WallTime } from '@forpost/shared/clock.ts';
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import type { ClockQuality } from '@forpost/shared/event/event.ts';
import type { DeviceId, Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import type { LaneBacklog } from '@forpost/shared/event/status.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Words } from '@forpost/shared/texts/english.ts';
import type { PublishRecord } from '../mqtt-state/mqtt-state.ts';

/** An event that has no number yet. Times in ms since 1970; `uptime` in ms of the boot's monotonic clock. */
export interface EventDraft {
  readonly lane: Lane;
  readonly type: string;
  readonly device: DeviceId | null;
  readonly time: number;
  readonly received: WallTime;
  readonly clock: ClockQuality;
  readonly boot: string;
  readonly uptime: Uptime;
  /** JSON text */
  readonly data: string;
  /** the device's own id of this event: a resend has the same id and the same content, and is not stored again */
  readonly resendId?: string;
  /** hash of the content under that id, an integer above 0; absent: the id alone identifies a resend */
  readonly content?: number;
}

/** A message that no decoder could read, unchanged, with the reason. */
export interface DeadLetter {
  readonly device: DeviceId;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly received: WallTime;
  readonly reason: string;
}

/** The events of one publish or observation, committed together. */
export interface OutboxEntry {
  readonly events: readonly EventDraft[];
  readonly deadLetter?: DeadLetter;
  /** the entry has no sender that would resend it (vision, a silent device, the gateway): it may use reserved space */
  readonly reserved?: boolean;
  /** the device or consumer that published it, in whose share of the queue it counts; absent: the gateway */
  readonly sender?: string;
  /** the changes of the broker's state that belong to the publish */
  readonly publish?: PublishRecord | undefined;
}

export interface Appended {
  /** events that got a number */
  readonly stored: number;
  /** events dropped because their resendId was known, with this content */
  readonly repeated: number;
}

/** A device has given one id to several contents. All of them are stored. */
export interface ReusedIds {
  readonly device: string;
  /** events with other content under a known id, since the file was begun */
  readonly count: number;
  /** of the newest one, ms since 1970 by the gateway's clock */
  readonly lastAt: number;
}

export interface OutboxStatus {
  readonly epoch: Epoch;
  /** how many times this file was started */
  readonly starts: number;
  readonly committedEvents: number;
  readonly repeatedEvents: number;
  /** devices that reused an id within the last day of the gateway's running time */
  readonly reusedIds: readonly ReusedIds[];
  readonly deadLetters: number;
  readonly commits: number;
  /** ms of the last commit, and the longest of the last minute */
  readonly lastCommitMs: number;
  readonly longestCommitMs: number;
  /** entries waiting for the disk */
  readonly queued: number;
  readonly fileBytes: number;
  /** ms that the last commit's log took to be written and synced, and the longest of the last minute */
  readonly lastSyncMs: number;
  readonly longestSyncMs: number;
  readonly room: OutboxSpace;
  /** what is wrong with it now, in words; empty where all is well */
  readonly problem: Words;
}

/** The outbox's space, and its load on the disk. The API names it `room`. */
export interface OutboxSpace {
  /** outbox.max_bytes, and the bytes of the file that are in use */
  readonly maxBytes: number;
  readonly usedBytes: number;
  /** free bytes of the disk (null: unknown), and the floor below which telemetry no longer grows the file */
  readonly freeDiskBytes: number | null;
  readonly minFreeBytes: number;
  /** a write failed for want of space, and free bytes have not reached the floor since */
  readonly diskFull: boolean;
  /** there is no space: ms until the oldest readings are shed; null: shedding does not wait */
  readonly shedsInMs: number | null;
  /** bytes of the file that is deleted when the disk is full */
  readonly ballastBytes: number;
  /** undelivered events shed since the gateway started, and the ranges that name them */
  readonly shedEvents: number;
  readonly shedRanges: number;
  /** days until telemetry is shed if nothing is delivered, at the rate of the last hour; null: unknown yet */
  readonly daysLeft: number | null;
  /** bytes that the outbox has written to the disk since the gateway started, and a day at the rate of the last hour */
  readonly writtenBytes: number | null;
  readonly writtenBytesADay: number | null;
}

/** For an outbox that is not on a disk. */
export const unlimitedSpace: OutboxSpace = {
  maxBytes: Number.MAX_SAFE_INTEGER,
  usedBytes: 0,
  freeDiskBytes: null,
  minFreeBytes: 0,
  diskFull: false,
  shedsInMs: null,
  ballastBytes: 0,
  shedEvents: 0,
  shedRanges: 0,
  daysLeft: null,
  writtenBytes: null,
  writtenBytesADay: null,
};

export interface Outbox extends Part {
  /** Known once started. */
  readonly epoch: Epoch;
  append(entry: OutboxEntry): Promise<Appended>;
  /** The sink has called all events of this lane up to and including `through` safe. */
  acknowledge(sink: string, epoch: Epoch, lane: Lane, through: Sequence): void;
  /**
   * Calls `listener` after commits with new events, at most once for each commit. @returns a function that ends this
   */
  onCommit(listener: () => void): () => void;
  status(): OutboxStatus;
  /** The newest dead letters, newest first, at most `limit`; with `device` those of that one device. */
  deadLetters(limit: number, device?: string): Promise<readonly DeadLetter[]>;
  /** The file in which another thread can open an OutboxReader. */
  readonly file: string;
}

/** A read-only view in the reader's own thread with its own connection; each call is one short read. */
export interface OutboxReader {
  /**
   * The lanes of all epochs with events that `sink` has not called safe, oldest epoch first, alerts before telemetry.
   */
  backlog(sink: string): readonly LaneBacklog[];
  /**
   * The newest lanes that `sink` has acknowledged to the end and that still have events in the file, newest epoch
   * first, at most `limit`. The centre learns from them where lanes of earlier starts ended.
   */
  drained(sink: string, limit: number): readonly LaneBacklog[];
  /** The events after `after`, in order, up to both limits (at least one event where there is one). */
  read(epoch: Epoch, lane: Lane, after: Sequence, maxEvents: number, maxBytes: number): readonly StoredEvent[];
  /** The newest events of a lane over all epochs, newest first, also delivered ones that are still kept. */
  newest(lane: Lane, limit: number): readonly StoredEvent[];
  /** Whether an event with this `resendId` of this device (null: of the gateway) is stored, as far as ids are kept. */
  isStored(device: DeviceId | null, resendId: string): boolean;
  close(): void;
}
