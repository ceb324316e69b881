/** MQTT 5: sessions, wills and connections. */
import { FakeClock } from '@forpost/shared/clock.ts';
import { describe, expect, test } from 'vitest';
import { field, framed, type RawClient } from './testing/broker.ts';
import {
  admitted,
  bench,
  commands,
  connacks,
  connect5,
  disconnects,
  mqtt5BrokerForEachTest,
  publish5,
  raw5,
  readings,
  receiveMaximum,
  sessionExpiry,
  soon,
  start,
  topicAlias,
  userProperty,
  v5,
  willDelay,
  withLength,
} from './testing/mqtt5.ts';

mqtt5BrokerForEachTest();

describe('a session', () => {
  test('ends after its Session Expiry Interval, of CONNECT or of DISCONNECT, but at the latest after the broker’s limit', async () => {
    const clock = new FakeClock();
    await start({ clock });
    const leave = async (raw: RawClient, ...last: Buffer[]) => {
      raw.send(...last);
      if (last.length === 0) raw.socket.destroy();
      await soon(() => bench.broker.sizes().sockets).toBe(0);
    };
    const stay = { clean: false, properties: [sessionExpiry(100)] };
    await leave(await raw5('panel', stay));
    clock.advance(99_000);
    await leave(await raw5('panel', stay, 1));
    clock.advance(100_000);
    const third = await raw5('panel', stay, 0);
    await leave(third, framed(0xe0, Buffer.from([0]), withLength([sessionExpiry(0)])));
    expect(bench.broker.sizes().sessions).toBe(0);
    const ever = await raw5('panel', { properties: [sessionExpiry(0xffff_ffff)] });
    // 7 days
    expect(ever.whole('connack')[0]?.includes(sessionExpiry(604_800))).toBe(true);
    await leave(ever);
    const brief = await raw5('panel', { clean: false }, 1);
    await leave(brief);
    expect(bench.broker.sizes().sessions).toBe(0);
  });

  test('is taken over by a second connection: the first gets DISCONNECT with the reason, the second all pending messages', async () => {
    const stay = { clean: false, properties: [sessionExpiry(100)] };
    const first = await raw5('panel', stay);
    first.send(framed(0x82, Buffer.from([0, 1, 0]), field('forpost/#'), Buffer.from([1])));
    await soon(() => first.whole('suback').length).toBe(1);
    bench.broker.publish('forpost/status', 'one', { qos: 1, retain: false });
    await soon(() => first.whole('publish').length).toBe(1);
    const second = await raw5('panel', stay, 1);
    await soon(() => first.closed).toBe(true);
    expect(disconnects(first)).toEqual([0x8e]);
    await soon(() => second.whole('publish').length).toBe(1);
    // with its packet id and DUP
    expect(second.firstBytes('publish')).toEqual([0x3a]);
    expect(second.whole('publish')[0]).toEqual(first.whole('publish')[0]);
  });

  test('has at most Receive Maximum messages in flight; each acknowledgement releases the next', async () => {
    const raw = await raw5('panel', { properties: [receiveMaximum(2)] });
    raw.send(framed(0x82, Buffer.from([0, 1, 0]), field('forpost/#'), Buffer.from([2])));
    await soon(() => raw.whole('suback').length).toBe(1);
    const meter = await v5('meter');
    for (let n = 0; n < 6; n++) await meter.publishAsync(readings, `${n}`, { qos: n % 2 === 0 ? 1 : 2 });
    const sent = () => raw.whole('publish').map((body) => body.at(-1)! - 0x30);
    const ids = () => raw.whole('publish').map((body) => body.readUInt16BE(2 + body.readUInt16BE(0)));
    await soon(sent).toEqual([0, 1]);
    raw.send(framed(0x40, Buffer.from([0, ids()[0]!])));
    await soon(sent).toEqual([0, 1, 2]);
    // PUBREC does not free a place in flight; PUBCOMP does
    raw.send(framed(0x50, Buffer.from([0, ids()[1]!])));
    await soon(() => raw.whole('pubrel').length).toBe(1);
    expect(sent()).toEqual([0, 1, 2]);
    raw.send(framed(0x70, Buffer.from([0, ids()[1]!])));
    await soon(sent).toEqual([0, 1, 2, 3]);
    // a PUBREC with a failure ends a QoS 2 message [MQTT-4.3.3-4]
    raw.send(framed(0x50, Buffer.from([0, ids()[3]!, 0x97])), framed(0x40, Buffer.from([0, ids()[2]!])));
    await soon(sent).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('a client that exceeds the broker’s Receive Maximum is disconnected with that reason code', async () => {
    bench.manual = true;
    const raw = await raw5('panel');
    const packets = Array.from({ length: 1001 }, (_, n) => publish5(commands, 'x', 2, n + 1));
    raw.send(...packets);
    await soon(() => raw.closed).toBe(true);
    expect(disconnects(raw)).toEqual([0x93]);
  });
});

describe('a will', () => {
  test('is published after its delay or at the end of its session, and dropped if the client resumes the session before', async () => {
    const clock = new FakeClock();
    await start({ clock });
    const panel = await bench.raw();
    panel.send(connect5('panel'), framed(0x82, Buffer.from([0, 1, 0]), field('forpost/#'), Buffer.from([0])));
    await soon(() => panel.whole('suback').length).toBe(1);
    const will = { topic: readings, payload: 'gone', properties: [willDelay(10), userProperty('why', 'lost')] };
    const stay = { clean: false, properties: [sessionExpiry(100)], will };
    const lose = async (raw: RawClient) => {
      raw.socket.destroy();
      await soon(() => bench.broker.sizes().sockets).toBe(1);
    };
    await lose(await raw5('meter', stay));
    clock.advance(9000);
    const back = await raw5('meter', stay, 1);
    clock.advance(9000);
    expect(admitted()).toEqual([]);
    await lose(back);
    clock.advance(10_000);
    await soon(admitted).toEqual(['gone']);
    await soon(() => panel.whole('publish').length).toBe(1);
    expect(panel.whole('publish')[0]?.includes(userProperty('why', 'lost'))).toBe(true);
    expect(panel.whole('publish')[0]?.includes(willDelay(10))).toBe(false);
    await lose(await raw5('meter', stay, 1));
    await raw5('meter', { clean: true });
    await soon(admitted).toEqual(['gone', 'gone']);
  });

  test('is not published after DISCONNECT, except after DISCONNECT «with will»', async () => {
    const will = { topic: readings, payload: 'gone' };
    const quiet = await raw5('meter', { will });
    quiet.send(framed(0xe0));
    await soon(() => quiet.closed).toBe(true);
    const loud = await raw5('meter', { will });
    expect(admitted()).toEqual([]);
    loud.send(framed(0xe0, Buffer.from([4])));
    await soon(admitted).toEqual(['gone']);
  });
});

describe('a connection', () => {
  test('without a client id gets one, which CONNACK names', async () => {
    const raw = await raw5('meter', { clientId: '' });
    expect(raw.whole('connack')[0]?.toString('latin1')).toMatch(/forpost-[0-9a-f-]{36}/);
  });

  test.each([
    [
      'a wrong password',
      0x86,
      (user: string) =>
        framed(0x10, field('MQTT'), Buffer.from([5, 0xc2, 0, 60, 0]), field('c'), field(user), field('wrong')),
    ],
    [
      'an authentication method',
      0x8c,
      (user: string) => connect5(user, { properties: [Buffer.concat([Buffer.from([0x15]), field('SCRAM-SHA-1')])] }),
    ],
    [
      'a property twice',
      0x82,
      (user: string) => connect5(user, { properties: [receiveMaximum(3), receiveMaximum(3)] }),
    ],
    ['a property of another packet', 0x82, (user: string) => connect5(user, { properties: [topicAlias(3)] })],
    ['an unknown property', 0x81, (user: string) => connect5(user, { properties: [Buffer.from([0x7f, 1])] })],
    ['a truncated property', 0x81, (user: string) => connect5(user, { properties: [Buffer.from([0x11, 0])] })],
  ])('with %s is refused with reason code %i', async (_, code, packet) => {
    const raw = await bench.raw();
    raw.send(packet('meter'));
    await soon(() => raw.closed).toBe(true);
    expect(connacks(raw)).toEqual([[code, 0]]);
  });

  test('gets DISCONNECT with the reason when the broker stops, and when its keep-alive passes', async () => {
    const clock = new FakeClock();
    await start({ clock });
    const silent = await raw5('meter', { keepAliveS: 10 });
    clock.advance(14_999);
    silent.send(publish5(readings, 'here', 0));
    await soon(admitted).toEqual(['here']);
    clock.advance(14_999);
    expect(silent.closed).toBe(false);
    clock.advance(1);
    await soon(() => silent.closed).toBe(true);
    expect(disconnects(silent)).toEqual([0x8d]);
    expect(bench.broker.counters()).toMatchObject({ silent: 1 });
    const other = await raw5('meter');
    const stopped = bench.broker.stop();
    await soon(() => other.closed).toBe(true);
    expect(disconnects(other)).toEqual([0x8b]);
    clock.advance(1000);
    await stopped;
  });

  test.each(['5', '3.1.1'])(
    'of MQTT %s may replace its own older connection when its principal is at the limit of connections',
    async (version) => {
      await start({ limits: { maxConnectionsEach: 2 } });
      const protocolVersion = version === '5' ? 5 : 4;
      await v5('meter', { clientId: 'a', protocolVersion });
      await v5('meter', { clientId: 'b', protocolVersion });
      await expect(v5('meter', { clientId: 'c', protocolVersion })).rejects.toThrow();
      await v5('meter', { clientId: 'b', protocolVersion });
      await soon(() => bench.broker.counters().connections).toBe(2);
      expect(bench.connections.at(-1)).toBe('+meter');
    },
  );

  test('passes its keep-alive only once everything it sent is read: a connection held back by the broker is not silent', async () => {
    const clock = new FakeClock();
    await start({ clock, limits: { maxPending: 1 } });
    bench.manual = true;
    const raw = await raw5('meter', { keepAliveS: 10 });
    raw.send(publish5(readings, 'one', 1, 1), publish5(readings, 'two', 1, 2));
    await soon(admitted).toEqual(['one']);
    clock.advance(15_000);
    clock.advance(15_000);
    bench.manual = false;
    bench.admitted[0]?.commit();
    await soon(admitted).toEqual(['one', 'two']);
    await soon(() => raw.whole('puback').length).toBe(2);
    clock.advance(15_000);
    clock.advance(15_000);
    await soon(() => raw.closed).toBe(true);
  });

  test('that sends nothing after CONNECT is closed after 1.5 times its keep-alive', async () => {
    const clock = new FakeClock();
    await start({ clock });
    const raw = await raw5('meter', { keepAliveS: 10 });
    clock.advance(15_000);
    await soon(() => raw.closed).toBe(true);
    expect(disconnects(raw)).toEqual([0x8d]);
  });

  test('that takes over from an older one leaves its device reported as connected', async () => {
    for (let n = 0; n < 3; n++) await v5('meter', { clientId: 'a' });
    await soon(() => bench.broker.counters().connections).toBe(1);
    expect(bench.connections).toEqual(['+meter', '-meter', '+meter', '-meter', '+meter']);
  });
});
