/** What MQTT 5.0 adds: subscription options and identifiers, aliases, expiry, flow control, sizes, sharing, reasons. */
import { a, b, c, Group, type Names } from '../case.ts';
import { pass, type Step } from '../steps.ts';
import { ackPacket, property, publishPacket } from '../wire.ts';

const options = new Group('subscription options and identifiers');
const aliases = new Group('topic aliases');
const limits = new Group('flow control and packet sizes');
const expiries = new Group('message expiry');
const shares = new Group('shared subscriptions');
const reasons = new Group('reasons and CONNACK of 5.0');

const noLocal = 4;
const retainAsPublished = 8;
const handling = (value: number) => value << 4;
const staying = { clean: false, props: [property('sessionExpiry', 600)] };

// subscription options
options.v5('3.8.3-3', 'with No Local a client does not get what it published itself', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), 1 | noLocal),
  a.publish(t.topic('x'), { qos: 1 }),
  a.quiet(),
  b.connect(),
  b.publish(t.topic('x'), { qos: 1, payload: 'of another' }),
  a.expect('publish', { payload: 'of another' }),
  a.acknowledge(),
  a.quiet(),
]);
options.v5('3.8.3-3', 'without No Local a client gets what it published itself', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  a.sendPublish({ topic: t.topic('x') }),
  a.expect('publish'),
  a.quiet(),
]);
options.v5(
  '3.8.3-3',
  'No Local counts for the client, not for the connection: its waiting session gets nothing',
  (t) => [
    a.connect(staying),
    a.subscribe(t.topic('x'), 1 | noLocal),
    a.sendPublish({ topic: t.topic('x'), qos: 1, id: 3 }),
    a.expect('puback', { id: 3 }),
    a.disconnect(),
    a.connect(staying, { sessionPresent: true }),
    a.quiet(),
  ],
);
options.v5(
  '3.8.3-4',
  'No Local on a shared subscription ends the connection',
  (t) => [a.connect(), a.sendSubscribe(3, [[`$share/g/${t.topic('x')}`, noLocal]]), a.closed()],
  { needs: ['shared'] },
);
for (const retain of [false, true]) {
  options.v5('3.3.1-13', `with Retain As Published a message ${retain ? 'keeps' : 'gets no'} RETAIN`, (t) => [
    a.connect(),
    a.subscribe(t.topic('x'), retainAsPublished),
    b.connect(),
    b.publish(t.topic('x'), { retain, payload: 'now' }),
    a.expect('publish', { retain, payload: 'now' }),
    a.quiet(),
  ]);
  options.v5('3.3.1-12', `without Retain As Published a message sent with RETAIN ${retain} comes without`, (t) => [
    a.connect(),
    a.subscribe(t.topic('x'), 0),
    b.connect(),
    b.publish(t.topic('x'), { retain, payload: 'now' }),
    a.expect('publish', { retain: false, payload: 'now' }),
    a.quiet(),
  ]);
}
const retained = (t: Names): readonly Step[] => [
  b.connect(),
  b.publish(t.topic('x'), { retain: true, payload: 'kept' }),
  a.connect(),
];
options.v5('3.3.1-9', 'Retain Handling 0 brings the retained message with each SUBSCRIBE', (t) => [
  ...retained(t),
  a.subscribe(t.topic('x'), handling(0)),
  a.expect('publish', { payload: 'kept', retain: true }),
  a.subscribe(t.topic('x'), handling(0), { id: 101 }),
  a.expect('publish', { payload: 'kept', retain: true }),
  a.quiet(),
]);
options.v5('3.3.1-10', 'Retain Handling 1 brings the retained message with a new subscription only', (t) => [
  ...retained(t),
  a.subscribe(t.topic('x'), handling(1)),
  a.expect('publish', { payload: 'kept', retain: true }),
  a.subscribe(t.topic('x'), handling(1), { id: 101 }),
  a.quiet(),
]);
options.v5('3.3.1-11', 'Retain Handling 2 brings no retained message', (t) => [
  ...retained(t),
  a.subscribe(t.topic('x'), handling(2)),
  a.quiet(),
  b.publish(t.topic('x'), { payload: 'live' }),
  a.expect('publish', { payload: 'live' }),
  a.quiet(),
]);
options.v5('3.3.1-10', 'Retain Handling 1 in a resumed session brings nothing for a subscription that stands', (t) => [
  b.connect(),
  b.publish(t.topic('x'), { retain: true, payload: 'kept' }),
  a.connect(staying),
  a.subscribe(t.topic('x'), handling(1)),
  a.expect('publish', { payload: 'kept' }),
  a.disconnect(),
  a.connect(staying, { sessionPresent: true }),
  a.subscribe(t.topic('x'), handling(1)),
  a.quiet(),
]);
options.v5('4.13.1-1', 'Retain Handling 3 ends the connection', (t) => [
  a.connect(),
  a.sendSubscribe(3, [[t.topic('x'), handling(3)]]),
  a.closed(),
]);
options.v5('3.8.4-3', 'a new SUBSCRIBE replaces the options too', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), noLocal),
  a.subscribe(t.topic('x'), 0, { id: 101 }),
  a.sendPublish({ topic: t.topic('x'), payload: 'own' }),
  a.expect('publish', { payload: 'own' }),
  a.quiet(),
]);
options.v5('4.1.0-1', 'options outlive the connection with their session', (t) => [
  a.connect(staying),
  a.subscribe(t.topic('x'), noLocal | retainAsPublished),
  a.disconnect(),
  a.connect(staying, { sessionPresent: true }),
  a.publish(t.topic('x')),
  a.quiet(),
  b.connect(),
  b.publish(t.topic('x'), { retain: true }),
  a.expect('publish', { retain: true }),
  a.quiet(),
]);

