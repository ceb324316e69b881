/**
 * The bytes of a client that keeps no rules, on one connection, drawn from a seed: valid and broken packets of every type (cut
 * off, prolonged, with wrong lengths, identifiers, flags and letters, or random bytes), before and after a log-in, in pieces of
 * any size.
 *
 * Always: the same seed gives the same bytes in the same pieces.
 */
import type { Random } from '../simulation/random.ts';
import { type WildPlace, wildProperties } from './wild-properties.ts';

export interface WildClient {
  readonly user: string;
  readonly password: string;
}

export interface WildConnection {
  /** its CONNECT, and the following bytes, as the pieces of successive writes */
  readonly connect: readonly Buffer[];
  readonly rest: readonly Buffer[];
  /** whether it waits for CONNACK before the rest */
  readonly waits: boolean;
  readonly ends: 'by itself' | 'cut' | 'reset' | 'half closed';
  /** whether it reads the answers */
  readonly reads: boolean;
}

const fewBytes = 300;
/** few ids, so that sessions are reused, and enough, so that not every client takes over another */
const clientIds = [...Array.from({ length: 40 }, (_, n) => `wild-${n}`), '', '__proto__', 'constructor', 'Zähler-雪'];
const texts: readonly Buffer[] = [
  ...[
    '',
    'a',
    '/',
    '//',
    '#',
    '+',
    'a/#',
    '+/+',
    'a#',
    '#/a',
    'a+',
    '$SYS/#',
    '$session',
    '__proto__',
    '\0',
    'a\0b',
    '\ufeff',
  ],
  ...[
    'forpost/#',
    'forpost/alerts/+/+',
    'forpost/devices/hostile/readings',
    'forpost/devices/hostile/#',
    'forpost/+/x',
  ],
  ...['a/'.repeat(150), 'x'.repeat(2000), '+/'.repeat(60), '雪', '🔥'],
]
  .map((text) => Buffer.from(text))
  .concat(['\xff', '\xed\xa0\x80', 'a\xe2\x82', '\xc0\xaf'].map((text) => Buffer.from(text, 'latin1')));
const rightFilters = [
  'a',
  '/',
  '#',
  '+/+',
  'a/#',
  '$SYS/#',
  'forpost/#',
  'forpost/alerts/+/+',
  'forpost/devices/hostile/#',
  '__proto__',
  '雪',
].map((text) => Buffer.from(text));
const payloads = [
  '',
  '{"values":{"power_w":5}}',
  '{"id":"1","values":{}}',
  '[',
  '{"values":{"__proto__":1}}',
  'x'.repeat(500),
];

export function wildConnection(random: Random, client: WildClient): WildConnection {
  const first: Buffer[] = [];
  const packets: Buffer[] = [];
  const logsIn = random.chance(0.9);
  const isV5 = random.chance(0.5);
  if (logsIn)
    first.push(random.chance(0.9) ? connect(random, client, isV5) : broken(random, connect(random, client, isV5)));
  for (let n = random.int(1, 12); n > 0; n--) {
    const packet = anyPacket(random, client, isV5);
    // most packets are valid, so that the broken ones meet many states
    packets.push(random.chance(0.15) ? broken(random, packet) : packet);
  }
  return {
    connect: cut(random, Buffer.concat(first)),
    rest: cut(random, Buffer.concat(packets)),
    waits: logsIn && random.chance(0.8),
    ends: random.pick(['by itself', 'by itself', 'cut', 'reset', 'half closed']),
    reads: random.chance(0.95),
  };
}

/** Weights of packet types; server-only and reserved types are rare, because they end the connection. */
const types = [
  ...Array(16).fill(3),
  ...Array(8).fill(8),
  ...[4, 4, 5, 5, 6, 6, 6, 6, 7, 7, 10, 10, 10, 10, 12, 12, 12, 14],
] as readonly number[];

function anyPacket(random: Random, client: WildClient, isV5: boolean): Buffer {
  const own = (place: WildPlace) => (isV5 ? [wildProperties(random, place)] : []);
  const type = random.chance(0.95) ? random.pick(types) : random.int(0, 15);
  switch (type) {
    case 1:
      return connect(random, client, isV5);
    case 3:
      return publish(random, own('publish'));
    case 4:
    case 5:
    case 6:
    case 7:
      return packet(random, type, type === 6 ? 2 : 0, [id(random), ...reasoned(random, isV5, 'answer')]);
    case 8:
      return packet(random, 8, 2, [id(random), ...own('subscribe'), ...filters(random, true)]);
    case 10:
      return packet(random, 10, 2, [id(random), ...own('unsubscribe'), ...filters(random, false)]);
    case 12:
      return packet(random, type, 0, []);
    case 14:
      return packet(random, type, 0, reasoned(random, isV5, 'disconnect'));
    default:
      return packet(random, type, random.int(0, 15), [bytes(random, random.int(0, 20))]);
  }
}

/** A reason code and properties, each of which may be absent. */
function reasoned(random: Random, isV5: boolean, place: WildPlace): Buffer[] {
  if (!isV5 || random.chance(0.5)) return [];
  const code = Buffer.from([random.pick([0, 0, 0x10, 0x92, 0x80, 0x97, 4, random.int(0, 255)])]);
  return random.chance(0.5) ? [code] : [code, wildProperties(random, place)];
}

