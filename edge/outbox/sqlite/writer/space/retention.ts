/**
 * Deletes delivered events: those older than `keepDelivered`, and more where the file's limit presses. It runs inside
 * the next insert's transaction, in bounded chunks, so that the file stays flat and no commit waits for a large delete.
 *
 * Always: only cursors that an earlier commit has put on disk count (the caller deletes before it moves cursors). An
 * event that a configured sink has not called safe is never deleted here.
 */
import { assertThat } from '@forpost/shared/assert.ts';
import type { Lane } from '@forpost/shared/event/ids.ts';
import type Database from 'better-sqlite3';
import { deleteThrough, selectOlderThan } from '../../sql/events.ts';
import type { LaneState, Lanes } from '../lanes.ts';

/** Rows that one commit may delete in any case: about a ms. */
const chunkRows = 1000;
/** How often delivered events are checked for their age, ms. */
const checkEveryMs = 1000;

export class Retention {
  readonly #keepDeliveredMs: number;
  readonly #current: string;
  readonly #statements;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #more = false;

  constructor(db: Database.Database, keepDeliveredMs: number, currentEpoch: string) {
    this.#keepDeliveredMs = keepDeliveredMs;
    this.#current = currentEpoch;
    this.#statements = {
      deleteThrough: db.prepare(deleteThrough),
      olderThan: db.prepare(selectOlderThan).pluck(),
    };
  }

  /**
   * Deletes at most max(1000, twice `incoming`) events. @param now ms since 1970 @param pressed lanes that need space
   * now @returns whether more is to be deleted
   */
  run(lanes: Lanes, now: number, pressed: readonly Lane[], incoming: number): boolean {
    if (pressed.length === 0 && !this.#more && Math.abs(now - this.#checkedAt) < checkEveryMs) return false;
    this.#checkedAt = now;
    const budget = Math.max(chunkRows, 2 * incoming);
    let left = budget;
    // alerts are few and worth more: they are deleted last
    const order: readonly Lane[] = ['telemetry', 'alerts'];
    for (const lane of order)
      for (const state of [...lanes.all()])
        if (state.lane === lane && left > 0) left -= this.#trim(lanes, state, now, pressed.includes(lane), left);
    this.#more = left <= 0;
    return this.#more;
  }

  #trim(lanes: Lanes, state: LaneState, now: number, pressed: boolean, most: number): number {
    const limit = Math.min(lanes.deliveredThrough(state), state.first + most - 1);
    if (limit < state.first) return 0;
    const through = pressed
      ? limit
      : this.#statements.olderThan.get(state.epoch, state.lane, limit, now - this.#keepDeliveredMs);
    if (typeof through !== 'number') return 0;
    const delivered = lanes.deliveredThrough(state);
    assertThat(
      through <= delivered,
      () => `events through ${through} of ${state.epoch}/${state.lane} are not delivered: ${delivered} is the last one`,
    );
    const deleted = this.#statements.deleteThrough.run(state.epoch, state.lane, through).changes;
    lanes.trimmed(state, through);
    if (state.first === state.next && state.epoch !== this.#current) lanes.forget(state);
    return deleted;
  }
}
