import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { createLogger } from '@forpost/shared/logging.ts';
import type { MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BrokerOptions } from './broker.ts';
import type { Forbidden } from './forbidden.ts';
import {
  Bench,
  connectPacket,
  pingPacket,
  publishPacket,
  pubrelPacket,
  type RawClient,
  subscribePacket,
} from './testing/broker.ts';

/** Waits for a condition; a machine that is busy may take its time. */
const soon = <T>(what: () => T) => expect.poll(what, { timeout: 10_000, interval: 10 });

const readings = 'forpost/devices/meter/readings';

let bench: Bench;

async function start(change: Partial<BrokerOptions> = {}): Promise<Bench> {
  await bench?.stop();
  bench = new Bench(change);
  await bench.broker.start();
  return bench;
}

beforeEach(async () => {
  bench = new Bench();
  await bench.broker.start();
});

afterEach(() => bench.stop());

/** What CONNACK says beside «accepted»: there was a session [MQTT-3.2.2-2]. */
const sessionPresent = 256;

/** A raw connection that is logged in. */
async function loggedIn(
  user: string,
  options: { clientId?: string; clean?: boolean } = {},
  acknowledged: 0 | typeof sessionPresent = 0,
): Promise<RawClient> {
  const raw = await bench.raw();
  raw.send(connectPacket(user, options));
  await soon(() => raw.packets()).toEqual([['connack', acknowledged]]);
  return raw;
}

const after = (raw: RawClient) => raw.packets().slice(1);
const taken = () => bench.taken.map(({ text }) => text);

const closing = (client: MqttClient) => new Promise<void>((resolve) => client.once('close', () => resolve()));

/** Everything a client gets, as text by topic. */
function heard(client: MqttClient): string[] {
  const messages: string[] = [];
  client.on('message', (topic, payload, packet) =>
    messages.push(
      `${topic}=${payload.length > 100 ? payload.length : payload.toString()}${packet.retain ? ' retained' : ''}`,
    ),
  );
  return messages;
}