// subscription identifiers
const ids = { needs: ['subscriptionId'] as const };
for (const id of [1, 127, 128, 268_435_455])
  options.v5(
    '3.3.4-3',
    `subscription identifier ${id} comes with the message`,
    (t) => [
      a.connect(),
      a.subscribe(t.topic('x'), 0, { props: [property('subscriptionId', id)] }),
      b.connect(),
      b.publish(t.topic('x')),
      a.expect('publish', { props: { subscriptionId: [id] } }),
      a.quiet(),
    ],
    ids,
  );
options.v5('3.3.4-3', 'a subscription without an identifier brings none', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  b.connect(),
  b.publish(t.topic('x')),
  a.expect('publish', { props: { subscriptionId: undefined } }),
]);
options.v5(
  '3.3.4-4',
  'overlapping subscriptions give both identifiers, in one message or in two',
  (t) => [
    a.connect(),
    a.subscribe(t.topic('x'), 0, { props: [property('subscriptionId', 1)] }),
    a.subscribe(t.topic('+'), 0, { id: 101, props: [property('subscriptionId', 2)] }),
    b.connect(),
    b.publish(t.topic('x')),
    a.judge('identifiers 1 and 2', (packets) => {
      const found = packets.flatMap(({ props }) => (props.subscriptionId ?? []) as readonly number[]);
      return [...found].sort().join() === '1,2';
    }),
  ],
  ids,
);
options.v5(
  '3.8.4-3',
  'a new SUBSCRIBE replaces the identifier',
  (t) => [
    a.connect(),
    a.subscribe(t.topic('x'), 0, { props: [property('subscriptionId', 1)] }),
    a.subscribe(t.topic('x'), 0, { id: 101, props: [property('subscriptionId', 2)] }),
    b.connect(),
    b.publish(t.topic('x')),
    a.expect('publish', { props: { subscriptionId: [2] } }),
    a.quiet(),
  ],
  ids,
);
options.v5(
  '3.3.4-3',
  'a retained message brings the identifier of its new subscription',
  (t) => [
    ...retained(t),
    a.subscribe(t.topic('x'), 0, { props: [property('subscriptionId', 9)] }),
    a.expect('publish', { retain: true, props: { subscriptionId: [9] } }),
    a.quiet(),
  ],
  ids,
);
options.v5(
  '3.3.4-3',
  'a message that waited brings the identifier of its subscription',
  (t) => [
    a.connect(staying),
    a.subscribe(t.topic('x'), 1, { props: [property('subscriptionId', 9)] }),
    a.disconnect(),
    b.connect(),
    b.publish(t.topic('x'), { qos: 1 }),
    a.connect(staying, { sessionPresent: true }),
    a.expect('publish', { props: { subscriptionId: [9] } }),
    a.acknowledge(),
  ],
  ids,
);

// topic aliases, from the client
const needsAlias = { needs: ['topicAlias'] as const };
const aliased = (topic: string, alias: number, more: { qos?: number; id?: number; payload?: string } = {}) =>
  publishPacket('5.0', { topic, props: [property('topicAlias', alias)], ...more });
