import { expect, test } from 'vitest';
import { ReadTurn } from './read-turn.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('packets count beside bytes: a turn has 20 of them, however small they are', async () => {
  const read = new ReadTurn();
  expect(read.packets).toBe(20);
  read.take(20, 128);
  expect(read.packets).toBe(0);
  await turn();
  expect(read.packets).toBe(20);
});

test('what was taken beyond a turn leaves nothing to take, and bytes are paid for in the turns after it', async () => {
  const read = new ReadTurn();
  read.take(100, 40_000);
  expect(read.packets).toBe(0);
  expect(read.bytes).toBeLessThan(0);
  await turn();
  expect(read.packets).toBe(0);
  await turn();
  expect(read.packets).toBe(20);
  expect(read.bytes).toBe(3 * 16_384 - 40_000);
});

test('whoever waits goes on in a later turn, the longest wait first, and only while there is something to take', async () => {
  const read = new ReadTurn();
  const order: string[] = [];
  const taking = (name: string) => () => {
    order.push(name);
    read.take(13, 0);
    if (name === 'a' && order.length < 3) read.whenNext(taking('a again'));
  };
  for (const name of ['a', 'b', 'c']) read.whenNext(taking(name));
  expect(order).toEqual([]);
  await turn();
  expect(order).toEqual(['a', 'b']);
  await turn();
  expect(order).toEqual(['a', 'b', 'c', 'a again']);
});
