/** For tests of MQTT 5: a broker for each test, clients of MQTT 5, and raw packets with properties. */
import type { IClientOptions, MqttClient } from 'mqtt';
import { afterEach, beforeEach, expect } from 'vitest';
import type { BrokerOptions } from '../broker.ts';
import { Bench, field, framed, password, type RawClient } from './broker.ts';

/** Waits for a condition, long enough for a busy machine. */
export const soon = <T>(what: () => T) => expect.poll(what, { timeout: 10_000, interval: 10 });

export const readings = 'forpost/devices/meter/readings';
export const commands = 'forpost/devices/meter/commands';

/** of the test that runs */
export let bench: Bench;

export async function start(change: Partial<BrokerOptions> = {}): Promise<void> {
  await bench?.stop();
  bench = new Bench(change);
  await bench.broker.start();
}

/** Starts a broker before each test of this file, and stops it afterwards. */
export function mqtt5BrokerForEachTest(): void {
  beforeEach(() => start());
  afterEach(() => bench.stop());
}

export const v5 = (user: string, options: IClientOptions = {}) =>
  bench.connected(user, { protocolVersion: 5, ...options });

export interface ReceivedMessage {
  readonly topic: string;
  readonly text: string;
  readonly qos: number;
  readonly retain: boolean;
  readonly properties: object;
}

export function messagesOf(client: MqttClient): ReceivedMessage[] {
  const messages: ReceivedMessage[] = [];
  client.on('message', (topic, payload, { qos, retain, properties = {} }) =>
    messages.push({ topic, text: payload.toString(), qos, retain, properties: { ...properties } }),
  );
  return messages;
}

export const texts = (messages: readonly ReceivedMessage[]) => messages.map(({ text }) => text);
export const admitted = () => bench.admitted.map(({ text }) => text);

export const long = (id: number, value: number) => Buffer.from([id, value >>> 24, value >>> 16, value >>> 8, value]);
export const sessionExpiry = (seconds: number) => long(0x11, seconds);
export const willDelay = (seconds: number) => long(0x18, seconds);
export const messageExpiry = (seconds: number) => long(0x02, seconds);
export const receiveMaximum = (count: number) => Buffer.from([0x21, 0, count]);
export const maximumPacketSize = (bytes: number) => long(0x27, bytes);
export const topicAlias = (alias: number) => Buffer.from([0x23, 0, alias]);
export const userProperty = (name: string, value: string) =>
  Buffer.concat([Buffer.from([0x26]), field(name), field(value)]);

export const withLength = (parts: readonly Buffer[]) => {
  const all = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([all.length]), all]);
};

export interface Connect5 {
  readonly clientId?: string;
  readonly clean?: boolean;
  readonly keepAliveS?: number;
  readonly properties?: readonly Buffer[];
  readonly will?: { readonly topic: string; readonly payload: string; readonly properties?: readonly Buffer[] };
}

export function connect5(user: string, options: Connect5 = {}): Buffer {
  const { clientId = `${user}-raw`, clean = true, keepAliveS = 60, properties = [], will } = options;
  const flags = Buffer.from([5, 0xc0 | (clean ? 2 : 0) | (will === undefined ? 0 : 0x0c), 0, keepAliveS]);
  const left = will === undefined ? [] : [withLength(will.properties ?? []), field(will.topic), field(will.payload)];
  const who = [field(clientId), ...left, field(user), field(password)];
  return framed(0x10, field('MQTT'), flags, withLength(properties), ...who);
}

export function publish5(
  topic: string,
  payload: string,
  qos: 0 | 1 | 2,
  id = 0,
  properties: readonly Buffer[] = [],
): Buffer {
  const packetId = qos === 0 ? Buffer.alloc(0) : Buffer.from([id >> 8, id & 255]);
  return framed(0x30 | (qos << 1), field(topic), packetId, withLength(properties), Buffer.from(payload));
}

/** Reason code and Session Present flag of each CONNACK. */
export const connacks = (raw: RawClient) => raw.whole('connack').map((body) => [body[1], body[0]]);
export const disconnects = (raw: RawClient) => raw.whole('disconnect').map((body) => body[0]);

export async function raw5(user: string, options: Connect5 = {}, present = 0): Promise<RawClient> {
  const raw = await bench.raw();
  raw.send(connect5(user, options));
  await soon(() => connacks(raw)).toEqual([[0, present]]);
  return raw;
}
