/**
 * The lanes of all epochs in the file, and each sink's cursor in them, as the writer holds them in memory.
 *
 * Always: this state is committed, or belongs to the transaction that runs; after a rollback it is read from the file
 * again. A cursor only moves forward, and never past the last number given.
 */
import { assertThat } from '@forpost/shared/assert.ts';
import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import { lanes as allLanes } from '@forpost/shared/event/ids.ts';
import type Database from 'better-sqlite3';
import type { LaneEnds } from '../../epoch-list.ts';
import type { InHand } from '../../in-hand.ts';
import type { SequenceRange, SinkPosition } from '../../shedding.ts';
import { rowBytes } from '../../space.ts';
import type { Acknowledgement } from '../messages.ts';
import { hashOfRow } from '../row-hash.ts';
import { deleteCursors, moveCursor, selectCursors } from '../sql/cursors.ts';
import { selectBytesBeforeFirst, selectFirstSequence, selectTotalBytes } from '../sql/events.ts';
import { countGoneAfter, deleteHoles, deleteHolesThrough, selectLanesWithHoles } from '../sql/holes.ts';
import { deleteLane, insertLane, selectLanes, updateLane } from '../sql/lanes.ts';
import { hashOfLane } from './lane-hash.ts';
import type { Mended } from './repair/mended.ts';

export interface LaneState {
  readonly epoch: Epoch;
  readonly lane: Lane;
  readonly start: number;
  /** the first number that is still in the file; `next` where none is */
  first: Sequence;
  next: Sequence;
  /** bytes of the data of all events that ever got a number */
  bytes: number;
  /** events between the first and the last one may have been shed */
  holed: boolean;
  /** bytes of the data in front of `first`, as looked up last */
  before: { readonly first: Sequence; readonly bytes: number } | undefined;
}

/** A range of a lane that some sink never gets. */
export interface Forgone extends SequenceRange {
  readonly epoch: Epoch;
  readonly lane: Lane;
}

export class Lanes {
  readonly #sinks: readonly string[];
  readonly #ends: ReadonlyMap<Epoch, LaneEnds>;
  readonly #all: Map<string, LaneState>;
  readonly #acked: Map<string, Sequence>;
  /** the `next` that is stored in the file; the running transaction counts */
  readonly #savedNext = new Map<LaneState, Sequence>();
  readonly #statements;

