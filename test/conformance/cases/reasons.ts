/** Shared subscriptions of MQTT 5.0 (section 4.8.2), reason codes, and what CONNACK announces (section 3.2.2.3). */
import { a, b, c, Group, type Names } from '../case.ts';
import { ackPacket, property } from '../wire.ts';
import { retained } from './shared.ts';

const shares = new Group('shared subscriptions');
const reasons = new Group('reasons and CONNACK of 5.0');

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
  'two share names with one filter get each message once each',
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
  'a client with a shared and an ordinary subscription gets one or two messages',
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
reasons.v5('3.1.2-28', 'CONNACK has no response information that the client did not request', () => [
  a.connect({}, { props: { responseInformation: undefined } }),
  b.connect({ props: [property('requestResponse', 0)] }, { props: { responseInformation: undefined } }),
]);
reasons.v5('3.2.2-21', 'a server keep-alive in CONNACK is not 0', () => [
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
  reasons.v5('3.3.4-1', `a QoS ${qos} message without subscribers is answered with success or 0x10`, (t) => [
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
  reasons.v5(
    '3.14.4-1',
    `after DISCONNECT with reason 0x${code.toString(16)} the broker closes and sends nothing`,
    () => [a.connect(), a.disconnect(code)],
  );
reasons.v5('3.14.0-1', 'a malformed CONNECT is not answered with DISCONNECT', () => [
  a.open(),
  a.sendConnect({ flags: 0xc3 }),
  a.closedOr('connack', ({ code = 0 }) => code >= 0x80),
]);
reasons.v5('3.2.2-16', 'assigned client identifiers differ', () => {
  const seen = new Set<string>();
  const isNew = (id?: string) => id !== undefined && id !== '' && !seen.has(id) && seen.add(id).size > 0;
  return [a, b, c].map((client) => client.connect({ clientId: '' }, { props: { assignedClientId: isNew } }));
});
reasons.v5('3.1.2-29', 'SUBSCRIBE is answered when the client requested problem information', (t) => [
  a.connect({ props: [property('requestProblem', 1)] }),
  a.sendSubscribe(3, [[t.topic('x'), 0]]),
  a.expect('suback', { id: 3 }),
]);

export const reasonCases = [shares, reasons].flatMap(({ cases }) => cases);
