/** The broker on a real outbox: what it remembers across a restart, and what is on disk before it is answered. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { FakeClock } from '@forpost/shared/clock.ts';
import Database from 'better-sqlite3';
import type { IClientOptions, MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WriterThread } from '../outbox/sqlite/main/outbox-options.ts';
import type { SqliteOutbox } from '../outbox/sqlite/main/sqlite-outbox.ts';
import type { ToWriter } from '../outbox/sqlite/messages.ts';
import { openReader } from '../outbox/sqlite/reader/sqlite-reader.ts';
import { draft, outboxIn, recalled, temporaryFolder } from '../outbox/sqlite/testing/test-support.ts';
import {
  Bench,
  type ConnectOptions,
  connectPacket,
  HeldStorage,
  pingPacket,
  publishPacket,
  pubrelPacket,
  type RawClient,
  subscribePacket,
} from './testing/broker.ts';

/** Waits for a condition; a machine that is busy may take its time. */
const soon = <T>(what: () => T) => expect.poll(what, { timeout: 10_000, interval: 10 });

const readings = 'forpost/devices/meter/readings';
const state = 'forpost/devices/meter/state';

let folder: string;
let outbox: SqliteOutbox;
let bench: Bench;
/** payloads that were evaluated, since the folder was new */
let evaluated: string[];

beforeEach(async () => {
  folder = temporaryFolder();
  evaluated = [];
  await start();
});

