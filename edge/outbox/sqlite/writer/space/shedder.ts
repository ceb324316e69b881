/**
 * Sheds the oldest undelivered telemetry: deletes it within the caller's transaction, and returns the ranges, so that
 * the same transaction stores their gap records.
 *
 * Always: only ranges that `sheddable` allows (../../../shedding.ts): no event in hand at a sink, and never a lane's
 * newest. Less than the least step (../../../space.ts) is not worth a gap record and stays.
 */
import { assertThat } from '@forpost/shared/assert.ts';
import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import type Database from 'better-sqlite3';
import type { InHand } from '../../../in-hand.ts';
import { sheddable } from '../../../shedding.ts';
import { rowBytes } from '../../../space.ts';
import { hashOfRow } from '../../row-hash.ts';
import { deleteRange, selectFirstFrom, selectLastThrough } from '../../sql/events.ts';
import { deleteHolesWithin, insertHole, selectHoleBefore, selectHolesWithin } from '../../sql/holes.ts';
import type { LaneState, Lanes } from '../lanes.ts';

/** A shed range of one lane. Times in ms since 1970, of its first and last event. */
export interface Shed {
  readonly epoch: Epoch;
  readonly lane: Lane;
  readonly from: Sequence;
  readonly through: Sequence;
  readonly count: number;
  readonly firstTime: number;
  readonly lastTime: number;
}

interface Row {
  readonly seq: Sequence;
  readonly time: number;
  /** bytes of the lane's data up to and including this row */
  readonly total: number;
  /** bytes of its own data */
  readonly bytes: number;
}

interface Cut {
  readonly state: LaneState;
  readonly first: Row;
  readonly last: Row;
  readonly bytes: number;
}

/** The most ranges of one step: each is a gap record. */
const mostRanges = 8;

export class Shedder {
  readonly #inHand: InHand;
  readonly #statements;

  constructor(db: Database.Database, inHand: InHand) {
    this.#inHand = inHand;
    this.#statements = {
      firstFrom: db.prepare<[string, string, number], Row>(selectFirstFrom),
      lastThrough: db.prepare<[string, string, number], Row>(selectLastThrough),
      deleteRange: db.prepare(deleteRange),
      holeBefore: db.prepare<[string, string, number], number>(selectHoleBefore).pluck(),
      holesWithin: db.prepare<[string, string, number, number], { count: number; bytes: number }>(selectHolesWithin),
      deleteHoles: db.prepare(deleteHolesWithin),
      insertHole: db.prepare(insertHole),
    };
  }

  /** Sheds about `bytes` of telemetry. The caller calls InHand.endShedding once its transaction has ended. */
  run(lanes: Lanes, bytes: number, leastBytes: number): readonly Shed[] {
    this.#inHand.beginShedding();
    const cuts = this.#plan(lanes, bytes);
    if (cuts.reduce((sum, cut) => sum + cut.bytes, 0) < leastBytes) return [];
    return cuts.map((cut) => this.#cut(lanes, cut));
  }

  #plan(lanes: Lanes, bytes: number): readonly Cut[] {
    const cuts: Cut[] = [];
    let left = bytes;
    for (const state of lanes.all()) {
      if (state.lane !== 'telemetry') continue;
      const delivered = lanes.deliveredThrough(state);
      for (const { from, through } of sheddable(delivered, state.next - 1, lanes.positions(state, this.#inHand))) {
        if (left <= 0 || cuts.length >= mostRanges) return cuts;
        const cut = this.#cutOf(state, from, through, left);
        if (cut === undefined) continue;
        cuts.push(cut);
        left -= cut.bytes;
      }
    }
    return cuts;
  }

  /** The oldest events of from..through that weigh `bytes`, or all of them; undefined: none is left. */
  #cutOf(state: LaneState, from: Sequence, through: Sequence, bytes: number): Cut | undefined {
    const { epoch, lane } = state;
    const first = this.#statements.firstFrom.get(epoch, lane, from);
    if (first === undefined || first.seq > through) return undefined;
    const weight = (row: Row) => row.total - first.total + first.bytes + rowBytes * (row.seq - first.seq + 1);
    const rowThrough = (seq: Sequence) => this.#statements.lastThrough.get(epoch, lane, seq) ?? first;
    let low = first.seq;
    let high = through;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (weight(rowThrough(middle)) >= bytes) high = middle;
      else low = middle + 1;
    }
    const last = rowThrough(low);
    return { state, first, last, bytes: weight(last) };
  }

  #cut(lanes: Lanes, { state, first, last }: Cut): Shed {
    const { epoch, lane } = state;
    const { holeBefore, holesWithin, deleteHoles, insertHole, deleteRange: remove } = this.#statements;
    assertThat(
      lane === 'telemetry' && last.seq < state.next - 1,
      () => `events ${first.seq} to ${last.seq} of ${epoch}/${lane} cannot be shed: the next number is ${state.next}`,
    );
    const count = remove.run(epoch, lane, first.seq, last.seq).changes;
    // neighbouring holes become one, so that there are few however often events are shed
    const from = holeBefore.get(epoch, lane, first.seq - 1) ?? first.seq;
    const older = holesWithin.get(epoch, lane, from, last.seq) ?? { count: 0, bytes: 0 };
    deleteHoles.run(epoch, lane, from, last.seq);
    const bytes = older.bytes + last.total - first.total + first.bytes;
    const whole = older.count + count;
    insertHole.run(epoch, lane, from, last.seq, whole, bytes, hashOfHole(epoch, lane, from, last.seq, whole, bytes));
    lanes.shed(state, first.seq);
    return {
      epoch,
      lane,
      from: first.seq,
      through: last.seq,
      count,
      firstTime: first.time,
      lastTime: last.time,
    };
  }
}

/** The hash of a hole's row. */
export function hashOfHole(...values: [epoch: string, lane: string, ...numbers: number[]]): number {
  return hashOfRow('holes', values);
}
