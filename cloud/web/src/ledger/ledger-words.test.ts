import { expect, test } from 'vitest';
import type { LedgerView } from '../../../ledger/schemas.ts';
import { english, russian } from '../../testing/page-texts.ts';
import { completenessWords, ledgerLines } from './ledger-words.ts';

type Lane = LedgerView['lanes'][number];
const none = { ranges: [], left_out: 0 };
const lane = (change: Partial<Lane>, ranges: Partial<Lane['ranges']> = {}): Lane => ({
  epoch: '0011223344556677',
  lane: 'telemetry',
  assigned: 100,
  received: 100,
  shed: 0,
  missing: 0,
  waiting: 0,
  duplicates: 0,
  settled: 100,
  reasons: [],
  gaps: [],
  gaps_left_out: 0,
  ranges: { received: none, shed: none, missing: none, waiting: none, ...ranges },
  ...change,
});
const ledger = (lanes: readonly Lane[]): LedgerView => ({
  gateway: 'gw-1',
  assigned: 0,
  received: 0,
  shed: 0,
  missing: 0,
  waiting: 0,
  duplicates: 0,
  lanes,
  lanes_left_out: 0,
});
const said = (lanes: readonly Lane[]) =>
  ledgerLines(english, ledger(lanes)).map((one) => [one.what, one.state, one.reason]);

test('a ledger whose events are all stored or waiting has no lines', () => {
  expect(ledgerLines(english, undefined)).toEqual([]);
  expect(said([lane({ waiting: 7 })])).toEqual([]);
});

test('missing events come first with their numbers, then shed events with their reasons', () => {
  const missing = {
    ranges: [
      [2, 4],
      [9, 9],
      [1200, 1500],
      [1600, 1600],
    ] as [number, number][],
    left_out: 5,
  };
  const reasons = [
    { reason: 'the outbox was full', count: 1000 },
    { reason: 'refused', count: 1 },
    { reason: 'damaged', count: 2 },
  ];
  expect(
    said([
      lane({ shed: 1003, reasons }, { shed: { ranges: [[5000, 6002]], left_out: 0 } }),
      lane({ lane: 'alerts', missing: 305, settled: 1700 }, { missing }),
    ]),
  ).toEqual([
    [
      ...['alerts, start 001122', '305 events missing'],
      'no. 2–4, 9, 1,200–1,500 and 6 more ranges: acknowledged, but not in the history. To resend them, run on the gateway: ' +
        'forpost replay --lane alerts --epoch 0011223344556677 --from 2 --to 1700',
    ],
    [
      ...['telemetry, start 001122', '1,003 events shed'],
      'no. 5,000–6,002: the outbox was full (1,000), refused (1), 1 more reason',
    ],
  ]);
});

test('the lines include losses without numbers: events that never had one, and a lost end of a lane', () => {
  const gaps = [
    { from: 1, to: 0, count: 3, reason: 'given up' },
    { from: 7, to: null, count: 0, reason: 'damaged' },
    { from: 2, to: 4, count: 3, reason: 'full' },
  ];
  expect(
    ledgerLines(english, ledger([lane({ lane: 'alerts', gaps })])).map(({ tone, state, reason }) => [
      tone,
      state,
      reason,
    ]),
  ).toEqual([
    ['critical', '3 events lost', 'lost before they got a number: given up'],
    ['warning', 'lost, number not known', 'events from no. 7 on that had not been received: damaged'],
  ]);
});

test('a long list of lines is cut, and a last line says so', () => {
  const many = Array.from({ length: 9 }, (_, i) =>
    lane({ epoch: `e${i}`, missing: 1 }, { missing: { ranges: [[1, 1]], left_out: 0 } }),
  );
  expect(said(many)).toHaveLength(7);
  expect(said(many).at(-1)).toEqual(['', 'and 3 more', '']);
});

test('a badge shows the number of missing events, or else of waiting events', () => {
  const counts = (missing: number, waiting: number) => ({ ...ledger([]), missing, waiting });
  const ledgers = [counts(3, 9), counts(0, 12_345), counts(0, 0), undefined];
  expect(ledgers.map((one) => completenessWords(english, one))).toEqual([
    ...['3 missing', '12,345 waiting', 'complete', 'not counted yet'],
  ]);
  expect(ledgers.map((one) => completenessWords(russian, one))).toEqual([
    ...['недостаёт: 3', 'в пути: 12\u00a0345', 'всё получено', 'ещё не подсчитано'],
  ]);
});
