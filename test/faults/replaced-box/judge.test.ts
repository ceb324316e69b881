/** The judge of replaced boxes finds each kind of loss. */
import { eventTypes } from '@forpost/shared/event/event.ts';
import { expect, test } from 'vitest';
import { type Evidence, judge } from './judge.ts';
import { contentOf } from './stored-event.ts';

const reading = (number: string, id: string) => ({
  id: `gw/${number}`,
  type: eventTypes.reading,
  lane: 'telemetry',
  data: { id },
});
const stored = (number: string, id: string) => ({
  number,
  content: contentOf(eventTypes.reading, { id }),
  reading: id,
});
const gap = {
  id: 'gw/new/alerts/1',
  type: eventTypes.gap,
  lane: 'alerts',
  data: { epoch: 'old', lane: 'telemetry', from: '3', to: null, count: 0, reason: 'restored' },
};

/** One reading before the backup, one after it that the old box has sent, one that it has not, one of the restored box. */
const good: Evidence = {
  acknowledged: new Map([
    ['before', 10],
    ['sent', 30],
    ['unsent', 40],
    ['new', 90],
  ]),
  byOldBox: new Set(['before', 'sent', 'unsent']),
  underWay: new Set(),
  pointAt: 20,
  oldBox: [stored('old/telemetry/2', 'sent'), stored('old/telemetry/3', 'unsent')],
  newBox: [stored('new/telemetry/1', 'new')],
  history: [
    reading('old/telemetry/1', 'before'),
    reading('old/telemetry/2', 'sent'),
    reading('new/telemetry/1', 'new'),
    gap,
  ],
};
const clean = { lost: 0, duplicated: 0, unexplained: 0, numbersTwice: 0 };
const without = (id: string) => good.history.filter((event) => event.data.id !== id);

test('a history with everything that is promised is good, and the lost readings that a gap record names are counted', () => {
  const counts = { acknowledgedBefore: 1, acknowledgedAfter: 2, acknowledgedByNewBox: 1, namedAsLost: 1 };
  expect(judge(good)).toMatchObject({ ...clean, ...counts, problems: [] });
});

test.each<[string, Partial<Evidence>, object]>([
  ['a reading from before the backup that is missing', { history: without('before') }, { lost: 1 }],
  ['a reading of the restored box that is missing', { history: without('new') }, { lost: 1, unexplained: 1 }],
  ['a later reading that nobody names', { history: good.history.filter((event) => event !== gap) }, { unexplained: 2 }],
  [
    'a reading that came twice',
    { history: [...good.history, reading('new/telemetry/2', 'before')] },
    { duplicated: 1 },
  ],
  [
    'a number that two boxes gave to two readings',
    { newBox: [...good.newBox, stored('old/telemetry/3', 'another')] },
    { numbersTwice: 1 },
  ],
  [
    'a number that came twice',
    { history: [...good.history, reading('old/telemetry/1', 'another')] },
    { numbersTwice: 1 },
  ],
])('%s is found', (_, change, found) => {
  const { problems, ...counts } = judge({ ...good, ...change });
  expect(counts).toMatchObject({ ...clean, ...found });
  expect(problems).not.toEqual([]);
});

test('a reading that the old box had not acknowledged may come twice, and is counted', () => {
  const history = [...good.history, reading('new/telemetry/2', 'sent')];
  expect(judge({ ...good, history, underWay: new Set(['sent']) })).toMatchObject({
    ...clean,
    repeatsOfUnderWay: 1,
    problems: [],
  });
});
