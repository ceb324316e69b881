import { beforeEach, expect, test } from 'vitest';
import type { DeadLetterView } from '../view.ts';
import { OpenDeadLetters } from './open-letters.ts';

let questions: { device: string; answer: PromiseWithResolvers<readonly DeadLetterView[]> }[];
let shown: string[];
let letters: OpenDeadLetters;

const because = (...reasons: string[]) => reasons.map((reason) => ({ reason }) as DeadLetterView);
const settled = () => new Promise((resolve) => setImmediate(resolve));
async function answer(question: number, ...reasons: string[]): Promise<void> {
  questions[question]?.answer.resolve(because(...reasons));
  await settled();
}

beforeEach(() => {
  questions = [];
  shown = [];
  letters = new OpenDeadLetters(
    (device) => {
      const answer = Promise.withResolvers<readonly DeadLetterView[]>();
      questions.push({ device, answer });
      return answer.promise;
    },
    (device, what) => shown.push(`${device}: ${typeof what === 'string' ? what : what.map(({ reason }) => reason)}`),
  );
});

test('the first dead letter of a device is fetched while its row is open, and each later one', async () => {
  letters.update([{ id: 'meter', deadLetters: 0 }]);
  letters.open('meter');
  expect(questions).toEqual([]);
  letters.update([{ id: 'meter', deadLetters: 1 }]);
  await answer(0, 'one');
  letters.update([{ id: 'meter', deadLetters: 1 }]);
  expect(questions).toHaveLength(1);
  letters.update([{ id: 'meter', deadLetters: 2 }]);
  await answer(1, 'two', 'one');
  expect(shown).toEqual(['meter: one', 'meter: two,one']);
});

test('a dead letter that comes during a request is fetched after it, once', async () => {
  letters.update([{ id: 'meter', deadLetters: 1 }]);
  letters.open('meter');
  for (const deadLetters of [2, 3, 4]) letters.update([{ id: 'meter', deadLetters }]);
  expect(questions).toHaveLength(1);
  await answer(0, 'one');
  expect(questions).toHaveLength(2);
  await answer(1, 'four');
  expect(questions).toHaveLength(2);
});

test('a closed row sends no request, and a row opened again ignores the answer to an earlier request', async () => {
  letters.update([
    { id: 'meter', deadLetters: 1 },
    { id: 'door', deadLetters: 1 },
  ]);
  letters.open('meter');
  letters.close('meter');
  letters.open('meter');
  expect(questions.map(({ device }) => device)).toEqual(['meter', 'meter']);
  await answer(1, 'new');
  await answer(0, 'old');
  letters.close('meter');
  letters.update([{ id: 'meter', deadLetters: 9 }]);
  expect(questions).toHaveLength(2);
  expect(shown).toEqual(['meter: new']);
});

test('a failed fetch is shown, and tried again at the next status', async () => {
  letters.update([{ id: 'meter', deadLetters: 1 }]);
  letters.open('meter');
  questions[0]?.answer.reject(new Error('no answer'));
  await settled();
  expect(questions).toHaveLength(1);
  letters.update([{ id: 'meter', deadLetters: 1 }]);
  await answer(1, 'one');
  expect(shown).toEqual(['meter: no answer', 'meter: one']);
});
