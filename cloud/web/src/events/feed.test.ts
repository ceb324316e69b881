import { expect, test } from 'vitest';
import type { EventsAnswer, EventView } from '../../../events/schemas.ts';
import { english } from '../../testing/page-texts.ts';
import { sentence } from '../http.ts';
import { EventFeed, emptyFeed } from './feed.ts';
import { maxFollowed, type Next } from './list.ts';

const event = (id: number, change: Partial<EventView> = {}) =>
  ({ id: `g/e/l/${id}`, time: new Date(id * 1000).toISOString(), ...change }) as EventView;

function start() {
  const asked: { readonly next: Next | undefined; readonly answer: PromiseWithResolvers<EventsAnswer> }[] = [];
  const waits: { readonly ms: number; readonly over: () => void }[] = [];
  const page = { state: emptyFeed, following: true };
  const feed = new EventFeed({
    ask: (next) => {
      const answer = Promise.withResolvers<EventsAnswer>();
      asked.push({ next, answer });
      return answer.promise;
    },
    passes: ({ gateway }) => gateway !== 'other',
    following: () => page.following,
    changed: (state) => {
      page.state = state;
    },
    sentence: (error) => sentence(english, error),
    wait: (ms) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      waits.push({ ms, over: resolve });
      return promise;
    },
  });
  const settle = async () => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  return {
    feed,
    asked,
    waits,
    page,
    come: (...events: EventView[]) => feed.addBatch({ events, skipped: 0 }),
    answer: async (index: number, events: EventView[], cursor?: string) => {
      asked[index]?.answer.resolve({ events, ...(cursor === undefined ? {} : { cursor }) } as EventsAnswer);
      await settle();
    },
    fail: async (index: number) => {
      asked[index]?.answer.reject(new Error('not now'));
      await settle();
    },
    settle,
    shown: () => page.state.list.shown.map(({ id }) => Number(id.slice('g/e/l/'.length))),
  };
}

test('new events still appear after a failed request, and the request is repeated', async () => {
  const { feed, asked, waits, page, come, answer, fail, settle, shown } = start();
  feed.load();
  come(event(2));
  await fail(0);
  expect(page.state.problem).toBe('Not now');
  come(event(3), event(9, { gateway: 'other' }));
  expect(shown()).toEqual([3, 2]);
  expect(waits.map(({ ms }) => ms)).toEqual([5000]);
  waits[0]?.over();
  await settle();
  expect(asked).toHaveLength(2);
  come(event(4));
  await answer(1, [event(3), event(2), event(1)]);
  expect(shown()).toEqual([4, 3, 2, 1]);
  expect([page.state.problem, page.state.list.loaded]).toEqual(['', true]);
});

test('the last of two loads counts, whichever is answered first, and no event that came meanwhile is lost', async () => {
  for (const order of [
    [0, 1],
    [1, 0],
  ]) {
    const { feed, come, answer, shown } = start();
    feed.load();
    come(event(2));
    feed.addBatch(undefined);
    come(event(3));
    const answers = [[event(1)], [event(2), event(1)]];
    for (const index of order) {
      await answer(index, answers[index] ?? []);
      come(event(4 + index));
    }
    expect(shown()).toEqual([5, 4, 3, 2, 1]);
  }
});

test('when too many events arrive during a load, the page is requested once more', async () => {
  const { feed, asked, waits, come, answer, settle, shown } = start();
  feed.load();
  for (let i = 0; i < maxFollowed + 10; i++) come(event(100 + i));
  await answer(0, []);
  expect(shown()).toHaveLength(maxFollowed);
  expect(waits.map(({ ms }) => ms)).toEqual([2000]);
  waits[0]?.over();
  await settle();
  expect(asked).toHaveLength(2);
});

test('a list that a person reads is not replaced, not even by a repeated request', async () => {
  const { feed, asked, waits, page, answer, fail, settle, shown } = start();
  feed.load();
  await answer(0, [event(1)]);
  feed.addBatch(undefined);
  await fail(1);
  page.following = false;
  waits[0]?.over();
  await settle();
  expect([asked.length, shown(), page.state.list.stale]).toEqual([2, [1], true]);
  feed.release();
  await answer(2, [event(2), event(1)]);
  expect([shown(), page.state.list.stale]).toEqual([[2, 1], false]);
});

test('older events are added only to the end of the list for which they were requested', async () => {
  const { feed, asked, page, answer, shown } = start();
  feed.load();
  await answer(0, [event(9)], 'behind 9');
  void feed.older();
  expect(asked[1]?.next).toEqual({ cursor: 'behind 9' });
  await answer(1, [event(8)], 'behind 8');
  expect(shown()).toEqual([9, 8]);
  void feed.older();
  feed.load();
  await answer(3, [event(20)], 'behind 20');
  await answer(2, [event(7)], 'behind 7');
  expect([shown(), page.state.list.next, page.state.loadingOlder]).toEqual([[20], { cursor: 'behind 20' }, false]);
});

test('a closed list ignores further answers', async () => {
  const { feed, waits, page, come, answer, fail, settle } = start();
  feed.load();
  await answer(0, [event(9)], 'behind 9');
  void feed.older();
  feed.load();
  const before = page.state;
  feed.stop();
  await answer(1, [event(8)]);
  await fail(2);
  come(event(10));
  waits[0]?.over();
  await settle();
  expect(page.state).toBe(before);
});
