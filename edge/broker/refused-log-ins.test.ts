import { afterEach, expect, test } from 'vitest';
import type { Refused } from './refused-clients.ts';
import { Bench, connectPacket, field, framed } from './testing/broker.ts';

let bench: Bench;
afterEach(() => bench.stop());

test.each([6, 9])('a client with protocol level %i is reported with the supported versions', async (level) => {
  const refused: Refused[] = [];
  bench = new Bench({ onRefused: (one) => refused.push(one) });
  await bench.broker.start();
  const connect = framed(0x10, field('MQTT'), Buffer.from([level, 2, 0, 60]), field('new'));
  (await bench.raw()).send(connect);
  await expect.poll(() => refused.length, { timeout: 10_000, interval: 5 }).toBe(1);
  expect(refused[0]).toMatchObject({
    kind: 'protocol',
    principal: null,
    address: '127.0.0.1',
    what: expect.stringMatching(new RegExp(`protocol level ${level} .*3\\.1, 3\\.1\\.1 and 5`)),
  });
});

test('a refused log-in is reported with its user name, client id and address', async () => {
  const refused: Refused[] = [];
  bench = new Bench({
    onRefused: (one) => refused.push(one),
    acquaintance: { recall: () => undefined, idOf: (user) => (user === 'meter' ? user : undefined) },
  });
  await bench.broker.start();
  const soon = (count: number) => expect.poll(() => refused.length, { timeout: 10_000, interval: 5 }).toBe(count);
  const client = async (bytes: Buffer) => (await bench.raw()).send(bytes);
  await client(connectPacket('meter', { password: 'wrong', clientId: 'kitchen' }));
  await soon(1);
  await client(connectPacket('stranger', { password: 'x', clientId: 'mqttjs_1' }));
  await soon(2);
  const anonymous = framed(0x10, field('MQTT'), Buffer.from([4, 2, 0, 60]), field('nobody'));
  await client(anonymous);
  await soon(3);
  const at = { address: '127.0.0.1', what: '' };
  expect(refused).toEqual([
    { kind: 'password', principal: 'meter', user: 'meter', clientId: 'kitchen', ...at },
    { kind: 'stranger', principal: null, user: 'stranger', clientId: 'mqttjs_1', ...at },
    { kind: 'stranger', principal: null, user: '', clientId: 'nobody', ...at },
  ]);
});