const highest = ({ announced }: Names) => Number(announced.topicAliasMaximum ?? 0);
aliases.v5(
  '3.3.2-12',
  'a message with an alias and an empty topic goes to the topic of the alias',
  (t) => [
    a.connect(),
    a.subscribe(t.topic('x'), 0),
    b.connect(),
    b.send(aliased(t.topic('x'), 1, { payload: 'one' })),
    b.send(aliased('', 1, { payload: 'two' })),
    a.expect('publish', { topic: t.topic('x'), payload: 'one', props: { topicAlias: undefined } }),
    a.expect('publish', { topic: t.topic('x'), payload: 'two' }),
    a.quiet(),
  ],
  needsAlias,
);
aliases.v5(
  '3.3.2-12',
  'an alias may be given another topic',
  (t) => [
    a.connect(),
    a.subscribe(t.topic('+'), 0),
    b.connect(),
    b.send(aliased(t.topic('x'), 1)),
    b.send(aliased(t.topic('y'), 1)),
    b.send(aliased('', 1)),
    a.expect('publish', { topic: t.topic('x') }),
    a.expect('publish', { topic: t.topic('y') }),
    a.expect('publish', { topic: t.topic('y') }),
    a.quiet(),
  ],
  needsAlias,
);
aliases.v5(
  '3.3.2-11',
  'the highest alias that was announced is taken',
  (t) => [
    a.connect(),
    a.subscribe(t.topic('x'), 0),
    a.send(aliased(t.topic('x'), highest(t))),
    a.send(aliased('', highest(t), { payload: 'again' })),
    a.expect('publish', { topic: t.topic('x') }),
    a.expect('publish', { topic: t.topic('x'), payload: 'again' }),
    a.quiet(),
  ],
  needsAlias,
);
for (const qos of [1, 2])
  aliases.v5(
    '3.3.2-12',
    `an alias works with QoS ${qos}`,
    (t) => [
      a.connect(),
      a.subscribe(t.topic('x'), 0),
      b.connect(),
      b.send(aliased(t.topic('x'), 2, { qos, id: 1, payload: 'one' })),
      b.expect(qos === 1 ? 'puback' : 'pubrec', { id: 1 }),
      b.send(aliased('', 2, { qos, id: 2, payload: 'two' })),
      b.expect(qos === 1 ? 'puback' : 'pubrec', { id: 2 }),
      ...(qos === 2
        ? [
            b.send(Buffer.concat([ackPacket('pubrel', 1), ackPacket('pubrel', 2)])),
            b.expect('pubcomp', { id: 1 }),
            b.expect('pubcomp', { id: 2 }),
          ]
        : []),
      a.expect('publish', { topic: t.topic('x'), payload: 'one' }),
      a.expect('publish', { topic: t.topic('x'), payload: 'two' }),
      a.quiet(),
    ],
    needsAlias,
  );
aliases.v5('3.3.2-8', 'topic alias 0 ends the connection', (t) => [
  a.connect(),
  a.send(aliased(t.topic('x'), 0)),
  a.closed(0x94, 0x82, 0x81),
]);
aliases.v5('3.3.2-9', 'an alias above the announced maximum ends the connection', (t) => [
  a.connect(),
  a.send(aliased(t.topic('x'), highest(t) + 1)),
  a.closed(0x94),
]);
aliases.v5('3.3.2-9', 'the alias 65,535 ends the connection', (t) => [
  a.connect(),
  a.send(aliased(t.topic('x'), 65_535)),
  ...(highest(t) === 65_535 ? [a.quiet()] : [a.closed(0x94)]),
]);
aliases.v5(
  '4.13.1-1',
  'an alias that has no topic yet ends the connection',
  () => [a.connect(), a.send(aliased('', 1)), a.closed(0x82, 0x94)],
  needsAlias,
);
aliases.v5('3.3.2-1', 'an empty topic without an alias ends the connection', () => [
  a.connect(),
  a.send(publishPacket('5.0', { topic: '' })),
  a.closed(),
]);
aliases.v5(
  '3.3.2-7',
  'aliases are forgotten with their connection',
  (t) => [
    a.connect(staying),
    a.send(aliased(t.topic('x'), 1)),
    a.quiet(),
    a.cut(),
    a.connect(staying, { sessionPresent: true }),
    a.send(aliased('', 1)),
    a.closed(0x82, 0x94),
  ],
  needsAlias,
);
aliases.v5(
  '3.3.2-7',
  'the alias of one connection is none of another',
  (t) => [
    a.connect(),
    a.send(aliased(t.topic('x'), 1)),
    a.quiet(),
    b.connect(),
    b.send(aliased('', 1)),
    b.closed(0x82, 0x94),
  ],
  needsAlias,
);
aliases.v5('3.1.2-27', 'a client that announced no alias maximum gets no alias', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  b.connect(),
  b.publish(t.topic('x')),
  b.publish(t.topic('x')),
  a.expect('publish', { topic: t.topic('x'), props: { topicAlias: undefined } }),
  a.expect('publish', { topic: t.topic('x'), props: { topicAlias: undefined } }),
]);
aliases.v5('3.1.2-26', 'a client gets no alias above the maximum that it announced', (t) => [
  a.connect({ props: [property('topicAliasMaximum', 2)] }),
  a.subscribe(t.topic('+'), 0),
  b.connect(),
  ...['p', 'q', 'r', 's', 'p', 'q', 'r', 's'].map((name) => b.publish(t.topic(name))),
  a.judge(
    'aliases 1 and 2 at most',
    (packets) =>
      packets.length === 8 &&
      packets.every(({ props }) => [undefined, 1, 2].includes(props.topicAlias as number | undefined)),
  ),
]);

