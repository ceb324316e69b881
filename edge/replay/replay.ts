/**
 * Replay: sends a range of kept events again, because the centre has lost them or stored them wrongly. It runs beside
 * the gateway's uplink, with a session of its own.
 *
 *   opening ──► reading ──► sending ── safe ──► reading … ──► done
 *      ▲                       ├── error, deadline ──► waiting (full jitter), the session thrown away ─► opening
 *      └───────────────────────┘                          └── too often in a row ──► failed; the error says how far
 *                              └── refused for good ──► halved until the one event is found: counted, passed over
 *
 * Always: no cursor moves. Only events that this sink has called safe are replayed, because the uplink sends the others
 * itself, unmarked. Every batch is marked as replayed, so the centre notifies nobody of its alerts again. The history
 * drops repeated ids.
 */
import { type Clock, sleep } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { encodeEvent, rfc3339, type StoredEvent } from '@forpost/shared/event/codec.ts';
import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import { type Backoff, backoffMs } from '@forpost/shared/retry.ts';
import type { KeptEvents, KeptLane } from '../outbox/sqlite/reader/kept-events.ts';
import type { Sink, SinkIdentity, SinkRecord, SinkSession } from '../uplink/sink.ts';
import type { Pacer } from '../uplink/thread/pacer.ts';

export type ReplayRange =
  /** sequence numbers, both inclusive; without an epoch: of the only epoch that is kept */
  | { readonly by: 'sequence'; readonly epoch: string | undefined; readonly from: Sequence; readonly to: Sequence }
  /** when the gateway received the events, ms since 1970: `from` inclusive, `to` exclusive; of every epoch */
  | { readonly by: 'time'; readonly from: number; readonly to: number };

export interface ReplayOptions {
  readonly sink: Sink;
  readonly lane: Lane;
  readonly range: ReplayRange;
  readonly kept: KeptEvents;
  readonly identity: SinkIdentity;
  readonly pacer: Pacer;
  readonly backoff: Backoff;
  readonly clock: Clock;
  readonly random: () => number;
  /** called after each batch */
  readonly onProgress?: (figures: ReplayFigures) => void;
}

export interface ReplayFigures {
  readonly sent: number;
  /** bytes of their JSON */
  readonly bytes: number;
  /** events that the sink refuses for good */
  readonly refused: number;
  /** events with altered rows, which are not sent */
  readonly altered: number;
  /** events of the range that were never delivered: the uplink sends them */
  readonly waiting: number;
  /** events read so far, and all that may be in the range */
  readonly read: number;
  readonly of: number;
}

const mostEvents = 500;
const mostBytes = 900_000;
const openDeadlineMs = 10_000;
const sendDeadlineMs = 30_000;
const mostFailuresInRow = 6;
/** a batch that takes longer is followed by smaller ones */
const slowMs = 2_000;

/** @throws ForpostError FORPOST_REPLAY_EMPTY, or the sink's error if it failed too often in a row */
export async function replay(options: ReplayOptions): Promise<ReplayFigures> {
  const job = new Job(options);
  try {
    return await job.run();
  } finally {
    await job.close();
  }
}

interface Span {
  readonly epoch: Epoch;
  readonly from: Sequence;
  readonly to: Sequence;
}

class Job {
  readonly #options: ReplayOptions;
  #session: SinkSession | undefined;
  #wire = 0;
  #size = mostEvents;
  #failures = 0;
  #figures: ReplayFigures = { sent: 0, bytes: 0, refused: 0, altered: 0, waiting: 0, read: 0, of: 0 };

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  async run(): Promise<ReplayFigures> {
    const { kept, sink, lane, range } = this.#options;
    const lanes = kept.lanes(sink.name, lane);
    const spans = spansOf(lanes, range, lane);
    const waiting = range.by === 'sequence' ? waitingOf(lanes, spans, range) : 0;
    const of = spans.reduce((sum, { from, to }) => sum + Math.max(0, to - from + 1), 0);
    this.#report({ of, waiting });
    for (const span of spans) await this.#span(span);
    const { sent, refused } = this.#figures;
    if (sent + refused === 0) throw empty(lanes, lane, this.#figures.waiting);
    return this.#figures;
  }

  async close(): Promise<void> {
    await this.#session?.close();
    this.#session = undefined;
  }

  async #span({ epoch, from, to }: Span): Promise<void> {
    const { kept, lane, range } = this.#options;
    for (let after = from - 1; after < to; ) {
      const read = kept.read(epoch, lane, after, Math.min(this.#size, to - after));
      // events of the range may be deleted by age during the replay
      if (read.through === undefined) break;
      const within = read.events.filter(({ sequence }) => sequence <= to);
      const wanted =
        range.by === 'sequence'
          ? within
          : within.filter(({ received }) => received >= range.from && received < range.to);
      await this.#sendAll(epoch, wanted);
      const through = Math.min(read.through, to);
      this.#report({
        read: this.#figures.read + (through - after),
        altered: this.#figures.altered + read.altered,
      });
      after = through;
    }
  }

