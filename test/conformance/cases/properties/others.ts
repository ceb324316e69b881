/** Properties of SUBSCRIBE, UNSUBSCRIBE, acknowledgements, DISCONNECT and AUTH. */
import { a, b, Group, type Names } from '../../case.ts';
import type { Step } from '../../steps.ts';
import {
  bytes,
  connectPacket,
  frame,
  properties,
  property,
  subscribePacket,
  u16,
  unsubscribePacket,
} from '../../wire.ts';
import { broken, ofConnect, right } from './values.ts';

const others = new Group('properties of other packets');

// SUBSCRIBE, UNSUBSCRIBE, acknowledgements, DISCONNECT, AUTH
const subscribeEnds = (t: Names, ...props: readonly Buffer[]): readonly Step[] => [
  a.connect(),
  a.send(subscribePacket('5.0', 1, [[t.topic('x'), 0]], props)),
  a.closed(),
];
others.v5('3.8.4-1', 'SUBSCRIBE with a user property is granted', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), 0, { props: [right.user, right.user] }),
  a.quiet(),
]);
for (const name of [
  'payloadFormat',
  'sessionExpiry',
  'topicAlias',
  'reasonString',
  'willDelay',
  'receiveMaximum',
] as const) {
  others.v5(broken, `SUBSCRIBE with ${name}, which does not belong there, ends the connection`, (t) =>
    subscribeEnds(t, right[name]),
  );
  others.v5(broken, `UNSUBSCRIBE with ${name}, which does not belong there, ends the connection`, () => [
    a.connect(),
    a.send(unsubscribePacket('5.0', 1, ['a/b'], [right[name]])),
    a.closed(),
  ]);
}
others.v5(
  broken,
  'SUBSCRIBE with subscription identifier 0 ends the connection',
  (t) => subscribeEnds(t, property('subscriptionId', 0)),
  { needs: ['subscriptionId'] },
);
others.v5(
  broken,
  'SUBSCRIBE with two subscription identifiers ends the connection',
  (t) => subscribeEnds(t, property('subscriptionId', 1), property('subscriptionId', 2)),
  { needs: ['subscriptionId'] },
);
others.v5(
  broken,
  'SUBSCRIBE with a subscription identifier of five bytes ends the connection',
  (t) => subscribeEnds(t, bytes(0x0b, 0x80, 0x80, 0x80, 0x80, 0x01)),
  { needs: ['subscriptionId'] },
);
others.v5(broken, 'UNSUBSCRIBE with a subscription identifier ends the connection', () => [
  a.connect(),
  a.send(unsubscribePacket('5.0', 1, ['a/b'], [right.subscriptionId])),
  a.closed(),
]);
others.v5('3.10.4-4', 'UNSUBSCRIBE with a user property is answered', (t) => [
  a.connect(),
  a.sendUnsubscribe(1, [t.topic('x')], [right.user]),
  a.expect('unsuback', { id: 1 }),
  a.quiet(),
]);
for (const [name, first] of [
  ['PUBACK', 0x40],
  ['PUBREC', 0x50],
  ['PUBREL', 0x62],
  ['PUBCOMP', 0x70],
] as const) {
  const ackEnds = (...props: readonly Buffer[]): readonly Step[] => [
    a.connect(),
    a.send(frame(first, u16(9), bytes(0), properties(...props))),
    a.closed(),
  ];
  others.v5(broken, `${name} with reasonString twice ends the connection`, () =>
    ackEnds(right.reasonString, right.reasonString),
  );
  for (const wrong of ['sessionExpiry', 'topicAlias', 'contentType'] as const)
    others.v5(broken, `${name} with ${wrong}, which does not belong there, ends the connection`, () =>
      ackEnds(right[wrong]),
    );
  others.v5(broken, `${name} with a reason code that does not exist ends the connection`, () => [
    a.connect(),
    a.send(frame(first, u16(9), bytes(0x05))),
    a.closed(),
  ]);
}
for (const [what, tail] of [
  ['a reason code', bytes(0)],
  ['a reason code and no properties', bytes(0, 0)],
  ['a reason string', Buffer.concat([bytes(0), properties(right.reasonString)])],
  ['user properties', Buffer.concat([bytes(0), properties(right.user, right.user)])],
] as const)
  others.v5('4.3.2-3', `PUBACK of a subscriber with ${what} is accepted`, (t) => {
    let id = 0;
    const noted = (value: number) => {
      id = value;
      return true;
    };
    const staying = { clean: false, props: [right.sessionExpiry] };
    return [
      a.connect(staying),
      a.subscribe(t.topic('x'), 1),
      b.connect(),
      b.publish(t.topic('x'), { qos: 1 }),
      a.expect('publish', { id: noted }),
      a.send(() => frame(0x40, u16(id), tail)),
      a.quiet(),
      a.cut(),
      a.connect(staying, { sessionPresent: true }),
      a.quiet(),
    ];
  });
for (const name of ['sessionExpiry', 'reasonString', 'user'] as const)
  others.v5('3.14.4-3', `DISCONNECT with ${name} ends the connection without a will`, (t) => [
    b.connect(),
    b.subscribe(t.topic('w'), 0),
    a.connect({ props: [right.sessionExpiry], will: { topic: t.topic('w') } }),
    a.disconnect(0, [right[name]]),
    b.quiet(),
  ]);
for (const name of ['serverReference', 'topicAlias', 'willDelay'] as const)
  others.v5(
    broken,
    `DISCONNECT with ${name}, which no client sends, is a protocol error: the will is published`,
    (t) => [
      b.connect(),
      b.subscribe(t.topic('w'), 0),
      a.connect({ will: { topic: t.topic('w'), payload: 'gone' } }),
      a.send(frame(0xe0, bytes(0), properties(right[name]))),
      a.closed(),
      b.expect('publish', { payload: 'gone' }),
    ],
  );
others.v5('3.15.1-1', 'AUTH ends a connection without an authentication method', () => [
  a.connect(),
  a.send(frame(0xf0, bytes(0x18), properties(right.authMethod))),
  a.closed(0x82, 0x81, 0x8c),
]);
others.v5('3.15.1-1', 'an empty AUTH ends a connection without an authentication method', () => [
  a.connect(),
  a.send(frame(0xf0)),
  a.closed(),
]);
others.v5('3.1.4-5', 'CONNECT with all its properties at once is accepted', () => [
  a.open(),
  a.send((session) => {
    const { user, password } = session.target;
    const props = ofConnect.map((name) => right[name]);
    return connectPacket('5.0', { clientId: session.clientId('a'), user, password, props });
  }),
  a.expect('connack', { code: 0 }),
  a.quiet(),
]);

export const othersCases = others.cases;
