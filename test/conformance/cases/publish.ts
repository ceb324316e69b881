/** PUBLISH and the three qualities of service: sections 3.3 to 3.7 and 4.3 to 4.6. */
import { a, b, c, Group } from '../case.ts';
import type { Step } from '../steps.ts';
import { ackPacket, publishPacket } from '../wire.ts';
import { staying } from './shared.ts';

const group = new Group('PUBLISH and QoS');
export const publishCases = group.cases;

const whole = Buffer.from(Array.from({ length: 256 }, (_, value) => value));

// every QoS to every QoS
for (const published of [0, 1, 2])
  for (const granted of [0, 1, 2]) {
    const qos = Math.min(published, granted);
    group.both(
      '3.8.4-6',
      '3.8.4-8',
      `QoS ${published} reaches a subscription of QoS ${granted} with QoS ${qos}`,
      (t) => [
        a.connect(),
        a.subscribe(t.topic('x'), granted),
        b.connect(),
        b.publish(t.topic('x'), { qos: published, id: 9, payload: 'hello' }),
        a.expect('publish', { topic: t.topic('x'), payload: 'hello', qos, dup: false, retain: false }),
        ...(qos === 0 ? [] : [a.acknowledge()]),
        a.quiet(),
      ],
    );
  }

// answers
group.both('3.3.4-1', '3.3.4-1', 'a publish of QoS 0 is not answered', (t) => [
  a.connect(),
  a.sendPublish({ topic: t.topic('x') }),
  a.quiet(),
]);
for (const id of [1, 2, 255, 256, 65_535]) {
  group.both('2.3.1-6', '2.2.1-5', `PUBACK names packet identifier ${id}`, (t) => [
    a.connect(),
    a.sendPublish({ topic: t.topic('x'), qos: 1, id }),
    a.expect('puback', { id }),
    a.quiet(),
  ]);
  group.both('2.3.1-6', '2.2.1-5', `PUBREC and PUBCOMP name packet identifier ${id}`, (t) => [
    a.connect(),
    a.sendPublish({ topic: t.topic('x'), qos: 2, id }),
    a.expect('pubrec', { id }),
    a.send(ackPacket('pubrel', id)),
    a.expect('pubcomp', { id }),
    a.quiet(),
  ]);
}
group.both('4.3.3-2', '4.3.3-11', 'PUBREL of a packet identifier that is not in use is answered with PUBCOMP', () => [
  a.connect(),
  a.send(ackPacket('pubrel', 77)),
  a.expect('pubcomp', { id: 77 }),
  a.quiet(),
]);
for (const name of ['puback', 'pubcomp'] as const)
  group.both(
    '4.3.2-1',
    '4.3.2-3',
    `${name.toUpperCase()} of a packet identifier that is not in use leaves the connection open`,
    () => [a.connect(), a.send(ackPacket(name, 77)), a.quiet()],
  );

// payloads
for (const [what, payload] of [
  ['an empty payload', ''],
  ['a payload of all 256 bytes', whole],
  ['a payload of 100 kB', Buffer.alloc(100_000, 0x41)],
  ['a payload that is no UTF-8', Buffer.from('\xff\xfe\xed\xa0\x80', 'latin1')],
] as const)
  group.both('4.3.2-2', '4.3.2-4', `${what} arrives as it was sent`, (t) => [
    a.connect(),
    a.subscribe(t.topic('x'), 1),
    b.connect(),
    b.publish(t.topic('x'), { qos: 1, payload }),
    a.expect('publish', { payload: Buffer.from(payload).toString('latin1') }),
    a.acknowledge(),
    a.quiet(),
  ]);
for (const length of [1, 127, 128, 16_383, 16_384])
  group.both('2.2.2-2', '2.1.3-1', `a payload of ${length} bytes arrives, at a limit of the remaining length`, (t) => [
    a.connect(),
    a.subscribe(t.topic('x'), 0),
    a.sendPublish({ topic: t.topic('x'), payload: Buffer.alloc(length, 0x42) }),
    a.expect('publish', { payload: 'B'.repeat(length) }),
    a.quiet(),
  ]);

