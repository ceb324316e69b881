import { expect, test } from 'vitest';
import type { EvidenceView } from '../../../evidence/schemas.ts';
import { english } from '../../testing/page-texts.ts';
import { sentence } from '../http.ts';
import { EvidenceFetch, nothingFetched } from './evidence-fetch.ts';

const view = (sha256: string, received: number, arrived: string | null = null) =>
  ({ sha256, size: 100, received, arrived }) as EvidenceView;

/** `looks`: the answers in turn, undefined = a failed request; after the last one the page is closed. */
function fetching(looks: readonly (readonly EvidenceView[] | undefined)[], refused = new Set<string>()) {
  const asked: string[] = [];
  const waits: string[] = [];
  const page = { state: nothingFetched, looked: 0 };
  const fetch = new EvidenceFetch({
    pieces: ['aa', 'bb', 'cc'],
    list: async () => {
      const answer = looks[page.looked++];
      if (answer === undefined) throw new Error('the centre cannot be reached');
      return answer;
    },
    ask: async (piece) => {
      asked.push(piece);
      if (refused.has(piece)) throw new Error('200 pieces are on their way');
      return view(piece, 0);
    },
    changed: (state) => {
      page.state = state;
    },
    sentence: (error) => sentence(english, error),
    wait: async (ms) => {
      waits.push(`${ms} ${page.state.problem}`);
      if (page.looked >= looks.length) fetch.stop();
    },
  });
  return { fetch, asked, waits, page };
}

const here = ['aa', 'bb', 'cc'].map((sha256) => view(sha256, 100, '2026-01-01T00:00:00.000Z'));

test('a failed look does not end the fetch, and its error disappears with the next answer', async () => {
  const { fetch, asked, waits, page } = fetching([[], [view('aa', 35)], undefined, [view('aa', 80)], here, here]);
  await fetch.run();
  expect(asked).toEqual(['aa', 'bb', 'cc']);
  expect(waits).toEqual(['1500 ', '1500 ', '5000 The centre cannot be reached', '1500 ']);
  // all pieces are here, so the fetch has ended
  expect([page.looked, page.state.problem]).toEqual([5, '']);
});

test('when the first look fails, the pieces are requested after the first answered look', async () => {
  const { fetch, asked } = fetching([undefined, here.slice(0, 1), here.slice(0, 1)]);
  await fetch.run();
  expect(asked).toEqual(['bb', 'cc']);
});

test('a refused piece shows the reason, the other pieces are requested, and the refused one can be requested again', async () => {
  const refused = new Set(['aa']);
  const { fetch, asked, page } = fetching([[], [view('bb', 0), view('cc', 0)], here], refused);
  const done = fetch.run();
  while (asked.length < 3) await Promise.resolve();
  expect([...page.state.refused]).toEqual([['aa', '200 pieces are on their way']]);
  refused.clear();
  const again = fetch.again('aa');
  expect(page.state.refused.size).toBe(0);
  await Promise.all([again, done]);
  expect(asked).toEqual(['aa', 'bb', 'cc', 'aa']);
});

test('a closed page sends no more requests for pieces', async () => {
  const { fetch, asked, page } = fetching([[]]);
  fetch.stop();
  await fetch.run();
  await fetch.again('aa');
  expect([asked, page.looked, page.state]).toEqual([[], 0, nothingFetched]);
});
