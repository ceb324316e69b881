/**
 * The simulated disk below the outbox: a log of transactions, of which only what was fsynced is sure to be there after
 * a crash.
 *
 *   write ──► pending ── latency ──► synced (readable, resolves)
 *               │           └── fsync fails ──► residue: rejected, yet perhaps found after a crash
 *               └── crash: wholly there, torn (no commit record: dropped by the recovery), or gone
 *
 * Always: at most one transaction is pending; what is readable is synced; a crash loses nothing that was synced, and
 * `restore` everything since the image was taken.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import { type Epoch, type Lane, lanes } from '@forpost/shared/event/ids.ts';
import { type EpochList, noEpochs } from '../../../edge/outbox/epoch-list.ts';
import type { DiskState } from './operations.ts';
import type { Random } from './random.ts';

export type Change =
  | { readonly do: 'begin'; readonly epoch: Epoch }
  | { readonly do: 'insert'; readonly event: StoredEvent; readonly resendKey: string | null }
  | { readonly do: 'cursor'; readonly key: string; readonly through: number }
  | { readonly do: 'delete'; readonly epoch: Epoch; readonly lane: Lane; readonly through: number }
  | {
      readonly do: 'shed';
      readonly epoch: Epoch;
      readonly lane: Lane;
      readonly from: number;
      readonly through: number;
    }
  | { readonly do: 'forget'; readonly epoch: Epoch; readonly lane: Lane };
export type Transaction = readonly Change[];

export interface LaneRows {
  readonly epoch: Epoch;
  readonly lane: Lane;
  /** below this number all is delivered and deleted */
  first: number;
  /** the last number given */
  last: number;
  /** in order; what was shed is not there */
  readonly events: StoredEvent[];
}

/** What a sound file holds. */
export class Tables {
  starts = 0;
  /** oldest epoch first, alerts before telemetry */
  lanes: LaneRows[] = [];
  readonly cursors = new Map<string, number>();
  readonly resendKeys = new Set<string>();

  get eventCount(): number {
    return this.lanes.reduce((sum, { events }) => sum + events.length, 0);
  }

  lane(epoch: Epoch, lane: Lane): LaneRows | undefined {
    return this.lanes.find((rows) => rows.epoch === epoch && rows.lane === lane);
  }

  /** By how many events a transaction makes the file grow. */
  growth(transaction: Transaction): number {
    let growth = 0;
    for (const change of transaction) {
      if (change.do === 'insert') growth++;
      else if (change.do !== 'begin' && change.do !== 'cursor') growth -= this.#takenBy(change);
    }
    return growth;
  }

  #takenBy(change: Extract<Change, { do: 'delete' | 'shed' | 'forget' }>): number {
    const rows = this.lane(change.epoch, change.lane);
    if (rows === undefined) return 0;
    if (change.do === 'forget') return rows.events.length;
    return within(rows, change.do === 'shed' ? change.from : 0, change.through).length;
  }

  apply(transaction: Transaction): void {
    for (const change of transaction) this.#apply(change);
  }

  #apply(change: Change): void {
    switch (change.do) {
      case 'begin':
        this.starts++;
        for (const lane of lanes)
          if (this.lane(change.epoch, lane) === undefined)
            this.lanes.push({ epoch: change.epoch, lane, first: 1, last: 0, events: [] });
        return;
      case 'insert': {
        const rows = this.lane(change.event.epoch, change.event.lane);
        if (rows === undefined) return;
        rows.events.push(change.event);
        rows.last = change.event.sequence;
        if (change.resendKey !== null) this.resendKeys.add(change.resendKey);
        return;
      }
      case 'cursor':
        this.cursors.set(change.key, change.through);
        return;
      case 'delete': {
        const rows = this.lane(change.epoch, change.lane);
        if (rows === undefined) return;
        rows.events.splice(0, within(rows, 0, change.through).length);
        rows.first = change.through + 1;
        return;
      }
      case 'shed': {
        const rows = this.lane(change.epoch, change.lane);
        if (rows === undefined) return;
        const gone = within(rows, change.from, change.through);
        rows.events.splice(within(rows, 0, change.from - 1).length, gone.length);
        return;
      }
      case 'forget':
        this.lanes = this.lanes.filter(({ epoch, lane }) => epoch !== change.epoch || lane !== change.lane);
    }
  }
}

