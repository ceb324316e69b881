/** Malformed packets of a client that is logged in: sections 2, 3 and 4.7 of both versions. */
import { a, Group } from '../case.ts';
import type { Step } from '../steps.ts';
import { bytes, field, frame, properties, u16, type Version } from '../wire.ts';
import { badTexts } from './texts.ts';

const headers = new Group('fixed header');
const publishes = new Group('PUBLISH, malformed');
const subscribes = new Group('SUBSCRIBE and UNSUBSCRIBE, malformed');
const acks = new Group('acknowledgements, malformed');

/** An empty list of properties in 5.0; nothing in 3.1.1. */
const none = (version: Version) => (version === '5.0' ? properties() : Buffer.alloc(0));

type Message = (version: Version, topic: string) => Buffer;

/** @param topic one that the client may use */
function ends(packet: Buffer | Message, topic = ''): readonly Step[] {
  return [
    a.connect(),
    a.send((session) => (typeof packet === 'function' ? packet(session.version, topic) : packet)),
    a.closed(),
  ];
}

// fixed header
const subscribe = (first: number) => (version: Version, x: string) =>
  frame(first, u16(1), none(version), field(x), bytes(0));
const unsubscribe = (first: number) => (version: Version, x: string) => frame(first, u16(1), none(version), field(x));
const flagged: readonly (readonly [string, number, readonly number[], string, string])[] = [
  ['SUBSCRIBE', 0x80, [0, 1, 3, 6, 10, 15], '3.8.1-1', '3.8.1-1'],
  ['UNSUBSCRIBE', 0xa0, [0, 1, 3, 6, 10, 15], '3.10.1-1', '3.10.1-1'],
  ['PUBREL', 0x60, [0, 1, 3, 15], '3.6.1-1', '3.6.1-1'],
  ['PUBACK', 0x40, [1, 2, 8], '2.2.2-2', '2.1.3-1'],
  ['PUBREC', 0x50, [1, 2, 8], '2.2.2-2', '2.1.3-1'],
  ['PUBCOMP', 0x70, [1, 2, 8], '2.2.2-2', '2.1.3-1'],
  ['PINGREQ', 0xc0, [1, 2, 4, 8], '2.2.2-2', '2.1.3-1'],
  ['DISCONNECT', 0xe0, [1, 2, 4, 8], '3.14.1-1', '3.14.1-1'],
];
for (const [name, first, flags, three, five] of flagged)
  for (const flag of flags) {
    const packet = {
      SUBSCRIBE: subscribe(first | flag),
      UNSUBSCRIBE: unsubscribe(first | flag),
      PINGREQ: frame(first | flag),
      DISCONNECT: frame(first | flag),
    }[name];
    headers.both(three, five, `${name} with flags ${flag} ends the connection`, (t) =>
      ends(packet ?? frame(first | flag, u16(1)), t.topic('x')),
    );
  }
for (const flag of [1, 2, 8])
  headers.v5('3.15.1-1', `AUTH with flags ${flag} ends the connection`, () => ends(frame(0xf0 | flag)));
const ofServers: readonly (readonly [string, Buffer])[] = [
  ['CONNACK', frame(0x20, bytes(0, 0))],
  ['SUBACK', frame(0x90, u16(1), bytes(0))],
  ['UNSUBACK', frame(0xb0, u16(1))],
  ['PINGRESP', frame(0xd0)],
];
for (const [name, packet] of ofServers)
  headers.both('4.8.0-1', '4.13.1-1', `${name}, which only a server sends, ends the connection`, () => ends(packet));
headers.both('4.8.0-1', '4.13.1-1', 'the reserved packet type 0 ends the connection', () => ends(frame(0x00)));
headers.v3('4.8.0-1', 'the reserved packet type 15 ends the connection', () => ends(frame(0xf0)));
headers.both('4.8.0-1', '4.13.1-1', 'a remaining length of five bytes ends the connection', () =>
  ends(bytes(0xc0, 0x80, 0x80, 0x80, 0x80, 0x01)),
);
headers.both('4.8.0-1', '4.13.1-1', 'PINGREQ with a body ends the connection', () => ends(frame(0xc0, bytes(0))));
headers.v3('3.14.1-1', 'DISCONNECT with a body ends the connection', () => ends(frame(0xe0, bytes(0))));

