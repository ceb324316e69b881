/**
 * The forwarder: moves one lane's committed events to one sink, in order, at least once. Pure: (state, event, now) ->
 * (state, commands); lane.ts stands around it with the session, the outbox's reader and the timer.
 *
 *            ┌──────── error, deadline: the session is thrown away, wait (full jitter) ────────┐
 *            ▼                                                                                 │
 *   offline ── delay over ──► probing ── opened ──► reading ── events ──► sending ── safe ──┐  │
 *                                │                    ▲  └─ none ─► idle                    │  │
 *                                │                    └── commit ─────┘ ◄───────────────────┘  │
 *                                └─────────────────────────────────────────────────────────────┤
 *                            one event refused for good ─► aside ─ noted ─► probing  ┘
 *
 *   reading ── the pace says «later» ──► pacing ── its time is over ──► reading (a fresh look at all epochs)
 *
 * The size of a batch follows the link: as much as goes out in about a second, or in three times the quickest answer
 * of this session where a batch takes that long by distance alone. It begins small, so that a slow link is not met
 * with a batch that runs into the deadline, and doubles with each answer that comes early.
 *
 * Always:
 *  - nothing is in hand while the pace makes it wait, so that what waits for hours may still be shed in front of it;
 *  - the cursor moves only on «safe» of the batch that is outstanding, or past one event that was put aside for good;
 *  - at most one batch is outstanding, and an answer of a session thrown away changes nothing;
 *  - older epochs go first; a refused batch is halved until the one record is found.
 */
import type { Epoch, Sequence } from '@forpost/shared/event/ids.ts';
import { type Backoff, backoffMs } from '@forpost/shared/retry.ts';

export interface ForwarderSettings {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly openDeadlineMs: number;
  readonly sendDeadlineMs: number;
  readonly backoff: Backoff;
  /** an event that the sink refuses for good can be put aside; else it blocks the lane */
  readonly canRecordRefusals: boolean;
}

/** Whether a metered link lets the next batch go (pacing.ts). */
export interface Pace {
  /** ms of the monotonic clock: not before then; 0 = now */
  readonly until: number;
  readonly why: 'rate' | 'budget';
  /** of the next batch's JSON */
  readonly maxBytes: number;
}

/** Where the lane stands in one epoch: everything up to and with `after` is safe. */
export interface Cursor {
  readonly epoch: Epoch;
  readonly after: Sequence;
}

/** The events that are out, without their content. */
export interface BatchInHand extends Cursor {
  readonly through: Sequence;
  readonly count: number;
  /** it hit a limit: there is more behind it */
  readonly full: boolean;
}

export type Phase =
  | { readonly kind: 'offline'; readonly retryAt: number }
  | { readonly kind: 'probing'; readonly deadlineAt: number }
  /** one of the outbox's short reads is asked for */
  | { readonly kind: 'reading' }
  | { readonly kind: 'idle'; readonly surveyAt: number }
  | { readonly kind: 'pacing'; readonly until: number; readonly why: Pace['why'] }
  | { readonly kind: 'sending'; readonly batch: BatchInHand; readonly sentAt: number; readonly deadlineAt: number }
  | { readonly kind: 'recording'; readonly batch: BatchInHand };