function publish(random: Random, properties: readonly Buffer[]): Buffer {
  const qos = random.chance(0.98) ? random.pick([0, 1, 2]) : 3;
  const retain = random.chance(0.2) ? 1 : 0;
  const dup = random.chance(qos === 0 ? 0.02 : 0.2) ? 8 : 0;
  // without a topic an alias of MQTT 5 replaces it
  const topic = random.chance(0.05)
    ? Buffer.alloc(0)
    : random.chance(0.9)
      ? Buffer.from(`forpost/devices/hostile/${random.pick(['readings', 'events', 'x'])}`)
      : random.pick(texts);
  const payload = random.chance(0.9) ? Buffer.from(random.pick(payloads)) : bytes(random, random.int(0, fewBytes));
  return packet(random, 3, (qos << 1) | retain | dup, [
    ...[field(topic), qos > 0 ? id(random) : Buffer.alloc(0), ...properties, payload],
  ]);
}

function filters(random: Random, hasQos: boolean): Buffer[] {
  const count = random.chance(0.02) ? random.int(500, 3000) : random.int(random.chance(0.03) ? 0 : 1, 4);
  return Array.from({ length: count }, (_, n) => {
    const filter = count > 4 ? Buffer.from(`forpost/w${n}`) : random.pick(random.chance(0.9) ? rightFilters : texts);
    return Buffer.concat([
      field(filter),
      hasQos ? Buffer.from([random.chance(0.98) ? random.int(0, 2) : random.int(3, 63)]) : Buffer.alloc(0),
    ]);
  });
}

function connect(random: Random, { user, password }: WildClient, isV5: boolean): Buffer {
  const [name, level] = random.pick([
    ...Array(20).fill(['MQTT', isV5 ? 5 : 4] as const),
    ...[['MQIsdp', 3] as const, ['MQTT', 0x84] as const, ['MQTT', random.int(0, 255)] as const],
  ]) as readonly [string, number];
  const will = random.chance(0.2);
  const flags =
    0xc0 |
    (random.chance(0.5) ? 2 : 0) |
    (will ? 4 | (random.pick([0, 0, 1, 1, 2, 3]) << 3) : 0) |
    (will && random.chance(0.3) ? 0x20 : 0);
  const properties = level === 5 ? [wildProperties(random, 'connect')] : [];
  return packet(random, 1, 0, [
    field(Buffer.from(name)),
    Buffer.from([level, random.chance(0.95) ? flags : random.int(0, 255), 0, random.pick([0, 1, 60, 255])]),
    ...properties,
    field(random.chance(0.9) ? Buffer.from(random.pick(clientIds)) : random.pick(texts)),
    ...(will
      ? [
          ...(level === 5 ? [wildProperties(random, 'will')] : []),
          field(random.chance(0.6) ? Buffer.from('forpost/devices/hostile/events') : random.pick(texts)),
          field(Buffer.from(random.pick(payloads))),
        ]
      : []),
    field(Buffer.from(user)),
    field(Buffer.from(password)),
  ]);
}

function id(random: Random): Buffer {
  const value = random.chance(0.02) ? 0 : random.pick([1, 1, 2, 3, 65_535, random.int(1, 65_535)]);
  return Buffer.from([value >> 8, value & 255]);
}

function field(content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([content.length >> 8, content.length & 255]), content]);
}

function bytes(random: Random, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, () => random.int(0, 255)));
}

function packet(random: Random, type: number, flags: number, body: readonly Buffer[]): Buffer {
  const content = Buffer.concat(body);
  const wrongFlags = random.chance(0.02) ? random.int(0, 15) : flags;
  const length = random.chance(0.02) ? Math.max(0, content.length + random.int(-4, 4)) : content.length;
  return Buffer.concat([Buffer.from([(type << 4) | wrongFlags, ...remainingLength(random, length)]), content]);
}

function remainingLength(random: Random, length: number): number[] {
  const digits: number[] = [];
  let left = length;
  do {
    digits.push(left % 128);
    left = Math.floor(left / 128);
  } while (left > 0);
  // with more bytes than necessary, or than allowed
  if (random.chance(0.01)) digits.push(...Array(random.int(1, 4)).fill(0));
  return digits.map((digit, n) => (n < digits.length - 1 ? digit | 0x80 : digit));
}

function broken(random: Random, whole: Buffer): Buffer {
  const copy = Buffer.from(whole);
  switch (random.int(0, 5)) {
    case 0:
      return copy.subarray(0, random.int(0, copy.length));
    case 1:
      return Buffer.concat([copy, bytes(random, random.int(1, 30))]);
    case 2:
      return bytes(random, random.int(1, fewBytes));
    case 3:
      copy[0] = random.int(0, 255);
      return copy;
    default:
      for (let n = random.int(1, 4); n > 0; n--) {
        const at = random.int(0, copy.length - 1);
        copy[at] = random.chance(0.5)
          ? (copy[at] ?? 0) ^ (1 << random.int(0, 7))
          : random.pick([0, 1, 0x7f, 0x80, 0xff]);
      }
      return copy;
  }
}

function cut(random: Random, all: Buffer): Buffer[] {
  if (random.chance(0.4)) return [all];
  const longest = random.pick([1, 7, 64, 1000]);
  const pieces: Buffer[] = [];
  for (let at = 0; at < all.length; ) {
    const end = Math.min(all.length, at + random.int(1, Math.max(longest, Math.ceil(all.length / 20))));
    pieces.push(all.subarray(at, end));
    at = end;
  }
  return pieces;
}
