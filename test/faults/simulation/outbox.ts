/**
 * The outbox on the simulated disk: the same promises as the one on SQLite (edge/outbox/outbox.ts), with its order of
 * work (retention, cursors, shedding, inserts in one transaction; the next batch gathers while one is written), its
 * bounds, the ballast that it gives up on a full disk, and its ways to fail. Room is counted in events here. Held against the contract suite of all outboxes (test/contract/outbox.test.ts).
 *
 *   append ──► gathered ── the running commit ends ──► one transaction ── synced ──► committed
 *                                                           └── fails ──► rejected, acknowledgements kept for the next
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { eventTypes, type GapData } from '@forpost/shared/event/event.ts';
import { asId, type Epoch, type Lane, lanes, type Sequence } from '@forpost/shared/event/ids.ts';
import type { LaneBacklog } from '@forpost/shared/event/status.ts';
import { allOf, nextList } from '../../../edge/outbox/epoch-list.ts';
import { gapOfDamage, gapOfShed } from '../../../edge/outbox/gap.ts';
import { InHand } from '../../../edge/outbox/in-hand.ts';
import {
  type Appended,
  type DeadLetter,
  type EventDraft,
  type Outbox,
  type OutboxEntry,
  type OutboxReader,
  type OutboxStatus,
  unlimitedRoom,
} from '../../../edge/outbox/outbox.ts';
import { sheddable } from '../../../edge/outbox/shedding.ts';
import { ballastEvents, type Change, type LaneRows, type SimulatedDisk, within } from './disk.ts';
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
  /** events in the file: who may take how much of them stands below */
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
/** of the limit, or of what a full disk leaves of it; of the alerts lanes alone the last two */
const shares = { shedFrom: 0.8, telemetry: 0.85, alerts: 0.95, reserved: 1 } as const;
const alertsLaneShares = { alerts: 0.35, reserved: 0.45 } as const;
/** events of one step */
const shedStep = 8;
const leastStep = 4;

type Kind = 'telemetry' | 'alerts' | 'reserved';

export class SimulatedOutbox implements Outbox {
  readonly file = ':simulated:';
  readonly inHand: InHand;
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
  /** a write has failed for room, and there is none yet */
  #diskFull = false;

  constructor(options: SimulatedOutboxOptions) {
    this.#options = options;
    this.inHand = InHand.for(options.sinks.length);
  }

  get epoch(): Epoch {
    if (this.#epoch === undefined) throw new Error('the outbox has no epoch before it is started');
    return this.#epoch;
  }

  /** entries in front of the disk, also before it is started */
  get queued(): number {
    return this.#queued;
  }

  /** something is being written, or a damaged file put aside */
  get busy(): boolean {
    return this.#writing !== undefined || this.#damaged !== undefined;
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
      lastSyncMs: 0,
      longestSyncMs: 0,
      room: unlimitedRoom,
      problem: '',
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
          const { epoch, lane, last } = rows;
          const acknowledged = this.cursor(sink, epoch, lane);
          const waiting = within(rows, acknowledged + 1, last);
          if (waiting.length === 0) return [];
          const bytes = waiting.reduce((sum, { data }) => sum + Buffer.byteLength(data), 0);
          const shed = last - Math.max(acknowledged, rows.first - 1) - waiting.length;
          return [{ epoch, lane, assigned: last, acknowledged, bytes, ...(shed > 0 ? { shed } : {}) }];
        }),
      read: (epoch, lane, after, maxEvents, maxBytes) => {
        const rows = disk.tables.lane(epoch, lane);
        if (rows === undefined) return [];
        const taken = within(rows, after + 1, rows.last).slice(0, Math.max(1, maxEvents));
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
      isStored: (device, resendId) => this.#knows(resendKey(device, resendId)),
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
    const lost = tables.starts === 0 ? allOf(disk.noted) : [];
    if (lost.length > 0)
      lost
        .flatMap((lost) => lanes.map((lane) => gapOfDamage(lost, lane, 1, null)))
        .forEach((gap, i) => {
          changes.push(this.#gapEvent(gap, epoch, i + 1));
        });
    for (const sink of sinks)
      for (const { epoch, lane, first, events } of tables.lanes) {
        const key = this.#cursorKey(sink, epoch, lane);
        if (events.length > 0 && !tables.cursors.has(key)) changes.push({ do: 'cursor', key, through: first - 1 });
      }
    const living = [...new Set(tables.lanes.map(({ epoch }) => epoch)), epoch];
    disk.noted = nextList(disk.noted, living, lost, epoch);
    await this.#writeWithRoom(() => changes);
    this.#epoch = epoch;
  }

  /** On a full disk once more, in the room of the ballast: what then is planned anew may not grow. */
  async #writeWithRoom(plan: () => readonly Change[]): Promise<void> {
    const { disk } = this.#options;
    try {
      await disk.write(plan());
    } catch (error) {
      if (!(error instanceof ForpostError) || error.code !== 'FORPOST_OUTBOX_FULL') throw error;
      this.inHand.endShedding();
      disk.giveUpBallast();
      this.#diskFull = true;
      await disk.write(plan());
    }
  }

