/** Properties of MQTT 5.0: which may stand where, how often, with which values; section 2.2.2 and each packet's own. */
import { a, b, Group, type Names } from '../case.ts';
import type { Step } from '../steps.ts';
import {
  bytes,
  connectPacket,
  field,
  frame,
  type PropertyName,
  properties,
  property,
  propertyKinds,
  publishPacket,
  subscribePacket,
  u16,
  unsubscribePacket,
} from '../wire.ts';
import { badTexts } from './texts.ts';

const connects = new Group('properties of CONNECT and will');
const publishes = new Group('properties of PUBLISH');
const others = new Group('properties of other packets');

/** a value that is right for each */
const right: Readonly<Record<PropertyName, Buffer>> = {
  payloadFormat: property('payloadFormat', 1),
  messageExpiry: property('messageExpiry', 60),
  contentType: property('contentType', 'text/plain'),
  responseTopic: property('responseTopic', 'answer/here'),
  correlationData: property('correlationData', Buffer.from([1, 0, 2])),
  subscriptionId: property('subscriptionId', 5),
  sessionExpiry: property('sessionExpiry', 60),
  assignedClientId: property('assignedClientId', 'mine'),
  serverKeepAlive: property('serverKeepAlive', 30),
  authMethod: property('authMethod', 'none'),
  authData: property('authData', Buffer.from([1])),
  requestProblem: property('requestProblem', 1),
  willDelay: property('willDelay', 1),
  requestResponse: property('requestResponse', 1),
  responseInformation: property('responseInformation', 'here'),
  serverReference: property('serverReference', 'there'),
  reasonString: property('reasonString', 'because'),
  receiveMaximum: property('receiveMaximum', 20),
  topicAliasMaximum: property('topicAliasMaximum', 10),
  topicAlias: property('topicAlias', 1),
  maximumQos: property('maximumQos', 1),
  retainAvailable: property('retainAvailable', 1),
  user: property('user', ['key', 'value']),
  maximumPacketSize: property('maximumPacketSize', 100_000),
  wildcardAvailable: property('wildcardAvailable', 1),
  subscriptionIdAvailable: property('subscriptionIdAvailable', 1),
  sharedAvailable: property('sharedAvailable', 1),
};
const all = Object.keys(propertyKinds) as PropertyName[];

/** The standard numbers no sentence of its own for most of these: a malformed packet or a protocol error. */
const broken = '4.13.1-1';
const wrongValue = broken;

// CONNECT
const ofConnect: readonly PropertyName[] = [
  'sessionExpiry',
  'receiveMaximum',
  'maximumPacketSize',
  'topicAliasMaximum',
  'requestResponse',
  'requestProblem',
  'user',
];
const connectEnds = (...props: readonly Buffer[]): readonly Step[] => [a.open(), a.sendConnect({ props }), a.closed()];
for (const name of ofConnect)
  connects.v5('3.1.4-5', `CONNECT with ${name} is let in`, () => [a.connect({ props: [right[name]] }), a.quiet()]);
for (const name of [...ofConnect, 'authMethod', 'authData'] as const)
  if (name !== 'user')
    connects.v5(broken, `CONNECT with ${name} twice ends the connection`, () =>
      name === 'authData'
        ? connectEnds(right.authMethod, right.authData, right.authData)
        : connectEnds(right[name], right[name]),
    );
connects.v5('3.1.4-5', 'CONNECT with one user property three times is let in', () => [
  a.connect({ props: [right.user, right.user, right.user] }),
  a.quiet(),
]);
for (const name of all)
  if (!([...ofConnect, 'authMethod', 'authData'] as readonly string[]).includes(name))
    connects.v5(broken, `CONNECT with ${name}, which does not belong there, ends the connection`, () =>
      connectEnds(right[name]),
    );
for (const [name, value] of [
  ['receiveMaximum', 0],
  ['maximumPacketSize', 0],
  ['requestResponse', 2],
  ['requestProblem', 2],
] as const)
  connects.v5(wrongValue, `CONNECT with ${name} ${value} ends the connection`, () =>
    connectEnds(property(name, value)),
  );
for (const [name, value] of [
  ['sessionExpiry', 0],
  ['receiveMaximum', 1],
  ['receiveMaximum', 65_535],
  ['maximumPacketSize', 0xffff_ffff],
  ['topicAliasMaximum', 0],
  ['topicAliasMaximum', 65_535],
  ['requestResponse', 0],
  ['requestProblem', 0],
] as const)
  connects.v5('3.1.4-5', `CONNECT with ${name} ${value} is let in`, () => [
    a.connect({ props: [property(name, value)] }),
    a.quiet(),
  ]);
