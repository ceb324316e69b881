import { expect, test } from 'vitest';
import { atOnce, inSlices } from './slices.ts';

function* counted(steps: number, busyMs: number): Generator<void, number, void> {
  let sum = 0;
  for (let n = 0; n < steps; n++) {
    const end = performance.now() + busyMs;
    while (performance.now() < end);
    sum += n;
    yield;
  }
  return sum;
}

test('a computation in slices lets other work run between two slices, and has the same result', async () => {
  let turns = 0;
  let isDone = false;
  const count = () => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  const sum = await inSlices(counted(40, 0.5));
  isDone = true;
  expect(turns).toBeGreaterThan(8);
  expect(sum).toBe(atOnce(counted(40, 0)));
});

test('an error of a step rejects the computation', async () => {
  function* broken(): Generator<void, number, void> {
    yield;
    throw new RangeError('no such decoder');
  }
  await expect(inSlices(broken())).rejects.toThrow('no such decoder');
});