// receive maximum
limits.v5('3.3.4-9', 'no more messages are under way than the client announced', (t) => [
  a.connect({ props: [property('receiveMaximum', 2)] }),
  a.subscribe(t.topic('x'), 1),
  b.connect(),
  ...[1, 2, 3, 4].map((id) => b.publish(t.topic('x'), { qos: 1, id, payload: `m${id}` })),
  a.expect('publish', { payload: 'm1' }),
  a.expect('publish', { payload: 'm2' }),
  a.quiet(),
  a.acknowledge(),
  a.expect('publish', { payload: 'm3' }),
  a.quiet(),
  a.acknowledge(),
  a.expect('publish', { payload: 'm4' }),
  a.quiet(),
]);
limits.v5('3.3.4-9', 'QoS 2 counts until PUBCOMP', (t) => [
  a.connect({ props: [property('receiveMaximum', 1)] }),
  a.subscribe(t.topic('x'), 2),
  b.connect(),
  ...[1, 2].map((id) => b.publish(t.topic('x'), { qos: 2, id, payload: `m${id}` })),
  a.expect('publish', { payload: 'm1' }),
  a.answer('pubrec'),
  a.expectAnswer('pubrel'),
  a.quiet(),
  a.answer('pubcomp'),
  a.expect('publish', { payload: 'm2' }),
  a.acknowledge(),
  a.quiet(),
]);
limits.v5('4.4.0-2', 'PUBREC with a reason from 0x80 ends the message and gives its room back', (t) => [
  a.connect({ props: [property('receiveMaximum', 1)] }),
  a.subscribe(t.topic('x'), 2),
  b.connect(),
  ...[1, 2].map((id) => b.publish(t.topic('x'), { qos: 2, id, payload: `m${id}` })),
  a.expect('publish', { payload: 'm1' }),
  a.answer('pubrec', 0x80),
  a.expect('publish', { payload: 'm2' }),
  a.acknowledge(),
  a.quiet(),
]);
limits.v5('3.3.4-9', 'QoS 0 does not count', (t) => [
  a.connect({ props: [property('receiveMaximum', 1)] }),
  a.subscribe(t.topic('x'), 1),
  b.connect(),
  b.publish(t.topic('x'), { qos: 1, payload: 'one' }),
  a.expect('publish', { payload: 'one' }),
  b.publish(t.topic('x'), { qos: 0, payload: 'two' }),
  a.expect('publish', { payload: 'two', qos: 0 }),
  a.quiet(),
]);
limits.v5('4.9.0-1', 'what waits in a session comes no faster than the client announced', (t) => [
  a.connect(staying),
  a.subscribe(t.topic('x'), 1),
  a.disconnect(),
  b.connect(),
  ...[1, 2, 3].map((id) => b.publish(t.topic('x'), { qos: 1, id, payload: `m${id}` })),
  a.connect(
    { clean: false, props: [property('sessionExpiry', 600), property('receiveMaximum', 1)] },
    { sessionPresent: true },
  ),
  ...[1, 2, 3].flatMap((id) => [a.expect('publish', { payload: `m${id}` }), a.quiet(), a.acknowledge()]),
  a.quiet(),
]);
limits.v5('4.9.0-3', 'PINGREQ is answered while nothing more may be sent', (t) => [
  a.connect({ props: [property('receiveMaximum', 1)] }),
  a.subscribe(t.topic('x'), 1),
  b.connect(),
  ...[1, 2].map((id) => b.publish(t.topic('x'), { qos: 1, id })),
  a.expect('publish'),
  a.quiet(),
  a.subscribe(t.topic('y'), 0),
  a.quiet(),
]);
limits.v5(
  '3.3.4-7',
  'more QoS 2 messages than the broker announced end the connection',
  (t) => [
    a.connect(),
    a.send(
      Buffer.concat(
        Array.from({ length: Number(t.announced.receiveMaximum) + 1 }, (_, at) =>
          publishPacket('5.0', { topic: t.topic('x'), qos: 2, id: at + 1, payload: '' }),
        ),
      ),
    ),
    a.judge('PUBRECs, and then the end with 0x93', (packets) =>
      packets.every(({ name, code }) => name === 'pubrec' || code === 0x93),
    ),
    a.closed(0x93),
  ],
  { needs: ['receiveMaximum'] },
);

