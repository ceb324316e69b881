/**
 * The outbox: every event of the site, durable before anyone is told so, until the centre has it.
 *
 *   append ──► gathered ── the running commit ends ──► one transaction (numbers given, fsync) ──► committed
 *                                                          └── fails ──► rejected, nothing of it was stored
 *
 * Always:
 *  - `append` resolves only after the entry is on disk (WAL, synchronous=FULL), and rejects where it is not;
 *  - sequence numbers of one (epoch, lane) are 1, 2, 3, … without gaps, given inside the insert's transaction;
 *  - each start is a new epoch; what older epochs left unsent is still read and acknowledged under its own numbers;
 *  - an entry is stored whole or not at all, and a `resendId` seen before from the same device adds nothing where its
 *    newest `content` is the same; another content is stored, and counted as a number that the device uses twice;
 *  - a cursor only moves forward, and is on disk before what it passed may be deleted;
 *  - alerts of one device are stored in the order in which they were handed over: where one is refused, those handed
 *    over behind it before that was known are refused too;
 *  - without room (room.ts) delivered events go first; then telemetry is refused for a while (`outbox.shed_after_s`,
 *    sqlite/shed-patience.ts); then the oldest telemetry goes, named by a gap record in the same transaction and never while it is in hand at a sink (in-hand.ts); alerts are never shed: `append` rejects with
 *    FORPOST_OUTBOX_FULL, and what else comes goes on;
 *  - the queue in front of the disk is bounded, what one sender may have in it too, and its last room is kept for alerts
 *    and `reserved` entries (sqlite/gathering.ts): beyond a bound `append` rejects with FORPOST_OUTBOX_FULL.
 */
import type { Uptime, WallTime } from '@forpost/shared/clock.ts';
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import type { ClockQuality } from '@forpost/shared/event/event.ts';
import type { DeviceId, Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import type { LaneBacklog } from '@forpost/shared/event/status.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
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
  /** hash of what the device said under that id, an integer above 0; absent: the id alone tells a resend */
  readonly content?: number;
}

/** A message that nobody could read: kept as it came, with the reason. */
export interface DeadLetter {
  readonly device: DeviceId;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly received: WallTime;
  readonly reason: string;
}

/** What one publish (or one observation) says: committed together. */
export interface OutboxEntry {
  readonly events: readonly EventDraft[];
  readonly deadLetter?: DeadLetter;
  /** nobody will offer it again (vision, a silent device, the gateway itself): it may use the room kept for that */
  readonly reserved?: boolean;
  /** the device or consumer whose publish it is, to whose share of the queue it counts; none: the gateway's own */
  readonly sender?: string;
  /** what the broker has to remember of the publish */
  readonly publish?: PublishRecord | undefined;
}

export interface Appended {
  /** events that got a number */
  readonly stored: number;
  /** events dropped because their resendId was known, with this content */
  readonly repeated: number;
}

/** A device gave one id to several contents: all of them are stored. */
export interface ReusedIds {
  readonly device: string;
  /** events that came under an id of another one, since the file was begun */
  readonly count: number;
  /** ms since 1970 by the gateway's clock, of the newest */
  readonly lastAt: number;
}

export interface OutboxStatus {
  readonly epoch: Epoch;
  /** how many times this file was started */
  readonly starts: number;
  readonly committedEvents: number;
  readonly repeatedEvents: number;
  /** devices that used an id twice within the last day that the gateway ran */
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
  readonly room: OutboxRoom;
  /** what is wrong with it now, in words; empty where all is well */
  readonly problem: string;
}

/** How much room there is, and what it costs the disk. */
export interface OutboxRoom {
  /** outbox.max_bytes, and what of the file is in use */
  readonly maxBytes: number;
  readonly usedBytes: number;
  /** of the disk, and the floor below which telemetry grows no more; null: not known */
  readonly freeDiskBytes: number | null;
  readonly minFreeBytes: number;
  /** a write failed for room, and the floor has not been reached again since */
  readonly diskFull: boolean;
  /** there is no room, and the oldest readings make some in so many ms unless some comes; null: it does not wait for that */
  readonly shedsInMs: number | null;
  /** the file that is given up when the disk is full */
  readonly ballastBytes: number;
  /** undelivered events shed for room since the gateway started, and the ranges they were named in */
  readonly shedEvents: number;
  readonly shedRanges: number;
  /** days until telemetry is shed if nothing is delivered, at the rate of the last hour; null: not known yet */
  readonly daysLeft: number | null;
  /** written to the disk by the outbox since the gateway started, and a day at the rate of the last hour */
  readonly writtenBytes: number | null;
  readonly writtenBytesADay: number | null;
}

/** Of an outbox that is not on a disk. */
export const unlimitedRoom: OutboxRoom = {
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
  /** The sink called everything of this lane up to and with `through` safe. */
  acknowledge(sink: string, epoch: Epoch, lane: Lane, through: Sequence): void;
  /** Calls `listener` after commits, at most once for each: new events can be read. Returns how to stop it. */
  onCommit(listener: () => void): () => void;
  status(): OutboxStatus;
  /** The newest dead letters, newest first, at most `limit`; with `device` those of that one device. */
  deadLetters(limit: number, device?: string): Promise<readonly DeadLetter[]>;
  /** Where a thread of its own can open an OutboxReader. */
  readonly file: string;
}

/** A read-only view in the reader's own thread with its own connection; each call is one short read. */
export interface OutboxReader {
  /** Lanes of all epochs in which `sink` still has something to get, oldest epoch first, alerts before telemetry. */
  backlog(sink: string): readonly LaneBacklog[];
  /**
   * The newest lanes of which `sink` has everything and of which something is still in the file, newest epoch first, at
   * most `limit`: what tells the centre where lanes of earlier starts ended.
   */
  drained(sink: string, limit: number): readonly LaneBacklog[];
  /** The events after `after`, in order, up to both limits (at least one event where there is one). */
  read(epoch: Epoch, lane: Lane, after: Sequence, maxEvents: number, maxBytes: number): readonly StoredEvent[];
  /** The newest events of a lane over all epochs, newest first, delivered ones that are still kept included. */
  newest(lane: Lane, limit: number): readonly StoredEvent[];
  /** Whether an event with this `resendId` from this device (null: the gateway's own) is stored, as far as that is remembered. */
  isStored(device: DeviceId | null, resendId: string): boolean;
  close(): void;
}
