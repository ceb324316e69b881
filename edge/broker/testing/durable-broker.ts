/** For tests of the broker on a real outbox: each test gets both in a folder of its own, and may restart them. */
import { rmSync } from 'node:fs';
import type { IClientOptions, MqttClient } from 'mqtt';
import { afterEach, beforeEach, expect } from 'vitest';
import type { SqliteOutbox } from '../../outbox/sqlite/main/sqlite-outbox.ts';
import { openReader } from '../../outbox/sqlite/reader/sqlite-reader.ts';
import { draft, outboxIn, temporaryFolder } from '../../outbox/sqlite/testing/test-support.ts';
import type { BrokerOptions } from '../broker.ts';
import { Bench, type ConnectOptions, connectPacket, type RawClient, subscribePacket } from './broker.ts';

/** Waits for a condition, long enough for a busy machine. */
export const soon = <T>(what: () => T) => expect.poll(what, { timeout: 10_000, interval: 10 });

export const readings = 'forpost/devices/meter/readings';
export const state = 'forpost/devices/meter/state';

/** of the test that runs */
export let folder: string;
export let outbox: SqliteOutbox;
export let bench: Bench;
/** the payloads admitted since the folder was new */
export let evaluated: string[];

/** Starts an outbox and a broker before each test of this file, and removes both afterwards. */
export function durableBrokerForEachTest(): void {
  beforeEach(async () => {
    folder = temporaryFolder();
    evaluated = [];
    await start();
  });

  afterEach(async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });
}

/** Replaces the test's broker by one with these options, on the same outbox. */
export async function restartBroker(change: Partial<BrokerOptions>): Promise<void> {
  await bench.stop();
  bench = new Bench({ storage: outbox.mqttState, ...change });
  await bench.broker.start();
}

/** Replaces the test's outbox by `other`, and its broker by one with these options. */
export async function restartOn(other: SqliteOutbox, change: Partial<BrokerOptions>): Promise<void> {
  await stop();
  outbox = other;
  await outbox.start();
  await restartBroker(change);
}

export async function start(): Promise<void> {
  outbox = outboxIn(folder);
  await outbox.start();
  bench = new Bench({
    storage: outbox.mqttState,
    admit: async ({ payload, record }) => {
      const text = Buffer.from(payload).toString();
      evaluated.push(text);
      await outbox.append({ events: [draft(evaluated.length, { data: JSON.stringify(text) })], publish: record });
    },
  });
  await bench.broker.start();
}

export async function stop(): Promise<void> {
  await bench.stop();
  await outbox.stop();
}

export async function restart(): Promise<void> {
  await stop();
  await start();
}

/** The data of all stored events, over all epochs, oldest first. */
export function stored(): unknown[] {
  const reader = openReader(outbox.file);
  const events = reader.newest('telemetry', 10_000).map(({ data }) => JSON.parse(data) as unknown);
  reader.close();
  return events.reverse();
}

export interface PanelClient {
  readonly client: MqttClient;
  readonly messages: string[];
  present: boolean;
}

/** A subscriber with a persistent session, and the messages that it gets from CONNACK on. */
export async function panel(options: IClientOptions = {}): Promise<PanelClient> {
  const client = bench.client('panel', { clean: false, resubscribe: false, ...options });
  const heard: PanelClient = { client, messages: [], present: false };
  client.on('message', (topic, payload, { qos, retain, dup }) =>
    heard.messages.push(`${topic}=${payload} qos ${qos}${retain ? ' retained' : ''}${dup ? ' dup' : ''}`),
  );
  await new Promise<void>((resolve, reject) => {
    client.once('connect', ({ sessionPresent }) => {
      heard.present = sessionPresent;
      resolve();
    });
    client.once('close', () => reject(new Error('closed')));
  });
  return heard;
}

export async function absent(heard: PanelClient): Promise<void> {
  heard.client.end(true);
  await soon(() => bench.broker.counters().connections).toBe(0);
}

/** A raw connection on which the meter is logged in. */
export async function meter(options: ConnectOptions = { clean: false }): Promise<RawClient> {
  const raw = await bench.raw();
  raw.send(connectPacket('meter', options));
  await soon(() => raw.packets().length).toBe(1);
  return raw;
}

/** A raw connection of the panel with a persistent session and a QoS 2 subscription to everything. */
export async function rawPanel(): Promise<RawClient> {
  const raw = await bench.raw();
  raw.send(connectPacket('panel', { clean: false }), subscribePacket(1, 'forpost/#', 2));
  await soon(() => raw.packets().map(([type]) => type)).toEqual(['connack', 'suback']);
  return raw;
}

export const after = (raw: RawClient) => raw.packets().slice(1);
