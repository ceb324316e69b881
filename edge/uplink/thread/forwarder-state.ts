/**
 * The forwarder's state, its events and its commands (forwarder.ts says how they follow each other). Plain data.
 */

import type { Epoch, Sequence } from '@forpost/shared/event/ids.ts';
import type { Backoff } from '@forpost/shared/retry.ts';
import { words } from '@forpost/shared/texts/english.ts';

/** A small first batch finds out how fast the link is (batch-size.ts). */
const firstBatchEvents = 64;

export interface ForwarderSettings {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly openDeadlineMs: number;
  readonly sendDeadlineMs: number;
  readonly backoff: Backoff;
  /** true: a refusal is recorded and the lane continues with the next event; false: the event blocks its lane */
  readonly canRecordRefusals: boolean;
}

/** When a metered link lets the next batch go (pacing.ts). */
export interface Pace {
  /** ms of the monotonic clock; 0 = now */
  readonly until: number;
  readonly why: 'rate' | 'budget';
  /** most JSON bytes of the next batch */
  readonly maxBytes: number;
}

/** Where the lane stands in one epoch: every event up to and including `after` is safe. */
export interface Cursor {
  readonly epoch: Epoch;
  readonly after: Sequence;
}

/** The events that are on their way, without their content. */
export interface BatchInHand extends Cursor {
  readonly through: Sequence;
  readonly count: number;
  /** it reached a limit: more events wait behind it */
  readonly full: boolean;
}

export type Phase =
  | { readonly kind: 'offline'; readonly retryAt: number }
  | { readonly kind: 'probing'; readonly deadlineAt: number }
  /** a read of the outbox is under way */
  | { readonly kind: 'reading' }
  | { readonly kind: 'idle'; readonly surveyAt: number }
  | { readonly kind: 'pacing'; readonly until: number; readonly why: Pace['why'] }
  | { readonly kind: 'sending'; readonly batch: BatchInHand; readonly sentAt: number; readonly deadlineAt: number }
  /** the main thread records the refusal of this one event */
  | { readonly kind: 'recording'; readonly batch: BatchInHand };

export interface ForwarderState {
  readonly phase: Phase;
  /** number of the present session; answers of older sessions change nothing */
  readonly session: number;
  /** failures since the last «safe» */
  readonly attempt: number;
  /** why it does not send, in words; empty while it does */
  readonly reason: string;
  /** epochs of this lane with something to send, oldest first */
  readonly pending: readonly Cursor[];
  /** the newest epoch, when it is drained: where new events will appear */
  readonly tail: Cursor | null;
  /** safe cursors of this run, newest last: the outbox learns of them a little later */
  readonly known: readonly Cursor[];
  /** ms of the monotonic clock: the last survey of all epochs */
  readonly surveyedAt: number;
  /** events of the next batch: see batch-size.ts; halved after a batch that was refused or too slow */
  readonly size: number;
  /** ms of this session's quickest answer */
  readonly quickestMs: number | null;
  /** events refused for good since the last «safe» */
  readonly refusedInRow: number;
  /** an event that was refused, and must be refused once more before the refusal is recorded */
  readonly doubted: Cursor | null;
  /** more than one batch waits */
  readonly behind: boolean;
}

export type ForwarderEvent =
  | { readonly on: 'timer' }
  | { readonly on: 'committed' }
  | { readonly on: 'opened'; readonly session: number }
  | { readonly on: 'surveyed'; readonly cursors: readonly Cursor[] }
  | { readonly on: 'loaded'; readonly batch: BatchInHand | null }
  | { readonly on: 'safe'; readonly session: number }
  | { readonly on: 'failed'; readonly session: number; readonly reason: string; readonly kind: FailureKind }
  | { readonly on: 'readFailed'; readonly reason: string }
  | { readonly on: 'refusalRecorded' };

/** refused: for good; slow: a deadline passed; broken: it may work again later */
export type FailureKind = 'refused' | 'slow' | 'broken';

export type ForwarderCommand =
  | { readonly do: 'open'; readonly session: number; readonly deadlineMs: number }
  | { readonly do: 'close'; readonly session: number }
  | { readonly do: 'survey' }
  | { readonly do: 'load'; readonly cursor: Cursor; readonly maxEvents: number; readonly maxBytes: number }
  | { readonly do: 'send'; readonly session: number; readonly deadlineMs: number }
  | { readonly do: 'acknowledge'; readonly epoch: Epoch; readonly through: Sequence }
  | { readonly do: 'recordRefusal'; readonly batch: BatchInHand; readonly reason: string };

export interface Step {
  readonly state: ForwarderState;
  readonly commands: readonly ForwarderCommand[];
}

/** What a step needs besides the event: `now` in ms of the monotonic clock, `chance` a draw in [0, 1). */
export interface StepContext {
  readonly now: number;
  readonly chance: number;
  readonly settings: ForwarderSettings;
  readonly pace: Pace;
}

export function initialState(settings: ForwarderSettings, now: number): ForwarderState {
  return {
    phase: { kind: 'offline', retryAt: now },
    session: 0,
    attempt: 0,
    reason: words('gateway/reason.connecting'),
    pending: [],
    tail: null,
    known: [],
    surveyedAt: Number.NEGATIVE_INFINITY,
    size: Math.min(firstBatchEvents, settings.maxEvents),
    quickestMs: null,
    refusedInRow: 0,
    doubted: null,
    behind: false,
  };
}

/** When a `timer` event is due, in ms of the monotonic clock; undefined: none is. */
export function dueAt(state: ForwarderState): number | undefined {
  switch (state.phase.kind) {
    case 'offline':
      return state.phase.retryAt;
    case 'probing':
    case 'sending':
      return state.phase.deadlineAt;
    case 'idle':
      return state.phase.surveyAt;
    case 'pacing':
      return state.phase.until;
    default:
      return undefined;
  }
}
