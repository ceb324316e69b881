/**
 * The outbox on the simulated disk: the same promises as the one on SQLite (edge/outbox/outbox.ts), with its order of
 * work (retention, cursors, inserts in one transaction; the next batch gathers while one is written), its bounds and
 * its ways to fail. Held against the contract suite of all outboxes (test/contract/outbox.test.ts).
 *
 *   append ──► gathered ── the running commit ends ──► one transaction ── synced ──► committed
 *                                                           └── fails ──► rejected, acknowledgements kept for the next
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { asId, type Epoch, type Lane, lanes, type Sequence } from '@forpost/shared/event/ids.ts';
import type { LaneBacklog } from '@forpost/shared/event/status.ts';
import type {
  Appended,
  DeadLetter,
  EventDraft,
  Outbox,
  OutboxEntry,
  OutboxReader,
  OutboxStatus,
} from '../../../edge/outbox/outbox.ts';
import { type Change, type LaneRows, lastOf, type SimulatedDisk } from './disk.ts';
import type { Mistake } from './mistakes.ts';

export interface SimulatedOutboxOptions {
  readonly disk: SimulatedDisk;
  readonly sinks: readonly string[];
  readonly newEpoch: () => string;
  readonly clock: Clock;
  readonly limits: SimulatedLimits;
  readonly mistake?: Mistake | undefined;
}

export interface SimulatedLimits {
  /** events in the file: telemetry may take 90 % of it */
  readonly maxEvents: number;
  readonly maxQueuedEntries: number;
  /** ms that delivered events are kept while there is room */
  readonly keepDeliveredMs: number;
}

interface Waiting {
  readonly entry: OutboxEntry;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

interface Acknowledgement {
  readonly sink: string;
  readonly epoch: Epoch;
  readonly lane: Lane;
  readonly through: Sequence;
}

interface Plan {
  readonly changes: readonly Change[];
  readonly results: readonly (Appended | ForpostError)[];
}

/** entries of one commit */
const batchEntries = 8;
/** from this share of the limit on delivered events go before their time */
const pressedFrom = 0.5;
const telemetryShare = 0.9;

export class SimulatedOutbox implements Outbox {
  readonly file = ':simulated:';
  readonly #options: SimulatedOutboxOptions;
  readonly #listeners = new Set<() => void>();
  readonly #letters: DeadLetter[] = [];
  #epoch: Epoch | undefined;
  #state: 'new' | 'running' | 'stopping' | 'stopped' = 'new';
  #waiting: Waiting[] = [];
  #acknowledgements: Acknowledgement[] = [];
  #queued = 0;
  #commits = 0;
  #committed = 0;
  #repeated = 0;
  #writing: Promise<void> | undefined;
  /** a damaged file is to be put aside before the next commit */
  #damaged: (() => void) | undefined;
  readonly #resendKeysInMemory = new Set<string>();

  constructor(options: SimulatedOutboxOptions) {
    this.#options = options;
  }

