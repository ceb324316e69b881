/**
 * The forwarder: moves one lane's committed events to one sink, in order, at least once. Pure: (state, event, now) ->
 * (state, commands). lane.ts runs the commands with the session, the outbox's reader and the timer.
 *
 *            ┌──────── error, deadline: the session is thrown away, wait (full jitter) ────────┐
 *            ▼                                                                                 │
 *   offline ── delay over ──► probing ── opened ──► reading ── events ──► sending ── safe ──┐  │
 *                                │                    ▲  └─ none ─► idle                    │  │
 *                                │                    └── commit ─────┘ ◄───────────────────┘  │
 *                                └─────────────────────────────────────────────────────────────┤
 *                            one event refused for good ─► recording ─ recorded ─► probing     ┘
 *
 *   reading ── the link's limit says «later» ──► pacing ── its time comes ──► reading (a survey of all epochs)
 *
 * Always:
 *  - the cursor moves only on «safe» of the outstanding batch, or past one event whose refusal is recorded on disk;
 *  - at most one batch is outstanding, and an answer of a session that was thrown away changes nothing;
 *  - older epochs go first, and a refused batch is halved until the one refused event is found;
 *  - nothing is in hand while the lane is pacing, so that events which wait for hours may still be shed.
 */

import { backoffMs } from '@forpost/shared/retry.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { sizeAfter } from './batch-size.ts';
import {
  type BatchInHand,
  type Cursor,
  dueAt,
  type FailureKind,
  type ForwarderCommand,
  type ForwarderEvent,
  type ForwarderState,
  type Step,
  type StepContext,
} from './forwarder-state.ts';

/** A survey of all epochs comes at most this often, and at least every `surveyIdleMs`. */
const surveySpacingMs = 250;
const surveyIdleMs = 10_000;
/**
 * A sink that refuses this many events in a row may be broken itself. From then on each event must be refused twice,
 * with a wait between that doubles from event to event. So a lane that one device has filled with unacceptable events
 * still drains, and a sink that is repaired after a day has cost some 150 events.
 */
export const maxRefusedInRow = 10;
/** the first and the longest of those waits */
const doubtMs = 1_000;
export const longestDoubtMs = 600_000;
const smallestBatchBytes = 65_536;
const maxKnownEpochs = 16;

export function step(state: ForwarderState, event: ForwarderEvent, context: StepContext): Step {
  switch (event.on) {
    case 'timer':
      return onTimer(state, context);
    case 'committed':
      return state.phase.kind === 'idle' ? onCommitted(state, context) : stay(state);
    case 'opened':
      if (state.phase.kind !== 'probing' || event.session !== state.session)
        return { state, commands: [{ do: 'close', session: event.session }] };
      return survey({ ...state, reason: '', quickestMs: null });
    case 'surveyed':
      if (state.phase.kind !== 'reading') return stay(state);
      return onSurveyed(state, event.cursors, context);
    case 'loaded':
      return state.phase.kind === 'reading' ? onLoaded(state, event.batch, context) : stay(state);
    case 'safe':
      return state.phase.kind === 'sending' && event.session === state.session
        ? onSafe(state, state.phase.batch, context.now - state.phase.sentAt, context)
        : stay(state);
    case 'failed':
      return event.session === state.session ? onFailed(state, event.kind, event.reason, context) : stay(state);
    case 'readFailed':
      return fail(state, event.reason, context);
    case 'refusalRecorded':
      return state.phase.kind === 'recording' ? onRefusalRecorded(state, state.phase.batch, context) : stay(state);
  }
}

function stay(state: ForwarderState): Step {
  return { state, commands: [] };
}

function onTimer(state: ForwarderState, context: StepContext): Step {
  const due = dueAt(state);
  if (due === undefined || context.now < due) return stay(state);
  switch (state.phase.kind) {
    case 'offline':
      return open(state, context);
    case 'probing':
      return fail(
        state,
        words('gateway/reason.no-connection-within', { seconds: context.settings.openDeadlineMs / 1000 }),
        context,
      );
    case 'sending':
      return onFailed(
        state,
        'slow',
        words('gateway/reason.no-answer-within', { seconds: context.settings.sendDeadlineMs / 1000 }),
        context,
      );
    case 'idle':
    case 'pacing':
      return survey(state);
    default:
      return stay(state);
  }
}