connects.v5(broken, 'CONNECT with authData and no authMethod ends the connection', () => connectEnds(right.authData));
connects.v5('4.12.0-1', 'an authentication method that the broker does not know is refused', () => [
  a.refused({ props: [property('authMethod', 'no-such-method')] }, 0x8c, 0x87),
]);
connects.v5(broken, 'CONNECT with an unknown property ends the connection', () => connectEnds(bytes(0x7f, 0)));
connects.v5(broken, 'CONNECT with property 0 ends the connection', () => connectEnds(bytes(0, 0)));
connects.v5(broken, 'CONNECT with half a property ends the connection', () => connectEnds(bytes(0x11, 0, 0)));
for (const [what, length] of [
  ['longer than the packet', bytes(0x7f)],
  ['of five bytes', bytes(0x80, 0x80, 0x80, 0x80, 0x01)],
  ['missing', Buffer.alloc(0)],
] as const)
  connects.v5(
    what === 'of five bytes' ? '1.5.5-1' : broken,
    `CONNECT with a property length that is ${what} ends the connection`,
    () => [a.open(), a.send(frame(0x10, field('MQTT'), bytes(5, 2, 0, 60), length)), a.closed()],
  );
for (const { what, bytes: text, five } of badTexts.slice(0, 6))
  connects.v5(five, `CONNECT with ${what} in a user property ends the connection`, () =>
    connectEnds(Buffer.concat([bytes(0x26), field(text), field('v')])),
  );

// the will's own
const willEnds = (t: Names, ...props: readonly Buffer[]): readonly Step[] => [
  a.open(),
  a.sendConnect({ will: { topic: t.topic('w'), props } }),
  a.closed(0x81, 0x82),
];
const ofWill: readonly PropertyName[] = [
  'willDelay',
  'payloadFormat',
  'messageExpiry',
  'contentType',
  'responseTopic',
  'correlationData',
];
for (const name of [...ofWill, 'user'] as const)
  connects.v5('3.1.4-5', `a will with ${name} is let in`, (t) => [
    a.connect({ will: { topic: t.topic('w'), props: [right[name]] } }),
    a.disconnect(),
  ]);
for (const name of ofWill)
  connects.v5(broken, `a will with ${name} twice ends the connection`, (t) => willEnds(t, right[name], right[name]));
for (const name of [
  'sessionExpiry',
  'topicAlias',
  'receiveMaximum',
  'subscriptionId',
  'reasonString',
  'authMethod',
] as const)
  connects.v5(broken, `a will with ${name}, which does not belong there, ends the connection`, (t) =>
    willEnds(t, right[name]),
  );
connects.v5(wrongValue, 'a will with payload format 2 ends the connection', (t) =>
  willEnds(t, property('payloadFormat', 2)),
);
connects.v5('3.3.2-14', 'a will with a wildcard in its response topic ends the connection', (t) =>
  willEnds(t, property('responseTopic', 'a/#')),
);

// PUBLISH
const ofPublish: readonly PropertyName[] = [
  'payloadFormat',
  'messageExpiry',
  'topicAlias',
  'responseTopic',
  'correlationData',
  'user',
  'contentType',
];
const publishEnds = (t: Names, ...props: readonly Buffer[]): readonly Step[] => [
  a.connect(),
  a.send(publishPacket('5.0', { topic: t.topic('x'), qos: 1, id: 1, props })),
  a.closed(),
];
for (const name of ofPublish)
  if (name !== 'user' && name !== 'topicAlias')
    publishes.v5(broken, `PUBLISH with ${name} twice ends the connection`, (t) =>
      publishEnds(t, right[name], right[name]),
    );
publishes.v5(
  broken,
  'PUBLISH with topicAlias twice ends the connection',
  (t) => publishEnds(t, right.topicAlias, right.topicAlias),
  { needs: ['topicAlias'] },
);
for (const name of all)
  if (!ofPublish.includes(name))
    publishes.v5(
      name === 'subscriptionId' ? '3.3.4-6' : broken,
      `PUBLISH with ${name}, which does not belong there, ends the connection`,
      (t) => publishEnds(t, right[name]),
    );
publishes.v5(wrongValue, 'PUBLISH with payload format 2 ends the connection', (t) =>
  publishEnds(t, property('payloadFormat', 2)),
);
for (const topic of ['a/#', 'a/+/b', '#'])
  publishes.v5('3.3.2-14', `PUBLISH with the response topic ${topic} ends the connection`, (t) =>
    publishEnds(t, property('responseTopic', topic)),
  );
publishes.v5(broken, 'PUBLISH with an unknown property ends the connection', (t) => publishEnds(t, bytes(0x7f, 0)));
publishes.v5(broken, 'PUBLISH with half a property ends the connection', (t) => publishEnds(t, bytes(0x02, 0, 0)));
publishes.v5(broken, 'PUBLISH with a property length beyond its end ends the connection', () => [
  a.connect(),
  a.send(frame(0x30, field('a/b'), bytes(0x20), Buffer.from('x'))),
  a.closed(),
]);
publishes.v5(broken, 'PUBLISH without a property length ends the connection', () => [
  a.connect(),
  a.send(frame(0x32, field('a/b'), u16(1))),
  a.closed(),
]);
for (const [name, id, statement] of [
  ['content type', 0x03, '3.3.2-19'],
  ['response topic', 0x08, '3.3.2-13'],
] as const)
  for (const { what, bytes: text } of badTexts.slice(0, 6))
    publishes.v5(statement, `PUBLISH with ${what} in its ${name} ends the connection`, (t) =>
      publishEnds(t, bytes(id), field(text)),
    );
