/**
 * The stored events of the last hours, in the order in which the gateway took them: both lanes of each start, merged by the
 * monotonic clock.
 *
 * Always: each read is one short read of `pageEvents`, so no open read keeps the writer's log from being checkpointed; no
 * more than `most` events are read: the newest ones; altered events are left out.
 */
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import type { KeptEvents } from '../../outbox/sqlite/reader/kept-events.ts';

/** Events of one read. */
const pageEvents = 500;
/** A sink's cursor does not matter here. */
const noSink = '';

interface Span {
  readonly epoch: Epoch;
  readonly lane: Lane;
  /** the first and the last event that is read */
  readonly first: Sequence;
  readonly last: Sequence;
}

export interface StoredSpans {
  /** in the order of the gateway's starts */
  readonly epochs: readonly (readonly Span[])[];
  /** events in the spans, and whether older ones of the time were left out because they are too many */
  readonly events: number;
  readonly cut: boolean;
}

/** Finds the events that were received at `from` (ms since 1970) or later, at most `most` of them, the newest ones. */
export function spansSince(kept: KeptEvents, from: number, most: number): StoredSpans {
  const lanes = (['alerts', 'telemetry'] as const).flatMap((lane) =>
    kept.lanes(noSink, lane).map((one) => ({ ...one, lane })),
  );
  const order = startsInOrder(lanes);
  let left = most;
  let cut = false;
  const epochs: Span[][] = [];
  for (const epoch of order.toReversed()) {
    const spans: Span[] = [];
    for (const { lane, first, last } of lanes.filter((one) => one.epoch === epoch)) {
      const begin = firstSince(kept, { epoch, lane, first, last }, from);
      if (begin === undefined) continue;
      const count = Math.min(last - begin + 1, left);
      if (count < last - begin + 1) cut = true;
      left -= count;
      if (count > 0) spans.push({ epoch, lane, first: (last - count + 1) as Sequence, last });
    }
    if (spans.length > 0) epochs.push(spans);
  }
  return { epochs: epochs.toReversed(), events: most - left, cut };
}

/** The epochs in the order of the gateway's starts: each lane has its own in this order, and may lack some. */
function startsInOrder(lanes: readonly { readonly epoch: Epoch; readonly lane: Lane }[]): readonly Epoch[] {
  const of = (wanted: Lane) => lanes.filter(({ lane }) => lane === wanted).map(({ epoch }) => epoch);
  const order = of('alerts');
  let next: Epoch | undefined;
  for (const epoch of of('telemetry').toReversed()) {
    const before = next === undefined ? order.length : order.indexOf(next);
    if (!order.includes(epoch)) order.splice(before, 0, epoch);
    next = epoch;
  }
  return order;
}

/** The first number of the span whose event was received at `from` or later, by halving; undefined: none. */
function firstSince(kept: KeptEvents, { epoch, lane, first, last }: Span, from: number): Sequence | undefined {
  let [low, high] = [first as number, last + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const { events, through } = kept.read(epoch, lane, (middle - 1) as Sequence, 1);
    const [event] = events;
    if (through === undefined || event === undefined || event.received >= from) high = middle;
    else low = Math.max(middle, event.sequence) + 1;
  }
  return low > last ? undefined : (low as Sequence);
}

/** The events of one start, both lanes merged by the monotonic clock. */
export function* eventsOf(kept: KeptEvents, spans: readonly Span[]): Generator<StoredEvent> {
  const streams = spans.map((span) => eventsOfSpan(kept, span));
  const heads = streams.map((stream) => stream.next());
  for (;;) {
    let next = -1;
    for (const [index, head] of heads.entries())
      if (!head.done && (next < 0 || head.value.uptime < (heads[next]?.value?.uptime ?? 0))) next = index;
    const head = heads[next];
    const stream = streams[next];
    if (head === undefined || stream === undefined || head.done) return;
    yield head.value;
    heads[next] = stream.next();
  }
}

function* eventsOfSpan(kept: KeptEvents, { epoch, lane, first, last }: Span): Generator<StoredEvent> {
  for (let after = first - 1; after < last; ) {
    const { events, through } = kept.read(epoch, lane, after as Sequence, pageEvents);
    if (through === undefined) return;
    for (const event of events) if (event.sequence <= last) yield event;
    after = through;
  }
}