afterEach(async () => {
  await stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  outbox = outboxIn(folder);
  await outbox.start();
  bench = new Bench({
    storage: outbox.storage,
    admit: async ({ payload, record }) => {
      const text = Buffer.from(payload).toString();
      evaluated.push(text);
      await outbox.append({ events: [draft(evaluated.length, { data: JSON.stringify(text) })], publish: record });
    },
  });
  await bench.broker.start();
}

async function stop(): Promise<void> {
  await bench.stop();
  await outbox.stop();
}

async function restart(): Promise<void> {
  await stop();
  await start();
}

/** Everything stored, over all epochs, oldest first. */
function stored(): unknown[] {
  const reader = openReader(outbox.file);
  const events = reader.newest('telemetry', 10_000).map(({ data }) => JSON.parse(data) as unknown);
  reader.close();
  return events.reverse();
}

interface Heard {
  readonly client: MqttClient;
  readonly messages: string[];
  present: boolean;
}

/** A subscriber with a session that stays; what it hears from CONNACK on. */
async function panel(options: IClientOptions = {}): Promise<Heard> {
  const client = bench.client('panel', { clean: false, resubscribe: false, ...options });
  const heard: Heard = { client, messages: [], present: false };
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

async function absent(heard: Heard): Promise<void> {
  heard.client.end(true);
  await soon(() => bench.broker.counters().connections).toBe(0);
}

/** A raw connection of the meter, logged in, with what came since. */
async function meter(options: ConnectOptions = { clean: false }): Promise<RawClient> {
  const raw = await bench.raw();
  raw.send(connectPacket('meter', options));
  await soon(() => raw.packets().length).toBe(1);
  return raw;
}

const after = (raw: RawClient) => raw.packets().slice(1);

test('after a restart a session is present, its subscriptions live, and its queue comes in order', async () => {
  const first = await panel();
  expect(first.present).toBe(false);
  await first.client.subscribeAsync('forpost/#', { qos: 2 });
  await absent(first);
  const raw = await meter();
  for (let id = 1; id <= 20; id++) raw.send(publishPacket(readings, String(id), id % 2 === 0 ? 2 : 1, id));
  await soon(() => after(raw).length).toBe(20);
  await restart();
  expect(bench.broker.counters()).toMatchObject({ sessions: 2, queued: 20 });
  const back = await panel();
  expect(back.present).toBe(true);
  await soon(() => back.messages.length).toBe(20);
  // a client tells of QoS 2 only once PUBREL has come: each QoS has an order of its own
  const withQos = (qos: 1 | 2) => Array.from({ length: 10 }, (_, i) => `${readings}=${2 * i + qos} qos ${qos}`);
  for (const qos of [1, 2] as const)
    expect(back.messages.filter((message) => message.endsWith(String(qos)))).toEqual(withQos(qos));
  bench.broker.publish('forpost/alerts/a/b', 'live', { qos: 1, retain: false });
  await soon(() => back.messages.at(-1)).toBe('forpost/alerts/a/b=live qos 1');
  await soon(() => bench.broker.sizes().queued).toBe(0);
  await absent(back);
  // and what was acknowledged does not come again
  await restart();
  expect(bench.broker.counters()).toMatchObject({ sessions: 2, queued: 0 });
});

test('what MQTT 5 has for a session, its subscriptions and its messages is there after a restart', async () => {
  const stay = { protocolVersion: 5, properties: { sessionExpiryInterval: 3600 } } as const;
  const first = await panel(stay);
  const options = { qos: 1, nl: true, rap: true, properties: { subscriptionIdentifier: 300 } } as const;
  await first.client.subscribeAsync('forpost/devices/#', options);
  await absent(first);
  const brief = await panel({ protocolVersion: 5, clientId: 'brief', properties: { sessionExpiryInterval: 1 } });
  await absent(brief);
  const device = await bench.connected('meter', { protocolVersion: 5 });
  const properties = { messageExpiryInterval: 1000, contentType: 'a', userProperties: { b: 'c' } };
  await device.publishAsync(state, 'kept', { qos: 1, retain: true, properties });
  await device.publishAsync(state, 'gone soon', { qos: 1, properties: { messageExpiryInterval: 1 } });
  await device.publishAsync(readings, 'plain', { qos: 2 });
  await restart();
  // of one second
  await soon(() => bench.broker.sizes().sessions).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const back = bench.client('panel', { clean: false, resubscribe: false, ...stay });
  const messages: unknown[] = [];
  back.on('message', (topic, payload, { retain, properties }) =>
    messages.push([topic, payload.toString(), retain, { ...properties, messageExpiryInterval: 0 }]),
  );
  const id = { messageExpiryInterval: 0, subscriptionIdentifier: 300 };
  const passed = { contentType: 'a', userProperties: { b: 'c' } };
  await soon(() => messages).toEqual([
    [state, 'kept', true, { ...id, ...passed }],
    [readings, 'plain', false, id],
  ]);
  await back.publishAsync('forpost/devices/meter/commands', 'own', { qos: 1 });
  const late = await bench.connected('panel', { clientId: 'late', protocolVersion: 5 });
  late.on('message', (_topic, payload, { properties }) => messages.push([payload.toString(), properties]));
  await late.subscribeAsync('forpost/devices/#', { qos: 1 });
  await soon(() => messages.slice(2)).toEqual([
    ['kept', { ...passed, messageExpiryInterval: expect.closeTo(1000, -2) }],
  ]);
});

test('on a disk that takes nothing what of QoS 2 it does not know stays owed, and QoS 1 goes on', async () => {
  await bench.stop();
  const disk = new HeldStorage();
  bench = new Bench({ storage: disk });
  await bench.broker.start();
  const raw = await bench.raw();
  raw.send(connectPacket('panel', { clean: false }), subscribePacket(1, 'forpost/#', 2));
  const commit = async (error?: Error) => {
    await soon(() => disk.waiting).toBeGreaterThan(0);
    disk.end(error);
  };
  await soon(() => {
    disk.end();
    return raw.whole('suback').length;
  }).toBe(1);
  const sender = await bench.raw();
  sender.send(connectPacket('meter'), publishPacket(readings, 'two', 2, 1), publishPacket(readings, 'one', 1, 2));
  await commit(new Error('the disk is full'));
  await soon(() => raw.published().map(({ payload }) => payload)).toEqual(['one']);
  raw.socket.destroy();
  await soon(() => bench.broker.sizes().sockets).toBe(1);
  const back = await bench.raw();
  back.send(connectPacket('panel', { clean: false }));
  await soon(() => back.published().map(({ payload }) => payload)).toEqual(['one']);
  await commit();
  await soon(() => back.published().map(({ payload }) => payload)).toEqual(['one', 'two']);
});

test('what a client has unsubscribed, and a session that a clean one ended, stay so', async () => {
  const first = await panel();
  await first.client.subscribeAsync(['forpost/alerts/#', 'forpost/status'], { qos: 1 });
  await first.client.unsubscribeAsync('forpost/status');
  await absent(first);
  await restart();
  bench.broker.publish('forpost/status', 'x', { qos: 1, retain: false });
  bench.broker.publish('forpost/alerts/a', 'x', { qos: 1, retain: false });
  const back = await panel();
  await soon(() => back.messages).toEqual(['forpost/alerts/a=x qos 1']);
  await absent(back);
  await absent(await panel({ clean: true }));
  await restart();
  expect((await panel()).present).toBe(false);
});

test('an alert to an absent subscriber is there after a restart, though nobody waited for the disk', async () => {
  const first = await panel();
  await first.client.subscribeAsync('forpost/alerts/#', { qos: 1 });
  await absent(first);
  bench.broker.publish('forpost/alerts/r/meter', 'fire', { qos: 1, retain: false });
  await outbox.append({ events: [draft(1)] });
  await restart();
  const back = await panel();
  await soon(() => back.messages).toEqual(['forpost/alerts/r/meter=fire qos 1']);
});

test('a message that was sent and not acknowledged comes again under its packet id, as a duplicate [MQTT-4.4.0-1]', async () => {
  const raw = await bench.raw();
  raw.send(connectPacket('panel', { clean: false }), subscribePacket(1, 'forpost/#', 2));
  await soon(() => raw.packets().map(([type]) => type)).toEqual(['connack', 'suback']);
  const device = await meter();
  device.send(publishPacket(readings, 'one', 1, 1), publishPacket(readings, 'two', 2, 2));
  await soon(() => raw.packets().filter(([type]) => type === 'publish').length).toBe(2);
  await outbox.storage.saved();
  await restart();
  const again = await bench.raw();
  again.send(connectPacket('panel', { clean: false }));
  await soon(() => again.published().length).toBe(2);
  expect(again.published()).toEqual(raw.published().map((packet) => ({ ...packet, dup: true })));
});

test('of a QoS 2 message whose PUBREC came, a restart leaves PUBREL to be sent', async () => {
  const raw = await bench.raw();
  raw.send(connectPacket('panel', { clean: false }), subscribePacket(1, 'forpost/#', 2));
  await soon(() => raw.packets().length).toBe(2);
  (await meter()).send(publishPacket(readings, 'once', 2, 2));
  await soon(() => raw.published().length).toBe(1);
  const id = raw.published()[0]!.id;
  raw.send(Buffer.from([0x50, 2, id >> 8, id & 255]));
  await soon(() => raw.packets().at(-1)).toEqual(['pubrel', id]);
  await restart();
  const again = await bench.raw();
  again.send(connectPacket('panel', { clean: false }));
  await soon(() => again.packets().slice(1)).toEqual([['pubrel', id]]);
  again.send(Buffer.from([0x70, 2, id >> 8, id & 255]));
  await soon(() => bench.broker.sizes().queued).toBe(0);
});

test('what devices retain is there after a restart, counts to their share, and can be taken away', async () => {
  const raw = await meter();
  raw.send(publishPacket(state, 'on', 1, 1, false, true), publishPacket(`${state}/x`, 'old', 1, 2, false, true));
  raw.send(publishPacket(`${state}/x`, '', 1, 3, false, true));
  await soon(() => after(raw).length).toBe(3);
  bench.broker.publish('forpost/alarms/r/meter', 'active', { qos: 1, retain: true });
  await restart();
  // the gateway's own it says anew
  expect(bench.broker.counters().retained).toBe(1);
  const late = await panel();
  await late.client.subscribeAsync('forpost/#', { qos: 1 });
  await soon(() => late.messages).toEqual([`${state}=on qos 1 retained`]);
  const device = await meter();
  for (let i = 1; i <= 200; i++) device.send(publishPacket(`${state}/${i}`, 'x', 1, i, false, true));
  await soon(() => after(device).length).toBe(200);
  await soon(() => bench.broker.counters()).toMatchObject({ retained: 200, dropped: 1 });
});

test('of what a consumer retains without and with acknowledgement, the newest is what a restart finds', async () => {
  const command = 'forpost/devices/meter/commands';
  const { client } = await panel();
  client.publish(command, 'on', { qos: 0, retain: true });
  await client.publishAsync(command, 'off', { qos: 1, retain: true });
  await restart();
  const late = await panel();
  await late.client.subscribeAsync(command, { qos: 1 });
  await soon(() => late.messages).toEqual([`${command}=off qos 1 retained`]);
});

test('a QoS 2 publish is taken once across a restart at each of its steps', async () => {
  const raw = await meter();
  raw.send(publishPacket(readings, 'a', 2, 5));
  await soon(() => after(raw)).toEqual([['pubrec', 5]]);
  await restart();
  const second = await meter();
  second.send(publishPacket(readings, 'a', 2, 5, true));
  await soon(() => after(second)).toEqual([['pubrec', 5]]);
  second.send(pubrelPacket(5));
  await soon(() => after(second).at(-1)).toEqual(['pubcomp', 5]);
  await restart();
  const third = await meter();
  third.send(pubrelPacket(5));
  await soon(() => after(third)).toEqual([['pubcomp', 5]]);
  third.send(publishPacket(readings, 'b', 2, 5));
  await soon(() => after(third).at(-1)).toEqual(['pubrec', 5]);
  expect(evaluated).toEqual(['a', 'b']);
  expect(stored()).toEqual(['a', 'b']);
});

test('however many QoS 2 publishes a client has under way, each is taken once across a cut and a restart', async () => {
  const many = 1500;
  const publish = (dup: boolean) =>
    Array.from({ length: many }, (_, n) => publishPacket(readings, String(n), 2, n + 1, dup));
  const first = await meter();
  first.send(...publish(false));
  // it is cut off while some of the answers are still to come
  await soon(() => stored().length).toBeGreaterThan(1100);
  first.socket.destroy();
  const second = await meter();
  second.send(...publish(true));
  await soon(() => after(second).length).toBe(many);
  await restart();
  const third = await meter();
  third.send(...publish(true));
  await soon(() => after(third).length).toBe(many);
  expect(new Set(stored()).size).toBe(many);
  expect(stored().length).toBe(many);
  third.send(...Array.from({ length: many }, (_, n) => pubrelPacket(n + 1)));
  await soon(() => after(third).length).toBe(2 * many);
  await soon(() => bench.broker.sizes().inbound).toBe(0);
});

test('a QoS 2 publish of a clean session is known again by DUP, its packet id and its content, and new without DUP', async () => {
  const raw = await meter({ clean: true });
  raw.send(publishPacket(readings, 'a', 2, 5));
  await soon(() => after(raw)).toEqual([['pubrec', 5]]);
  raw.socket.destroy();
  await soon(() => bench.broker.sizes().inbound).toBe(0);
  await restart();
  const second = await meter({ clean: true });
  // as paho-mqtt sends it again
  second.send(publishPacket(readings, 'a', 2, 5, true));
  await soon(() => after(second)).toEqual([['pubrec', 5]]);
  second.send(pubrelPacket(5));
  await soon(() => after(second).at(-1)).toEqual(['pubcomp', 5]);
  expect(stored()).toEqual(['a']);
  // other bytes are another message, also with DUP; and without DUP the same ones are
  for (const [text, dup] of [
    ['b', true],
    ['b', false],
  ] as const) {
    const answers = after(second).length;
    second.send(publishPacket(readings, text, 2, 5, dup));
    await soon(() => after(second).length).toBe(answers + 1);
    second.send(pubrelPacket(5));
    await soon(() => after(second).length).toBe(answers + 2);
  }
  expect(stored()).toEqual(['a', 'b', 'b']);
});

test('another message under a packet id that was never released is stored: its client has lost its memory', async () => {
  const first = await meter();
  first.send(publishPacket(readings, 'a', 2, 1));
  await soon(() => after(first)).toEqual([['pubrec', 1]]);
  first.socket.destroy();
  for (const again of ['b', 'c']) {
    await restart();
    const raw = await meter();
    // its resend, too, is known
    raw.send(publishPacket(readings, again, 2, 1), publishPacket(readings, again, 2, 1));
    await soon(() => after(raw).length).toBe(2);
  }
  expect(stored()).toEqual(['a', 'b', 'c']);
});

describe('what paho-mqtt does with a QoS 2 message that it has released, after two failed attempts to reconnect', () => {
  const from = 100;
  const until = 400;

  /** A client that counts its packet ids up; of some messages PUBCOMP did not reach it. */
  async function publishAll(text: (id: number) => string) {
    const raw = await meter();
    for (let id = from; id < until; id++) raw.send(publishPacket(readings, text(id), 2, id));
    await soon(() => after(raw).length).toBe(until - from);
    for (let id = from; id < until; id++) raw.send(pubrelPacket(id));
    await soon(() => after(raw).length).toBe(2 * (until - from));
    raw.socket.destroy();
  }

  test.each([
    ['a cut', async () => undefined],
    ['a restart of the gateway', () => restart()],
  ])('the PUBLISH without DUP is a resend, also behind a new message: after %s', async (_, between) => {
    await publishAll((id) => `m-${id}`);
    await between();
    const raw = await meter();
    raw.send(publishPacket(readings, 'online', 2, until));
    for (const id of [from + 1, until - 2, until - 1])
      raw.send(publishPacket(readings, `m-${id}`, 2, id), pubrelPacket(id));
    await soon(() => after(raw).length).toBe(7);
    expect(stored().slice(until - from)).toEqual(['online']);
    // and what it says next is new
    raw.send(publishPacket(readings, 'm-399', 2, until + 1));
    await soon(() => after(raw).length).toBe(8);
    expect(stored().slice(until - from)).toEqual(['online', 'm-399']);
  });

  test.each([
    ['one that other messages equal', () => 'same', until - 1, 'same'],
    ['another content', (id: number) => `m-${id}`, until - 1, 'other'],
    ['under an id that it used for two', (id: number) => `m-${id % 200}`, until - 1, `m-${(until - 1) % 200}`],
    ['one under another packet id', (id: number) => `m-${id}`, until, `m-${until - 1}`],
  ])('it is taken for a new message where it might be one: %s', async (_, text, id, payload) => {
    await publishAll(text);
    const raw = await meter();
    raw.send(publishPacket(readings, payload, 2, id));
    await soon(() => after(raw).length).toBe(1);
    expect(stored().length).toBe(until - from + 1);
  });

  test.each([
    ['a client that begins its count anew at each start', [1, 2, 3, 4]],
    ['a client that takes the lowest id that is free', [70, 71, 70, 71]],
    ['a client that counts in a small circle', Array.from({ length: 60 }, (_, n) => 100 + (n % 30))],
  ])('%s says the same again, and each is stored', async (_, ids) => {
    for (let start = 0; start < 20; start++) {
      const raw = await meter();
      for (const [n, id] of ids.entries())
        raw.send(publishPacket(readings, `${start % 2}-${n}`, 2, id), pubrelPacket(id));
      await soon(() => after(raw).length).toBe(2 * ids.length);
      raw.socket.destroy();
    }
    expect(stored().length).toBe(20 * ids.length);
  });
});

test('a redelivered QoS 1 publish is only acknowledged, before a restart and after it; another under its id is new', async () => {
  const raw = await meter();
  raw.send(publishPacket(readings, 'a', 1, 7), publishPacket(readings, 'a', 1, 7, true));
  await soon(() => after(raw)).toEqual([
    ['puback', 7],
    ['puback', 7],
  ]);
  await restart();
  const second = await meter({ clean: true });
  second.send(
    publishPacket(readings, 'a', 1, 7, true),
    publishPacket(readings, 'b', 1, 7, true),
    publishPacket(readings, 'a', 1, 7, true),
    publishPacket(readings, 'a', 1, 7),
    publishPacket(readings, 'a', 1, 8, true),
    publishPacket(state, 'a', 1, 8, true),
  );
  await soon(() => after(second).length).toBe(6);
  expect(stored()).toEqual(['a', 'b', 'a', 'a', 'a', 'a']);
  expect(evaluated).toEqual(stored());
  expect(bench.broker.counters().redelivered).toBe(1);
});

test('a redelivery that comes while its first sending is being committed waits for that commit', async () => {
  let commit: () => void = () => undefined;
  let fail: () => void = () => undefined;
  const attempts: string[] = [];
  await bench.stop();
  bench = new Bench({
    storage: outbox.storage,
    limits: { refusalDelayMs: 20 },
    admit: ({ payload }) => {
      attempts.push(Buffer.from(payload).toString());
      return new Promise((resolve, reject) => {
        commit = resolve;
        fail = () => reject(new Error('the disk is full'));
      });
    },
  });
  await bench.broker.start();
  const first = await meter();
  first.send(publishPacket(readings, 'a', 1, 7));
  await soon(() => attempts.length).toBe(1);
  first.socket.destroy();
  const second = await meter();
  second.send(publishPacket(readings, 'a', 1, 7, true), Buffer.from([0xc0, 0]));
  await soon(() => after(second)).toEqual([['pingresp', 0]]);
  fail();
  await soon(() => second.closed).toBe(true);
  const third = await meter();
  third.send(publishPacket(readings, 'a', 1, 7, true));
  await soon(() => attempts.length).toBe(2);
  commit();
  await soon(() => after(third)).toEqual([['puback', 7]]);
});

test('while the disk hangs a device that floods is refused, and another one’s publish is taken and acknowledged', async () => {
  await stop();
  const held: (() => void)[] = [];
  let hangs = false;
  outbox = outboxIn(folder, {
    limits: { maxQueuedEntries: 60 },
    startWriter: (data) => {
      const worker = new Worker(new URL('../outbox/sqlite/writer/writer.ts', import.meta.url), { workerData: data });
      const postMessage = (message: ToWriter) => {
        if (hangs) held.push(() => worker.postMessage(message));
        else worker.postMessage(message);
      };
      return { postMessage, on: worker.on.bind(worker), once: worker.once.bind(worker) } as unknown as WriterThread;
    },
  });
  await outbox.start();
  bench = new Bench({
    storage: outbox.storage,
    limits: { refusalDelayMs: 20 },
    admit: async ({ device, payload, record }) => {
      const events = [draft(1, { data: JSON.stringify(String(payload)) })];
      await outbox.append({ events, sender: device, publish: record });
    },
  });
  await bench.broker.start();
  const floods = [await meter({ clientId: 'a' }), await meter({ clientId: 'b' })];
  const other = await bench.raw();
  other.send(connectPacket('other'));
  await soon(() => other.packets().length).toBe(1);
  hangs = true;
  try {
    const flood = Array.from({ length: 60 }, (_, n) => publishPacket(readings, 'x', 1, n + 1));
    floods[0]?.send(...flood);
    await soon(() => bench.broker.counters().publishes).toBe(60);
    // refused at its first ones, and closed before the rest of them is read
    floods[1]?.send(...flood);
    // the first connection has taken the share; its refusals come behind what is acknowledged before them
    await soon(() => floods.map(({ closed }) => closed)).toEqual([false, true]);
    expect(outbox.status().queued).toBe(20);
    other.send(publishPacket('forpost/devices/other/readings', 'mine', 1, 1));
    await soon(() => outbox.status().queued).toBe(21);
  } finally {
    hangs = false;
    for (const post of held) post();
  }
  await soon(() => after(other)).toEqual([['puback', 1]]);
  await soon(() => floods.map(({ closed }) => closed)).toEqual([true, true]);
  expect(after(floods[0] as RawClient)).toHaveLength(20);
  expect(other.closed).toBe(false);
  expect(stored()).toEqual([...Array(20).fill('x'), 'mine']);
});

test('a session that is taken over while an acknowledgement is withheld gets it on its new connection, once', async () => {
  const commits: (() => void)[] = [];
  await bench.stop();
  bench = new Bench({
    storage: outbox.storage,
    admit: async ({ payload, record }) => {
      await new Promise<void>((resolve) => commits.push(resolve));
      await outbox.append({ events: [draft(1, { data: JSON.stringify(String(payload)) })], publish: record });
    },
  });
  await bench.broker.start();
  const first = await meter();
  first.send(publishPacket(readings, 'a', 1, 7), publishPacket(readings, 'b', 2, 8));
  await soon(() => commits.length).toBe(2);
  // a cable that was pulled: the old connection is still there
  const second = await meter();
  await soon(() => first.closed).toBe(true);
  second.send(publishPacket(readings, 'a', 1, 7, true), publishPacket(readings, 'b', 2, 8, true), pingPacket);
  await soon(() => after(second)).toEqual([['pingresp', 0]]);
  for (const commit of commits) commit();
  await soon(() => after(second).slice(1)).toEqual([
    ['puback', 7],
    ['pubrec', 8],
  ]);
  expect(after(first)).toEqual([]);
  expect(stored()).toEqual(['a', 'b']);
  expect(commits.length).toBe(2);
});

test('what a consumer sends to an absent device is on disk before it is acknowledged', async () => {
  const commands = 'forpost/devices/meter/commands';
  const device = await meter();
  device.send(subscribePacket(1, commands, 1));
  await soon(() => after(device)).toEqual([['suback', 1]]);
  device.socket.destroy();
  await soon(() => bench.broker.counters().connections).toBe(0);
  const sender = await bench.connected('panel');
  await sender.publishAsync(commands, 'off', { qos: 1 });
  // as a kill would: nothing more is written
  const copy = outboxIn(folder);
  await stop();
  await copy.start();
  expect(recalled(copy).sessions.map(({ queue }) => queue.map(({ payload }) => String(Buffer.from(payload))))).toEqual([
    ['off'],
  ]);
  await copy.stop();
});

test('a thousand reconnections of a meter leave one session and nothing else', async () => {
  const until = async (raw: RawClient, answers: number) => {
    while (raw.packets().length < answers) await new Promise((resolve) => setImmediate(resolve));
  };
  for (let i = 0; i < 1000; i++) {
    const twice = i % 2 === 0;
    const raw = await bench.raw();
    raw.send(connectPacket('meter', { clean: false }), publishPacket(readings, 'x', twice ? 2 : 1, 1, !twice));
    await until(raw, 2);
    if (twice) raw.send(pubrelPacket(1));
    await until(raw, twice ? 3 : 2);
    raw.socket.destroy();
  }
  await soon(() => bench.broker.sizes()).toMatchObject({ sockets: 0, sessions: 1, queued: 0, inbound: 0 });
  await restart();
  expect(bench.broker.sizes()).toMatchObject({ sessions: 1, queued: 0, inbound: 0 });
}, 180_000);

test('an outbox that is found damaged in use is begun anew with the sessions that the broker holds', async () => {
  const first = await panel();
  await first.client.subscribeAsync('forpost/#', { qos: 1 });
  await absent(first);
  const raw = await meter();
  raw.send(publishPacket(readings, 'before', 2, 1));
  await soon(() => after(raw)).toEqual([['pubrec', 1]]);
  // a write of another connection makes the writer forget its cached pages; then all but the first are overwritten
  const db = new Database(outbox.file);
  db.exec('create table other (x)');
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
  const content = readFileSync(outbox.file);
  writeFileSync(outbox.file, Buffer.concat([content.subarray(0, 4096), Buffer.alloc(content.length - 4096, 0xa5)]));
  await expect(outbox.append({ events: [draft(1)] })).rejects.toMatchObject({ code: 'FORPOST_OUTBOX_FAILED' });
  await soon(() => outbox.append({ events: [draft(2)] })).toEqual({ stored: 1, repeated: 0 });
  await restart();
  const back = await panel();
  expect(back.present).toBe(true);
  await soon(() => back.messages).toEqual([`${readings}=before qos 1`]);
  const again = await meter();
  again.send(publishPacket(readings, 'before', 2, 1, true), pubrelPacket(1));
  await soon(() => after(again)).toEqual([
    ['pubrec', 1],
    ['pubcomp', 1],
  ]);
  expect(evaluated).toEqual(['before']);
});

test('with a damaged outbox sessions begin anew, and nothing else happens', async () => {
  const first = await panel();
  await first.client.subscribeAsync('forpost/#', { qos: 1 });
  await stop();
  writeFileSync(outbox.file, 'no database');
  await start();
  const back = await panel();
  expect(back.present).toBe(false);
  expect(bench.broker.counters()).toMatchObject({ sessions: 1, queued: 0 });
  expect(readdirSync(folder).some((name) => name.includes('damaged'))).toBe(true);
});

test('a session whose client stays away for too long ends, on disk too', async () => {
  await bench.stop();
  const day = 86_400_000;
  const clock = new FakeClock();
  bench = new Bench({ storage: outbox.storage, clock, limits: { sessionAgingMs: day } });
  await bench.broker.start();
  const first = await panel();
  await first.client.subscribeAsync('forpost/#', { qos: 1 });
  clock.advance(30 * day);
  await absent(first);
  clock.advance(5 * day);
  expect(bench.broker.counters().sessions).toBe(1);
  // how long it has been absent is known after a restart, too
  await bench.stop();
  await outbox.stop();
  outbox = outboxIn(folder);
  await outbox.start();
  bench = new Bench({ storage: outbox.storage, clock, limits: { sessionAgingMs: day } });
  await bench.broker.start();
  clock.advance(2 * day);
  expect(bench.broker.counters()).toMatchObject({ sessions: 1, dropped: 0 });
  clock.advance(day);
  expect(bench.broker.counters()).toMatchObject({ sessions: 0, dropped: 1 });
  await restart();
  expect(bench.broker.counters().sessions).toBe(0);
});
