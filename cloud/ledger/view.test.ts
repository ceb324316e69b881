import { asId } from '@forpost/shared/event/ids.ts';
import { expect, test } from 'vitest';
import { gatewayStatus } from '../testing/events.ts';
import { gatewayLedger, type LaneHistory } from './ledger.ts';
import { ledgerView, maxLedgerLanes } from './view.ts';

const lane = (epoch: string, part: Partial<LaneHistory>): LaneHistory => ({
  key: { gateway: 'gw-1', epoch, lane: 'telemetry' },
  received: [],
  gaps: [],
  ...part,
});
const status = gatewayStatus({
  lanes: [{ epoch: asId('e2'), lane: 'telemetry', assigned: 60, acknowledged: 50, bytes: 0 }],
});
const odd = Array.from({ length: 25 }, (_, i) => [2 * i + 1, 2 * i + 1] as const);
const ledger = gatewayLedger('gw-1', status, status.lanes, [
  lane('e1', { received: [[1, 9]] }),
  lane('e2', { received: odd, gaps: [{ from: 52, through: null, count: 9, reason: 'damaged', firstTime: 't' }] }),
]);

test('counts cover everything, ranges are cut where the answer says so, and can be paged through', () => {
  const view = ledgerView(ledger, new Map([['e1/telemetry', 11]]));
  expect(view).toMatchObject({ assigned: 69, received: 34, shed: 9, missing: 25, waiting: 1, duplicates: 2 });
  expect(view.lanes.map(({ epoch }) => epoch)).toEqual(['e2', 'e1']);
  const [second] = view.lanes;
  expect(second).toMatchObject({ assigned: 60, settled: 50, missing: 25, waiting: 1, shed: 9 });
  expect(second?.ranges.missing).toEqual({
    ranges: Array.from({ length: 20 }, (_, i) => [2 * i + 2, 2 * i + 2]),
    left_out: 5,
    next: 40,
  });
  expect(second?.ranges.waiting).toEqual({ ranges: [[51, 51]], left_out: 0 });
  expect(second?.ranges.shed).toEqual({ ranges: [[52, 60]], left_out: 0 });
  expect(second?.reasons).toEqual([{ reason: 'damaged', count: 9 }]);
  expect(second?.gaps).toEqual([{ from: 52, to: null, count: 9, reason: 'damaged', first_time: 't' }]);

  const missing: (readonly [number, number])[] = [];
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page = ledgerView(ledger, new Map(), { epoch: 'e2', lane: 'telemetry', after, limit: 7 });
    expect(page.lanes).toHaveLength(1);
    missing.push(...(page.lanes[0]?.ranges.missing.ranges ?? []));
    after = page.lanes[0]?.ranges.missing.next;
  }
  expect(missing).toEqual(Array.from({ length: 25 }, (_, i) => [2 * i + 2, 2 * i + 2]));
});

test('among very many lanes those with missing or waiting events come first, and the answer counts the rest', () => {
  const many = Array.from({ length: 250 }, (_, i) => lane(`x${i}`, { received: [[1, 2]] }));
  const view = gatewayLedger('gw-1', gatewayStatus(), [], [...many, lane('bad', { received: [[2, 2]] })]);
  const first = ledgerView(view, new Map());
  expect(first.lanes[0]?.epoch).toBe('bad');
  expect([first.lanes.length, first.lanes_left_out]).toEqual([maxLedgerLanes, 151]);
  const last = ledgerView(view, new Map(), { skip: 200 });
  expect([last.lanes.length, last.lanes_left_out]).toEqual([51, 0]);
  expect(last.received).toBe(501);
});
