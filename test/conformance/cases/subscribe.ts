/** SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK: sections 3.8 to 3.11. */
import { a, b, Group } from '../case.ts';
import { subscribePacket } from '../wire.ts';

const group = new Group('SUBSCRIBE and UNSUBSCRIBE');
export const subscribeCases = group.cases;

for (const qos of [0, 1, 2])
  group.both('3.8.4-1', '3.8.4-1', `SUBSCRIBE of QoS ${qos} is granted`, (t) => [
    a.connect(),
    a.subscribe(t.topic('x'), qos),
    a.quiet(),
  ]);
for (const qos of [0, 1, 2])
  group.both('3.8.4-5', '3.8.4-6', `a wildcard subscription of QoS ${qos} is granted that QoS`, (t) => [
    a.connect(),
    a.subscribe(t.topic('+/x/#'), qos),
    a.quiet(),
  ]);
for (const id of [1, 256, 65_535]) {
  group.both('3.8.4-2', '3.8.4-2', `SUBACK names packet identifier ${id}`, (t) => [
    a.connect(),
    a.subscribe(t.topic('x'), 0, { id }),
  ]);
  group.both('3.10.4-4', '3.10.4-4', `UNSUBACK names packet identifier ${id}`, (t) => [
    a.connect(),
    a.subscribe(t.topic('x'), 0),
    a.sendUnsubscribe(id, [t.topic('x')]),
    a.expect('unsuback', { id }),
    a.quiet(),
  ]);
}
group.both('3.8.4-5', '3.8.4-6', 'each filter of one SUBSCRIBE gets its own code, in order', (t) => [
  a.connect(),
  a.sendSubscribe(3, [
    [t.topic('p'), 2],
    [t.topic('q'), 0],
    [t.topic('r'), 1],
    [t.topic('s/#'), 2],
  ]),
  a.expect('suback', { id: 3, codes: [2, 0, 1, 2] }),
  a.quiet(),
]);
group.both('3.8.4-4', '3.8.4-5', 'a SUBSCRIBE of 100 filters is answered with 100 codes', (t) => [
  a.connect(),
  a.sendSubscribe(
    3,
    Array.from({ length: 100 }, (_, at) => [t.topic(`n${at}`), at % 3] as const),
  ),
  a.expect('suback', { id: 3, codes: Array.from({ length: 100 }, (_, at) => at % 3) }),
  a.sendPublish({ topic: t.topic('n99'), payload: 'last' }),
  a.expect('publish', { payload: 'last' }),
  a.quiet(),
]);
group.both(
  '3.8.4-4',
  '3.8.4-5',
  'the same filter twice in one SUBSCRIBE makes one subscription, with the last QoS',
  (t) => [
    a.connect(),
    a.sendSubscribe(3, [
      [t.topic('x'), 0],
      [t.topic('x'), 1],
    ]),
    a.expect('suback', { id: 3, codes: [0, 1] }),
    b.connect(),
    b.publish(t.topic('x'), { qos: 2 }),
    a.expect('publish', { qos: 1 }),
    a.acknowledge(),
    a.quiet(),
  ],
);
for (const [first, second] of [
  [0, 2],
  [2, 0],
  [1, 2],
] as const)
  group.both('3.8.4-3', '3.8.4-3', `a new SUBSCRIBE with QoS ${second} replaces the old one with QoS ${first}`, (t) => [
    a.connect(),
    a.subscribe(t.topic('x'), first),
    a.subscribe(t.topic('x'), second, { id: 101 }),
    b.connect(),
    b.publish(t.topic('x'), { qos: 2, payload: 'once' }),
    a.expect('publish', { qos: second, payload: 'once' }),
    ...(second === 0 ? [] : [a.acknowledge()]),
    a.quiet(),
  ]);
group.both('3.8.4-1', '3.8.4-1', 'two SUBSCRIBEs in one write are both answered, in order', (t) => [
  a.connect(),
  a.send(({ version }) =>
    Buffer.concat([
      subscribePacket(version, 11, [[t.topic('x'), 0]]),
      subscribePacket(version, 12, [[t.topic('y'), 1]]),
    ]),
  ),
  a.expect('suback', { id: 11, codes: [0] }),
  a.expect('suback', { id: 12, codes: [1] }),
  a.quiet(),
]);

// overlapping subscriptions
for (const [one, other] of [
  [0, 2],
  [1, 0],
  [2, 1],
  [0, 0],
] as const)
  group.both(
    '3.3.5-1',
    '3.3.4-2',
    `overlapping subscriptions of QoS ${one} and ${other} deliver with the higher QoS`,
    (t) => [
      a.connect(),
      a.subscribe(t.topic('+/x'), one),
      a.subscribe(t.topic('s/#'), other, { id: 101 }),
      b.connect(),
      b.publish(t.topic('s/x'), { qos: 2, payload: 'overlap' }),
      a.judge('one message of the higher QoS, or one for each subscription', (packets) => {
        const found = packets.filter(({ name }) => name === 'publish').map(({ qos = 0 }) => qos);
        if (found.length === 1) return found[0] === Math.max(one, other);
        return found.length === 2 && Math.max(...found) === Math.max(one, other);
      }),
    ],
  );