  #gapEvent(gap: GapData, epoch: Epoch, sequence: Sequence): Change {
    const { clock } = this.#options;
    const now = clock.now();
    const event = {
      epoch,
      lane: 'alerts',
      sequence,
      type: eventTypes.gap,
      device: null,
      time: now,
      received: now,
      clock: 'synced',
      boot: 'boot-1',
      uptime: clock.uptime(),
      data: JSON.stringify(gap),
    } as const;
    return { do: 'insert', event, resendKey: null };
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
        this.#refuseBehind(waiting, error);
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
        for (const listener of [...this.#listeners]) listener();
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
    if (disk.state !== 'full') this.#diskFull = false;
    let results: Plan['results'] = [];
    let inserts = 0;
    const plan = () => {
      const retention = mistake === 'delete-before-cursor' ? [] : this.#retention(new Map());
      const before = [...retention, ...moved];
      const planned = this.#plan(
        waiting.map(({ entry }) => entry),
        before,
      );
      results = planned.results;
      inserts = planned.changes.filter((change) => change.do === 'insert').length;
      return [...before, ...planned.changes];
    };
    const tell = () =>
      waiting.forEach(({ resolve, reject }, i) => {
        const result = results[i];
        if (result instanceof ForpostError) reject(result);
        else if (result !== undefined) resolve(result);
      });
    if (mistake === 'acknowledge-before-commit') {
      plan();
      this.inHand.endShedding();
      tell();
    }
    try {
      await this.#writeWithRoom(plan);
    } finally {
      this.inHand.endShedding();
    }
    this.#queued -= waiting.length;
    this.#commits++;
    const stored = inserts;
    this.#committed += stored;
    this.#refuseBehind(
      waiting.filter((_, i) => results[i] instanceof ForpostError),
      new ForpostError('FORPOST_OUTBOX_FULL', 'an earlier alert of the same device was refused'),
    );
    for (const result of results) if (!(result instanceof ForpostError)) this.#repeated += result.repeated;
    waiting.forEach(({ entry: { deadLetter } }, i) => {
      if (deadLetter !== undefined && !(results[i] instanceof ForpostError)) this.#letters.push(deadLetter);
    });
    tell();
    if (stored > 0) for (const listener of [...this.#listeners]) listener();
  }

  /** What waits behind refused alerts of the same devices. */
  #refuseBehind(refused: readonly Waiting[], error: unknown): void {
    const devices = new Set(refused.flatMap(({ entry }) => alertDevices(entry)));
    if (devices.size === 0) return;
    this.#waiting = this.#waiting.filter(({ entry, reject }) => {
      const own = alertDevices(entry);
      if (!own.some((device) => devices.has(device))) return true;
      for (const device of own) devices.add(device);
      this.#queued--;
      reject(error);
      return false;
    });
  }

  /** Cursors that these acknowledgements move: forward only, and not past the last number given. */
  #moved(acknowledgements: readonly Acknowledgement[]): readonly Extract<Change, { do: 'cursor' }>[] {
    const { tables } = this.#options.disk;
    const moved = new Map<string, number>();
    for (const { sink, epoch, lane, through } of acknowledgements) {
      const rows = tables.lane(epoch, lane);
      const key = this.#cursorKey(sink, epoch, lane);
      if (rows === undefined || through > rows.last) continue;
      if (through > (moved.get(key) ?? tables.cursors.get(key) ?? 0)) moved.set(key, through);
    }
    return [...moved].map(([key, through]) => ({ do: 'cursor', key, through }));
  }

  /** Deletes what all configured sinks have, by the cursors on disk (or by `inMemory`, which is a mistake). */
  #retention(inMemory: ReadonlyMap<string, number>): readonly Change[] {
    const { disk, sinks, limits, clock } = this.#options;
    const pressed = disk.tables.eventCount > pressedFrom * limits.maxEvents;
    const alertsPressed = this.#alertCount() > pressedFrom * alertsLaneShares.alerts * limits.maxEvents;
    return disk.tables.lanes.flatMap((rows): Change[] => {
      const { epoch, lane, first, last, events } = rows;
      let through = last;
      for (const sink of sinks) {
        const acked = inMemory.get(this.#cursorKey(sink, epoch, lane)) ?? this.cursor(sink, epoch, lane);
        through = Math.min(through, acked);
      }
      if (!pressed && !(lane === 'alerts' && alertsPressed)) {
        const kept = events.find(({ received }) => received > clock.now() - limits.keepDeliveredMs);
        if (kept !== undefined) through = Math.min(through, kept.sequence - 1);
      }
      if (through < first) return [];
      const gone = through === last && epoch !== this.#epoch;
      return [gone ? { do: 'forget', epoch, lane } : { do: 'delete', epoch, lane, through }];
    });
  }

  /** Numbers for everything that is new and fits; each entry whole or not at all. `before`: in the same transaction. */
  #plan(entries: readonly OutboxEntry[], before: readonly Change[]): Plan {
    const { tables } = this.#options.disk;
    const changes: Change[] = [];
    const keys = new Set<string>();
    const next = new Map(lanes.map((lane) => [lane, this.#nextOf(tables.lane(this.epoch, lane))]));
    const incoming = entries.reduce((sum, { events }) => sum + events.length, 0);
    let used = tables.eventCount + tables.growth(before);
    const goneAlerts = before.filter((change) => 'lane' in change && change.lane === 'alerts');
    let alerts = this.#alertCount() + tables.growth(goneAlerts);
    for (const change of incoming === 0 ? [] : this.#shed(used, incoming, alerts, before)) {
      const sequence = next.get('alerts') ?? 1;
      next.set('alerts', sequence + 1);
      const events = within(tables.lane(change.epoch, change.lane) ?? noRows, change.from, change.through);
      const gap = gapOfShed({
        ...change,
        count: events.length,
        firstTime: events[0]?.time ?? 0,
        lastTime: events.at(-1)?.time ?? 0,
      });
      changes.push(change, this.#gapEvent(gap, this.epoch, sequence));
      used += 1 - events.length;
      alerts++;
    }
    const refusedDevices = new Set<EventDraft['device']>();
    const results = entries.map((entry): Appended | ForpostError => {
      const { events } = entry;
      const devices = alertDevices(entry);
      const kind: Kind = entry.reserved === true ? 'reserved' : devices.length > 0 ? 'alerts' : 'telemetry';
      const behind = devices.some((device) => refusedDevices.has(device));
      if (events.length > 0 && (behind || !this.#fits(kind, events.length, used, alerts))) {
        for (const device of devices) refusedDevices.add(device);
        return new ForpostError('FORPOST_OUTBOX_FULL', 'the outbox has no room');
      }
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
      if (kind !== 'telemetry') alerts += stored;
      return { stored, repeated: events.length - stored };
    });
    if (this.#options.mistake === 'resend-ids-in-memory') for (const key of keys) this.#resendKeysInMemory.add(key);
    return { changes, results };
  }

  #alertCount(): number {
    return this.#options.disk.tables.lanes.reduce(
      (sum, { lane, events }) => sum + (lane === 'alerts' ? events.length : 0),
      0,
    );
  }

  #fits(kind: Kind, events: number, used: number, alerts: number): boolean {
    if (used + events > this.#allowed(kind)) return false;
    return kind === 'telemetry' || alerts + events <= alertsLaneShares[kind] * this.#options.limits.maxEvents;
  }

  #allowed(kind: keyof typeof shares): number {
    const { disk, limits } = this.#options;
    const share = shares[kind] * limits.maxEvents;
    if (!this.#diskFull) return share;
    return Math.min(share, disk.mostEvents + (kind === 'reserved' ? ballastEvents : 0));
  }

  /** The oldest undelivered telemetry, where what comes would have no room else. */
  #shed(
    used: number,
    incoming: number,
    alerts: number,
    before: readonly Change[],
  ): readonly Extract<Change, { do: 'shed' }>[] {
    const { disk, sinks, mistake } = this.#options;
    const over = used + incoming - this.#allowed('shedFrom');
    if (over <= 0 || !this.#fits('reserved', 1, 0, alerts)) return [];
    this.inHand.beginShedding();
    const cursors = new Map(before.flatMap((change) => (change.do === 'cursor' ? [[change.key, change.through]] : [])));
    const shed: Extract<Change, { do: 'shed' }>[] = [];
    let left = over + shedStep;
    for (const rows of disk.tables.lanes) {
      const { epoch, lane, last } = rows;
      if (lane === 'alerts' && mistake !== 'alert-shed') continue;
      const positions = sinks.map((sink, index) => {
        const key = this.#cursorKey(sink, epoch, lane);
        const acknowledged = cursors.get(key) ?? this.cursor(sink, epoch, lane);
        return { acknowledged, inHandThrough: mistake === 'shed-in-flight' ? 0 : this.#inHandThrough(rows, index) };
      });
      const delivered = Math.min(last, ...positions.map(({ acknowledged }) => acknowledged));
      for (const { from, through } of sheddable(delivered, last, positions)) {
        const events = within(rows, from, through).slice(0, left);
        const [oldest, newest] = [events[0], events.at(-1)];
        if (oldest === undefined || newest === undefined) continue;
        shed.push({ do: 'shed', epoch, lane, from: oldest.sequence, through: newest.sequence });
        left -= events.length;
      }
    }
    return over + shedStep - left < leastStep ? [] : shed;
  }

  #inHandThrough({ epoch, lane }: LaneRows, sink: number): number {
    const { tables } = this.#options.disk;
    const claim = this.inHand.claim(sink);
    if (claim?.epoch === epoch) return claim.through;
    const order = tables.lanes.filter((rows) => rows.lane === lane).map((rows) => rows.epoch);
    const claimed = claim === undefined ? -1 : order.indexOf(claim.epoch);
    return claimed > order.indexOf(epoch) ? Number.POSITIVE_INFINITY : 0;
  }

  #knows(key: string): boolean {
    return this.#options.disk.tables.resendKeys.has(key) || this.#resendKeysInMemory.has(key);
  }

  #nextOf(rows: LaneRows | undefined): number {
    return rows === undefined ? 1 : rows.last + 1;
  }

  #cursorKey(sink: string, epoch: Epoch, lane: Lane): string {
    return this.#options.mistake === 'cursor-without-epoch' ? `${sink}/${lane}` : `${sink}/${epoch}/${lane}`;
  }
}

const noRows: LaneRows = { epoch: asId<'epoch'>('none'), lane: 'telemetry', first: 1, last: 0, events: [] };

function alertDevices({ events }: OutboxEntry): EventDraft['device'][] {
  return events.filter(({ lane }) => lane === 'alerts').map(({ device }) => device);
}

/** How long until a file that could not be begun is tried again. */
const reopenMs = 100;

export function resendKey(device: EventDraft['device'], resendId: string): string {
  return `${device ?? ''} ${resendId}`;
}