export function within({ events }: LaneRows, from: number, through: number): readonly StoredEvent[] {
  return events.filter(({ sequence }) => sequence >= from && sequence <= through);
}

/** Events by which the file may still grow on a full disk, in the room that the ballast gave. */
export const ballastEvents = 3;

const latencyMs = { well: [0, 4], full: [0, 4], failing: [0, 20], stalled: [200, 3000] } as const;
/** Of what is pending: in a kill the kernel has it or not; in a power cut it must have reached the disk by itself. */
const survival = { kill: 0.5, 'power-cut': 0.3 } as const;

export interface DiskEvents {
  /** a transaction is durable */
  readonly synced: (transaction: Transaction) => void;
}

export class SimulatedDisk {
  /** the list beside the file: see edge/outbox/epoch-list.ts */
  noted: EpochList = noEpochs;
  #state: DiskState = 'well';
  /** what the file may hold while the disk is full; Infinity while it is not */
  #mostEvents = Number.POSITIVE_INFINITY;
  #ballast = true;
  #tables = new Tables();
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #events: DiskEvents;
  #log: Transaction[] = [];
  #pending: { readonly transaction: Transaction; readonly timer: Timer } | undefined;
  #residue: Transaction | undefined;

  constructor(clock: Clock, random: Random, events: DiskEvents) {
    this.#clock = clock;
    this.#random = random;
    this.#events = events;
  }

  get tables(): Tables {
    return this.#tables;
  }

  get state(): DiskState {
    return this.#state;
  }

  set state(state: DiskState) {
    this.#state = state;
    this.#mostEvents = state === 'full' ? this.#tables.eventCount : Number.POSITIVE_INFINITY;
    if (state !== 'full') this.#ballast = true;
  }

  /** How many events the file may hold as the disk is. */
  get mostEvents(): number {
    return this.#mostEvents;
  }

  giveUpBallast(): void {
    this.#ballast = false;
  }

  /** Resolves when it is on disk. @throws ForpostError FORPOST_OUTBOX_FULL, FORPOST_OUTBOX_FAILED */
  write(transaction: Transaction): Promise<void> {
    if (this.#pending !== undefined) throw new Error('a transaction is pending already');
    if (!this.#hasRoomFor(transaction))
      return Promise.reject(new ForpostError('FORPOST_OUTBOX_FULL', 'the disk is full'));
    // it is written where the failed one stood
    this.#residue = undefined;
    const [from, through] = latencyMs[this.state];
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(this.#random.int(from, through), () => {
        this.#pending = undefined;
        if (this.state === 'failing' && this.#random.chance(0.5)) {
          this.#residue = transaction;
          reject(new ForpostError('FORPOST_OUTBOX_FAILED', 'the disk reports an error'));
          return;
        }
        this.#sync(transaction);
        resolve();
      });
      this.#pending = { transaction, timer };
    });
  }

  /** Whoever wrote is dead: a promise that is out never settles. What is there afterwards is what recovery finds. */
  crash(how: keyof typeof survival): void {
    const unsure = this.#pending?.transaction ?? this.#residue;
    this.#pending?.timer.cancel();
    this.#pending = undefined;
    this.#residue = undefined;
    if (unsure === undefined) return;
    const whole = this.#random.chance(survival[how]);
    const there = whole ? unsure.length : this.#random.int(0, unsure.length - 1);
    // a transaction without its commit record is none
    if (there === unsure.length) this.#sync(unsure);
  }

  /** The file is moved away; the list of its epochs stays. */
  putAside(): void {
    const { noted } = this;
    this.restore(0);
    this.noted = noted;
  }

  /** The disk as it was after `share` of what has been written to it; nothing may be pending. */
  restore(share: number): void {
    this.#log = this.#log.slice(0, Math.floor(this.#log.length * share));
    this.#tables = new Tables();
    this.noted = noEpochs;
    for (const transaction of this.#log) this.#tables.apply(transaction);
  }

  #hasRoomFor(transaction: Transaction): boolean {
    if (this.#state !== 'full') return true;
    // without the ballast's room not even the log can be written
    if (this.#ballast) return false;
    const growth = this.#tables.growth(transaction);
    return growth <= 0 || this.#tables.eventCount + growth <= this.#mostEvents + ballastEvents;
  }

  #sync(transaction: Transaction): void {
    this.#log.push(transaction);
    this.#tables.apply(transaction);
    this.#events.synced(transaction);
  }
}
