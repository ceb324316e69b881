import { FakeClock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import { expect, test } from 'vitest';
import { MemoryHistory } from '../history/memory-store.ts';
import { maxRanges } from '../history/store.ts';
import { event } from '../testing/events.ts';
import { LedgerBook } from './ledger-book.ts';

class Counting extends MemoryHistory {
  asked = 0;
  /** called before the history answers */
  before: () => Promise<void> = async () => {};
  override async holdings(gateway: string): ReturnType<MemoryHistory['holdings']> {
    this.asked++;
    const answer = await super.holdings(gateway);
    await this.before();
    return answer;
  }
}

function aBook() {
  const clock = new FakeClock();
  const history = new Counting(clock);
  const book = new LedgerBook({ history, clock, maxGateways: 2 });
  const store = async (events: readonly ForpostEvent[]) => {
    await history.insert(events);
    book.stored(events);
  };
  const received = async (gateway = 'gw-1') => (await book.lanes(gateway)).map((lane) => lane.received);
  return { clock, history, book, store, received };
}

const gapEvent = (sequence: number, data: object): ForpostEvent => ({
  ...event(sequence, { lane: 'alerts', epoch: 'e2' }),
  type: 'forpost.gap.v1',
  data,
});

test('the history is read once; events that are stored later, in any order and twice, are added without a further read', async () => {
  const { history, store, received } = aBook();
  await store([1, 2, 3].map((n) => event(n)));
  expect(await received()).toEqual([[[1, 3]]]);
  await store([9, 7, 2].map((n) => event(n)));
  await store([event(8), event(8), event(4, { epoch: 'e2' })]);
  expect(await received()).toEqual([
    [
      [1, 3],
      [7, 9],
    ],
    [[4, 4]],
  ]);
  expect(history.asked).toBe(1);
});

test('events that are stored during the read of the history are not lost', async () => {
  const { history, store, received } = aBook();
  await store([event(1)]);
  history.before = () => store([event(2)]);
  expect(await received()).toEqual([[[1, 2]]]);
  history.before = async () => {};
  expect(await received()).toEqual([[[1, 2]]]);
});

test('after a restart, and after partitions moved, the book agrees with the history', async () => {
  const { history, book, store, received } = aBook();
  await store([event(1), event(3)]);
  await received();
  // another centre stored it
  await history.insert([event(2)]);
  expect(await received()).toEqual([
    [
      [1, 1],
      [3, 3],
    ],
  ]);
  book.forget();
  expect(await received()).toEqual([[[1, 3]]]);
});

test('the ledger of a gateway with too many ranges is refused with a reason, and the history is not asked for a while', async () => {
  const { clock, history, book, store, received } = aBook();
  await store([event(1)]);
  history.before = () => Promise.reject(new ForpostError('FORPOST_LANE_SCATTERED', 'in too many ranges'));
  for (let i = 0; i < 3; i++) await expect(received()).rejects.toThrow('in too many ranges');
  expect(history.asked).toBe(1);
  clock.advance(60_000);
  history.before = async () => {};
  expect(await received()).toEqual([[[1, 1]]]);
  // a known book that grows beyond the limit is dropped
  book.stored(Array.from({ length: maxRanges }, (_, i) => event(2 * i + 3)));
  history.before = () => Promise.reject(new ForpostError('FORPOST_LANE_SCATTERED', 'in too many ranges'));
  await expect(received()).rejects.toThrow('in too many ranges');
  expect(history.asked).toBe(3);
});

test('the book has each gap record once, whether it was stored before the book was read or later', async () => {
  const { book, store } = aBook();
  const first = gapEvent(1, { epoch: 'e1', lane: 'telemetry', from: '2', to: '4', count: 3, reason: 'full' });
  await store([first]);
  await book.lanes('gw-1');
  const second = gapEvent(2, { epoch: 'e1', lane: 'telemetry', from: '9', to: null, count: 1, reason: 'damaged' });
  await store([first, second, gapEvent(3, { epoch: 'e1', lane: 'telemetry', from: 'x' }), gapEvent(4, {})]);
  const lanes = await book.lanes('gw-1');
  expect(lanes.map(({ key, gaps }) => [key.epoch, key.lane, gaps])).toEqual([
    ['e2', 'alerts', []],
    [
      ...['e1', 'telemetry'],
      [
        { from: 2, through: 4, count: 3, reason: 'full' },
        { from: 9, through: null, count: 1, reason: 'damaged' },
      ],
    ],
  ]);
});

test('a failed request to the history is repeated, and the remembered ranges are bounded', async () => {
  const { history, store, received } = aBook();
  await store([event(1)]);
  history.before = () => Promise.reject(new Error('away'));
  await expect(received()).rejects.toThrow('away');
  history.before = async () => {};
  expect(await received()).toEqual([[[1, 1]]]);
  for (const gateway of ['gw-2', 'gw-3', 'gw-4']) await received(gateway);
  const before = history.asked;
  await received('gw-4');
  expect(history.asked).toBe(before);
  await received();
  expect(history.asked).toBe(before + 1);
});
