/**
 * The lanes of all epochs in the file and how far each sink has come in them, as the writer holds them in memory.
 *
 * Always: what stands here is what is committed, or belongs to the transaction that runs; after a rollback it is read
 * anew. A cursor only moves forward and never past the last number given.
 */
import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import { lanes as allLanes } from '@forpost/shared/event/ids.ts';
import type Database from 'better-sqlite3';
import type { Acknowledgement } from './messages.ts';
import { deleteCursors, insertCursor, moveCursor, selectCursors } from './sql/cursors.ts';
import { selectBytesBeforeFirst, selectTotalBytes } from './sql/events.ts';
import { deleteLane, insertLane, selectLanes, updateLane } from './sql/lanes.ts';

export interface LaneState {
  readonly epoch: Epoch;
  readonly lane: Lane;
  readonly start: number;
  /** the first number that is still in the file; `next` where none is */
  first: Sequence;
  next: Sequence;
  /** of the data of all events ever numbered */
  bytes: number;
}

export class Lanes {
  readonly #sinks: readonly string[];
  readonly #all: Map<string, LaneState>;
  readonly #acked: Map<string, Sequence>;
  readonly #statements;

  constructor(db: Database.Database, sinks: readonly string[]) {
    this.#sinks = sinks;
    this.#statements = {
      insertLane: db.prepare(insertLane),
      updateLane: db.prepare(updateLane),
      deleteLane: db.prepare(deleteLane),
      insertCursor: db.prepare(insertCursor),
      moveCursor: db.prepare(moveCursor),
      deleteCursors: db.prepare(deleteCursors),
      totalBytes: db.prepare(selectTotalBytes).pluck(),
      bytesBeforeFirst: db.prepare(selectBytesBeforeFirst).pluck(),
    };
    const states = db.prepare<[], LaneState>(selectLanes).all();
    this.#all = new Map(states.map((state) => [`${state.epoch}/${state.lane}`, state]));
    const cursors = db.prepare<[], { sink: string; epoch: string; lane: string; acked: number }>(selectCursors).all();
    this.#acked = new Map(cursors.map((c) => [`${c.sink}/${c.epoch}/${c.lane}`, c.acked]));
  }

  /** Oldest epoch first, alerts before telemetry. */
  all(): IterableIterator<LaneState> {
    return this.#all.values();
  }

  get(epoch: string, lane: Lane): LaneState {
    const state = this.#all.get(`${epoch}/${lane}`);
    if (state === undefined) throw new Error(`no lane ${epoch}/${lane}`);
    return state;
  }

  /** Begins the lanes of a new epoch, forgets empty ones of older epochs, and gives a new sink its cursors. */
  begin(epoch: Epoch, start: number): void {
    for (const state of [...this.#all.values()]) if (state.first === state.next) this.forget(state);
    for (const lane of allLanes) {
      this.#statements.insertLane.run(epoch, lane, start);
      this.#all.set(`${epoch}/${lane}`, { epoch, lane, start, first: 1, next: 1, bytes: 0 });
    }
    for (const state of this.#all.values())
      for (const sink of this.#sinks) {
        if (this.#acked.has(`${sink}/${state.epoch}/${state.lane}`)) continue;
        const before = this.#statements.bytesBeforeFirst.get(state.epoch, state.lane);
        const bytes = typeof before === 'number' ? before : state.bytes;
        this.#statements.insertCursor.run(sink, state.epoch, state.lane, state.first - 1, bytes);
        this.#acked.set(`${sink}/${state.epoch}/${state.lane}`, state.first - 1);
      }
  }

  /** Writes a lane's next number and bytes down. */
  save(state: LaneState): void {
    this.#statements.updateLane.run(state.next, state.bytes, state.epoch, state.lane);
  }

  forget(state: LaneState): void {
    this.#statements.deleteLane.run(state.epoch, state.lane);
    this.#statements.deleteCursors.run(state.epoch, state.lane);
    this.#all.delete(`${state.epoch}/${state.lane}`);
    for (const key of this.#acked.keys()) if (key.endsWith(`/${state.epoch}/${state.lane}`)) this.#acked.delete(key);
  }

  /** The last number that all configured sinks have called safe; without any sink, all that there is. */
  deliveredThrough(state: LaneState): Sequence {
    let through = state.next - 1;
    for (const sink of this.#sinks)
      through = Math.min(through, this.#acked.get(`${sink}/${state.epoch}/${state.lane}`) ?? 0);
    return through;
  }

  /** Moves a cursor; one that names another database's epoch, a number never given, or goes back, does nothing. */
  acknowledge({ sink, epoch, lane, through }: Acknowledgement): void {
    const state = this.#all.get(`${epoch}/${lane}`);
    const key = `${sink}/${epoch}/${lane}`;
    if (state === undefined || through >= state.next || through <= (this.#acked.get(key) ?? 0)) return;
    const bytes = this.#statements.totalBytes.get(epoch, lane, through);
    if (typeof bytes !== 'number') return;
    this.#statements.moveCursor.run(sink, epoch, lane, through, bytes);
    this.#acked.set(key, through);
  }
}
