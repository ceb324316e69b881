import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  Bench,
  connectPacket,
  field,
  framed,
  password,
  pingPacket,
  publishPacket,
  subscribePacket,
} from './testing/broker.ts';

let bench: Bench;

beforeAll(async () => {
  bench = new Bench();
  await bench.broker.start();
});

afterAll(() => bench.stop());

const soon = <T>(what: () => T) => expect.poll(what, { timeout: 10_000, interval: 5 });

const readings = 'forpost/devices/meter/readings';
const bytes = (...values: number[]) => Buffer.from(values);
const id = (value: number) => bytes(value >> 8, value & 255);
const raw = (text: string) => Buffer.concat([id(text.length), Buffer.from(text, 'latin1')]);
const topic = (text = readings) => field(text);

const badTexts: readonly (readonly [string, string, string])[] = [
  ['U+0000', 'a\0b', 'MQTT-1.5.3-2'],
  ['U+0000 alone', '\0', 'MQTT-1.5.3-2'],
  ['a surrogate', 'a\xed\xa0\x80b', 'MQTT-1.5.3-1'],
  ['a pair of surrogates', '\xed\xa0\xbd\xed\xb8\x80', 'MQTT-1.5.3-1'],
  ['a byte that begins no character', 'a\xff', 'MQTT-1.5.3-1'],
  ['a truncated character', 'a\xe2\x82', 'MQTT-1.5.3-1'],
  ['an overlong encoding', '\xc0\xaf', 'MQTT-1.5.3-1'],
  ['a character beyond U+10FFFF', '\xf4\x90\x80\x80', 'MQTT-1.5.3-1'],
];

/** [violation, number of the normative statement, packet] */
type Case = readonly [string, string, Buffer];

const publish: readonly Case[] = [
  ['QoS 1 without a packet identifier', 'MQTT-2.3.1-1', framed(0x32, topic())],
  ['QoS 1 with half a packet identifier', 'MQTT-2.3.1-1', framed(0x32, topic(), bytes(1))],
  ['QoS 1 with packet identifier 0', 'MQTT-2.3.1-1', framed(0x32, topic(), id(0), Buffer.from('x'))],
  ['QoS 2 without a packet identifier', 'MQTT-2.3.1-1', framed(0x34, topic())],
  ['QoS 2 with packet identifier 0', 'MQTT-2.3.1-1', framed(0x34, topic(), id(0))],
  ['QoS 3', 'MQTT-3.3.1-4', framed(0x36, topic(), id(1))],
  ['DUP with QoS 0', 'MQTT-3.3.1-2', framed(0x38, topic())],
  ['nothing in it', 'MQTT-3.3.2-1', framed(0x30)],
  ['half a topic length', 'MQTT-3.3.2-1', framed(0x30, bytes(0))],
  ['a topic longer than the packet', 'MQTT-3.3.2-1', framed(0x30, bytes(0, 9), Buffer.from('abc'))],
  ['an empty topic', 'MQTT-4.7.3-1', framed(0x30, topic(''), Buffer.from('x'))],
  ['an empty topic, QoS 1', 'MQTT-4.7.3-1', framed(0x32, topic(''), id(1))],
  ['«+» in the topic', 'MQTT-3.3.2-2', framed(0x30, topic('forpost/devices/+/readings'))],
  ['«#» in the topic', 'MQTT-3.3.2-2', framed(0x30, topic('forpost/devices/meter/#'))],
  ['a wildcard within a level of the topic', 'MQTT-3.3.2-2', framed(0x30, topic('forpost/devices/me+er/x'))],
  ...badTexts.map(([what, text, statement]): Case => [`${what} in the topic`, statement, framed(0x30, raw(text))]),
];