// duplicates
for (const qos of [1, 2])
  group.both('3.3.1-3', '3.3.1-3', `the DUP flag of a QoS ${qos} publish is not passed on to subscribers`, (t) => [
    a.connect(),
    a.subscribe(t.topic('x'), qos),
    b.connect(),
    b.publish(t.topic('x'), { qos, id: 4, dup: true }),
    a.expect('publish', { dup: false, qos }),
    a.acknowledge(),
    a.quiet(),
  ]);
const twice = (t: { topic: (name: string) => string }, dup: boolean): readonly Step[] => [
  b.sendPublish({ topic: t.topic('x'), qos: 2, id: 8, payload: 'once' }),
  b.expect('pubrec', { id: 8 }),
  b.sendPublish({ topic: t.topic('x'), qos: 2, id: 8, payload: 'once', dup }),
  b.expect('pubrec', { id: 8 }),
  b.send(ackPacket('pubrel', 8)),
  b.expect('pubcomp', { id: 8 }),
];
group.both('4.3.3-2', '4.3.3-10', 'a QoS 2 publish that comes twice before PUBREL is delivered once', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  b.connect(),
  ...twice(t, true),
  a.expect('publish', { payload: 'once' }),
  a.quiet(),
]);
group.both('4.3.3-2', '4.3.3-12', 'after PUBCOMP the same packet identifier belongs to a new QoS 2 message', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  b.connect(),
  b.publish(t.topic('x'), { qos: 2, id: 8, payload: 'one' }),
  b.publish(t.topic('x'), { qos: 2, id: 8, payload: 'two' }),
  a.expect('publish', { payload: 'one' }),
  a.expect('publish', { payload: 'two' }),
  a.quiet(),
]);
for (const dup of [false, true])
  group.both(
    '4.3.2-2',
    '4.3.2-5',
    `after PUBACK the same packet identifier belongs to a new QoS 1 message${dup ? ', also with DUP' : ''}`,
    (t) => [
      a.connect(),
      a.subscribe(t.topic('x'), 0),
      b.connect(),
      b.publish(t.topic('x'), { qos: 1, id: 8, payload: 'same' }),
      b.publish(t.topic('x'), { qos: 1, id: 8, payload: 'same', dup }),
      a.expect('publish', { payload: 'same' }),
      a.expect('publish', { payload: 'same' }),
      a.quiet(),
    ],
  );
group.both('4.3.3-2', '4.3.3-11', 'a PUBREL that comes twice is answered twice', (t) => [
  a.connect(),
  a.publish(t.topic('x'), { qos: 2, id: 3 }),
  a.send(ackPacket('pubrel', 3)),
  a.expect('pubcomp', { id: 3 }),
  a.quiet(),
]);
group.both('2.3.1-4', '2.2.1-4', 'two clients may use one packet identifier at once', (t) => [
  a.connect(),
  b.connect(),
  a.sendPublish({ topic: t.topic('x'), qos: 2, id: 5 }),
  b.sendPublish({ topic: t.topic('x'), qos: 2, id: 5 }),
  a.expect('pubrec', { id: 5 }),
  b.expect('pubrec', { id: 5 }),
  a.send(ackPacket('pubrel', 5)),
  b.send(ackPacket('pubrel', 5)),
  a.expect('pubcomp', { id: 5 }),
  b.expect('pubcomp', { id: 5 }),
]);
group.both('2.3.1-4', '2.2.1-4', 'both directions of a connection may use one packet identifier at once', (t) => {
  let id = 0;
  const noted = (value: number) => {
    id = value;
    return true;
  };
  return [
    a.connect(),
    a.subscribe(t.topic('x'), 2),
    b.connect(),
    b.publish(t.topic('x'), { qos: 2 }),
    a.expect('publish', { qos: 2, id: noted }),
    a.send(({ version }) => publishPacket(version, { topic: t.topic('y'), qos: 2, id })),
    a.expect('pubrec', { id: (value: number) => value === id }),
    a.answer('pubrec'),
    a.expectAnswer('pubrel'),
    a.send(() => ackPacket('pubrel', id)),
    a.expect('pubcomp', { id: (value: number) => value === id }),
    a.answer('pubcomp'),
    a.quiet(),
  ];
});
group.both('2.3.1-4', '2.2.1-4', 'unacknowledged messages to one client have different packet identifiers', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), 1),
  b.connect(),
  ...[1, 2, 3, 4, 5].map((id) => b.publish(t.topic('x'), { qos: 1, id })),
  a.judge('five publishes with five identifiers', (packets) => new Set(packets.map(({ id }) => id)).size === 5),
]);
group.both('4.3.3-1', '4.3.3-4', 'PUBREC of the subscriber is answered with PUBREL', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), 2),
  b.connect(),
  b.publish(t.topic('x'), { qos: 2 }),
  a.expect('publish', { qos: 2 }),
  a.answer('pubrec'),
  a.expectAnswer('pubrel'),
  a.answer('pubcomp'),
  a.quiet(),
]);