// packet sizes
limits.v5('3.1.2-24', 'a message that is larger than the client takes is not sent, and the others are', (t) => [
  a.connect({ props: [property('maximumPacketSize', 200)] }),
  a.subscribe(t.topic('x'), 0),
  b.connect(),
  b.publish(t.topic('x'), { payload: 'x'.repeat(300) }),
  b.publish(t.topic('x'), { payload: 'small' }),
  a.expect('publish', { payload: 'small', bytes: (size: number) => size <= 200 }),
  a.quiet(),
]);
limits.v5('3.1.2-25', 'a QoS 1 message that is too large for its subscriber counts as delivered', (t) => [
  a.connect({ clean: false, props: [property('sessionExpiry', 600), property('maximumPacketSize', 200)] }),
  a.subscribe(t.topic('x'), 1),
  b.connect(),
  b.publish(t.topic('x'), { qos: 1, payload: 'x'.repeat(300) }),
  b.publish(t.topic('x'), { qos: 1, payload: 'small' }),
  a.expect('publish', { payload: 'small' }),
  a.acknowledge(),
  a.quiet(),
]);
limits.v5('3.1.2-24', 'a retained message that is too large is not sent', (t) => [
  b.connect(),
  b.publish(t.topic('x'), { retain: true, payload: 'x'.repeat(300) }),
  a.connect({ props: [property('maximumPacketSize', 200)] }),
  a.subscribe(t.topic('x'), 0),
  a.quiet(),
]);
limits.v5(
  '3.2.2-15',
  'a packet that is larger than the broker announced ends the connection',
  (t) => [
    a.connect(),
    a.send(publishPacket('5.0', { topic: t.topic('x'), payload: Buffer.alloc(Number(t.announced.maximumPacketSize)) })),
    a.closed(0x95),
  ],
  { needs: ['maximumPacketSize'] },
);

// message expiry
expiries.v5('3.3.2-6', 'a message that is passed on at once keeps its expiry', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  b.connect(),
  b.publish(t.topic('x'), { props: [property('messageExpiry', 60)] }),
  a.expect('publish', { props: { messageExpiry: (value: number) => value === 60 || value === 59 } }),
]);
expiries.v5('3.3.2-6', 'the expiry of a message that waited is what is left of it', (t) => [
  a.connect(staying),
  a.subscribe(t.topic('x'), 1),
  a.disconnect(),
  b.connect(),
  b.publish(t.topic('x'), { qos: 1, props: [property('messageExpiry', 60)] }),
  pass(1600),
  a.connect(staying, { sessionPresent: true }),
  a.expect('publish', { props: { messageExpiry: (value: number) => value >= 50 && value <= 59 } }),
  a.acknowledge(),
]);
expiries.v5('3.3.2-5', 'a message whose expiry has passed is not sent to a client that comes back', (t) => [
  a.connect(staying),
  a.subscribe(t.topic('x'), 1),
  a.disconnect(),
  b.connect(),
  b.publish(t.topic('x'), { qos: 1, id: 1, payload: 'short', props: [property('messageExpiry', 1)] }),
  b.publish(t.topic('x'), { qos: 1, id: 2, payload: 'long', props: [property('messageExpiry', 600)] }),
  pass(2300),
  a.connect(staying, { sessionPresent: true }),
  a.expect('publish', { payload: 'long' }),
  a.acknowledge(),
  a.quiet(),
]);
expiries.v5('3.3.2-5', 'a retained message whose expiry has passed is gone', (t) => [
  b.connect(),
  b.publish(t.topic('x'), { retain: true, props: [property('messageExpiry', 1)] }),
  pass(2300),
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  a.quiet(),
]);
expiries.v5('3.3.2-6', 'a retained message comes with what is left of its expiry', (t) => [
  b.connect(),
  b.publish(t.topic('x'), { retain: true, props: [property('messageExpiry', 60)] }),
  pass(1600),
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  a.expect('publish', { props: { messageExpiry: (value: number) => value >= 50 && value <= 59 } }),
]);
expiries.v5('3.3.2-5', 'a message without an expiry comes without one', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  b.connect(),
  b.publish(t.topic('x')),
  a.expect('publish', { props: { messageExpiry: undefined } }),
]);