// PUBLISH
type Malformed = readonly [what: string, three: string, five: string, packet: Message];
const topic = (text: string | Buffer) => field(text);
const payload = Buffer.from('x');
const malformedPublishes: readonly Malformed[] = [
  ['of QoS 3', '3.3.1-4', '3.3.1-4', (v, x) => frame(0x36, topic(x), u16(1), none(v), payload)],
  ['of QoS 3 with DUP', '3.3.1-4', '3.3.1-4', (v, x) => frame(0x3e, topic(x), u16(1), none(v), payload)],
  ['of QoS 0 with DUP', '3.3.1-2', '3.3.1-2', (v, x) => frame(0x38, topic(x), none(v), payload)],
  [
    'of QoS 1 with packet identifier 0',
    '2.3.1-1',
    '2.2.1-3',
    (v, x) => frame(0x32, topic(x), u16(0), none(v), payload),
  ],
  [
    'of QoS 2 with packet identifier 0',
    '2.3.1-1',
    '2.2.1-3',
    (v, x) => frame(0x34, topic(x), u16(0), none(v), payload),
  ],
  ['of QoS 1 without a packet identifier', '2.3.1-1', '2.2.1-3', (_v, x) => frame(0x32, topic(x))],
  ['of QoS 2 without a packet identifier', '2.3.1-1', '2.2.1-3', (_v, x) => frame(0x34, topic(x))],
  ['of QoS 1 with half a packet identifier', '2.3.1-1', '2.2.1-3', (_v, x) => frame(0x32, topic(x), bytes(1))],
  ['without a body', '3.3.2-1', '3.3.2-1', () => frame(0x30)],
  ['with half a topic length', '3.3.2-1', '3.3.2-1', () => frame(0x30, bytes(0))],
  ['with a topic that is longer than the packet', '3.3.2-1', '3.3.2-1', () => frame(0x30, u16(9), Buffer.from('abc'))],
  ['with an empty topic', '4.7.3-1', '4.7.3-1', (v) => frame(0x30, topic(''), none(v), payload)],
  ['of QoS 1 with an empty topic', '4.7.3-1', '4.7.3-1', (v) => frame(0x32, topic(''), u16(1), none(v), payload)],
  ['to +', '3.3.2-2', '3.3.2-2', (v, x) => frame(0x30, topic(`${x}/+`), none(v), payload)],
  ['to #', '3.3.2-2', '3.3.2-2', (v, x) => frame(0x30, topic(`${x}/#`), none(v), payload)],
  ['to a/+/b', '3.3.2-2', '3.3.2-2', (v, x) => frame(0x30, topic(`${x}/a/+/b`), none(v), payload)],
  ['to a/#', '3.3.2-2', '3.3.2-2', (v, x) => frame(0x30, topic(`${x}/a/#`), none(v), payload)],
  ['of QoS 1 to a/b+', '3.3.2-2', '3.3.2-2', (v, x) => frame(0x32, topic(`${x}/a/b+`), u16(1), none(v), payload)],
  ...badTexts.map(
    ({ what, bytes: text, three, five }): Malformed => [
      `with ${what} in its topic`,
      three,
      five,
      (v, x) => frame(0x30, topic(Buffer.concat([Buffer.from(`${x}/`), text])), none(v), payload),
    ],
  ),
];
for (const [what, three, five, packet] of malformedPublishes)
  publishes.both(three, five, `PUBLISH ${what} ends the connection`, (t) => ends(packet, t.topic('x')));

// SUBSCRIBE and UNSUBSCRIBE
const malformedSubscribes: readonly Malformed[] = [
  ['without a body', '2.3.1-1', '2.2.1-3', () => frame(0x82)],
  ['with half a packet identifier', '2.3.1-1', '2.2.1-3', () => frame(0x82, bytes(1))],
  ['with packet identifier 0', '2.3.1-1', '2.2.1-3', (v, x) => frame(0x82, u16(0), none(v), topic(x), bytes(0))],
  ['without a filter', '3.8.3-3', '3.8.3-2', (v) => frame(0x82, u16(1), none(v))],
  ['of a filter without options', '3.8.3-4', '3.8.3-5', (v, x) => frame(0x82, u16(1), none(v), topic(x))],
  ['of a filter that is cut off', '3.8.3-1', '3.8.3-1', (v) => frame(0x82, u16(1), none(v), u16(9), Buffer.from('a'))],
  ['of QoS 3', '3.8.3-4', '3.8.3-5', (v, x) => frame(0x82, u16(1), none(v), topic(x), bytes(3))],
  [
    'with the highest reserved bit',
    '3.8.3-4',
    '3.8.3-5',
    (v, x) => frame(0x82, u16(1), none(v), topic(x), bytes(0x80)),
  ],
  ['with the reserved bit 6', '3.8.3-4', '3.8.3-5', (v, x) => frame(0x82, u16(1), none(v), topic(x), bytes(0x40))],
  [
    'of a correct filter and one of QoS 3',
    '3.8.3-4',
    '3.8.3-5',
    (v, x) => frame(0x82, u16(1), none(v), topic(x), bytes(0), topic(`${x}/c`), bytes(3)),
  ],
  [
    'with a surplus byte at its end',
    '3.8.3-4',
    '3.8.3-1',
    (v, x) => frame(0x82, u16(1), none(v), topic(x), bytes(0), bytes(0)),
  ],
  ...badTexts.map(
    ({ what, bytes: text, three, five }): Malformed => [
      `with ${what} in a filter`,
      three,
      five,
      (v, x) => frame(0x82, u16(1), none(v), topic(Buffer.concat([Buffer.from(`${x}/`), text])), bytes(0)),
    ],
  ),
];
for (const [what, three, five, packet] of malformedSubscribes)
  subscribes.both(three, five, `SUBSCRIBE ${what} ends the connection`, (t) => ends(packet, t.topic('x')));