  /** Sends in batches below the limit of bytes. */
  async #sendAll(epoch: Epoch, events: readonly StoredEvent[]): Promise<void> {
    const { identity } = this.#options;
    let batch: SinkRecord[] = [];
    let bytes = 0;
    for (const event of events) {
      const json = encodeEvent(identity.site, identity.gateway, event);
      const more = Buffer.byteLength(json);
      if (batch.length > 0 && bytes + more > mostBytes) {
        await this.#send(epoch, batch, bytes);
        batch = [];
        bytes = 0;
      }
      batch.push({ sequence: event.sequence, json });
      bytes += more;
    }
    if (batch.length > 0) await this.#send(epoch, batch, bytes);
  }

  /** Sends one batch again and again until it is safe or refused for good. */
  async #send(epoch: Epoch, records: readonly SinkRecord[], bytes: number): Promise<void> {
    const { lane, clock, pacer } = this.#options;
    for (;;) {
      try {
        await this.#whenPaced();
        this.#session ??= await this.#open();
        const began = clock.uptime();
        await this.#session.send({ epoch, lane, records, replayed: true }, sendDeadlineMs);
        pacer.measured(bytes, this.#account());
        this.#resize(clock.uptime() - began);
        this.#failures = 0;
        this.#report({ sent: this.#figures.sent + records.length, bytes: this.#figures.bytes + bytes });
        return;
      } catch (error) {
        this.#account();
        await this.close();
        if (!(error instanceof ForpostError && error.code === 'FORPOST_SINK_REFUSED')) {
          await this.#afterFailure(error);
          continue;
        }
        return this.#halves(epoch, records);
      }
    }
  }

  async #halves(epoch: Epoch, records: readonly SinkRecord[]): Promise<void> {
    if (records.length === 1) {
      this.#report({ refused: this.#figures.refused + 1 });
      return;
    }
    const middle = records.length >> 1;
    for (const half of [records.slice(0, middle), records.slice(middle)])
      await this.#send(
        epoch,
        half,
        half.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0),
      );
  }

  async #open(): Promise<SinkSession> {
    this.#wire = 0;
    return this.#options.sink.open(openDeadlineMs);
  }

  async #whenPaced(): Promise<void> {
    const { pacer, clock } = this.#options;
    for (let pace = pacer.ask('telemetry'); pace.until > clock.uptime(); pace = pacer.ask('telemetry'))
      await sleep(clock, pace.until - clock.uptime());
  }

  /** @throws the sink's error if it failed too often in a row */
  async #afterFailure(error: unknown): Promise<void> {
    const { backoff, clock, random, sink } = this.#options;
    if (++this.#failures >= mostFailuresInRow) {
      const { sent, of } = this.#figures;
      throw new ForpostError(
        'FORPOST_SINK_UNREACHABLE',
        `${sink.name} took ${sent} of up to ${of} events, then failed ${this.#failures} times in a row: ${messageOf(error)}. The same command again is harmless`,
        { cause: error },
      );
    }
    this.#size = Math.max(1, this.#size >> 1);
    await sleep(clock, backoffMs(backoff, this.#failures, random));
  }

  #resize(tookMs: number): void {
    if (tookMs > slowMs) this.#size = Math.max(1, this.#size >> 1);
    else if (tookMs < slowMs / 4) this.#size = Math.min(mostEvents, this.#size * 2);
  }

  /** Bytes of the session on the wire since the last call. */
  #account(): number {
    const now = this.#session?.wireBytes ?? this.#wire;
    const more = now - this.#wire;
    this.#wire = now;
    this.#options.pacer.spent('telemetry', more);
    return more;
  }

  #report(change: Partial<ReplayFigures>): void {
    this.#figures = { ...this.#figures, ...change };
    this.#options.onProgress?.(this.#figures);
  }
}