// shared subscriptions
const share = { needs: ['shared'] as const };
const shared = (t: Names, name = 'x', group = 'g') => `$share/${group}/${t.topic(name)}`;
shares.v5(
  '4.8.2-4',
  'each message of a shared subscription goes to one of its members',
  (t) => {
    let count = 0;
    return [
      a.connect(),
      a.subscribe(shared(t), 0),
      b.connect(),
      b.subscribe(shared(t), 0),
      c.connect(),
      ...[1, 2, 3, 4].map((n) => c.publish(t.topic('x'), { payload: `m${n}` })),
      a.judge('some of four', (packets) => {
        count = packets.length;
        return true;
      }),
      b.judge('the rest of four', (packets) => packets.length + count === 4),
    ];
  },
  share,
);
shares.v5(
  '4.8.2-4',
  'two shares of one filter get each message once each',
  (t) => [
    a.connect(),
    a.subscribe(shared(t, 'x', 'one'), 0),
    b.connect(),
    b.subscribe(shared(t, 'x', 'two'), 0),
    c.connect(),
    c.publish(t.topic('x'), { payload: 'both' }),
    a.expect('publish', { payload: 'both', topic: t.topic('x') }),
    b.expect('publish', { payload: 'both', topic: t.topic('x') }),
    a.quiet(),
    b.quiet(),
  ],
  share,
);
shares.v5(
  '4.8.2-4',
  'a shared and an own subscription of one client are two',
  (t) => [
    a.connect(),
    a.subscribe(shared(t), 0),
    a.subscribe(t.topic('x'), 0, { id: 101 }),
    b.connect(),
    b.publish(t.topic('x')),
    a.judge('one or two messages', (packets) => packets.length === 1 || packets.length === 2),
  ],
  share,
);
shares.v5(
  '4.8.2-3',
  'a shared subscription has a QoS of its own',
  (t) => [
    a.connect(),
    a.subscribe(shared(t, '+'), 1),
    b.connect(),
    b.publish(t.topic('x'), { qos: 2 }),
    a.expect('publish', { qos: 1 }),
    a.acknowledge(),
    a.quiet(),
  ],
  share,
);
shares.v5(
  '3.3.1-9',
  'a shared subscription brings no retained message',
  (t) => [...retained(t), a.subscribe(shared(t), 0), a.quiet()],
  share,
);
shares.v5(
  '3.10.4-2',
  'UNSUBSCRIBE ends a shared subscription',
  (t) => [
    a.connect(),
    a.subscribe(shared(t), 0),
    a.sendUnsubscribe(3, [shared(t)]),
    a.expect('unsuback', { id: 3, codes: [0] }),
    b.connect(),
    b.publish(t.topic('x')),
    a.quiet(),
  ],
  share,
);
for (const [filter, statement] of [
  ['$share/g', '4.8.2-2'],
  ['$share/', '4.8.2-1'],
  ['$share//x', '4.8.2-1'],
  ['$share/g/', '4.8.2-2'],
  ['$share/g+/x', '4.8.2-2'],
  ['$share/g#/x', '4.8.2-2'],
  ['$share/+/x', '4.8.2-2'],
  ['$share/#', '4.8.2-2'],
] as const)
  shares.v5(
    statement,
    `the shared filter ${filter} is refused`,
    () => [
      a.connect(),
      a.sendSubscribe(3, [[filter, 0]]),
      a.closedOr('suback', ({ codes = [] }) => (codes[0] ?? 0) >= 0x80),
    ],
    share,
  );

