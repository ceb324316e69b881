/** How fast one principal is read over time, at the broker itself: see read-turn.ts. */
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

test('all connections of one device together are read 10,000 packets a second at most, behind their burst; another device waits for none of them', async () => {
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

test('filters count as packets do: a home automation has 2,000 at once, and 10,000 within seconds', async () => {
  const raw = await loggedIn('panel', 'home');
  const asked = Array.from({ length: 10_000 }, (_, n) => [field(`forpost/s${n}`), Buffer.from([0])]);
  const from = performance.now();
  raw.send(framed(0x82, Buffer.from([0, 1]), ...asked.flat()));
  await soon(() => raw.whole('suback').length).toBe(1);
  expect(performance.now() - from).toBeGreaterThan(750);
  expect(new Set(raw.whole('suback')[0]?.subarray(2))).toEqual(new Set([0]));
});
