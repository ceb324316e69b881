/** For tests of the broker: a broker on free ports for each test, and helpers that record what its clients get. */
import type { MqttClient } from 'mqtt';
import { afterEach, beforeEach, expect } from 'vitest';
import type { BrokerOptions } from '../broker.ts';
import { Bench, connectPacket, type RawClient } from './broker.ts';

/** Waits for a condition, long enough for a busy machine. */
export const soon = <T>(what: () => T) => expect.poll(what, { timeout: 10_000, interval: 10 });

export const readings = 'forpost/devices/meter/readings';

/** of the test that runs */
export let bench: Bench;

/** Starts a broker before each test of this file, and stops it afterwards. */
export function brokerForEachTest(): void {
  beforeEach(async () => {
    bench = new Bench();
    await bench.broker.start();
  });

  afterEach(() => bench.stop());
}

/** Replaces the test's broker by one with other options. */
export async function start(change: Partial<BrokerOptions> = {}): Promise<Bench> {
  await bench?.stop();
  bench = new Bench(change);
  await bench.broker.start();
  return bench;
}

/** The Session Present flag of CONNACK [MQTT-3.2.2-2]. */
export const sessionPresent = 256;

/** A raw connection that has logged in. */
export async function loggedIn(
  user: string,
  options: { clientId?: string; clean?: boolean } = {},
  acknowledged: 0 | typeof sessionPresent = 0,
): Promise<RawClient> {
  const raw = await bench.raw();
  raw.send(connectPacket(user, options));
  await soon(() => raw.packets()).toEqual([['connack', acknowledged]]);
  return raw;
}

/** The packets after CONNACK. */
export const after = (raw: RawClient) => raw.packets().slice(1);
/** The payloads that were admitted, as text. */
export const admitted = () => bench.admitted.map(({ text }) => text);

export const closing = (client: MqttClient) => new Promise<void>((resolve) => client.once('close', () => resolve()));

/** Records the messages that a client gets, as «topic=payload». */
export function messagesOf(client: MqttClient): string[] {
  const messages: string[] = [];
  client.on('message', (topic, payload, packet) =>
    messages.push(
      `${topic}=${payload.length > 100 ? payload.length : payload.toString()}${packet.retain ? ' retained' : ''}`,
    ),
  );
  return messages;
}