  get epoch(): Epoch {
    if (this.#epoch === undefined) throw new Error('the outbox has no epoch before it is started');
    return this.#epoch;
  }

  /** entries in front of the disk, also before it is started */
  get queued(): number {
    return this.#queued;
  }

  async start(): Promise<void> {
    await this.#begin();
    this.#state = 'running';
  }

  async stop(): Promise<void> {
    this.#state = 'stopping';
    await this.#flush();
    this.#state = 'stopped';
  }

  /** The process is dead: nobody hears anything of it any more. */
  kill(): void {
    this.#state = 'stopped';
    this.#waiting = [];
    this.#listeners.clear();
  }

  /** The file is found damaged at the next commit: `putAside` takes it away, and a new one begins. */
  damage(putAside: () => void): void {
    this.#damaged = putAside;
    void this.#flush();
  }

  append(entry: OutboxEntry): Promise<Appended> {
    if (this.#state !== 'running')
      return Promise.reject(new ForpostError('FORPOST_OUTBOX_STOPPED', 'the outbox is not running'));
    const { limits, mistake } = this.#options;
    if (this.#queued >= limits.maxQueuedEntries && mistake !== 'queue-without-bound')
      return Promise.reject(new ForpostError('FORPOST_OUTBOX_FULL', `${this.#queued} entries wait for the disk`));
    this.#queued++;
    const appended = new Promise<Appended>((resolve, reject) => this.#waiting.push({ entry, resolve, reject }));
    this.#flushSoon();
    return appended;
  }

  acknowledge(sink: string, epoch: Epoch, lane: Lane, through: Sequence): void {
    if (!Number.isSafeInteger(through) || through < 1) throw new RangeError(`cannot acknowledge number ${through}`);
    this.#acknowledgements.push({ sink, epoch, lane, through });
    this.#flushSoon();
  }

  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  status(): OutboxStatus {
    return {
      epoch: this.epoch,
      starts: this.#options.disk.tables.starts,
      committedEvents: this.#committed,
      repeatedEvents: this.#repeated,
      deadLetters: this.#letters.length,
      commits: this.#commits,
      lastCommitMs: 0,
      longestCommitMs: 0,
      queued: this.#queued,
      fileBytes: 0,
    };
  }

  async deadLetters(limit: number): Promise<readonly DeadLetter[]> {
    return this.#letters.toReversed().slice(0, limit);
  }

  /** How far a sink has come in a lane, as the file says. */
  cursor(sink: string, epoch: Epoch, lane: Lane): Sequence {
    return this.#options.disk.tables.cursors.get(this.#cursorKey(sink, epoch, lane)) ?? 0;
  }

  reader(): OutboxReader {
    const { disk } = this.#options;
    return {
      backlog: (sink) =>
        disk.tables.lanes.flatMap((rows): LaneBacklog[] => {
          const { epoch, lane, first, events } = rows;
          const acknowledged = this.cursor(sink, epoch, lane);
          const waiting = events.slice(Math.max(0, acknowledged - first + 1));
          const bytes = waiting.reduce((sum, { data }) => sum + Buffer.byteLength(data), 0);
          return waiting.length > 0 ? [{ epoch, lane, assigned: lastOf(rows), acknowledged, bytes }] : [];
        }),
      read: (epoch, lane, after, maxEvents, maxBytes) => {
        const rows = disk.tables.lane(epoch, lane);
        if (rows === undefined) return [];
        const from = Math.max(0, after - rows.first + 1);
        const taken = rows.events.slice(from, from + Math.max(1, maxEvents));
        let bytes = 0;
        const end = taken.findIndex(({ data }, i) => {
          bytes += Buffer.byteLength(data);
          return i > 0 && bytes > maxBytes;
        });
        return end === -1 ? taken : taken.slice(0, end);
      },
      newest: (lane, limit) =>
        disk.tables.lanes
          .filter((rows) => rows.lane === lane)
          .flatMap(({ events }) => events)
          .toReversed()
          .slice(0, limit),
      close: () => undefined,
    };
  }

  async #begin(): Promise<void> {
    const { disk, sinks, newEpoch, mistake } = this.#options;
    const { tables } = disk;
    const found = tables.lanes.at(-1)?.epoch;
    const epoch = mistake === 'epoch-kept' && found !== undefined ? found : asId<'epoch'>(newEpoch());
    const changes: Change[] = tables.lanes
      .filter((rows) => rows.events.length === 0 && rows.epoch !== epoch)
      .map(({ epoch, lane }) => ({ do: 'forget', epoch, lane }));
    changes.push({ do: 'begin', epoch });
    for (const sink of sinks)
      for (const { epoch, lane, first, events } of tables.lanes) {
        const key = this.#cursorKey(sink, epoch, lane);
        if (events.length > 0 && !tables.cursors.has(key)) changes.push({ do: 'cursor', key, through: first - 1 });
      }
    await disk.write(changes);
    this.#epoch = epoch;
  }

  /** Once the events of this turn are in. */
  #flushSoon(): void {
    queueMicrotask(() => void this.#flush());
  }

  #flush(): Promise<void> {
    if (this.#state !== 'running' && this.#state !== 'stopping') return Promise.resolve();
    this.#writing ??= this.#work().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0 || this.#acknowledgements.length > 0 || this.#damaged !== undefined) {
      if (this.#damaged !== undefined) await this.#putAside(this.#damaged);
      if (this.#state === 'stopped') return;
      const waiting = this.#waiting.splice(0, batchEntries);
      const acknowledgements = this.#acknowledgements.splice(0);
      try {
        await this.#commit(waiting, acknowledgements);
      } catch (error) {
        this.#queued -= waiting.length;
        this.#acknowledgements.unshift(...acknowledgements);
        for (const { reject } of waiting) reject(error);
        // acknowledgements alone wait for the next entry: a disk that refuses them would refuse them at once again
        if (this.#waiting.length === 0) return;
      }
    }
  }

  async #putAside(putAside: () => void): Promise<void> {
    this.#damaged = undefined;
    putAside();
    for (;;)
      try {
        await this.#begin();
        return;
      } catch (error) {
        const waiting = this.#waiting.splice(0);
        this.#queued -= waiting.length;
        for (const { reject } of waiting) reject(error);
        await new Promise<void>((resolve) => this.#options.clock.after(reopenMs, resolve));
        if (this.#state === 'stopped') return;
      }
  }

  async #commit(waiting: readonly Waiting[], acknowledgements: readonly Acknowledgement[]): Promise<void> {
    const { disk, mistake } = this.#options;
    const moved = this.#moved(acknowledgements);
    if (mistake === 'delete-before-cursor') {
      const early = this.#retention(new Map(moved.map(({ key, through }) => [key, through])));
      if (early.length > 0) await disk.write(early);
    }
    const { changes, results } = this.#plan(waiting.map(({ entry }) => entry));
    const retention = mistake === 'delete-before-cursor' ? [] : this.#retention(new Map());
    const tell = () =>
      waiting.forEach(({ resolve, reject }, i) => {
        const result = results[i];
        if (result instanceof ForpostError) reject(result);
        else if (result !== undefined) resolve(result);
      });
    if (mistake === 'acknowledge-before-commit') tell();
    await disk.write([...retention, ...moved, ...changes]);
    this.#queued -= waiting.length;
    this.#commits++;
    const stored = changes.length;
    this.#committed += stored;
    for (const result of results) if (!(result instanceof ForpostError)) this.#repeated += result.repeated;
    waiting.forEach(({ entry: { deadLetter } }, i) => {
      if (deadLetter !== undefined && !(results[i] instanceof ForpostError)) this.#letters.push(deadLetter);
    });
    tell();
    if (stored > 0) for (const listener of [...this.#listeners]) listener();
  }

  /** Cursors that these acknowledgements move: forward only, and not past the last number given. */
  #moved(acknowledgements: readonly Acknowledgement[]): readonly Extract<Change, { do: 'cursor' }>[] {
    const { tables } = this.#options.disk;
    const moved = new Map<string, number>();
    for (const { sink, epoch, lane, through } of acknowledgements) {
      const rows = tables.lane(epoch, lane);
      const key = this.#cursorKey(sink, epoch, lane);
      if (rows === undefined || through > lastOf(rows)) continue;
      if (through > (moved.get(key) ?? tables.cursors.get(key) ?? 0)) moved.set(key, through);
    }
    return [...moved].map(([key, through]) => ({ do: 'cursor', key, through }));
  }

  /** Deletes what all configured sinks have, by the cursors on disk (or by `inMemory`, which is a mistake). */
  #retention(inMemory: ReadonlyMap<string, number>): readonly Change[] {
    const { disk, sinks, limits, clock } = this.#options;
    const pressed = disk.tables.eventCount > pressedFrom * limits.maxEvents;
    return disk.tables.lanes.flatMap((rows): Change[] => {
      const { epoch, lane, first, events } = rows;
      let through = lastOf(rows);
      for (const sink of sinks) {
        const acked = inMemory.get(this.#cursorKey(sink, epoch, lane)) ?? this.cursor(sink, epoch, lane);
        through = Math.min(through, acked);
      }
      if (!pressed) {
        const kept = events.findIndex(({ received }) => received > clock.now() - limits.keepDeliveredMs);
        if (kept !== -1) through = Math.min(through, first + kept - 1);
      }
      if (through < first) return [];
      const gone = through === lastOf(rows) && epoch !== this.#epoch;
      return [gone ? { do: 'forget', epoch, lane } : { do: 'delete', epoch, lane, through }];
    });
  }

  /** Numbers for everything that is new and fits; each entry whole or not at all. */
  #plan(entries: readonly OutboxEntry[]): Plan {
    const { disk, limits } = this.#options;
    const { tables } = disk;
    const changes: Change[] = [];
    const keys = new Set<string>();
    const next = new Map(lanes.map((lane) => [lane, this.#nextOf(tables.lane(this.epoch, lane))]));
    let used = tables.eventCount;
    const results = entries.map(({ events }): Appended | ForpostError => {
      const share = events.some(({ lane }) => lane === 'alerts') ? 1 : telemetryShare;
      if (events.length > 0 && used + events.length > limits.maxEvents * share)
        return new ForpostError('FORPOST_OUTBOX_FULL', 'the outbox has no room');
      let stored = 0;
      for (const { resendId, ...draft } of events) {
        const key = resendId === undefined ? null : resendKey(draft.device, resendId);
        if (key !== null && (keys.has(key) || this.#knows(key))) continue;
        if (key !== null) keys.add(key);
        const sequence = next.get(draft.lane) ?? 1;
        next.set(draft.lane, sequence + 1);
        changes.push({
          do: 'insert',
          event: { ...draft, epoch: this.epoch, sequence },
          resendKey: this.#options.mistake === 'resend-ids-in-memory' ? null : key,
        });
        stored++;
      }
      used += stored;
      return { stored, repeated: events.length - stored };
    });
    if (this.#options.mistake === 'resend-ids-in-memory') for (const key of keys) this.#resendKeysInMemory.add(key);
    return { changes, results };
  }

  #knows(key: string): boolean {
    return this.#options.disk.tables.resendKeys.has(key) || this.#resendKeysInMemory.has(key);
  }

  #nextOf(rows: LaneRows | undefined): number {
    return rows === undefined ? 1 : lastOf(rows) + 1;
  }

  #cursorKey(sink: string, epoch: Epoch, lane: Lane): string {
    return this.#options.mistake === 'cursor-without-epoch' ? `${sink}/${lane}` : `${sink}/${epoch}/${lane}`;
  }
}

/** How long until a file that could not be begun is tried again. */
const reopenMs = 100;

export function resendKey(device: EventDraft['device'], resendId: string): string {
  return `${device ?? ''} ${resendId}`;
}
