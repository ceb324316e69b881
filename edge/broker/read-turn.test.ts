import { FakeClock } from '@forpost/shared/clock.ts';
import { expect, test } from 'vitest';
import { ReadTurn, shareOfMessage } from './read-turn.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('one turn of the event loop reads at most 20 packets of a device, however small they are', async () => {
  const read = new ReadTurn();
  expect(read.packets).toBe(20);
  read.charge(20, 128);
  expect(read.packets).toBe(0);
  await turn();
  expect(read.packets).toBe(20);
});

test('a packet larger than the limit of a turn stops reading for as many turns as it costs', async () => {
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

test('waiting connections of a device are read in later turns, the longest wait first, as far as a turn goes', async () => {
  const read = new ReadTurn();
  const order: string[] = [];
  const reading = (name: string) => () => {
    order.push(name);
    read.charge(13, 0);
    if (name === 'a' && order.length < 3) read.whenNext(reading('a again'));
  };
  for (const name of ['a', 'b', 'c']) read.whenNext(reading(name));
  expect(order).toEqual([]);
  await turn();
  expect(order).toEqual(['a', 'b']);
  await turn();
  expect(order).toEqual(['a', 'b', 'c', 'a again']);
});

/** Reads as much as allowed for `turns` turns of the event loop, each `ms` long. Returns the number of packets. */
async function packetsRead(read: ReadTurn, clock: FakeClock, turns: number, ms: number, share = 1): Promise<number> {
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

test('a flooding device is read without pause for the length of its burst, and then at 10,000 packets a second', async () => {
  const clock = new FakeClock();
  const read = new ReadTurn(clock);
  expect(await packetsRead(read, clock, 99, 0)).toBe(99 * 20);
  const seconds = 2;
  await packetsRead(read, clock, 1000, 1);
  const packets = await packetsRead(read, clock, 1000 * seconds, 1);
  expect(packets).toBeGreaterThan(0.9 * seconds * 10_000);
  expect(packets).toBeLessThanOrEqual(seconds * 10_000 + 20);
});

test('messages of a publishing home automation cost a twentieth of the credit: 20,000 a second are read without pause', async () => {
  const clock = new FakeClock();
  const read = new ReadTurn(clock);
  await packetsRead(read, clock, 1000, 1, shareOfMessage);
  expect(await packetsRead(read, clock, 1000, 1, shareOfMessage)).toBe(20 * 1000);
});

test('a device that was quiet for an hour may send one burst again, and no more', async () => {
  const clock = new FakeClock();
  const read = new ReadTurn(clock);
  await packetsRead(read, clock, 200, 0);
  clock.advance(3_600_000);
  await turn();
  expect(await packetsRead(read, clock, 200, 0)).toBeLessThanOrEqual(2000 + 20);
});

test('a debt of credit delays a device by one second at most', async () => {
  const clock = new FakeClock();
  const read = new ReadTurn(clock);
  read.charge(1_000_000, 99_999_999);
  await turn();
  clock.advance(1100);
  await turn();
  // the byte limit of the turns is paid off separately
  while (read.bytes < 0) await turn();
  expect(read.packets).toBe(20);
});

test('flooding devices share one turn of the event loop equally; a quiet device keeps its own', async () => {
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
