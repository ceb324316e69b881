/** When the broker sends CONNACK. The test decides when the disk's commits end. */
import { FakeClock } from '@forpost/shared/clock.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  Bench,
  type ConnectOptions,
  connectPacket,
  HeldStorage,
  pingPacket,
  publishPacket,
  type RawClient,
  subscribePacket,
} from './testing/broker.ts';

/** Waits for a condition, long enough for a busy machine. */
const soon = <T>(what: () => T) => expect.poll(what, { timeout: 10_000, interval: 5 });

const readings = 'forpost/devices/meter/readings';
const began = ['connack', 0] as const;
const present = ['connack', 0x0100] as const;

let disk: HeldStorage;
let clock: FakeClock;
let bench: Bench;

beforeEach(async () => {
  disk = new HeldStorage();
  clock = new FakeClock();
  bench = new Bench({ storage: disk, clock, limits: { connackWaitMs: 2000 } });
  await bench.broker.start();
});

afterEach(async () => {
  disk.end();
  // read turns and the stop of the broker need this clock to advance
  const running = setInterval(() => clock.advance(100), 1);
  await bench.stop();
  clearInterval(running);
});

async function connect(options: ConnectOptions = {}): Promise<RawClient> {
  const raw = await bench.raw();
  raw.send(connectPacket('meter', { clean: false, ...options }));
  return raw;
}

/** Connects a client, and returns once its CONNACK waits for the disk. */
async function held(options: ConnectOptions = {}): Promise<RawClient> {
  const before = disk.waiting;
  const raw = await connect(options);
  await soon(() => disk.waiting).toBe(before + 1);
  return raw;
}

/** Connects and disconnects a client. Its session stays, on disk. */
async function leaveSession(): Promise<void> {
  const raw = await held();
  disk.end();
  await soon(() => raw.packets()).toEqual([began]);
  await leave(raw);
}

async function leave(raw: RawClient): Promise<void> {
  raw.socket.destroy();
  await soon(() => bench.broker.sizes().sockets).toBe(0);
}

/** Returns once everything that the broker was about to write has arrived. */
async function quiet(): Promise<void> {
  const other = await bench.raw();
  other.send(connectPacket('other'), pingPacket);
  await soon(() => other.packets().at(-1)).toEqual(['pingresp', 0]);
  other.socket.destroy();
}

test('a device with a new session gets its CONNACK once the session is on disk', async () => {
  const raw = await held();
  await quiet();
  expect(raw.packets()).toEqual([]);
  disk.end();
  await soon(() => raw.packets()).toEqual([began]);
});

test('a session on disk is resumed without waiting for the disk, even if the disk refuses writes', async () => {
  await leaveSession();
  const raw = await connect();
  await soon(() => raw.packets()).toEqual([present]);
  expect(disk.waiting).toBe(0);
});

test('a clean CONNECT that deletes a session is answered once the deletion is on disk; any other clean CONNECT at once', async () => {
  await leaveSession();
  const raw = await held({ clean: true });
  await leave(raw);
  // the session is still on disk
  const second = await held({ clean: true });
  await quiet();
  expect(second.packets()).toEqual([]);
  disk.end();
  await soon(() => second.packets()).toEqual([began]);
  await leave(second);
  const third = await connect({ clean: true });
  await soon(() => third.packets()).toEqual([began]);
  expect(disk.waiting).toBe(0);
});

test('a second connection does not get «session present» for a session that is not on disk yet', async () => {
  await leave(await held());
  const second = await held();
  await quiet();
  expect(second.packets()).toEqual([]);
  disk.end();
  await soon(() => second.packets()).toEqual([present]);
});

test('packets after CONNECT are handled while CONNACK waits for the disk, and are acknowledged after it', async () => {
  const raw = await held();
  raw.send(publishPacket(readings, 'fire', 1, 7));
  await soon(() => bench.admitted.map(({ text }) => text)).toEqual(['fire']);
  await quiet();
  expect(raw.packets()).toEqual([]);
  disk.end();
  await soon(() => raw.packets()).toEqual([began, ['puback', 7]]);
});

test('a disk that refuses writes keeps no client out, and the next CONNECT tries to write again', async () => {
  const raw = await held();
  disk.end(new Error('the disk is full'));
  await soon(() => raw.packets()).toEqual([began]);
  raw.send(publishPacket(readings, 'fire', 1, 7));
  await soon(() => bench.admitted.length).toBe(1);
  await leave(raw);
  const second = await held();
  disk.end();
  await soon(() => second.packets()).toEqual([present]);
  await leave(second);
  const third = await connect();
  await soon(() => third.packets()).toEqual([present]);
});

test('CONNACK does not wait for a disk that could not be read yet', async () => {
  disk.read = false;
  const raw = await connect();
  await soon(() => raw.packets()).toEqual([began]);
  expect(disk.waiting).toBe(0);
});

test.each([
  ['for two seconds', 60, 2000],
  ['no longer than its keep-alive', 1, 1000],
])('a CONNACK waits for a disk that hangs %s', async (_, keepAliveS, waitMs) => {
  const raw = await held({ keepAliveS });
  clock.advance(waitMs - 1);
  await quiet();
  expect(raw.packets()).toEqual([]);
  clock.advance(1);
  await soon(() => raw.packets()).toEqual([began]);
  raw.send(publishPacket(readings, 'fire', 1, 7), subscribePacket(8, 'forpost/devices/meter/commands', 1));
  await soon(() => raw.packets().slice(1)).toEqual([['puback', 7]]);
  disk.end();
  await soon(() => raw.packets().slice(2)).toEqual([['suback', 8]]);
});

test('while CONNACK waits, a second connection takes the session over, and a lost connection has its will published', async () => {
  const first = await held({ will: { topic: readings, payload: 'gone' } });
  const second = await held();
  await soon(() => first.closed).toBe(true);
  expect(bench.admitted.map(({ text }) => text)).toEqual(['gone']);
  disk.end();
  await soon(() => second.packets()).toEqual([present]);
  expect(first.packets()).toEqual([]);
  expect(bench.broker.sizes()).toMatchObject({ sockets: 1, sessions: 1 });
});
