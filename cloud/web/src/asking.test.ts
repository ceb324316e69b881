import { expect, test, vi } from 'vitest';
import { eachAnswered, Question, untilAnswered } from './asking.ts';

function asking() {
  const stopping = new AbortController();
  const waits: number[] = [];
  const wait = async (ms: number) => {
    waits.push(ms);
  };
  return { stopping, waits, options: { wait, retryMs: 5000, signal: stopping.signal } };
}

test('a failed request is repeated until the centre answers it', async () => {
  const { waits, options } = asking();
  const problems: unknown[] = [];
  let tries = 0;
  const ask = async () => {
    tries++;
    if (tries < 3) throw new Error(`no ${tries}`);
    return 'answer';
  };
  expect(await untilAnswered(ask, (error) => problems.push(String(error)), options)).toBe('answer');
  expect(problems).toEqual(['Error: no 1', 'Error: no 2']);
  expect(waits).toEqual([5000, 5000]);
});

test('a closed page sends no more requests and reports no error', async () => {
  const { stopping, options } = asking();
  const problems: unknown[] = [];
  const ask = async () => {
    stopping.abort();
    throw new Error('aborted');
  };
  expect(await untilAnswered(ask, (error) => problems.push(error), options)).toBeUndefined();
  expect(problems).toEqual([]);
});

test('only the newest request for a list counts, and it is repeated until it is answered', async () => {
  const asked: PromiseWithResolvers<string>[] = [];
  const results: string[] = [];
  const question = new Question<string>({
    ask: () => {
      const answer = Promise.withResolvers<string>();
      asked.push(answer);
      return answer.promise;
    },
    answered: (answer) => results.push(answer),
    failed: (error) => results.push(String(error)),
    wait: async () => undefined,
    retryMs: 5000,
  });
  question.ask();
  question.ask();
  asked[1]?.reject(new Error('not now'));
  await vi.waitFor(() => expect(asked).toHaveLength(3), { timeout: 10_000 });
  asked[0]?.resolve('what was asked first');
  asked[2]?.resolve('the newest');
  await vi.waitFor(() => expect(results).toEqual(['Error: not now', 'the newest']), { timeout: 10_000 });
  question.ask();
  question.stop();
  asked[3]?.resolve('too late');
  await new Promise((resolve) => setImmediate(resolve));
  expect(results).toEqual(['Error: not now', 'the newest']);
});

test('a list of requests runs a few at a time, and failed requests are repeated', async () => {
  const { waits, options } = asking();
  const items = Array.from({ length: 80 }, (_, i) => i);
  const answered: number[] = [];
  const broken = new Set([3, 60]);
  let [running, most] = [0, 0];
  await eachAnswered(
    items,
    4,
    async (item) => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      if (broken.delete(item)) throw new Error('not now');
      answered.push(item);
    },
    options,
  );
  expect(answered.toSorted((a, b) => a - b)).toEqual(items);
  expect(answered.slice(-2)).toEqual([3, 60]);
  expect(most).toBe(4);
  expect(waits).toEqual([5000]);
});
