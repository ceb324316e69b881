import { FakeClock } from '@forpost/shared/clock.ts';
import { expect, test } from 'vitest';
import { ReadTurn, shareOfMessage } from './read-turn.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('packets count beside bytes: a turn has 20 of them, however small they are', async () => {
  const read = new ReadTurn();
  expect(read.packets).toBe(20);
  read.charge(20, 128);
  expect(read.packets).toBe(0);
  await turn();
  expect(read.packets).toBe(20);
});

test('what was taken beyond a turn leaves nothing to take, and bytes are paid for in the turns after it', async () => {
  const read = new ReadTurn();
  read.charge(100, 40_000);
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
    read.charge(13, 0);
    if (name === 'a' && order.length < 3) read.whenNext(taking('a again'));
  };
  for (const name of ['a', 'b', 'c']) read.whenNext(taking(name));
  expect(order).toEqual([]);
  await turn();
  expect(order).toEqual(['a', 'b']);
  await turn();
  expect(order).toEqual(['a', 'b', 'c', 'a again']);
});

/** Takes all that it may for so many turns of the event loop, each `ms` long; returns how many packets that were. */
async function taken(read: ReadTurn, clock: FakeClock, turns: number, ms: number, share = 1): Promise<number> {
  let packets = 0;
  for (let i = 0; i < turns; i++) {
    packets += read.packets;
    if (read.packets > 0) read.charge(read.packets, 0, share);
    await turn();
    clock.advance(ms);
    await turn();
  }
  return packets;
}

test('a device that floods for long is read as fast as its burst allows, and then 10,000 packets a second', async () => {
  const clock = new FakeClock();
  const read = new ReadTurn(clock);
  expect(await taken(read, clock, 99, 0)).toBe(99 * 20);
  const seconds = 2;
  await taken(read, clock, 1000, 1);
  const packets = await taken(read, clock, 1000 * seconds, 1);
  expect(packets).toBeGreaterThan(0.9 * seconds * 10_000);
  expect(packets).toBeLessThanOrEqual(seconds * 10_000 + 20);
});

test('messages of a home automation that may publish cost a twentieth of its credit: it may pass on 20,000 in a second', async () => {
  const clock = new FakeClock();
  const read = new ReadTurn(clock);
  await taken(read, clock, 1000, 1, shareOfMessage);
  expect(await taken(read, clock, 1000, 1, shareOfMessage)).toBe(20 * 1000);
});

test('a device that was quiet for a while has its burst again, and no more than that', async () => {
  const clock = new FakeClock();
  const read = new ReadTurn(clock);
  await taken(read, clock, 200, 0);
  clock.advance(3_600_000);
  await turn();
  expect(await taken(read, clock, 200, 0)).toBeLessThanOrEqual(2000 + 20);
});

test('what was done for a client beyond its credit holds it up for a second at most', async () => {
  const clock = new FakeClock();
  const read = new ReadTurn(clock);
  read.charge(1_000_000, 99_999_999);
  await turn();
  clock.advance(1100);
  await turn();
  // the bytes of a turn are paid for in the turns after it
  while (read.bytes < 0) await turn();
  expect(read.packets).toBe(20);
});

test('devices that flood share a turn of the event loop among themselves, in turns; another one has its own', async () => {
  const clock = new FakeClock();
  const floods = Array.from({ length: 8 }, () => new ReadTurn(clock));
  for (const read of floods) read.charge(1500, 0);
  const light = new ReadTurn(clock);
  const got = floods.map(() => 0);
  let inOneTurn = 0;
  const goOn = (n: number) => () => {
    const read = floods[n];
    if (read === undefined) return;
    got[n] = (got[n] ?? 0) + read.packets;
    inOneTurn += read.packets;
    read.charge(read.packets, 0);
    read.whenNext(goOn(n));
  };
  floods.forEach((read, n) => {
    read.whenNext(goOn(n));
  });
  let most = 0;
  for (let i = 0; i < 60; i++) {
    inOneTurn = 0;
    await turn();
    most = Math.max(most, inOneTurn);
    expect(light.packets).toBe(20);
  }
  expect(most).toBeLessThanOrEqual(60);
  expect(Math.min(...got)).toBeGreaterThan(0.5 * Math.max(...got));
  for (const read of floods) read.charge(1_000_000, 0);
});