// reasons, and what CONNACK announces
reasons.v5('3.1.2-29', 'without problem information no acknowledgement has a reason string or user properties', (t) => [
  a.connect({ props: [property('requestProblem', 0)] }),
  ...(t.target.forbidden === undefined
    ? []
    : [
        a.sendPublish({ topic: t.target.forbidden, qos: 1, id: 2 }),
        a.expect('puback', { id: 2, props: { reasonString: undefined, user: undefined } }),
      ]),
  a.sendSubscribe(3, [[t.topic('x'), 0]]),
  a.expect('suback', { id: 3, props: { reasonString: undefined, user: undefined } }),
  a.sendUnsubscribe(4, [t.topic('y')]),
  a.expect('unsuback', { id: 4, props: { reasonString: undefined, user: undefined } }),
]);
reasons.v5('3.1.2-28', 'without a request for it no response information comes', () => [
  a.connect({}, { props: { responseInformation: undefined } }),
  b.connect({ props: [property('requestResponse', 0)] }, { props: { responseInformation: undefined } }),
]);
reasons.v5('3.2.2-21', 'what the broker announces as keep-alive counts', () => [
  a.connect(
    { keepAlive: 65_535 },
    { props: { serverKeepAlive: (value?: number) => value === undefined || value > 0 } },
  ),
  a.quiet(),
]);
reasons.v5('3.2.2-9', 'a maximum QoS that CONNACK announces is 0 or 1', () => [
  a.connect({}, { props: { maximumQos: (value?: number) => value === undefined || value === 0 || value === 1 } }),
]);
for (const name of ['retainAvailable', 'wildcardAvailable', 'subscriptionIdAvailable', 'sharedAvailable'] as const)
  reasons.v5('3.2.2-8', `${name} in CONNACK is 0 or 1`, () => [
    a.connect({}, { props: { [name]: (value?: number) => value === undefined || value === 0 || value === 1 } }),
  ]);
for (const name of ['receiveMaximum', 'maximumPacketSize'] as const)
  reasons.v5('3.2.2-8', `${name} in CONNACK is not 0`, () => [
    a.connect({}, { props: { [name]: (value?: number) => value === undefined || value > 0 } }),
  ]);
for (const qos of [1, 2])
  reasons.v5('3.3.4-1', `a QoS ${qos} message that nobody subscribed to is answered with success or 0x10`, (t) => [
    a.connect(),
    a.sendPublish({ topic: t.topic('nobody'), qos, id: 3 }),
    a.expect(qos === 1 ? 'puback' : 'pubrec', { id: 3, code: (code: number) => code === 0 || code === 0x10 }),
  ]);
reasons.v5('4.3.3-11', 'PUBREL of an unknown packet identifier is answered with success or 0x92', () => [
  a.connect(),
  a.send(ackPacket('pubrel', 77)),
  a.expect('pubcomp', { id: 77, code: (code: number) => code === 0 || code === 0x92 }),
]);
for (const code of [0x00, 0x04, 0x80, 0x82, 0x96])
  reasons.v5('3.14.4-1', `DISCONNECT with reason 0x${code.toString(16)} is followed by the end, without a word`, () => [
    a.connect(),
    a.disconnect(code),
  ]);
reasons.v5('3.14.0-1', 'a broken CONNECT is not answered with DISCONNECT', () => [
  a.open(),
  a.sendConnect({ flags: 0xc3 }),
  a.closedOr('connack', ({ code = 0 }) => code >= 0x80),
]);
reasons.v5('3.2.2-16', 'assigned client identifiers differ', () => {
  const seen = new Set<string>();
  const isNew = (id?: string) => id !== undefined && id !== '' && !seen.has(id) && seen.add(id).size > 0;
  return [a, b, c].map((client) => client.connect({ clientId: '' }, { props: { assignedClientId: isNew } }));
});
reasons.v5('3.1.2-29', 'a client that asked for problem information may be told, and reads it', (t) => [
  a.connect({ props: [property('requestProblem', 1)] }),
  a.sendSubscribe(3, [[t.topic('x'), 0]]),
  a.expect('suback', { id: 3 }),
]);

export const featureCases = [options, aliases, limits, expiries, shares, reasons].flatMap(({ cases }) => cases);
