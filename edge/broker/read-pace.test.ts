/** The limit on how fast one principal is read (read-turn.ts), tested at the broker. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Bench, connectPacket, field, framed, pingPacket, type RawClient } from './testing/broker.ts';

const soon = <T>(what: () => T) => expect.poll(what, { timeout: 20_000, interval: 10 });

let bench: Bench;

beforeEach(async () => {
  bench = new Bench();
  await bench.broker.start();
});
afterEach(() => bench.stop());

async function loggedIn(user: string, clientId: string): Promise<RawClient> {
  const raw = await bench.raw();
  raw.send(connectPacket(user, { clientId }));
  await soon(() => raw.whole('connack').length).toBe(1);
  return raw;
}

const pings = (count: number) => Buffer.concat(Array.from({ length: count }, () => pingPacket));

test('after a burst, the connections of a device together are read at 10,000 packets a second; other devices do not wait', async () => {
  const flood = await Promise.all(['a', 'b', 'c'].map((name) => loggedIn('meter', name)));
  const other = await loggedIn('panel', 'panel');
  const from = performance.now();
  for (const raw of flood) raw.send(pings(5000));
  other.send(pingPacket);
  await soon(() => other.whole('pingresp').length).toBe(1);
  const answered = () => flood.reduce((sum, raw) => sum + raw.whole('pingresp').length, 0);
  expect(answered()).toBeLessThan(15_000);
  await soon(answered).toBe(15_000);
  expect(performance.now() - from).toBeGreaterThan(1250);
});

test('a filter costs as much as a packet: a home automation subscribes to 2,000 at once, and to 10,000 within seconds', async () => {
  const raw = await loggedIn('panel', 'home');
  const asked = Array.from({ length: 10_000 }, (_, n) => [field(`forpost/s${n}`), Buffer.from([0])]);
  const from = performance.now();
  raw.send(framed(0x82, Buffer.from([0, 1]), ...asked.flat()));
  await soon(() => raw.whole('suback').length).toBe(1);
  expect(performance.now() - from).toBeGreaterThan(750);
  expect(new Set(raw.whole('suback')[0]?.subarray(2))).toEqual(new Set([0]));
});