function open(state: ForwarderState, { now, settings }: StepContext): Step {
  const session = state.session + 1;
  return {
    state: { ...state, session, phase: { kind: 'probing', deadlineAt: now + settings.openDeadlineMs } },
    commands: [{ do: 'open', session, deadlineMs: settings.openDeadlineMs }],
  };
}

function survey(state: ForwarderState): Step {
  return { state: { ...state, phase: { kind: 'reading' } }, commands: [{ do: 'survey' }] };
}

function load(state: ForwarderState, cursor: Cursor, { now, settings, pace }: StepContext): Step {
  if (pace.until > now)
    return {
      state: { ...state, behind: true, phase: { kind: 'pacing', until: pace.until, why: pace.why } },
      commands: [],
    };
  const maxBytes = Math.max(
    Math.min(smallestBatchBytes, settings.maxBytes),
    Math.floor((settings.maxBytes * state.size) / settings.maxEvents),
  );
  return {
    state: { ...state, phase: { kind: 'reading' } },
    commands: [{ do: 'load', cursor, maxEvents: state.size, maxBytes: Math.min(maxBytes, pace.maxBytes) }],
  };
}

/** Moves the outbox's cursors on to those that this run knows to be safe, and repeats their acknowledgements. */
function onSurveyed(state: ForwarderState, cursors: readonly Cursor[], context: StepContext): Step {
  const commands: ForwarderCommand[] = [];
  const pending = cursors.map((cursor) => {
    const safe = state.known.find(({ epoch }) => epoch === cursor.epoch);
    if (safe === undefined || safe.after <= cursor.after) return cursor;
    commands.push({ do: 'acknowledge', epoch: safe.epoch, through: safe.after });
    return safe;
  });
  const after = next({ ...state, pending, surveyedAt: context.now, reason: '' }, context);
  return { state: after.state, commands: [...commands, ...after.commands] };
}

/** Loads the next batch of the oldest epoch that waits; without one the lane rests. */
function next(state: ForwarderState, context: StepContext): Step {
  const oldest = state.pending[0];
  if (oldest !== undefined) return load(state, oldest, context);
  return rest(state, state.surveyedAt + surveyIdleMs, context);
}

function rest(state: ForwarderState, surveyAt: number, { now }: StepContext): Step {
  return {
    state: { ...state, attempt: 0, behind: false, phase: { kind: 'idle', surveyAt: Math.max(surveyAt, now) } },
    commands: [],
  };
}

/** New events are most likely behind the tail. */
function onCommitted(state: ForwarderState, context: StepContext): Step {
  if (state.tail !== null) return load(state, state.tail, context);
  if (context.now >= state.surveyedAt + surveySpacingMs) return survey(state);
  return rest(state, state.surveyedAt + surveySpacingMs, context);
}

function onLoaded(state: ForwarderState, batch: BatchInHand | null, context: StepContext): Step {
  const { now, settings } = context;
  if (batch !== null)
    return {
      state: {
        ...state,
        behind: batch.full || state.pending.length > 1,
        phase: { kind: 'sending', batch, sentAt: now, deadlineAt: now + settings.sendDeadlineMs },
      },
      commands: [{ do: 'send', session: state.session, deadlineMs: settings.sendDeadlineMs }],
    };
  const [drained, ...others] = state.pending;
  if (drained !== undefined) {
    // only the newest epoch still grows
    const tail = others.length === 0 ? drained : state.tail;
    return next({ ...state, pending: others, tail }, context);
  }
  // a commit happened and the tail has nothing: a new epoch may have begun
  if (now >= state.surveyedAt + surveySpacingMs) return survey(state);
  return rest(state, state.surveyedAt + surveySpacingMs, context);
}