for (const { what, bytes: text, five } of badTexts.slice(0, 6)) {
  publishes.v5(five, `PUBLISH with ${what} in the name of a user property ends the connection`, (t) =>
    publishEnds(t, bytes(0x26), field(text), field('v')),
  );
  publishes.v5('1.5.7-1', `PUBLISH with ${what} in the value of a user property ends the connection`, (t) =>
    publishEnds(t, bytes(0x26), field('k'), field(text)),
  );
}

const passedOn: readonly (readonly [string, string, Buffer, Readonly<Record<string, unknown>>])[] = [
  [
    '3.3.2-4',
    'payload format 0',
    property('payloadFormat', 0),
    { payloadFormat: (v?: number) => v === 0 || v === undefined },
  ],
  ['3.3.2-4', 'payload format 1', property('payloadFormat', 1), { payloadFormat: 1 }],
  ['3.3.2-15', 'the response topic', property('responseTopic', 'answer/here'), { responseTopic: 'answer/here' }],
  [
    '3.3.2-16',
    'the correlation data',
    property('correlationData', Buffer.from([0, 255, 7])),
    { correlationData: '\0\xff\x07' },
  ],
  ['3.3.2-16', 'empty correlation data', property('correlationData', Buffer.alloc(0)), { correlationData: '' }],
  ['3.3.2-20', 'the content type', property('contentType', 'application/json'), { contentType: 'application/json' }],
  ['3.3.2-20', 'a content type of all kinds of letters', property('contentType', 'ä雪🔥'), { contentType: 'ä雪🔥' }],
  [
    '3.3.2-17',
    'user properties, one name twice',
    Buffer.concat([property('user', ['b', '1']), property('user', ['a', '2']), property('user', ['b', '3'])]),
    {
      user: [
        ['b', '1'],
        ['a', '2'],
        ['b', '3'],
      ],
    },
  ],
  ['3.3.2-17', 'an empty user property', property('user', ['', '']), { user: [['', '']] }],
  [
    '3.3.2-18',
    'the order of 20 user properties',
    Buffer.concat(Array.from({ length: 20 }, (_, n) => property('user', [`k${(n * 7) % 20}`, `${n}`]))),
    { user: Array.from({ length: 20 }, (_, n) => [`k${(n * 7) % 20}`, `${n}`]) },
  ],
];
for (const [statement, what, sent, wanted] of passedOn)
  publishes.v5(statement, `PUBLISH passes ${what} on`, (t) => [
    a.connect(),
    a.subscribe(t.topic('x'), 1),
    b.connect(),
    b.publish(t.topic('x'), { qos: 1, props: [sent] }),
    a.expect('publish', { payload: 'x', props: wanted }),
    a.acknowledge(),
    a.quiet(),
  ]);
publishes.v5('3.3.2-17', 'a retained message keeps its properties', (t) => [
  b.connect(),
  b.publish(t.topic('x'), { retain: true, props: [right.user, right.contentType, right.correlationData] }),
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  a.expect('publish', {
    retain: true,
    props: { user: [['key', 'value']], contentType: 'text/plain', correlationData: '\x01\0\x02' },
  }),
  a.quiet(),
]);
publishes.v5('3.3.2-17', 'a message that waits for an absent client keeps its properties', (t) => [
  a.connect({ clean: false, props: [property('sessionExpiry', 600)] }),
  a.subscribe(t.topic('x'), 1),
  a.disconnect(),
  b.connect(),
  b.publish(t.topic('x'), { qos: 1, props: [right.user, right.responseTopic, right.payloadFormat] }),
  a.connect({ clean: false, props: [property('sessionExpiry', 600)] }, { sessionPresent: true }),
  a.expect('publish', {
    props: { user: [['key', 'value']], responseTopic: 'answer/here', payloadFormat: 1 },
  }),
  a.acknowledge(),
  a.quiet(),
]);

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
  others.v5('4.3.2-3', `PUBACK of a subscriber with ${what} is taken`, (t) => {
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
others.v5('3.15.1-1', 'AUTH of a connection without an authentication method ends it', () => [
  a.connect(),
  a.send(frame(0xf0, bytes(0x18), properties(right.authMethod))),
  a.closed(0x82, 0x81, 0x8c),
]);
others.v5('3.15.1-1', 'AUTH with nothing in it ends a connection without an authentication method', () => [
  a.connect(),
  a.send(frame(0xf0)),
  a.closed(),
]);
others.v5('3.1.4-5', 'CONNECT with all its properties at once is let in', () => [
  a.open(),
  a.send((session) => {
    const { user, password } = session.target;
    const props = ofConnect.map((name) => right[name]);
    return connectPacket('5.0', { clientId: session.clientId('a'), user, password, props });
  }),
  a.expect('connack', { code: 0 }),
  a.quiet(),
]);

export const propertyCases = [connects, publishes, others].flatMap(({ cases }) => cases);
