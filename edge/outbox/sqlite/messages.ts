/**
 * The messages between the outbox's main thread and its writer thread. A batch is one message with its events as one
 * flat array of plain values: cloning that array is several times cheaper than cloning an object for each event.
 *
 * Always: the writer answers each `commit` exactly once, in order, unless it dies.
 */
import type { ErrorCode } from '@forpost/shared/errors.ts';
import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import type { AnswerMessage, CallMessage } from '@forpost/shared/threads/calls.ts';
import type { MqttState, StateChange } from '../../mqtt-state/mqtt-state.ts';
import type { DeadLetter, EventDraft, OutboxEntry, ReusedIds } from '../outbox.ts';
import type { DamagePlace } from './event-rows.ts';
import type { PackedRecords } from './publish-records.ts';

export interface CommitChanges {
  /** the state on disk must be deleted first */
  readonly replacesState: boolean;
  readonly changes: readonly StateChange[];
}

/** A damaged file under its new name, the database first. */
export interface PutAside {
  readonly reason: string;
  readonly files: readonly string[];
  /** events that were rescued into the next file, and ranges that are named as lost */
  readonly saved: number;
  readonly ranges: number;
}

export interface WriterLimits {
  readonly maxBytes: number;
  readonly keepDeliveredMs: number;
  /** free bytes of the disk; null: by the size of the disk */
  readonly minFreeBytes: number | null;
  readonly ballastBytes: number;
  /** ms of waiting before shedding */
  readonly shedAfterMs: number;
}

/** The times and the clock of an event of the outbox's own. */
export interface Stamp extends Pick<EventDraft, 'received' | 'uptime' | 'clock' | 'boot'> {}

export interface WriterData {
  readonly file: string;
  readonly sinks: readonly string[];
  readonly limits: WriterLimits;
  readonly epoch: string;
  /** appended to the name of a file that is put aside */
  readonly stamp: string;
  /** why the file must be put aside at once: it was found damaged in use; null: it was not */
  readonly damage: string | null;
  /** the file that an earlier thread put aside without beginning the next one */
  readonly putAside: PutAside | null;
  readonly stampNow: Stamp;
  /** see InHand */
  readonly inHand: SharedArrayBuffer;
  /** whether `ready` must bring the broker's state and the devices' ids */
  readonly recall: boolean;
}

export interface Acknowledgement {
  readonly sink: string;
  readonly epoch: Epoch;
  readonly lane: Lane;
  readonly through: Sequence;
}

export type PackedValue = string | number | null;

/** The place of each value of an event in `Batch.values`, from the event's first value on. */
export const field = {
  lane: 0,
  type: 1,
  device: 2,
  time: 3,
  received: 4,
  clock: 5,
  boot: 6,
  uptime: 7,
  data: 8,
  resendId: 9,
  content: 10,
} as const;
export const valuesPerEvent = Object.keys(field).length;

/** In the place of a content hash: the id alone identifies a resend. */
export const idAlone = 0;

export interface Batch {
  readonly stamp: Stamp;
  /** of all entries, estimated */
  readonly bytes: number;
  /** entries whose publisher does not send them again */
  readonly reserved: readonly number[];
  /** for each entry its number of events */
  readonly counts: readonly number[];
  readonly values: readonly PackedValue[];
  readonly deadLetters: readonly (DeadLetter & { readonly entry: number })[];
  readonly acknowledgements: readonly Acknowledgement[];
  /** the state changes of its entries' publishes */
  readonly records: PackedRecords;
  /** the broker's other state changes */
  readonly changes: CommitChanges;
}

export interface FileState {
  readonly fileBytes: number;
  readonly usedBytes: number;
  readonly deadLetters: number;
  readonly room: SpaceFigures;
}

/** See OutboxSpace. */
export interface SpaceFigures {
  readonly freeDiskBytes: number | null;
  readonly minFreeBytes: number;
  readonly diskFull: boolean;
  readonly shedsInMs: number | null;
  readonly ballastBytes: number;
  readonly ballastWanted: number;
  /** since the thread began, as all totals here */
  readonly shedEvents: number;
  readonly shedRanges: number;
  readonly incomingBytes: number;
  /** bytes that fit before telemetry is shed */
  readonly leftBytes: number;
  readonly writtenBytes: number | null;
}

export interface CommitOutcome {
  readonly stored: number;
  /** [entry, how many of its events were resends], only where there are any */
  readonly repeated: readonly (readonly [number, number])[];
  /** devices that reused an id in this batch, with all their reuses */
  readonly reused: readonly ReusedIds[];
  /** entries for which the file has no space */
  readonly refused: readonly number[];
  /** ms to write and sync the log */
  readonly syncMs: number;
  readonly state: FileState;
}

/** The broker's state and the devices' ids in the file at the start. */
export interface Recalled {
  readonly remembered: MqttState;
  readonly resendIds: readonly RecalledIds[];
  readonly reused: readonly ReusedIds[];
}

/** The hashes of the newest ids of one device and of the content under each, oldest first. */
export interface RecalledIds {
  readonly device: string;
  readonly hashes: Float64Array;
  readonly contents: Float64Array;
}

/** What the main thread asks of the writer's thread, apart from commits. */
export type WriterCalls = {
  /** the newest `limit` dead letters, of one device or of all */
  readonly deadLetters: {
    readonly question: { readonly limit: number; readonly device: string | undefined };
    readonly answer: readonly DeadLetter[];
  };
};

export type ToWriter =
  | { readonly kind: 'commit'; readonly batch: Batch }
  | CallMessage<WriterCalls>
  /** A reader has found the file damaged. `place`: the event, where it is a single one. */
  | { readonly kind: 'check'; readonly place: DamagePlace | undefined }
  | { readonly kind: 'stop' };

export type FromWriter =
  | {
      readonly kind: 'ready';
      readonly epoch: Epoch;
      readonly starts: number;
      readonly state: FileState;
      readonly recalled: Recalled | null;
      readonly putAside: PutAside | null;
      /** other missing and altered events that were found, in words */
      readonly found: string | null;
      /** the file is new: it lacks the broker's state that the thread before had stored */
      readonly isAnew: boolean;
    }
  | {
      readonly kind: 'not-ready';
      readonly code: ErrorCode;
      readonly message: string;
      readonly putAside: PutAside | null;
    }
  | { readonly kind: 'committed'; readonly outcome: CommitOutcome; readonly ms: number }
  | {
      readonly kind: 'commit-failed';
      readonly code: 'FORPOST_OUTBOX_FULL' | 'FORPOST_OUTBOX_FAILED';
      readonly message: string;
      /** the file is damaged: the thread ends, and the file must be put aside */
      readonly corrupt: boolean;
    }
  | AnswerMessage
  /** altered or missing events were taken out, and named */
  | { readonly kind: 'mended'; readonly ranges: number }
  /** found apart from a commit: the thread ends, and the file must be put aside */
  | { readonly kind: 'damaged'; readonly message: string };

/** Appends an entry's events to a batch's flat array, their values in the order of `field`. */
export function packEntry(entry: OutboxEntry, values: PackedValue[]): void {
  for (const event of entry.events) {
    values.push(
      event.lane,
      event.type,
      event.device,
      event.time,
      event.received,
      event.clock,
      event.boot,
      event.uptime,
      event.data,
      event.resendId ?? null,
      event.content ?? idAlone,
    );
  }
}