function onSafe(state: ForwarderState, batch: BatchInHand, tookMs: number, context: StepContext): Step {
  const moved = moveCursor(state, batch);
  const sized = sizeAfter(state, batch, tookMs, context.settings);
  const after = next({ ...moved, ...sized, attempt: 0, refusedInRow: 0, reason: '' }, context);
  return {
    state: after.state,
    commands: [{ do: 'acknowledge', epoch: batch.epoch, through: batch.through }, ...after.commands],
  };
}

/** Moves the cursor of the batch's epoch behind the batch. A drained tail that has new events is pending again. */
function moveCursor(state: ForwarderState, batch: BatchInHand): ForwarderState {
  const cursor = { epoch: batch.epoch, after: batch.through };
  const others = state.pending.filter(({ epoch }) => epoch !== batch.epoch);
  return {
    ...state,
    pending: [cursor, ...others],
    tail: state.tail?.epoch === batch.epoch ? cursor : state.tail,
    known: [...state.known.filter(({ epoch }) => epoch !== batch.epoch), cursor].slice(-maxKnownEpochs),
  };
}

function onFailed(state: ForwarderState, kind: FailureKind, reason: string, context: StepContext): Step {
  if (state.phase.kind !== 'sending') return fail(state, reason, context);
  const { batch } = state.phase;
  if (kind === 'broken') return fail(state, reason, context);
  if (batch.count > 1) {
    const halved = { ...state, size: Math.ceil(Math.min(batch.count, state.size) / 2) };
    // a sink that refuses can be reached: half of the batch goes at once
    return kind === 'refused' ? again(halved, context) : fail(halved, reason, context);
  }
  if (kind === 'slow') return fail(state, reason, context);
  const why = words('gateway/reason.event-refused', { number: String(batch.through), epoch: batch.epoch, reason });
  if (!context.settings.canRecordRefusals) return fail(state, why, context);
  const { epoch, through } = batch;
  const isKnown = state.doubted?.epoch === epoch && state.doubted.after === through;
  if (state.refusedInRow >= maxRefusedInRow && !isKnown)
    return fail({ ...state, doubted: { epoch, after: through } }, why, context, doubtOf(state.refusedInRow));
  return {
    state: { ...state, reason: why, phase: { kind: 'recording', batch } },
    commands: [
      { do: 'close', session: state.session },
      { do: 'recordRefusal', batch, reason },
    ],
  };
}

/** The event is a dead letter and has its gap record on disk: the lane goes on behind it. */
function onRefusalRecorded(state: ForwarderState, batch: BatchInHand, context: StepContext): Step {
  const after = open(moveCursor({ ...state, reason: '', refusedInRow: state.refusedInRow + 1 }, batch), context);
  return {
    state: after.state,
    commands: [{ do: 'acknowledge', epoch: batch.epoch, through: batch.through }, ...after.commands],
  };
}

/** Throws the session away and opens another one without a wait. */
function again(state: ForwarderState, context: StepContext): Step {
  const opened = open(state, context);
  return { state: opened.state, commands: [{ do: 'close', session: state.session }, ...opened.commands] };
}

function doubtOf(refusedInRow: number): number {
  return Math.min(longestDoubtMs, doubtMs * 2 ** (refusedInRow - maxRefusedInRow));
}

/** Throws the session away and waits, for `atLeastMs` whatever the backoff draws. */
function fail(state: ForwarderState, reason: string, { now, chance, settings }: StepContext, atLeastMs = 0): Step {
  const wait = Math.max(
    atLeastMs,
    backoffMs(settings.backoff, state.attempt, () => chance),
  );
  return {
    state: {
      ...state,
      // later answers of the session change nothing
      session: state.session + 1,
      attempt: state.attempt + 1,
      reason,
      pending: [],
      tail: null,
      phase: { kind: 'offline', retryAt: now + wait },
    },
    commands: [{ do: 'close', session: state.session }],
  };
}