const subscribe: readonly Case[] = [
  ['nothing in it', 'MQTT-2.3.1-1', framed(0x82)],
  ['half a packet identifier', 'MQTT-2.3.1-1', framed(0x82, bytes(1))],
  ['packet identifier 0', 'MQTT-2.3.1-1', framed(0x82, id(0), topic('a'), bytes(0))],
  ['no filter', 'MQTT-3.8.3-3', framed(0x82, id(1))],
  ['an empty filter', 'MQTT-4.7.3-1', framed(0x82, id(1), topic(''), bytes(0))],
  ['a filter without a QoS', 'MQTT-3.8.3-4', framed(0x82, id(1), topic('a'))],
  ['a truncated filter', 'MQTT-3.8.3-1', framed(0x82, id(1), bytes(0, 9), Buffer.from('abc'))],
  ['a requested QoS 3', 'MQTT-3.8.3-4', framed(0x82, id(1), topic('a'), bytes(3))],
  ['reserved bits beside the QoS', 'MQTT-3.8.3-4', framed(0x82, id(1), topic('a'), bytes(4))],
  ['the highest reserved bit beside the QoS', 'MQTT-3.8.3-4', framed(0x82, id(1), topic('a'), bytes(0x81))],
  [
    'a valid filter and an invalid one',
    'MQTT-3.8.3-4',
    framed(0x82, id(1), topic('a'), bytes(0), topic('b'), bytes(7)),
  ],
  ['flags 0', 'MQTT-3.8.1-1', framed(0x80, id(1), topic('a'), bytes(0))],
  ['flags 15', 'MQTT-3.8.1-1', framed(0x8f, id(1), topic('a'), bytes(0))],
  ['a byte after the last filter', 'MQTT-3.8.3-1', framed(0x82, id(1), topic('a'), bytes(0), bytes(0))],
  ...['a#', '#/a', 'a/#/b', 'a/b#'].map(
    (filter): Case => [`the filter ${filter}`, 'MQTT-4.7.1-2', framed(0x82, id(1), topic(filter), bytes(0))],
  ),
  ...['a+', '+a', 'a/+b/c', '++', '+a/#'].map(
    (filter): Case => [`the filter ${filter}`, 'MQTT-4.7.1-3', framed(0x82, id(1), topic(filter), bytes(0))],
  ),
  ...badTexts.map(
    ([what, text, statement]): Case => [`${what} in a filter`, statement, framed(0x82, id(1), raw(text), bytes(0))],
  ),
];

const unsubscribe: readonly Case[] = [
  ['nothing in it', 'MQTT-2.3.1-1', framed(0xa2)],
  ['packet identifier 0', 'MQTT-2.3.1-1', framed(0xa2, id(0), topic('a'))],
  ['no filter', 'MQTT-3.10.3-2', framed(0xa2, id(1))],
  ['an empty filter', 'MQTT-4.7.3-1', framed(0xa2, id(1), topic(''))],
  ['a truncated filter', 'MQTT-3.10.3-1', framed(0xa2, id(1), bytes(0, 9), Buffer.from('abc'))],
  ['a byte after the last filter', 'MQTT-3.10.3-1', framed(0xa2, id(1), topic('a'), bytes(0))],
  ['flags 0', 'MQTT-3.10.1-1', framed(0xa0, id(1), topic('a'))],
  ['a wildcard in the wrong place', 'MQTT-4.7.1-2', framed(0xa2, id(1), topic('a#'))],
  ...badTexts.map(
    ([what, text, statement]): Case => [`${what} in a filter`, statement, framed(0xa2, id(1), raw(text))],
  ),
];

const acknowledgements: readonly Case[] = (
  [
    ['PUBACK', 0x40],
    ['PUBREC', 0x50],
    ['PUBREL', 0x62],
    ['PUBCOMP', 0x70],
  ] as const
).flatMap(([name, first]): Case[] => [
  [`${name} without a packet identifier`, 'MQTT-2.3.1-1', framed(first)],
  [`${name} with half a packet identifier`, 'MQTT-2.3.1-1', framed(first, bytes(1))],
  [`${name} with packet identifier 0`, 'MQTT-2.3.1-1', framed(first, id(0))],
  [`${name} with bytes after it`, 'MQTT-2.3.1-1', framed(first, id(1), bytes(0))],
  [`${name} with wrong flags`, 'MQTT-2.2.2-2', framed(first ^ 0x01, id(1))],
]);

