import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemClock } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { decodeEvent } from '@forpost/shared/event/codec.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { describe, expect, test } from 'vitest';
import { MemoryHistory } from '../history/memory-store.ts';
import { event, eventJson } from '../testing/events.ts';
import { Intake } from './intake.ts';

/** A history in memory whose failures the test sets. */
class Moody extends MemoryHistory {
  inserts = 0;
  mood: (events: readonly ForpostEvent[]) => Error | undefined = () => undefined;

  override async insert(events: readonly ForpostEvent[]): Promise<void> {
    this.inserts++;
    const error = this.mood(events);
    if (error !== undefined) throw error;
    await super.insert(events);
  }
}

function anIntake() {
  const history = new Moody(systemClock);
  const reported: string[] = [];
  const intake = new Intake({
    history,
    stored: (events) => reported.push(...events.map(({ sequence }) => sequence)),
    clock: systemClock,
    random: () => 0.01,
    logger: silentLogger(),
  });
  return { history, intake, reported };
}

const items = (...numbers: number[]) => numbers.map((n) => ({ event: event(n) }));
/** Runs the garbage collector. */
const collect = (): void => {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
};
const never = new AbortController().signal;
const key = { gateway: 'gw-1', epoch: 'e1', lane: 'telemetry' } as const;

