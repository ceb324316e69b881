import { expect, test } from 'vitest';
import { Releasers } from './lifecycle.ts';

test('parts stop in reverse order, and a part that fails to stop does not keep the others running', async () => {
  const order: string[] = [];
  const problems: string[] = [];
  const releasers = new Releasers();
  const part = (name: string, fails: boolean) => ({
    start: async () => void order.push(`+${name}`),
    stop: async () => {
      order.push(`-${name}`);
      if (fails) throw new Error('stuck');
    },
  });
  await releasers.start('a', part('a', false));
  await releasers.start('b', part('b', true));
  await releasers.start('c', part('c', false));
  await releasers.releaseAll((name, problem) => problems.push(`${name}: ${problem}`));
  expect(order).toEqual(['+a', '+b', '+c', '-c', '-b', '-a']);
  expect(problems).toEqual(['b: stuck']);
});

test('a part whose start fails halfway is stopped too', async () => {
  const releasers = new Releasers();
  let stopped = false;
  const part = {
    start: () => Promise.reject(new Error('no')),
    stop: async () => {
      stopped = true;
    },
  };
  await expect(releasers.start('x', part)).rejects.toThrow('no');
  await releasers.releaseAll(() => undefined);
  expect(stopped).toBe(true);
});