const others: readonly Case[] = [
  ['PUBREL with flags 0', 'MQTT-3.6.1-1', framed(0x60, id(1))],
  ['PINGREQ with a body', 'MQTT-2.2.2-2', framed(0xc0, bytes(0))],
  ['PINGREQ with flags', 'MQTT-2.2.2-2', framed(0xc1)],
  ['DISCONNECT with a body', 'MQTT-3.14.1-1', framed(0xe0, bytes(0))],
  ['DISCONNECT with flags', 'MQTT-3.14.1-1', framed(0xe1)],
  ['a second CONNECT', 'MQTT-3.1.0-2', connectPacket('meter')],
  ['CONNACK, which only a server sends', 'MQTT-3.2.0-1', framed(0x20, bytes(0, 0))],
  ['SUBACK, which only a server sends', 'MQTT-3.8.4-1', framed(0x90, id(1), bytes(0))],
  ['UNSUBACK, which only a server sends', 'MQTT-3.10.4-4', framed(0xb0, id(1))],
  ['PINGRESP, which only a server sends', 'MQTT-3.12.4-1', framed(0xd0)],
  ['the reserved packet type 0', 'MQTT-2.2.1', framed(0x00)],
  ['the reserved packet type 15', 'MQTT-2.2.1', framed(0xf0)],
  ['a remaining length of 5 bytes', 'MQTT-2.2.3', bytes(0xc0, 0x80, 0x80, 0x80, 0x80, 0x00)],
  ['a remaining length that is not in its shortest form', 'MQTT-2.2.3', bytes(0xc0, 0x80, 0x00)],
];

interface Connect {
  readonly name?: string;
  readonly level?: number;
  readonly flags?: number;
  readonly rest?: readonly Buffer[];
}

const userAndPassword = [field('meter'), field(password)];

/** A valid CONNECT with the given changes. */
function connect({ name = 'MQTT', level = 4, flags = 0xc2, rest = [field('c'), ...userAndPassword] }: Connect): Buffer {
  return framed(0x10, field(name), bytes(level, flags, 0, 60), ...rest);
}

const whole = connect({});

const connects: readonly Case[] = [
  ['nothing in it', 'MQTT-3.1.2-1', framed(0x10)],
  ['an unknown protocol name', 'MQTT-3.1.2-1', connect({ name: 'MQTt' })],
  ['a protocol name of 60 kB', 'MQTT-3.1.2-1', connect({ name: 'M'.repeat(60_000) })],
  ['flags in the fixed header', 'MQTT-2.2.2-2', Buffer.concat([bytes(0x11), whole.subarray(1)])],
  ['the reserved connect flag', 'MQTT-3.1.2-3', connect({ flags: 0xc3 })],
  [
    'will QoS 3',
    'MQTT-3.1.2-14',
    connect({ flags: 0xde, rest: [field('c'), topic(), field('w'), ...userAndPassword] }),
  ],
  ['a will QoS without a will', 'MQTT-3.1.2-13', connect({ flags: 0xca })],
  ['will retain without a will', 'MQTT-3.1.2-15', connect({ flags: 0xe2 })],
  ['a password without a user name', 'MQTT-3.1.2-22', connect({ flags: 0x42, rest: [field('c'), field(password)] })],
  ['no client id', 'MQTT-3.1.3-3', connect({ rest: [] })],
  ['no will message', 'MQTT-3.1.2-9', connect({ flags: 0xc6, rest: [field('c'), topic()] })],
  [
    'an empty will topic',
    'MQTT-4.7.3-1',
    connect({ flags: 0xc6, rest: [field('c'), field(''), field('w'), ...userAndPassword] }),
  ],
  [
    'a wildcard in the will topic',
    'MQTT-3.3.2-2',
    connect({ flags: 0xc6, rest: [field('c'), field('a/#'), field('w'), ...userAndPassword] }),
  ],
  ['no user name although the flags announce one', 'MQTT-3.1.2-19', connect({ rest: [field('c')] })],
  ['no password although the flags announce one', 'MQTT-3.1.2-21', connect({ rest: [field('c'), field('meter')] })],
  ['a user name that the flags do not announce', 'MQTT-3.1.2-18', connect({ flags: 0x02 })],
  ['a password that the flags do not announce', 'MQTT-3.1.2-20', connect({ flags: 0x82 })],
  ['bytes after the password', 'MQTT-3.1.3-1', connect({ rest: [field('c'), ...userAndPassword, bytes(0)] })],
  ...badTexts.flatMap(([what, text, statement]): Case[] => [
    [`${what} in the client id`, statement, connect({ rest: [raw(text), ...userAndPassword] })],
    [`${what} in the user name`, statement, connect({ rest: [field('c'), raw(text), field(password)] })],
    [
      `${what} in the will topic`,
      statement,
      connect({ flags: 0xc6, rest: [field('c'), raw(text), field('w'), ...userAndPassword] }),
    ],
  ]),
  ['PUBLISH before CONNECT', 'MQTT-3.1.0-1', publishPacket(readings, 'x', 0)],
  ['PINGREQ before CONNECT', 'MQTT-3.1.0-1', pingPacket],
  ['SUBSCRIBE before CONNECT', 'MQTT-3.1.0-1', subscribePacket(1, 'a', 0)],
  ['DISCONNECT before CONNECT', 'MQTT-3.1.0-1', bytes(0xe0, 0)],
];