  /** @param ends the last numbers of finished epochs, by the file and by the records beside it */
  constructor(db: Database.Database, sinks: readonly string[], ends: ReadonlyMap<Epoch, LaneEnds>) {
    this.#sinks = sinks;
    this.#ends = ends;
    this.#statements = {
      insertLane: db.prepare(insertLane),
      updateLane: db.prepare(updateLane),
      deleteLane: db.prepare(deleteLane),
      moveCursor: db.prepare(moveCursor),
      deleteCursors: db.prepare(deleteCursors),
      totalBytes: db.prepare(selectTotalBytes).pluck(),
      bytesBeforeFirst: db.prepare(selectBytesBeforeFirst).pluck(),
      firstSequence: db.prepare(selectFirstSequence).pluck(),
      deleteHoles: db.prepare(deleteHoles),
      deleteHolesThrough: db.prepare(deleteHolesThrough),
      goneAfter: db.prepare<[number, string, string, number, number], number>(countGoneAfter).pluck(),
    };
    const states = db.prepare<[], LaneState>(selectLanes).all();
    const holed = db.prepare<[], { epoch: string; lane: string }>(selectLanesWithHoles).all();
    const holedNames = new Set(holed.map(({ epoch, lane }) => `${epoch}/${lane}`));
    this.#all = new Map(
      states.map((state) => {
        const name = `${state.epoch}/${state.lane}`;
        return [name, { ...state, holed: holedNames.has(name), before: undefined }];
      }),
    );
    const cursors = db.prepare<[], { sink: string; epoch: string; lane: string; acked: number }>(selectCursors).all();
    this.#acked = new Map(cursors.map((c) => [`${c.sink}/${c.epoch}/${c.lane}`, c.acked]));
  }

  /** Oldest epoch first, alerts before telemetry. */
  all(): IterableIterator<LaneState> {
    return this.#all.values();
  }

  find(epoch: string, lane: Lane): LaneState | undefined {
    return this.#all.get(`${epoch}/${lane}`);
  }

  get(epoch: string, lane: Lane): LaneState {
    const state = this.#all.get(`${epoch}/${lane}`);
    if (state === undefined) throw new Error(`no lane ${epoch}/${lane}`);
    return state;
  }

  /**
   * Begins the lanes of a new epoch, forgets empty lanes of older epochs, and gives a new sink its cursors. Returns the
   * ranges that a sink never gets, because they are deleted and no gap record names them.
   */
  begin(epoch: Epoch, start: number): readonly Forgone[] {
    for (const state of [...this.#all.values()]) if (state.first === state.next) this.forget(state);
    const forgone = [...this.#all.values()].flatMap((state) => this.#beginCursors(state));
    for (const lane of allLanes) {
      const state = { epoch, lane, start, first: 1, next: 1, bytes: 0, holed: false, before: undefined };
      this.#statements.insertLane.run(epoch, lane, start, 1, 1, 0, hashOfLane(state));
      this.#all.set(`${epoch}/${lane}`, state);
      this.#beginCursors(state);
    }
    return forgone;
  }

  /** A newly configured sink begins with the first event that is kept. */
  #beginCursors(state: LaneState): readonly Forgone[] {
    const { epoch, lane } = state;
    const through = state.first - 1;
    let after = through;
    for (const sink of this.#sinks) {
      const acked = this.#acked.get(`${sink}/${epoch}/${lane}`);
      if (acked !== undefined && acked >= through) continue;
      const before = this.#statements.bytesBeforeFirst.get(epoch, lane);
      this.#moveCursor(sink, state, through, typeof before === 'number' ? before : state.bytes);
      this.#acked.set(`${sink}/${epoch}/${lane}`, through);
      after = Math.min(after, acked ?? 0);
    }
    // shed events have their gap records
    const named = this.#statements.goneAfter.get(after, epoch, lane, after, through) ?? 0;
    return named >= through - after ? [] : [{ epoch, lane, from: after + 1, through }];
  }

  /** Saves only a lane with new numbers: most commits have no alert. */
  saveWhereChanged(state: LaneState): void {
    if (this.#savedNext.get(state) !== state.next) this.save(state);
  }

  /** Saves a lane's numbers and bytes. */
  save(state: LaneState): void {
    const { epoch, lane, first, next, bytes } = state;
    this.#statements.updateLane.run(first, next, bytes, hashOfLane(state), epoch, lane);
    this.#savedNext.set(state, next);
  }

  #moveCursor(sink: string, { epoch, lane, next }: LaneState, through: Sequence, bytes: number): void {
    const acked = this.#acked.get(`${sink}/${epoch}/${lane}`) ?? 0;
    assertThat(
      through >= acked && through < next,
      () => `the cursor of ${sink} cannot move from ${acked} to ${through} in ${epoch}/${lane}, whose next is ${next}`,
    );
    const hash = hashOfRow('cursors', [sink, epoch, lane, through, bytes]);
    this.#statements.moveCursor.run(sink, epoch, lane, through, bytes, hash);
  }

  forget(state: LaneState): void {
    this.#statements.deleteLane.run(state.epoch, state.lane);
    this.#statements.deleteCursors.run(state.epoch, state.lane);
    if (state.holed) this.#statements.deleteHoles.run(state.epoch, state.lane);
    this.#all.delete(`${state.epoch}/${state.lane}`);
    for (const key of this.#acked.keys()) if (key.endsWith(`/${state.epoch}/${state.lane}`)) this.#acked.delete(key);
  }

  /** The last number that all configured sinks have called safe; without a sink, the last number given. */
  deliveredThrough(state: LaneState): Sequence {
    let through = state.next - 1;
    for (const sink of this.#sinks)
      through = Math.min(through, this.#acked.get(`${sink}/${state.epoch}/${state.lane}`) ?? 0);
    return through;
  }

  /** Each configured sink's cursor in this lane, and the last event that is on its way to the sink. */
  positions({ epoch, lane, start }: LaneState, inHand: InHand): readonly SinkPosition[] {
    return this.#sinks.map((sink, index) => {
      const acknowledged = this.#acked.get(`${sink}/${epoch}/${lane}`) ?? 0;
      const claim = inHand.claim(index);
      if (claim?.epoch === epoch) return { acknowledged, inHandThrough: claim.through };
      const claimed = claim === undefined ? undefined : this.#all.get(`${claim.epoch}/${lane}`);
      // older epochs go first: all events behind the cursor of an older one may be on their way
      const passed = claimed !== undefined && claimed.start > start;
      return { acknowledged, inHandThrough: passed ? Number.POSITIVE_INFINITY : 0 };
    });
  }

  /** The events up to and including `through` are deleted. */
  trimmed(state: LaneState, through: Sequence): void {
    state.first = through + 1;
    if (state.holed) {
      this.#findFirst(state);
      this.#statements.deleteHolesThrough.run(state.epoch, state.lane, state.first - 1);
    } else this.save(state);
  }

  /** Events from `from` up to some number below the newest were shed. */
  shed(state: LaneState, from: Sequence): void {
    state.holed = true;
    if (from <= state.first) this.#findFirst(state);
  }

  /** Where a new hole reaches the end of an older epoch, moves the end back to the last event in front of the hole. */
  endsBefore(state: LaneState, { ranges, next, bytes }: Mended): void {
    if (ranges.at(-1)?.to !== state.next - 1) return;
    this.save({ ...state, first: Math.min(state.first, next), next, bytes });
  }

  /** About the bytes that this lane takes in the file: data and rows. */
  keptBytes(state: LaneState): number {
    return state.bytes - this.#bytesBefore(state) + rowBytes * (state.next - state.first);
  }

  /** The bytes of it that are delivered and may be deleted for space. */
  deliveredBytes(state: LaneState): number {
    const through = this.deliveredThrough(state);
    if (through < state.first) return 0;
    const total = this.#statements.totalBytes.get(state.epoch, state.lane, through);
    if (typeof total !== 'number') return 0;
    return total - this.#bytesBefore(state) + rowBytes * (through - state.first + 1);
  }

  #bytesBefore(state: LaneState): number {
    if (state.first === state.next) return state.bytes;
    if (state.before?.first !== state.first) {
      const bytes = this.#statements.bytesBeforeFirst.get(state.epoch, state.lane);
      state.before = { first: state.first, bytes: typeof bytes === 'number' ? bytes : state.bytes };
    }
    return state.before.bytes;
  }

  #findFirst(state: LaneState): void {
    const first = this.#statements.firstSequence.get(state.epoch, state.lane);
    state.first = typeof first === 'number' ? first : state.next;
    this.save(state);
  }

  /**
   * Moves a cursor. An unknown epoch, a number never given and a step back change nothing: the sink may mean events
   * of an older file.
   */
  acknowledge({ sink, epoch, lane, through: reached }: Acknowledgement): void {
    const state = this.#all.get(`${epoch}/${lane}`);
    const key = `${sink}/${epoch}/${lane}`;
    if (state === undefined) return;
    // the sink may have received events at the end of a finished epoch that a damaged page has lost since
    const end = this.#ends.get(epoch)?.[lane] ?? 0;
    const through = reached <= end ? Math.min(reached, state.next - 1) : reached;
    if (through >= state.next || through <= (this.#acked.get(key) ?? 0)) return;
    const bytes = this.#statements.totalBytes.get(epoch, lane, through);
    if (typeof bytes !== 'number') return;
    this.#moveCursor(sink, state, through, bytes);
    this.#acked.set(key, through);
  }
}