describe('the intake', () => {
  test('retries while the history fails, and reports each event once', async () => {
    const { history, intake, reported } = anIntake();
    let failures = 3;
    history.mood = () => (failures-- > 0 ? new ForpostError('FORPOST_HISTORY_FAILED', 'not now') : undefined);
    expect(await intake.storeBatch(items(1, 2, 3), never)).toMatchObject({ stored: 3, repeated: 0, refused: [] });
    await intake.storeBatch(items(2, 3, 4), never);
    expect(reported).toEqual(['1', '2', '3', '4']);
    expect(await history.rows(key)).toEqual({ rows: 4, distinct: 4 });
  });

  test('batches that are given up while the history does not answer leave only the running insert behind', async () => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const inserted: string[] = [];
    const history = new MemoryHistory(systemClock);
    const intake = new Intake({
      history: {
        insert: async (events) => {
          await answered;
          inserted.push(...events.map(({ sequence }) => sequence));
          await history.insert(events);
        },
        received: (lane) => history.received(lane),
        stored: (lane, sequences) => history.stored(lane, sequences),
      },
      stored: () => undefined,
      clock: systemClock,
      random: () => 0.01,
      logger: silentLogger(),
    });
    // 50 batches of one lane, and 50 of a lane each
    const batches = Array.from({ length: 100 }, (_, i) => ({
      gaveUp: new AbortController(),
      event: event(1 + i, i % 2 === 0 ? {} : { gateway: `gw-${1 + i}` }),
    }));
    const kept: WeakRef<ForpostEvent>[] = [];
    const taken = batches.splice(0).map(({ gaveUp, event: given }) => {
      kept.push(new WeakRef(given));
      return { gaveUp, why: intake.storeBatch([{ event: given }], gaveUp.signal).catch(messageOf) };
    });
    await setImmediate();
    for (const { gaveUp, why } of taken.splice(0)) {
      gaveUp.abort(new Error('too late'));
      expect(await why).toBe('too late');
    }
    await setImmediate();
    collect();
    expect(kept.filter((reference) => reference.deref() !== undefined).length).toBeLessThanOrEqual(1);
    answer();
    expect((await intake.storeBatch(items(1, 101), never)).stored).toBe(1);
    expect(inserted).toEqual(['1', '101']);
  });

  test('events that the history has lost are stored again when they are replayed', async () => {
    let history = new MemoryHistory(systemClock);
    const intake = new Intake({
      history: {
        insert: (events) => history.insert(events),
        received: (lane) => history.received(lane),
        stored: (lane, sequences) => history.stored(lane, sequences),
      },
      stored: () => undefined,
      clock: systemClock,
      random: () => 0.01,
      logger: silentLogger(),
    });
    await intake.storeBatch(items(1, 2, 3), never);
    history = new MemoryHistory(systemClock);
    expect(await intake.storeBatch(items(2), never)).toMatchObject({ stored: 0, repeated: 1 });
    intake.replaying([key]);
    expect(await intake.storeBatch(items(2, 3), never)).toMatchObject({ stored: 2, repeated: 0 });
    intake.replaying([key]);
    expect(await intake.storeBatch(items(2, 3), never)).toMatchObject({ stored: 0, repeated: 2 });
  });

  test('a reused id is reported, also where an earlier centre stored the first event', async () => {
    const { history, intake } = anIntake();
    await intake.storeBatch(items(...Array.from({ length: 1_200 }, (_, i) => i + 1)), never);
    const after = new Intake({
      history,
      stored: () => undefined,
      clock: systemClock,
      random: () => 0.01,
      logger: silentLogger(),
    });
    const again = Array.from({ length: 1_200 }, (_, i) => ({ event: event(i + 1, i === 699 ? { power: -1 } : {}) }));
    const { stored, repeated, conflicting } = await after.storeBatch(again, never);
    expect([stored, repeated]).toEqual([0, 1_200]);
    expect(conflicting.map(({ item }) => item.event.sequence)).toEqual(['700']);
    expect((await after.storeBatch(items(700), never)).conflicting).toEqual([]);
  });

  test('events are stored and reported once, also when the comparison of repetitions fails in between', async () => {
    const { history, intake, reported } = anIntake();
    await intake.storeBatch(items(1), never);
    const after = new Intake({
      history,
      clock: systemClock,
      random: () => 0.01,
      logger: silentLogger(),
      stored: (events) => reported.push(...events.map(({ sequence }) => sequence)),
    });
    let failures = 2;
    const stored = history.stored.bind(history);
    history.stored = async (...asked) => {
      if (failures-- > 0) throw new ForpostError('FORPOST_HISTORY_FAILED', 'not now');
      return stored(...asked);
    };
    expect(await after.storeBatch(items(1, 2), never)).toMatchObject({ stored: 1, repeated: 1, conflicting: [] });
    expect(reported).toEqual(['1', '2']);
  });

  test('gives up only when its signal is aborted', async () => {
    const { history, intake } = anIntake();
    history.mood = () => new ForpostError('FORPOST_HISTORY_FAILED', 'never');
    const stop = new AbortController();
    const taking = intake.storeBatch(items(1), stop.signal);
    stop.abort(new Error('stopped'));
    await expect(taking).rejects.toThrow('stopped');
  });

  test('finds the one event that the history refuses for good, and stores the others', async () => {
    const { history, intake } = anIntake();
    history.mood = (events) =>
      events.some(({ sequence }) => sequence === '5')
        ? new ForpostError('FORPOST_EVENT_INVALID', 'no history takes this')
        : undefined;
    const taken = await intake.storeBatch(items(1, 2, 3, 4, 5, 6, 7), never);
    expect(taken.stored).toBe(6);
    expect(taken.refused).toMatchObject([{ item: { event: { sequence: '5' } }, reason: 'no history takes this' }]);
    expect(await history.received(key)).toEqual([
      [1, 4],
      [6, 7],
    ]);
  });

  test('contents that differ only beyond the precision of a double are different', async () => {
    const { history, intake } = anIntake();
    const one = (energy: string) => {
      const decoded = decodeEvent(eventJson(1).replace(/"power_w":1/, `"energy_wh":${energy}`));
      if (!decoded.ok) throw new Error(decoded.reason);
      return [{ event: decoded.event }];
    };
    await intake.storeBatch(one('9007199254740993'), never);
    expect((await intake.storeBatch(one('9007199254740993'), never)).conflicting).toEqual([]);
    expect((await intake.storeBatch(one('9007199254740992'), never)).conflicting).toHaveLength(1);
    expect(history.inserts).toBe(1);
  });

  test('joins the events that come while an insert runs', async () => {
    const { history, intake } = anIntake();
    const many = Array.from({ length: 50 }, (_, i) => [{ event: event(1, { epoch: `e${i}` }) }]);
    await Promise.all(many.map((one) => intake.storeBatch(one, never)));
    expect(history.inserts).toBeLessThanOrEqual(3);
    expect(await history.lanes()).toHaveLength(50);
  });

  test('the answer names a reused id, and the first event stays', async () => {
    const { history, intake } = anIntake();
    await intake.storeBatch([{ event: event(1, { power: 10 }) }], never);
    const again = await intake.storeBatch([{ event: event(1, { power: 10 }) }], never);
    expect(again.conflicting).toEqual([]);
    const other = await intake.storeBatch([{ event: event(1, { power: 11 }) }], never);
    expect(other.conflicting).toMatchObject([{ reason: expect.stringContaining('other content') }]);
    expect((await history.events({ limit: 10 })).events).toMatchObject([{ data: { values: { power_w: 10 } } }]);
  });
});