export interface ForwarderState {
  readonly phase: Phase;
  /** number of the present session; answers of older ones do not count */
  readonly session: number;
  /** failures since the last «safe» or survey */
  readonly attempt: number;
  /** why it is not sending, in words; empty where all is well */
  readonly reason: string;
  /** epochs of this lane with something to send, oldest first */
  readonly pending: readonly Cursor[];
  /** the newest epoch, when it is drained: where new events will appear */
  readonly tail: Cursor | null;
  /** what this run knows to be safe, newest last: the outbox learns it a little later than we do */
  readonly known: readonly Cursor[];
  /** ms, of the last look at all epochs */
  readonly surveyedAt: number;
  /** events of the next batch: halved where a batch was refused or too slow, else as the link's speed has it */
  readonly size: number;
  /** ms of this session's quickest answer */
  readonly quickestMs: number | null;
  /** events put aside since the last «safe» */
  readonly refusedInRow: number;
  /** the event that was refused, and is to be refused once more before it is put aside */
  readonly doubted: Cursor | null;
  /** more than one batch is known to wait */
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

/** refused = for good; slow = a deadline passed; else it may work again later */
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

/** What the machine is told beside the event: ms of the monotonic clock, and one draw in [0, 1). */
export interface StepContext {
  readonly now: number;
  readonly chance: number;
  readonly settings: ForwarderSettings;
  readonly pace: Pace;
}

/** New epochs are looked for at most this often, and at least as often as `surveyIdleMs`. */
const surveySpacingMs = 250;
const surveyIdleMs = 10_000;
/**
 * A sink that refuses this many events one after another may be broken itself: from then on each has to be refused once
 * more, after a wait that doubles with each of them. What a device has filled the lane with goes all the same, and a sink
 * that is mended after a day has cost some 150 events.
 */
export const maxRefusedInRow = 10;
/** the first of those waits, and the longest, ms */
const doubtMs = 1_000;
export const longestDoubtMs = 600_000;
const smallestBatchBytes = 65_536;
const maxKnownEpochs = 16;
/** How long a batch should take; and how many times the quickest answer, where that alone is longer. */
const targetMs = 1_000;
const targetAnswers = 3;
const firstEvents = 64;

export function initialState(settings: ForwarderSettings, now: number): ForwarderState {
  return {
    phase: { kind: 'offline', retryAt: now },
    session: 0,
    attempt: 0,
    reason: 'connecting',
    pending: [],
    tail: null,
    known: [],
    surveyedAt: Number.NEGATIVE_INFINITY,
    size: Math.min(firstEvents, settings.maxEvents),
    quickestMs: null,
    refusedInRow: 0,
    doubted: null,
    behind: false,
  };
}

/** When a `timer` event is due, in ms of the monotonic clock. */
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
      return fail(state, `no connection within ${context.settings.openDeadlineMs / 1000} s`, context);
    case 'sending':
      return onFailed(state, 'slow', `no answer within ${context.settings.sendDeadlineMs / 1000} s`, context);
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

/** What the outbox says, corrected by what we know to be safe; what it has not learned yet it is told again. */
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

/** The next batch of the oldest epoch that waits, or rest. */
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

/** New events: most likely behind the tail. */
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
  // a commit woke us and the tail has nothing: the lane may go on in an epoch that we do not know yet
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

/** The next batch's size after one that took so long. */
function sizeAfter(state: ForwarderState, batch: BatchInHand, tookMs: number, settings: ForwarderSettings) {
  const quickestMs = Math.min(state.quickestMs ?? Number.POSITIVE_INFINITY, tookMs);
  const target = Math.min(Math.max(targetMs, quickestMs * targetAnswers), settings.sendDeadlineMs / targetAnswers);
  const fitting = Math.floor((batch.count * target) / Math.max(tookMs, 1));
  if (tookMs > target) return { quickestMs, size: Math.max(1, Math.min(state.size, fitting)) };
  // a batch that was not full says nothing of what more would take
  if (!batch.full && batch.count < state.size) return { quickestMs, size: state.size };
  const larger = tookMs <= target / 2 ? state.size * 2 : Math.max(state.size, fitting);
  return { quickestMs, size: Math.min(settings.maxEvents, larger) };
}

/** Events that the batch after the one that is out may have, at most. */
export function largestNext(state: ForwarderState, settings: ForwarderSettings): number {
  return Math.min(settings.maxEvents, state.size * 2);
}

/** The cursor of the batch's epoch behind the batch; a drained tail that has new events is pending again. */
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
    // a refusal says that the other side is well: go on at once with half
    return kind === 'refused' ? again(halved, context) : fail(halved, reason, context);
  }
  if (kind === 'slow') return fail(state, reason, context);
  const why = `event ${batch.through} of epoch ${batch.epoch} is refused for good: ${reason}`;
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

/** The site has the event in its dead letters and its gap record: the lane goes on behind it. */
function onRefusalRecorded(state: ForwarderState, batch: BatchInHand, context: StepContext): Step {
  const after = open(moveCursor({ ...state, reason: '', refusedInRow: state.refusedInRow + 1 }, batch), context);
  return {
    state: after.state,
    commands: [{ do: 'acknowledge', epoch: batch.epoch, through: batch.through }, ...after.commands],
  };
}

/** The session is thrown away and another one opened without a wait. */
function again(state: ForwarderState, context: StepContext): Step {
  const opened = open(state, context);
  return { state: opened.state, commands: [{ do: 'close', session: state.session }, ...opened.commands] };
}

function doubtOf(refusedInRow: number): number {
  return Math.min(longestDoubtMs, doubtMs * 2 ** (refusedInRow - maxRefusedInRow));
}

/** `atLeastMs`: however the backoff falls, it waits that long. */
function fail(state: ForwarderState, reason: string, { now, chance, settings }: StepContext, atLeastMs = 0): Step {
  const wait = Math.max(
    atLeastMs,
    backoffMs(settings.backoff, state.attempt, () => chance),
  );
  return {
    state: {
      ...state,
      // whatever comes from the session after this is of the past
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