// delivered again
for (const qos of [1, 2])
  group.both(
    '4.4.0-1',
    '4.4.0-1',
    `an unacknowledged QoS ${qos} message is sent again, with DUP and its identifier`,
    (t) => {
      let id = 0;
      const noted = (value: number) => {
        id = value;
        return true;
      };
      return [
        a.connect(staying),
        a.subscribe(t.topic('x'), qos),
        b.connect(),
        b.publish(t.topic('x'), { qos, payload: 'again' }),
        a.expect('publish', { qos, dup: false, id: noted }),
        a.cut(),
        a.connect(staying, { sessionPresent: true }),
        a.expect('publish', { qos, dup: true, payload: 'again', id: (value: number) => value === id }),
        a.acknowledge(),
        a.quiet(),
      ];
    },
  );
group.both('4.4.0-1', '4.4.0-1', 'PUBREL without PUBCOMP is sent again, and the message is not', (t) => [
  a.connect(staying),
  a.subscribe(t.topic('x'), 2),
  b.connect(),
  b.publish(t.topic('x'), { qos: 2 }),
  a.expect('publish', { qos: 2 }),
  a.answer('pubrec'),
  a.expectAnswer('pubrel'),
  a.cut(),
  a.connect(staying, { sessionPresent: true }),
  a.expectAnswer('pubrel'),
  a.answer('pubcomp'),
  a.quiet(),
]);
group.both('4.4.0-1', '4.4.0-1', 'an acknowledged message is not sent again', (t) => [
  a.connect(staying),
  a.subscribe(t.topic('x'), 1),
  b.connect(),
  b.publish(t.topic('x'), { qos: 1 }),
  a.expect('publish', { qos: 1 }),
  a.acknowledge(),
  a.quiet(),
  a.cut(),
  a.connect(staying, { sessionPresent: true }),
  a.quiet(),
]);
group.both('4.3.3-2', '4.3.3-10', 'a QoS 2 publish that is resent after a reconnect is delivered once', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  b.connect(staying),
  b.sendPublish({ topic: t.topic('x'), qos: 2, id: 8, payload: 'once' }),
  b.expect('pubrec', { id: 8 }),
  b.cut(),
  b.connect(staying, { sessionPresent: true }),
  b.sendPublish({ topic: t.topic('x'), qos: 2, id: 8, payload: 'once', dup: true }),
  b.expect('pubrec', { id: 8 }),
  b.send(ackPacket('pubrel', 8)),
  b.expect('pubcomp', { id: 8 }),
  a.expect('publish', { payload: 'once' }),
  a.quiet(),
]);
group.both('4.6.0-1', '4.6.0-1', 'unacknowledged messages are sent again in their order', (t) => [
  a.connect(staying),
  a.subscribe(t.topic('x'), 1),
  b.connect(),
  ...[1, 2, 3, 4].map((id) => b.publish(t.topic('x'), { qos: 1, id, payload: `m${id}` })),
  ...[1, 2, 3, 4].map((id) => a.expect('publish', { payload: `m${id}` })),
  a.cut(),
  a.connect(staying, { sessionPresent: true }),
  ...[1, 2, 3, 4].flatMap((id) => [a.expect('publish', { payload: `m${id}`, dup: true }), a.acknowledge()]),
  a.quiet(),
]);

