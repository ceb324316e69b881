import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

test('work runs in the order of asking, one piece at a time, and an error stops no later piece', async () => {
  const turns = new Turns();
  const noted: string[] = [];
  const first = Promise.withResolvers<void>();
  const asked = [
    turns.run(async () => {
      noted.push('first begins');
      await first.promise;
      noted.push('first ends');
      throw new Error('the first fails');
    }),
    turns.run(async () => {
      noted.push('second');
      return 2;
    }),
  ];
  await Promise.resolve();
  first.resolve();
  expect(await Promise.allSettled(asked)).toMatchObject([
    { status: 'rejected', reason: { message: 'the first fails' } },
    { status: 'fulfilled', value: 2 },
  ]);
  expect(noted).toEqual(['first begins', 'first ends', 'second']);
  await turns.ended();
});