for (const bit of [4, 8, 16, 32])
  subscribes.v3('3.8.3-4', `SUBSCRIBE with the reserved bit ${bit} ends the connection`, (t) =>
    ends((_v, x) => frame(0x82, u16(1), topic(x), bytes(bit)), t.topic('x')),
  );

// malformed filters: SUBACK refuses them, or the connection ends
const wrongFilters: readonly (readonly [string, string, string])[] = [
  ...['a/#/b', '#/a', 'a#', 'a/b#', '##', '#/'].map((filter) => [filter, '4.7.1-2', '4.7.1-1'] as const),
  ...['a+', '+a', 'a/+b', 'a/b+/c', '++', '+a/#'].map((filter) => [filter, '4.7.1-3', '4.7.1-2'] as const),
  ['', '4.7.3-1', '4.7.3-1'],
];
for (const [filter, three, five] of wrongFilters)
  subscribes.both(three, five, `SUBSCRIBE to «${filter}» is refused`, (t) => [
    a.connect(),
    a.sendSubscribe(7, [[filter === '' ? '' : t.topic(filter), 0]]),
    a.closedOr('suback', ({ id, codes = [] }) => id === 7 && codes.length === 1 && (codes[0] ?? 0) >= 0x80),
  ]);

const malformedUnsubscribes: readonly Malformed[] = [
  ['without a body', '2.3.1-1', '2.2.1-3', () => frame(0xa2)],
  ['with packet identifier 0', '2.3.1-1', '2.2.1-3', (v, x) => frame(0xa2, u16(0), none(v), topic(x))],
  ['without a filter', '3.10.3-2', '3.10.3-2', (v) => frame(0xa2, u16(1), none(v))],
  ['of a filter that is cut off', '3.10.3-1', '3.10.3-1', (v) => frame(0xa2, u16(1), none(v), u16(9), payload)],
  [
    'with a surplus byte at its end',
    '3.10.3-1',
    '3.10.3-1',
    (v, x) => frame(0xa2, u16(1), none(v), topic(x), bytes(0)),
  ],
  ...badTexts.map(
    ({ what, bytes: text, three, five }): Malformed => [
      `with ${what} in a filter`,
      three,
      five,
      (v) => frame(0xa2, u16(1), none(v), topic(text)),
    ],
  ),
];
for (const [what, three, five, packet] of malformedUnsubscribes)
  subscribes.both(three, five, `UNSUBSCRIBE ${what} ends the connection`, (t) => ends(packet, t.topic('x')));

// acknowledgements
for (const [name, first] of [
  ['PUBACK', 0x40],
  ['PUBREC', 0x50],
  ['PUBREL', 0x62],
  ['PUBCOMP', 0x70],
] as const) {
  acks.both('2.3.1-6', '2.2.1-5', `${name} without a packet identifier ends the connection`, () => ends(frame(first)));
  acks.both('2.3.1-6', '2.2.1-5', `${name} with half a packet identifier ends the connection`, () =>
    ends(frame(first, bytes(1))),
  );
  acks.both('2.3.1-6', '2.2.1-5', `${name} with packet identifier 0 ends the connection`, () =>
    ends(frame(first, u16(0))),
  );
  acks.v3('4.8.0-1', `${name} with a byte behind its packet identifier ends the connection`, () =>
    ends(frame(first, u16(1), bytes(0))),
  );
}

export const malformedCases = [headers, publishes, subscribes, acks].flatMap(({ cases }) => cases);