/** The delivered part of the range in each epoch. @throws ForpostError FORPOST_REPLAY_EMPTY */
function spansOf(lanes: readonly KeptLane[], range: ReplayRange, lane: Lane): readonly Span[] {
  const delivered = lanes.map(({ epoch, first, last, acknowledged }) => ({
    epoch,
    from: first,
    to: Math.min(last, acknowledged),
  }));
  if (range.by === 'time') return delivered;
  const meant = range.epoch ?? (lanes.length === 1 ? lanes[0]?.epoch : undefined);
  if (lanes.length > 0 && meant === undefined)
    throw new ForpostError(
      'FORPOST_REPLAY_EMPTY',
      `numbers are of one epoch, and ${lane} is kept of several: add --epoch, one of ${lanes.map(keptInWords).join('; ')}`,
    );
  const from = (first: Sequence) => Math.max(first, range.from);
  return delivered.flatMap((each) =>
    each.epoch === meant ? [{ epoch: each.epoch, from: from(each.from), to: Math.min(each.to, range.to) }] : [],
  );
}

function waitingOf(
  lanes: readonly KeptLane[],
  spans: readonly Span[],
  { from, to }: { readonly from: Sequence; readonly to: Sequence },
): number {
  return lanes
    .filter(({ epoch }) => spans.some((span) => span.epoch === epoch))
    .reduce(
      (sum, { last, acknowledged }) => sum + Math.max(0, Math.min(last, to) - Math.max(acknowledged, from - 1)),
      0,
    );
}

function empty(lanes: readonly KeptLane[], lane: Lane, waiting: number): ForpostError {
  const there =
    lanes.length === 0
      ? `the outbox keeps nothing of ${lane}`
      : `of ${lane} the outbox keeps ${lanes.map(keptInWords).join('; ')}`;
  const still = waiting === 0 ? '' : `; ${waiting} of that range wait for their first delivery, which is the uplink's`;
  return new ForpostError('FORPOST_REPLAY_EMPTY', `nothing delivered is in that range: ${there}${still}`);
}

function keptInWords({ epoch, first, last, acknowledged }: KeptLane): string {
  return `${epoch}: ${first} to ${last} (delivered up to ${acknowledged})`;
}

/** A range as it is written on a command line. @throws ForpostError FORPOST_ARGUMENT_INVALID */
export function rangeOf(from: string, to: string, epoch: string | undefined): ReplayRange {
  const number = /^[1-9][0-9]{0,15}$/;
  if (number.test(from) && number.test(to)) {
    const range = { by: 'sequence', epoch, from: Number(from), to: Number(to) } as const;
    if (range.from <= range.to) return range;
    throw new ForpostError('FORPOST_ARGUMENT_INVALID', `--from ${from} is above --to ${to}`);
  }
  const [begin, end] = [timeOf('--from', from), timeOf('--to', to)];
  if (epoch !== undefined)
    throw new ForpostError('FORPOST_ARGUMENT_INVALID', '--epoch belongs to numbers: a time range is of every epoch');
  if (begin >= end)
    throw new ForpostError('FORPOST_ARGUMENT_INVALID', `--from ${rfc3339(begin)} is not before --to ${rfc3339(end)}`);
  return { by: 'time', from: begin, to: end };
}

const rfc3339Pattern = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

function timeOf(name: string, text: string): number {
  const at = rfc3339Pattern.test(text) ? Date.parse(text.replace(' ', 'T').toUpperCase()) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new ForpostError(
    'FORPOST_ARGUMENT_INVALID',
    `${name} ${text} is neither a number of an event nor a time such as 2026-06-01T10:00:00Z (and both ends are of one kind)`,
  );
}
