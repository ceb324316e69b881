import { asId } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Range } from '../history/store.ts';
import { gatewayStatus } from '../testing/events.ts';
import { gatewayLedger, type LaneHistory } from './ledger.ts';

const key = { gateway: 'gw-1', epoch: 'e1', lane: 'telemetry' } as const;
const told = (assigned: number, acknowledged: number) =>
  gatewayStatus({ lanes: [{ epoch: asId('e1'), lane: 'telemetry', assigned, acknowledged, bytes: 0 }] });
const lane = (received: readonly Range[], gaps: LaneHistory['gaps'] = []): LaneHistory => ({ key, received, gaps });

/** A ledger without events on their way, unless `settled` says otherwise. */
const ledgerOf = (
  status: GatewayStatus,
  history: readonly LaneHistory[],
  settled: typeof status.lanes = status.lanes,
) => gatewayLedger('gw-1', status, settled, history);

describe('the ledger', () => {
  test('an event that has not arrived is missing below the acknowledged cursor and waiting above it', () => {
    const ledger = ledgerOf(told(20, 10), [
      lane([
        [1, 4],
        [7, 9],
        [13, 14],
      ]),
    ]);
    expect(ledger.lanes).toMatchObject([
      {
        assigned: 20,
        settled: 10,
        received: { count: 9 },
        missing: {
          count: 3,
          ranges: [
            [5, 6],
            [10, 10],
          ],
        },
        waiting: {
          count: 8,
          ranges: [
            [11, 12],
            [15, 20],
          ],
        },
      },
    ]);
    expect(ledger).toMatchObject({ assigned: 20, received: 9, shed: 0, missing: 3, waiting: 8 });
  });

  test('an event that may be unread in Kafka is waiting, however long ago its sink called it safe', () => {
    const now = told(20, 20);
    expect(ledgerOf(now, [lane([[1, 4]])], told(9, 8).lanes)).toMatchObject({ missing: 4, waiting: 12 });
    // a lane that no earlier status names, and a centre that has just started
    expect(ledgerOf(now, [lane([[1, 4]])], [])).toMatchObject({ missing: 0, waiting: 16 });
    const unknown = gatewayLedger('gw-1', now, undefined, [
      lane([[1, 4]]),
      { ...lane([[3, 3]]), key: { ...key, epoch: 'e0' } },
    ]);
    expect(unknown).toMatchObject({ missing: 0, waiting: 18 });
  });

  test('shed events are explained with their reasons, and those that arrive all the same count as received', () => {
    const gaps = [
      { from: 3, through: 8, count: 6, reason: 'disk full' },
      { from: 7, through: 10, count: 4, reason: 'retention' },
    ];
    const [only] = ledgerOf(told(12, 12), [
      lane(
        [
          [1, 4],
          [11, 12],
        ],
        gaps,
      ),
    ]).lanes;
    expect(only!.shed).toEqual({
      count: 6,
      ranges: [[5, 10]],
      reasons: [
        { reason: 'disk full', count: 4 },
        { reason: 'retention', count: 2 },
      ],
    });
    expect(only!.missing.count).toBe(0);
  });

  test('a gap without an end reaches to the last assigned number', () => {
    const gaps = [{ from: 6, through: null, count: 0, reason: 'database damaged' }];
    const [only] = ledgerOf(told(9, 5), [lane([[1, 5]], gaps)]).lanes;
    expect(only).toMatchObject({ shed: { count: 4, ranges: [[6, 9]] }, missing: { count: 0 }, waiting: { count: 0 } });
  });

  test('events that were lost before they had a number explain no missing number, and are listed as gap records', () => {
    const gap = { from: 1, through: 0, count: 3, reason: 'given up' };
    const [one] = ledgerOf(told(2, 2), [lane([[2, 2]], [gap])]).lanes;
    expect(one).toMatchObject({ assigned: 2, received: { count: 1 }, shed: { count: 0 }, missing: { count: 1 } });
    expect(one?.gaps).toEqual([gap]);
  });

  test('without other data about its lane, a gap without an end assigns no numbers', () => {
    const gaps = [{ from: 1, through: null, count: 0, reason: 'database damaged' }];
    expect(ledgerOf(gatewayStatus(), [lane([], gaps)])).toMatchObject({ assigned: 0, shed: 0, missing: 0 });
  });

  test('of the numbers in a gap record, those that arrived count as received and the others as shed', () => {
    const gaps = [{ from: 51, through: 300, count: 250, reason: 'shed' }];
    // 51 to 60 were under way when the gateway was killed; what came after the hole has arrived
    const [only] = ledgerOf(told(400, 400), [
      lane(
        [
          [1, 60],
          [301, 400],
        ],
        gaps,
      ),
    ]).lanes;
    expect(only).toMatchObject({
      received: { count: 160 },
      shed: { count: 240, ranges: [[61, 300]] },
      missing: { count: 0 },
    });
  });

  test('a lane of which nothing has arrived is shown as waiting', () => {
    expect(ledgerOf(told(7, 0), [])).toMatchObject({ assigned: 7, received: 0, waiting: 7, missing: 0 });
  });

  test('a lane that the gateway no longer names is drained, so a hole in it is missing', () => {
    const ledger = ledgerOf(gatewayStatus(), [
      lane([
        [1, 3],
        [5, 6],
      ]),
    ]);
    expect(ledger).toMatchObject({ assigned: 6, received: 5, missing: 1, waiting: 0 });
  });

  describe('a lane that the gateway no longer names', () => {
    const noted = (acknowledged: number, begun = 0) => ({
      ends: [{ ...key, assigned: 1000, acknowledged, begun }],
      settledArrived: 1,
    });
    const ended = lane([[1, 989]]);
    const gone = (...[waits, some, ends]: [GatewayStatus, LaneHistory[], ReturnType<typeof noted>]) =>
      gatewayLedger('gw-1', waits, waits.lanes, some, ends);

    test('the last events of a lane, or the whole lane, count as missing if they never arrived', () => {
      const one = gone(gatewayStatus(), [ended], noted(1000));
      expect(one).toMatchObject({ assigned: 1000, received: 989, missing: 11, waiting: 0 });
      expect(one.lanes[0]?.missing.ranges).toEqual([[990, 1000]]);
      expect(gone(gatewayStatus(), [], noted(1000))).toMatchObject({ assigned: 1000, received: 0, missing: 1000 });
    });

    test('events of an outbox file that was put aside wait for their gap record, which then counts them as shed', () => {
      const alerts = { epoch: asId<'epoch'>('e2'), lane: 'alerts', assigned: 1, bytes: 9 } as const;
      const waits = gatewayStatus({ lanes: [{ ...alerts, acknowledged: 0 }] });
      expect(gone(waits, [ended], noted(800))).toMatchObject({ missing: 0, waiting: 12 });
      expect(gone(waits, [ended], noted(1000))).toMatchObject({ missing: 11, waiting: 1 });
      const drained = gatewayStatus({ lanes: [{ ...alerts, acknowledged: 1 }] });
      const gap = { from: 801, through: null, count: 0, reason: 'database damaged' };
      const told = [
        lane([[1, 989]], [gap]),
        { ...lane([[1, 1]]), key: { ...key, epoch: 'e2', lane: 'alerts' as const } },
      ];
      expect(gone(drained, told, noted(800))).toMatchObject({ shed: 11, missing: 0, waiting: 0 });
    });

    test('a lane that began after the settled status has not ended', () => {
      expect(gone(gatewayStatus(), [ended], noted(1000, 2))).toMatchObject({ missing: 0, waiting: 11 });
    });
  });

  test('received, shed, missing and waiting events always add up to the assigned numbers', () => {
    const range = fc
      .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 9 }))
      .map(([from, length]): Range => [from, from + length]);
    const gap = range.map(([from, through]) => ({ from, through, count: through - from + 1, reason: 'full' }));
    fc.assert(
      fc.property(
        fc.array(range, { maxLength: 6 }),
        fc.array(gap, { maxLength: 4 }),
        fc.nat(60),
        fc.nat(60),
        (received, gaps, a, b) => {
          const merged = ledgerOf(told(Math.max(a, b), Math.min(a, b)), [lane(received, gaps)]);
          expect(merged.received + merged.shed + merged.missing + merged.waiting).toBe(merged.assigned);
        },
      ),
    );
  });
});