// UNSUBSCRIBE
group.both('3.10.4-2', '3.10.4-2', 'after UNSUBACK no more messages of the subscription come', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), 1),
  a.sendUnsubscribe(4, [t.topic('x')]),
  a.expect('unsuback', { id: 4 }),
  b.connect(),
  b.publish(t.topic('x'), { qos: 1 }),
  a.quiet(),
]);
group.both('3.10.4-5', '3.10.4-5', 'UNSUBSCRIBE of a filter without a subscription is answered', (t) => [
  a.connect(),
  a.sendUnsubscribe(4, [t.topic('never')]),
  a.expect('unsuback', { id: 4 }),
  a.quiet(),
]);
group.both('3.10.4-6', '3.10.4-6', 'UNSUBSCRIBE of three filters ends three subscriptions with one answer', (t) => [
  a.connect(),
  a.sendSubscribe(
    3,
    ['p', 'q', 'r', 's'].map((name) => [t.topic(name), 0] as const),
  ),
  a.expect('suback', { id: 3 }),
  a.sendUnsubscribe(4, [t.topic('p'), t.topic('q'), t.topic('r')]),
  a.expect('unsuback', { id: 4 }),
  ...['p', 'q', 'r', 's'].map((name) => a.sendPublish({ topic: t.topic(name) })),
  a.expect('publish', { topic: t.topic('s') }),
  a.quiet(),
]);
for (const [held, ended] of [
  ['a/b', 'a/+'],
  ['a/b', 'a/#'],
  ['a/b', 'A/b'],
  ['a/b', 'a/b/'],
  ['a/+', 'a/b'],
  ['a/#', 'a/b'],
] as const)
  group.both('3.10.4-1', '3.10.4-1', `UNSUBSCRIBE of ${ended} leaves the subscription to ${held}`, (t) => [
    a.connect(),
    a.subscribe(t.topic(held), 0),
    a.sendUnsubscribe(4, [t.topic(ended)]),
    a.expect('unsuback', { id: 4 }),
    a.sendPublish({ topic: t.topic('a/b') }),
    a.expect('publish', { topic: t.topic('a/b') }),
    a.quiet(),
  ]);
for (const qos of [1, 2])
  group.both(
    '3.10.4-3',
    '3.10.4-3',
    `the delivery of a QoS ${qos} message goes on to its end after UNSUBSCRIBE`,
    (t) => [
      a.connect(),
      a.subscribe(t.topic('x'), qos),
      b.connect(),
      b.publish(t.topic('x'), { qos }),
      a.expect('publish', { qos }),
      a.sendUnsubscribe(4, [t.topic('x')]),
      a.expect('unsuback', { id: 4 }),
      a.acknowledge(),
      a.quiet(),
    ],
  );
group.v5('3.11.3-1', 'UNSUBACK has a code for each filter, in order', (t) => [
  a.connect(),
  a.subscribe(t.topic('p'), 0),
  a.subscribe(t.topic('r'), 0, { id: 101 }),
  a.sendUnsubscribe(4, [t.topic('p'), t.topic('q'), t.topic('r')]),
  a.expect('unsuback', { id: 4, codes: [0, 0x11, 0] }),
  a.quiet(),
]);

// filters that the client may not subscribe to
group.v3(
  '3.9.3-2',
  'a forbidden filter is answered with 0x80, and the other filters are granted',
  ({ target, topic }) => [
    a.connect(),
    a.sendSubscribe(3, [
      [topic('p'), 1],
      [target.forbiddenFilter ?? '', 1],
      [topic('q'), 0],
    ]),
    a.expect('suback', { id: 3, codes: [1, 0x80, 0] }),
    a.quiet(),
  ],
  { needs: ['forbiddenFilter'] },
);
group.v5(
  '3.9.3-2',
  'a forbidden filter is answered «not authorized», and the other filters are granted',
  ({ target, topic }) => [
    a.connect(),
    a.sendSubscribe(3, [
      [topic('p'), 1],
      [target.forbiddenFilter ?? '', 1],
      [topic('q'), 0],
    ]),
    a.expect('suback', { id: 3, codes: [1, 0x87, 0] }),
    a.quiet(),
  ],
  { needs: ['forbiddenFilter'] },
);

// the connection itself
group.both('3.12.4-1', '3.12.4-1', 'PINGREQ is answered', () => [a.connect(), a.quiet()]);
group.both('3.12.4-1', '3.12.4-1', 'three PINGREQs in one write are answered with three PINGRESPs', () => [
  a.connect(),
  a.send(Buffer.from([0xc0, 0, 0xc0, 0, 0xc0, 0])),
  a.expect('pingresp'),
  a.expect('pingresp'),
  a.expect('pingresp'),
  a.quiet(),
]);
group.both('3.12.4-1', '3.12.4-1', 'a packet that arrives byte by byte is answered', (t) => [
  a.connect(),
  a.send(Buffer.from([0xc0])),
  b.connect(),
  b.publish(t.topic('x')),
  a.send(Buffer.from([0])),
  a.expect('pingresp'),
  a.quiet(),
]);
group.both('3.14.4-1', '3.14.4-1', 'after DISCONNECT the broker closes the connection', () => [
  a.connect(),
  a.disconnect(),
]);