// order
const twenty = Array.from({ length: 20 }, (_, at) => at + 1);
for (const qos of [0, 1, 2])
  group.both(
    '4.6.0-6',
    '4.6.0-5',
    `20 messages of QoS ${qos} arrive in the order in which they were published`,
    (t) => [
      a.connect(),
      a.subscribe(t.topic('x'), 0),
      b.connect(),
      b.send(({ version }) =>
        Buffer.concat(
          twenty.map((id) =>
            publishPacket(version, { topic: t.topic('x'), qos, payload: `m${id}`, ...(qos === 0 ? {} : { id }) }),
          ),
        ),
      ),
      ...(qos === 2
        ? [
            ...twenty.map((id) => b.expect('pubrec', { id })),
            b.send(Buffer.concat(twenty.map((id) => ackPacket('pubrel', id)))),
            ...twenty.map((id) => b.expect('pubcomp', { id })),
          ]
        : []),
      ...twenty.map((id) => a.expect('publish', { payload: `m${id}` })),
      a.quiet(),
    ],
  );
for (const [qos, answer, statement] of [
  [1, 'puback', '4.6.0-2'],
  [2, 'pubrec', '4.6.0-3'],
] as const)
  group.both(statement, statement, `${answer.toUpperCase()}s are sent in the order of the publishes`, (t) => [
    a.connect(),
    a.send(({ version }) =>
      Buffer.concat(twenty.map((id) => publishPacket(version, { topic: t.topic('x'), qos, id }))),
    ),
    ...twenty.map((id) => a.expect(answer, { id })),
    a.quiet(),
  ]);
group.both('4.6.0-4', '4.6.0-4', 'PUBRELs are sent in the order of the PUBRECs', (t) => {
  const seen: number[] = [];
  const note = (id: number) => seen.push(id) > 0;
  return [
    a.connect(),
    a.subscribe(t.topic('x'), 2),
    b.connect(),
    ...[1, 2, 3].map((id) => b.publish(t.topic('x'), { qos: 2, id })),
    ...[1, 2, 3].map(() => a.expect('publish', { qos: 2, id: note })),
    a.send(() => Buffer.concat(seen.map((id) => ackPacket('pubrec', id)))),
    ...[0, 1, 2].map((at) => a.expect('pubrel', { id: (id: number) => id === seen[at] })),
    a.send(() => Buffer.concat(seen.map((id) => ackPacket('pubcomp', id)))),
    a.quiet(),
  ];
});

// several subscribers
group.both('3.3.2-3', '3.3.2-3', 'every subscriber gets a message, also the client that published it', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  b.connect(),
  b.subscribe(t.topic('x'), 0),
  c.connect(),
  c.subscribe(t.topic('x'), 0),
  c.sendPublish({ topic: t.topic('x'), payload: 'all' }),
  ...[a, b, c].flatMap((client) => [client.expect('publish', { payload: 'all' }), client.quiet()]),
]);

// topics that the client may not publish to
group.v3(
  '3.3.5-2',
  'a QoS 1 publish to a forbidden topic is acknowledged, or the connection is closed',
  ({ target }) => [
    a.connect(),
    a.sendPublish({ topic: target.forbidden ?? '', qos: 1, id: 4 }),
    a.closedOr('puback', ({ id }) => id === 4),
  ],
  { needs: ['forbidden'] },
);
for (const [qos, answer] of [
  [1, 'puback'],
  [2, 'pubrec'],
] as const)
  group.v5(
    '3.3.4-1',
    `a QoS ${qos} publish to a forbidden topic is answered «not authorized»`,
    ({ target }) => [
      a.connect(),
      a.sendPublish({ topic: target.forbidden ?? '', qos, id: 4 }),
      a.expect(answer, { id: 4, code: 0x87 }),
      a.quiet(),
    ],
    { needs: ['forbidden'] },
  );