describe('acknowledgement', () => {
  test('a device is not acknowledged before its reading is committed, with QoS 1 and with QoS 2', async () => {
    bench.manual = true;
    const raw = await loggedIn('meter');
    raw.send(publishPacket(readings, 'one', 1, 7), publishPacket(readings, 'two', 2, 8), pingPacket);
    await soon(() => after(raw)).toEqual([['pingresp', 0]]);
    expect(bench.taken).toMatchObject([
      { device: 'meter', topic: readings, text: 'one', qos: 1, duplicate: false },
      { device: 'meter', topic: readings, text: 'two', qos: 2 },
    ]);
    bench.taken[0]!.commit();
    await soon(() => after(raw)).toEqual([
      ['pingresp', 0],
      ['puback', 7],
    ]);
    bench.taken[1]!.commit();
    await soon(() => after(raw).at(-1)).toEqual(['pubrec', 8]);
    expect(bench.broker.counters()).toMatchObject({ publishes: 2, acknowledged: 2, refused: 0 });
  });

  test.each(['nobody', 'somebody'])(
    'acknowledgements leave in the order of the publishes, in whatever order the commits end, where every second is for %s',
    async (who) => {
      bench.manual = true;
      const raw = await loggedIn('meter');
      const wanted = `${readings}/wanted`;
      const panel = await bench.connected('panel');
      if (who === 'somebody') await panel.subscribeAsync(wanted, { qos: 1 });
      for (let id = 1; id <= 20; id++) {
        raw.send(publishPacket(id % 2 === 0 ? wanted : readings, String(id), id % 3 === 0 ? 2 : 1, id));
        // one packet a read, and many
        if (id % 5 !== 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await soon(() => taken().length).toBe(20);
      expect(taken()).toEqual(Array.from({ length: 20 }, (_, i) => String(i + 1)));
      for (const publish of bench.taken.slice(1).reverse()) publish.commit();
      raw.send(pingPacket);
      await soon(() => after(raw)).toEqual([['pingresp', 0]]);
      bench.taken[0]!.commit();
      await soon(() => after(raw).length).toBe(21);
      // [MQTT-4.6.0-2] orders PUBACKs, [MQTT-4.6.0-3] PUBRECs
      const ids = (type: string) =>
        after(raw)
          .filter((packet) => packet[0] === type)
          .map(([, id]) => id);
      const all = Array.from({ length: 20 }, (_, i) => i + 1);
      expect(ids('puback')).toEqual(all.filter((id) => id % 3 !== 0));
      expect(ids('pubrec')).toEqual(all.filter((id) => id % 3 === 0));
    },
  );

  test('a publish that cannot be committed is not acknowledged, and the connection ends so that it is sent again', async () => {
    await start({ limits: { refusalDelayMs: 50 } });
    bench.manual = true;
    const raw = await loggedIn('meter');
    const panel = await bench.connected('panel');
    const messages = heard(panel);
    await panel.subscribeAsync('forpost/#', { qos: 1 });
    raw.send(publishPacket(readings, 'lost', 1, 1), publishPacket(readings, 'kept', 1, 2));
    await soon(() => taken().length).toBe(2);
    bench.taken[0]!.fail();
    bench.taken[1]!.commit();
    raw.send(publishPacket(readings, 'unread', 1, 3));
    await soon(() => raw.closed).toBe(true);
    expect(after(raw)).toEqual([['puback', 2]]);
    expect(taken()).toEqual(['lost', 'kept']);
    await soon(() => messages).toEqual([`${readings}=kept`]);
    expect(bench.broker.counters()).toMatchObject({ acknowledged: 1, refused: 1 });
  });

  test('a QoS 0 publish that cannot be committed is counted, and the connection goes on', async () => {
    bench.manual = true;
    const raw = await loggedIn('meter');
    raw.send(publishPacket(readings, 'a', 0), publishPacket(readings, 'b', 1, 1));
    await soon(() => taken().length).toBe(2);
    bench.taken[0]!.fail();
    bench.taken[1]!.commit();
    await soon(() => after(raw)).toEqual([['puback', 1]]);
    expect(bench.broker.counters()).toMatchObject({ refused: 1 });
  });

  test('a QoS 2 publish that is sent twice is taken in once, also by a session that comes back', async () => {
    bench.manual = true;
    const panel = await bench.connected('panel');
    const messages = heard(panel);
    await panel.subscribeAsync('forpost/#', { qos: 1 });
    const first = await loggedIn('meter', { clean: false });
    first.send(publishPacket(readings, 'once', 2, 5), publishPacket(readings, 'once', 2, 5, true));
    await soon(() => taken()).toEqual(['once']);
    first.socket.destroy();
    const second = await loggedIn('meter', { clean: false }, sessionPresent);
    second.send(publishPacket(readings, 'once', 2, 5, true), pingPacket);
    await soon(() => after(second)).toEqual([['pingresp', 0]]);
    bench.taken[0]!.commit();
    await soon(() => after(second).at(-1)).toEqual(['pubrec', 5]);
    second.send(pubrelPacket(5));
    await soon(() => after(second).at(-1)).toEqual(['pubcomp', 5]);
    expect(taken()).toEqual(['once']);
    second.send(publishPacket(readings, 'next', 2, 5));
    await soon(() => taken()).toEqual(['once', 'next']);
    bench.taken[1]!.commit();
    // delivered on once as well, although the connection that brought it had gone
    await soon(() => messages).toEqual([`${readings}=once`, `${readings}=next`]);
  });

  test('beyond the cap nothing more is read, and reading goes on when commits end', async () => {
    await start({ limits: { maxPending: 10 } });
    bench.manual = true;
    const raw = await loggedIn('meter');
    for (let id = 1; id <= 60; id++) {
      raw.send(publishPacket(readings, 'x'.repeat(20_000), 1, id));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await soon(() => taken().length).toBeGreaterThanOrEqual(10);
    raw.send(pingPacket);
    // what one read of the socket brought is dispatched whole
    expect(taken().length).toBeLessThan(15);
    bench.manual = false;
    for (const publish of bench.taken) publish.commit();
    await soon(() => after(raw).length).toBe(61);
    expect(
      after(raw)
        .filter(([type]) => type === 'puback')
        .map(([, id]) => id),
    ).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  });

  test('a thousand publishes of QoS 0, 1 and 2 by the mqtt package are all taken in, in order', async () => {
    const meter = await bench.connected('meter');
    await Promise.all(
      Array.from({ length: 900 }, (_, i) => meter.publishAsync(readings, String(i), { qos: (i % 3) as 0 | 1 | 2 })),
    );
    expect(taken()).toEqual(Array.from({ length: 900 }, (_, i) => String(i)));
  });
});

describe('access', () => {
  test.each([
    ['a wrong password', { password: 'wrong' }],
    ['a user that is unknown', { username: 'nobody' }],
    ['no password', { password: '' }],
  ])('%s is refused with return code 5', async (_, options) => {
    const error = await bench.connected('meter', options).then(
      () => undefined,
      (error: { code?: number }) => error,
    );
    expect(error).toMatchObject({ code: 5 });
    expect(bench.broker.counters()).toMatchObject({ failedLogins: 1 });
  });

  test('nobody is let in anonymously, and nothing is taken before CONNECT', async () => {
    await expect(bench.connected('meter', { username: '', password: '' })).rejects.toMatchObject({ code: 5 });
    const raw = await bench.raw();
    raw.send(publishPacket(readings, 'x', 1, 1));
    await soon(() => raw.closed).toBe(true);
    expect(taken()).toEqual([]);
  });

  test('a guesser is slowed down and told «server unavailable», while others at the same address log in at once', async () => {
    const checked: string[] = [];
    // so little time passes that nobody is allowed one try more because the machine is slow
    const clock = new FakeClock();
    await start({
      clock,
      authenticate: async (user, given) => {
        checked.push(user);
        return given === 'right' ? { kind: 'device', id: user, publish: [], subscribe: [] } : undefined;
      },
    });
    const refusals: unknown[] = [];
    for (let i = 0; i < 40; i++)
      bench
        .client('meter', { clientId: `guess-${i}`, password: `guess ${i}` })
        .on('error', (error) => refusals.push('code' in error ? error.code : undefined));
    // five are computed, eight wait for their turn, and the others are told to come again
    const refused = (code: number) => {
      // the lobby takes some CONNECTs at once, and then one each 2 ms
      clock.advance(1);
      return refusals.filter((one) => one === code);
    };
    await soon(() => refused(5)).toHaveLength(5);
    await soon(() => refused(3)).toHaveLength(27);
    const other = bench.connected('other');
    clock.advance(2);
    await other;
    expect(checked.filter((user) => user === 'meter')).toHaveLength(5);
    expect(bench.broker.counters()).toMatchObject({ failedLogins: 5, busyLogins: 27 });
  });

  test('a known device is let in without a check, whatever waits at its address', async () => {
    const waiting: (() => void)[] = [];
    const principal = { kind: 'device', id: 'meter', publish: [], subscribe: [] } as const;
    await start({
      authenticate: () => new Promise((resolve) => waiting.push(() => resolve(undefined))),
      acquaintance: {
        recall: (user, given) => (user === 'meter' ? (given === 'right' ? principal : 'wrong') : undefined),
        isUser: () => true,
      },
    });
    for (let i = 0; i < 300; i++) bench.client('other', { clientId: `o-${i}` });
    await soon(() => waiting).toHaveLength(1);
    await bench.connected('meter');
    await expect(bench.connected('meter', { password: 'left' })).rejects.toMatchObject({ code: 5 });
    expect(waiting).toHaveLength(1);
  });

  test('the password of a client that has gone is not checked', async () => {
    const checks: (() => void)[] = [];
    await start({ authenticate: () => new Promise((resolve) => checks.push(() => resolve(undefined))) });
    const raws = await Promise.all(['meter', 'other', 'panel'].map(async (user) => ({ user, raw: await bench.raw() })));
    for (const { user, raw } of raws) raw.send(connectPacket(user));
    await soon(() => checks).toHaveLength(1);
    raws[1]?.raw.socket.destroy();
    await soon(() => bench.broker.counters().lobby.waiting).toBe(2);
    checks[0]?.();
    await soon(() => checks).toHaveLength(2);
    checks[1]?.();
    await soon(() => bench.broker.counters().lobby.waiting).toBe(0);
    expect(checks).toHaveLength(2);
  });

  test('a publish to a foreign topic is dropped and told, acknowledged in its order, and the connection stays', async () => {
    const told: Forbidden[] = [];
    await start({ onForbidden: (forbidden) => told.push(forbidden) });
    const panel = await bench.connected('panel');
    const messages = heard(panel);
    await panel.subscribeAsync('forpost/#');
    const raw = await loggedIn('meter', { clientId: 'roof' });
    const foreign = 'forpost/devices/other/readings';
    raw.send(publishPacket(foreign, 'x', 0), publishPacket(readings, 'mine', 1, 1));
    raw.send(publishPacket(foreign, 'x', 1, 2), publishPacket(foreign, 'x', 2, 3), publishPacket('$SYS/x', 'x', 1, 4));
    raw.send(pubrelPacket(3), publishPacket(readings, 'behind', 2, 5));
    await soon(() => after(raw)).toHaveLength(6);
    expect(after(raw).filter(([type]) => type === 'puback')).toEqual([1, 2, 4].map((id) => ['puback', id]));
    expect(after(raw).filter(([type]) => type === 'pubrec')).toEqual([3, 5].map((id) => ['pubrec', id]));
    expect(after(raw)).toContainEqual(['pubcomp', 3]);
    expect(taken()).toEqual(['mine', 'behind']);
    await soon(() => messages).toEqual([`${readings}=mine`, `${readings}=behind`]);
    expect(bench.broker.counters()).toMatchObject({ forbidden: 4, publishes: 2, acknowledged: 2 });
    const topic = foreign;
    expect(told.slice(0, 3)).toEqual(Array(3).fill({ kind: 'publish', principal: 'meter', clientId: 'roof', topic }));
    expect(told[3]).toMatchObject({ topic: '$SYS/x' });
  });

  test('many forbidden publishes of QoS 0 do not stop the connection', async () => {
    await start({ limits: { maxPending: 5 } });
    const raw = await loggedIn('meter');
    for (let i = 0; i < 50; i++) raw.send(publishPacket('$SYS/x', 'x', 0), publishPacket('forpost/alerts/x', 'x', 0));
    raw.send(publishPacket(readings, 'mine', 1, 1));
    await soon(() => after(raw)).toEqual([['puback', 1]]);
    expect(bench.broker.counters()).toMatchObject({ forbidden: 100 });
  });

  test('a subscription to more than one may hear is refused, alone, also in a persistent session', async () => {
    const narrow = await bench.connected('narrow', { clean: false });
    const messages = heard(narrow);
    const granted = await narrow
      .subscribeAsync({
        'forpost/alerts/#': { qos: 1 },
        '#': { qos: 1 },
        'forpost/+/x': { qos: 1 },
        '$SYS/#': { qos: 1 },
      })
      .catch((error: unknown) => error);
    expect(granted).toBeDefined();
    bench.broker.publish('forpost/status', 'secret', { qos: 1, retain: false });
    bench.broker.publish('forpost/alerts/a/b', 'mine', { qos: 1, retain: false });
    await soon(() => messages).toEqual(['forpost/alerts/a/b=mine']);
    narrow.end(true);
    await closing(narrow);
    bench.broker.publish('forpost/status', 'secret', { qos: 1, retain: false });
    bench.broker.publish('forpost/alerts/a/b', 'while away', { qos: 1, retain: false });
    const back = bench.client('narrow', { clean: false });
    const later = heard(back);
    await soon(() => later).toEqual(['forpost/alerts/a/b=while away']);
  });

  test('a session belongs to its principal: another one’s same client id neither ends nor inherits it', async () => {
    const panel = await bench.connected('panel', { clientId: 'same', clean: false });
    await panel.subscribeAsync('forpost/alerts/#', { qos: 1 });
    const messages = heard(panel);
    const narrow = await bench.connected('narrow', { clientId: 'same', clean: false });
    const foreign = heard(narrow);
    bench.broker.publish('forpost/alerts/a/b', 'one', { qos: 1, retain: false });
    await soon(() => messages).toEqual(['forpost/alerts/a/b=one']);
    expect(foreign).toEqual([]);
    expect(panel.connected).toBe(true);
  });

  test('a will is taken in when the device is lost; one on a foreign topic is dropped and told, and keeps nobody out', async () => {
    const told: Forbidden[] = [];
    await start({ onForbidden: (forbidden) => told.push(forbidden) });
    const will = { payload: Buffer.from('gone'), qos: 1, retain: false } as const;
    const foreign = await bench.connected('meter', { will: { topic: 'tele/other/LWT', ...will }, clientId: 'a' });
    const meter = await bench.connected('meter', { will: { topic: 'forpost/devices/meter/state', ...will } });
    const panel = await bench.connected('panel');
    const messages = heard(panel);
    await panel.subscribeAsync('forpost/#', { qos: 1 });
    foreign.stream.destroy();
    await soon(() => bench.broker.sizes().sockets).toBe(2);
    meter.stream.destroy();
    await soon(() => messages).toEqual(['forpost/devices/meter/state=gone']);
    expect(bench.taken).toMatchObject([{ device: 'meter', text: 'gone' }]);
    expect(told).toEqual([{ kind: 'will', principal: 'meter', clientId: 'a', topic: 'tele/other/LWT' }]);
    expect(bench.broker.counters()).toMatchObject({ forbidden: 1 });
  });

  test('a device that is revoked is disconnected', async () => {
    const meter = await bench.connected('meter');
    const closed = closing(meter);
    expect(bench.broker.disconnect('meter')).toBe(1);
    await closed;
    expect(bench.broker.disconnect('meter')).toBe(0);
  });

  test('who is connected is told, once for all connections of a device', async () => {
    const first = await bench.connected('meter', { clientId: 'a' });
    const second = await bench.connected('meter', { clientId: 'b' });
    await bench.connected('panel');
    expect(bench.connections).toEqual(['+meter']);
    first.end(true);
    await closing(first);
    second.end(true);
    await soon(() => bench.connections).toEqual(['+meter', '-meter']);
  });
});

describe('delivery', () => {
  test('what the gateway publishes reaches subscribers, and what is retained also later ones', async () => {
    const panel = await bench.connected('panel');
    const messages = heard(panel);
    await panel.subscribeAsync('forpost/alarms/#', { qos: 1 });
    bench.broker.publish('forpost/alarms/r/d', 'active', { qos: 1, retain: true });
    await soon(() => messages).toEqual(['forpost/alarms/r/d=active']);
    const late = await bench.connected('panel', { clientId: 'late' });
    const lateMessages = heard(late);
    await late.subscribeAsync('forpost/#', { qos: 1 });
    await soon(() => lateMessages).toEqual(['forpost/alarms/r/d=active retained']);
    bench.broker.publish('forpost/alarms/r/d', '', { qos: 1, retain: true });
    await soon(() => messages.length).toBe(2);
    expect(bench.broker.sizes().retained).toBe(0);
  });

  test('an alert that a publish sets off is out before that publish is on disk', async () => {
    const taken: (() => void)[] = [];
    await start({
      admit: (publish) => {
        bench.broker.publish('forpost/alerts/r/meter', `for ${publish.topic}`, { qos: 1, retain: false });
        return new Promise((resolve) => taken.push(resolve));
      },
    });
    const panel = await bench.connected('panel');
    const messages = heard(panel);
    await panel.subscribeAsync('forpost/#', { qos: 1 });
    const raw = await loggedIn('meter');
    // three of one read, and one more
    raw.send(...[1, 2, 3].map((id) => publishPacket(readings, 'x', 1, id)));
    await soon(() => messages.length).toBe(3);
    raw.send(publishPacket(readings, 'x', 1, 4));
    await soon(() => messages).toEqual(Array(4).fill(`forpost/alerts/r/meter=for ${readings}`));
    expect(after(raw)).toEqual([]);
    for (const commit of taken) commit();
    await soon(() => after(raw).length).toBe(4);
  });

  test('no message is lost to one that is published after it and arrives before it', async () => {
    const panel = await bench.connected('panel');
    const messages = heard(panel);
    await panel.subscribeAsync('forpost/#', { qos: 1 });
    for (let i = 0; i < 50; i++) {
      bench.broker.publish(`forpost/alarms/${i}`, 'retained', { qos: 1, retain: true });
      bench.broker.publish(`forpost/alerts/${i}`, 'alert', { qos: 1, retain: false });
      bench.broker.publish(`forpost/live/${i}`, 'live', { qos: 0, retain: false });
    }
    await soon(() => messages.length).toBe(150);
    expect(new Set(messages).size).toBe(150);
  });

  test('a client with two matching subscriptions gets a message once', async () => {
    const panel = await bench.connected('panel', { clean: false });
    const messages = heard(panel);
    await panel.subscribeAsync(['forpost/#', 'forpost/alerts/+'], { qos: 1 });
    bench.broker.publish('forpost/alerts/a', 'x', { qos: 1, retain: false });
    bench.broker.publish('forpost/alerts/end', 'x', { qos: 1, retain: false });
    await soon(() => messages).toEqual(['forpost/alerts/a=x', 'forpost/alerts/end=x']);
    await soon(() => bench.broker.sizes().queued).toBe(0);
  });

  test('a subscriber that reads nothing makes nobody wait, and is disconnected', async () => {
    await start({ limits: { drainTimeoutMs: 1000 } });
    const frozen = await loggedIn('panel');
    frozen.send(subscribePacket(1, 'forpost/#', 1));
    await soon(() => after(frozen)).toEqual([['suback', 1]]);
    frozen.socket.pause();
    const alive = await bench.connected('narrow');
    let got = 0;
    let slowest = 0;
    alive.on('message', (_topic, payload) => {
      got++;
      slowest = Math.max(slowest, performance.now() - Number(payload.toString().split(' ')[0]));
    });
    await alive.subscribeAsync('forpost/alerts/#', { qos: 1 });
    const filler = 'x'.repeat(200_000);
    for (let i = 0; i < 100; i++) {
      bench.broker.publish('forpost/alerts/a', `${performance.now()} ${filler}`, { qos: 1, retain: false });
      await soon(() => got).toBe(i + 1);
    }
    expect(slowest).toBeLessThan(500);
    await soon(() => bench.broker.counters().connections).toBe(1);
  });

  /** A subscriber to everything that has stopped to read. */
  async function frozenSubscriber(): Promise<void> {
    const frozen = await loggedIn('panel');
    frozen.send(subscribePacket(1, 'forpost/#', 1));
    await soon(() => after(frozen)).toEqual([['suback', 1]]);
    frozen.socket.pause();
  }

  const publishMuch = (meter: MqttClient) =>
    Promise.all(
      Array.from({ length: 400 }, (_, i) =>
        meter.publishAsync(readings, 'x'.repeat(50_000), { qos: i % 2 === 0 ? 1 : 2 }),
      ),
    );

  test('a device that publishes is not held up by a frozen subscriber either', async () => {
    await start({ limits: { drainTimeoutMs: 20_000, maxUnsentBytes: 1e9, maxPending: 20 } });
    await frozenSubscriber();
    const meter = await bench.connected('meter');
    await publishMuch(meter);
    expect(bench.broker.counters()).toMatchObject({ acknowledged: 400, connections: 2 });
  });

  test('what waits for one subscriber is bounded: beyond it he is disconnected', async () => {
    await start({ limits: { drainTimeoutMs: 20_000 } });
    await frozenSubscriber();
    await publishMuch(await bench.connected('meter'));
    await soon(() => bench.broker.counters()).toMatchObject({ acknowledged: 400, frozen: 1, connections: 1 });
  });

  test('an absent subscriber’s queue is bounded: it keeps the newest', async () => {
    const panel = await bench.connected('panel', { clean: false });
    await panel.subscribeAsync('forpost/#', { qos: 1 });
    panel.end(true);
    await soon(() => bench.broker.counters().connections).toBe(0);
    for (let i = 0; i < 1500; i++) bench.broker.publish('forpost/alerts/a', String(i), { qos: 1, retain: false });
    await soon(() => bench.broker.counters().dropped).toBe(500);
    const back = bench.client('panel', { clean: false });
    const messages = heard(back);
    await soon(() => messages.length).toBe(1000);
    expect(messages[0]).toBe('forpost/alerts/a=500');
    expect(messages.at(-1)).toBe('forpost/alerts/a=1499');
    await soon(() => bench.broker.sizes().queued).toBe(0);
  });
});

describe('limits', () => {
  test('an oversized packet before CONNECT ends the connection at its first bytes', async () => {
    const raw = await bench.raw();
    raw.socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
    await soon(() => raw.closed).toBe(true);
    expect(bench.broker.counters()).toMatchObject({ oversized: 1 });
  });

  test('a publish may be as large as the limit and no larger', async () => {
    await start({ mqtt: { max_packet_bytes: 4096 } });
    const meter = await bench.connected('meter');
    await meter.publishAsync(readings, 'x'.repeat(4000), { qos: 1 });
    const closed = closing(meter);
    meter.publish(readings, 'x'.repeat(4100), { qos: 1 }, () => undefined);
    await closed;
    expect(taken().map((text) => text.length)).toEqual([4000]);
  });

  test('a device may have only so many connections', async () => {
    await start({ limits: { maxConnectionsEach: 2 } });
    for (const clientId of ['a', 'b']) await bench.connected('meter', { clientId });
    await expect(bench.connected('meter', { clientId: 'c' })).rejects.toMatchObject({ code: 3 });
    await bench.connected('other');
  });

  test('a session that stays needs a client id', async () => {
    const raw = await bench.raw();
    raw.send(connectPacket('meter', { clientId: '', clean: false }));
    await soon(() => raw.packets()).toEqual([['connack', 2]]);
    await soon(() => raw.closed).toBe(true);
  });

  test('whoever connects and says nothing is disconnected', async () => {
    await start({ limits: { connectTimeoutMs: 50 } });
    const raw = await bench.raw();
    await soon(() => raw.closed).toBe(true);
  });

  test('foreign bytes end their own connection and nothing else', async () => {
    const meter = await bench.connected('meter');
    for (const bytes of [
      'GET / HTTP/1.1\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01',
      '\x10\x02\x00\x00',
      '\xff'.repeat(100),
    ]) {
      const raw = await bench.raw();
      raw.socket.end(Buffer.from(bytes, 'latin1'));
      await soon(() => raw.closed).toBe(true);
    }
    await meter.publishAsync(readings, 'still here', { qos: 1 });
  });

  test('a thousand connections that come and go leave nothing behind', async () => {
    for (let i = 0; i < 1000; i += 50)
      await Promise.all(
        Array.from({ length: 50 }, async (_, k) => {
          const raw = await bench.raw();
          raw.send(
            connectPacket(k % 2 === 0 ? 'meter' : 'other', { clientId: `c${k % 10}`, clean: true }),
            publishPacket(k % 2 === 0 ? readings : 'forpost/devices/other/readings', 'x', k % 3 === 0 ? 2 : 1, 1),
          );
          await soon(() => raw.closed || after(raw).length > 0).toBe(true);
          raw.socket.destroy();
        }),
      );
    await soon(() => bench.broker.sizes()).toEqual({
      sockets: 0,
      principals: 0,
      sessions: 0,
      queued: 0,
      retained: 0,
      inbound: 0,
    });
    expect(bench.broker.counters()).toMatchObject({ connectionsTotal: 1000, connections: 0 });
  });
});

describe('start and stop', () => {
  test('a port that is taken is one sentence that names it and the setting', async () => {
    const other = createServer();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const second = new Bench({ mqtt: { port }, ports: {} });
    await expect(second.broker.start()).rejects.toMatchObject({
      code: 'FORPOST_PORT_TAKEN',
      message: expect.stringMatching(new RegExp(`^127\\.0\\.0\\.1:${port} is taken .*mqtt\\.port`)),
    });
    await second.stop();
    other.close();
  });

  test('plain MQTT on the network must be asked for', async () => {
    const open = new Bench({ mqtt: { host: '0.0.0.0' } });
    await expect(open.broker.start()).rejects.toMatchObject({
      code: 'FORPOST_CONFIG_INVALID',
      message: expect.stringContaining('mqtt.allow_plaintext'),
    });
    await start({ mqtt: { host: '0.0.0.0', allow_plaintext: true } });
    await bench.connected('meter');
  });

  test('with a certificate MQTT is served over TLS, beside the plain port on loopback', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'forpost-tls-'));
    const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    makeCertificate(certificate, key);
    await start({ mqtt: { tls: { certificate, key, host: '127.0.0.1' } } });
    const port = bench.broker.tlsPort;
    const meter = await bench.connected('meter', { protocol: 'mqtts', port: port!, rejectUnauthorized: false });
    await meter.publishAsync(readings, 'sealed', { qos: 1 });
    expect(taken()).toEqual(['sealed']);
    const cbc = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' } as const;
    const old = bench.connected('other', { protocol: 'mqtts', port: port!, rejectUnauthorized: false, ...cbc });
    await expect(old).rejects.toThrow(/handshake/);
    const plain = await bench.raw(port);
    plain.send(connectPacket('meter'));
    await soon(() => plain.closed).toBe(true);
    expect(plain.packets().filter(([type]) => type === 'connack')).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  test('a certificate that is not there costs TLS alone, is told, and counts once it is there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'forpost-tls-'));
    const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    await start({ mqtt: { tls: { certificate, key, host: '127.0.0.1' } } });
    const plain = await bench.connected('meter');
    await plain.publishAsync(readings, 'plain', { qos: 1 });
    expect(bench.broker.problems()).toEqual([
      `mqtt.tls: ${certificate} is not there: this port refuses connections until the file can be read; no restart is needed`,
    ]);
    const sealed = () =>
      bench.connected('other', { protocol: 'mqtts', port: bench.broker.tlsPort!, rejectUnauthorized: false });
    await expect(sealed()).rejects.toThrow();
    makeCertificate(certificate, key);
    await bench.broker.reload();
    await sealed();
    expect(bench.broker.problems()).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  test('a stop waits for the commits that devices wait for, and tells no wills', async () => {
    bench.manual = true;
    const raw = await loggedIn('meter');
    await bench.connected('other', {
      will: { topic: 'forpost/devices/other/state', payload: Buffer.from('gone'), qos: 1, retain: false },
    });
    raw.send(publishPacket(readings, 'last', 1, 9));
    await soon(() => taken()).toEqual(['last']);
    const stopping = bench.broker.stop();
    bench.taken[0]!.commit();
    await stopping;
    await soon(() => raw.closed).toBe(true);
    expect(after(raw)).toEqual([['puback', 9]]);
    expect(taken()).toEqual(['last']);
    await expect(bench.raw(bench.broker.port)).rejects.toThrow();
    bench.broker.publish('forpost/status', 'too late', { qos: 0, retain: false });
  });
});

test('one device, with however many connections, is read a little at a time, so that nobody waits behind it', async () => {
  let turn = 0;
  let watching = true;
  const tick = () => {
    turn++;
    if (watching) setImmediate(tick);
  };
  const perTurn = new Map<number, number>();
  await start({
    admit: async ({ payload }) => {
      perTurn.set(turn, (perTurn.get(turn) ?? 0) + payload.length);
    },
  });
  const clients = await Promise.all(Array.from({ length: 4 }, () => bench.raw()));
  for (const [index, client] of clients.entries()) client.send(connectPacket('meter', { clientId: `c${index}` }));
  await soon(() => clients.every((client) => client.packets().length === 1)).toBe(true);
  tick();
  const each = 200;
  const flood = Array.from({ length: each }, (_, i) => publishPacket(readings, 'x'.repeat(4000), 1, i + 1));
  for (const client of clients) client.send(...flood);
  const acknowledged = (client: RawClient) => client.packets().filter(([type]) => type === 'puback').length;
  await soon(() => clients.map(acknowledged)).toEqual(clients.map(() => each));
  watching = false;
  // two turns of 16 KB may stand between two looks at the count, and the first bytes of a packet may have come before
  expect(Math.max(...perTurn.values())).toBeLessThanOrEqual(2 * 16_384 + clients.length * 4000);
});

test('a device cannot fill the table of retained messages: beyond its share they are delivered and not kept', async () => {
  const panel = await bench.connected('panel');
  let seen = 0;
  panel.on('message', () => seen++);
  await panel.subscribeAsync('forpost/devices/#', { qos: 1 });
  const meter = await bench.connected('meter');
  const many = 300;
  await Promise.all(
    Array.from({ length: many }, (_, i) =>
      meter.publishAsync(`forpost/devices/meter/${i}`, 'x', { qos: 1, retain: true }),
    ),
  );
  await soon(() => seen).toBe(many);
  expect(bench.broker.sizes().retained).toBe(200);
  expect(bench.broker.counters().dropped).toBe(100);
});

test('a device that does what it may not, again and again, fills no log', async () => {
  const lines: string[] = [];
  await start({ logger: createLogger('test', 'info', { write: (line: string) => void lines.push(line) }) });
  lines.length = 0;
  for (let i = 0; i < 20; i++) {
    const client = await bench.raw();
    client.send(connectPacket('meter'), publishPacket('forpost/alerts/fake', 'x', 1, 1));
    const loud = await bench.raw();
    loud.send(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
    await soon(() => client.packets().at(-1)?.[0] === 'puback' && loud.closed).toBe(true);
  }
  expect(bench.broker.counters()).toMatchObject({ forbidden: 20, oversized: 20 });
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg).sort()).toEqual([
    '127.0.0.1 sent a CONNECT of 268435455 bytes: 65536 are allowed: connection closed',
    'may not publish to forpost/alerts/fake',
  ]);
});

function makeCertificate(certificate: string, key: string): void {
  const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync(
    'openssl',
    [
      ...make,
      '-days',
      '2',
      '-subj',
      '/CN=127.0.0.1',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      key,
      '-out',
      certificate,
    ],
    { stdio: 'ignore' },
  );
}