/** Expects that the packet ends its connection, is counted and has no effect. */
async function endsConnection(packet: Buffer, isLoggedIn: boolean): Promise<void> {
  const before = bench.broker.counters().malformed;
  bench.admitted.length = 0;
  const client = await bench.raw();
  if (isLoggedIn) {
    client.send(connectPacket('meter'));
    await soon(() => client.packets()).toEqual([['connack', 0]]);
  }
  client.send(packet);
  await soon(() => client.closed).toBe(true);
  expect(bench.broker.counters().malformed).toBe(before + 1);
  expect(client.packets().length).toBe(isLoggedIn ? 1 : 0);
  expect(bench.admitted).toEqual([]);
}

const title = '%s ends the connection [%s]';

describe('PUBLISH:', () => test.each(publish)(title, (_what, _statement, packet) => endsConnection(packet, true)));
describe('SUBSCRIBE:', () => test.each(subscribe)(title, (_what, _statement, packet) => endsConnection(packet, true)));
describe('UNSUBSCRIBE:', () =>
  test.each(unsubscribe)(title, (_what, _statement, packet) => endsConnection(packet, true)));
describe('acknowledgements:', () =>
  test.each(acknowledgements)(title, (_what, _statement, packet) => endsConnection(packet, true)));
describe('other packets:', () => test.each(others)(title, (_what, _statement, packet) => endsConnection(packet, true)));
describe('CONNECT:', () => test.each(connects)(title, (_what, _statement, packet) => endsConnection(packet, false)));

describe('valid packets:', () => {
  const right: readonly (readonly [string, Buffer])[] = [
    ['a client of MQTT 3.1.1', whole],
    ['a client of MQTT 3.1', connect({ name: 'MQIsdp', level: 3 })],
    ['a bridge with the bridge bit in its protocol level', connect({ level: 0x84 })],
    ['an empty client id with a clean session [MQTT-3.1.3-6]', connect({ rest: [field(''), ...userAndPassword] })],
    [
      'a client id with non-ASCII characters [MQTT-1.5.3-1]',
      connect({ rest: [field('Zähler-雪-🔥'), ...userAndPassword] }),
    ],
    ['a byte order mark in a client id [MQTT-1.5.3-3]', connect({ rest: [field('\ufeffc'), ...userAndPassword] })],
    [
      'an empty will [MQTT-3.1.3-11]',
      connect({ flags: 0xce, rest: [field('c'), topic(), field(''), ...userAndPassword] }),
    ],
  ];
  test.each(right)('%s is accepted', async (_what, packet) => {
    const client = await bench.raw();
    client.send(packet, pingPacket);
    await soon(() => client.packets()).toEqual([
      ['connack', 0],
      ['pingresp', 0],
    ]);
    client.socket.destroy();
  });

  test('a client of MQTT 3.1 may set DUP in PUBREL, SUBSCRIBE and UNSUBSCRIBE', async () => {
    const client = await bench.raw();
    client.send(connect({ name: 'MQIsdp', level: 3 }));
    client.send(publishPacket(readings, 'x', 2, 7));
    client.send(framed(0x6a, id(7)), framed(0x8a, id(8), topic('forpost/devices/meter/commands'), bytes(1)));
    await soon(() =>
      client
        .packets()
        .map(([name]) => name)
        .sort(),
    ).toEqual(['connack', 'pubcomp', 'pubrec', 'suback']);
    client.socket.destroy();
  });

  const refused: readonly (readonly [string, number, Buffer])[] = [
    ['protocol level 0', 1, connect({ level: 0 })],
    ['protocol level 6', 1, connect({ level: 6 })],
    ['level 3 with the protocol name of level 4', 1, connect({ level: 3 })],
    ['no client id for a persistent session', 2, connect({ flags: 0xc0, rest: [field(''), ...userAndPassword] })],
    ['no client id of MQTT 3.1', 2, connect({ name: 'MQIsdp', level: 3, rest: [field(''), ...userAndPassword] })],
  ];
  test.each(refused)('%s is refused with return code %i [MQTT-3.1.2-2]', async (_what, code, packet) => {
    const client = await bench.raw();
    client.send(packet);
    await soon(() => client.closed).toBe(true);
    expect(client.packets()).toEqual([['connack', code]]);
  });
});
