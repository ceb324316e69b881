import { afterAll, expect, test } from 'vitest';
import { runningProcesses } from '../harness/process.ts';
import { threeBrokers } from './three-brokers.ts';

const good = { lost: 0, duplicated: 0, unexplained: 0, problems: [] };

afterAll(() => expect(runningProcesses()).toEqual([]));

test('with one of three brokers dead the lane goes on, with two dead it waits, and nothing is lost', async () => {
  const outcome = await threeBrokers.run({ seed: 1, victims: 1 });
  expect(outcome, `logs: ${outcome.folder}`).toMatchObject(good);
});
