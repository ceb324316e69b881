/** CONNECT and CONNACK: sections 3.1 and 3.2 of both versions. */
import { a, b, Group } from '../case.ts';
import type { Session } from '../session.ts';
import type { Step } from '../steps.ts';
import {
  ackPacket,
  authPacket,
  bytes,
  type ConnectFields,
  connectPacket,
  disconnectPacket,
  field,
  frame,
  pingPacket,
  properties,
  property,
  publishPacket,
  subscribePacket,
  u16,
  unsubscribePacket,
  type Version,
} from '../wire.ts';
import { badTexts } from './texts.ts';

const group = new Group('CONNECT');
export const connectCases = group.cases;

const none = Buffer.alloc(0);

/** A CONNECT that logs in, with these fields. */
function logIn(fields: Partial<ConnectFields>): (session: Session) => Buffer {
  return (session) => {
    const { user, password } = session.target;
    return connectPacket(session.version, { clientId: session.clientId('a'), user, password, ...fields });
  };
}

/** The broker ends a connection that begins with these bytes. */
function ends(message: Buffer | ((session: Session) => Buffer)): readonly Step[] {
  return [a.open(), a.send(message), a.closed()];
}

/** A CONNECT with these flags, and with this payload byte for byte. */
function raw(flags: number, payload: (session: Session) => readonly Buffer[]): (session: Session) => Buffer {
  return (session) => {
    const level = session.version === '5.0' ? 5 : 4;
    const props = session.version === '5.0' ? properties() : none;
    return frame(0x10, field('MQTT'), bytes(level, flags), u16(60), props, ...payload(session));
  };
}

function firstPackets(version: Version): readonly (readonly [string, Buffer])[] {
  return [
    ['PUBLISH', publishPacket(version, { topic: 'a' })],
    ['PUBLISH of QoS 1', publishPacket(version, { topic: 'a', qos: 1, id: 1 })],
    ['SUBSCRIBE', subscribePacket(version, 1, [['a', 0]])],
    ['UNSUBSCRIBE', unsubscribePacket(version, 1, ['a'])],
    ['PUBACK', ackPacket('puback', 1)],
    ['PUBREC', ackPacket('pubrec', 1)],
    ['PUBREL', ackPacket('pubrel', 1)],
    ['PUBCOMP', ackPacket('pubcomp', 1)],
    ['PINGREQ', pingPacket],
    ['DISCONNECT', disconnectPacket()],
  ];
}
for (const [name, packet] of firstPackets('3.1.1'))
  group.v3('3.1.0-1', `${name} before CONNECT ends the connection`, () => ends(packet));
for (const [name, packet] of firstPackets('5.0'))
  group.v5('3.1.0-1', `${name} before CONNECT ends the connection`, () => ends(packet));
group.v5('3.1.0-1', 'AUTH before CONNECT ends the connection', () =>
  ends(authPacket(0x18, property('authMethod', 'none'))),
);
group.both('3.1.0-2', '3.1.0-2', 'a second CONNECT ends the connection', () => [
  a.connect(),
  a.sendConnect(),
  a.closed(),
]);

// the variable header
for (const name of ['MQTt', 'mqtt', 'MQTTX', 'HTTP', ''])
  group.both('3.1.2-1', '3.1.2-1', `the protocol name «${name}» ends the connection`, () => ends(logIn({ name })));
for (const level of [0, 2, 6, 127])
  group.v3('3.1.2-2', `protocol level ${level} is answered with return code 1, then closed`, () => [
    a.refused({ level }, 1),
  ]);
for (const flag of [0x11, 0x12, 0x14, 0x18, 0x1f])
  group.both('2.2.2-2', '2.1.3-1', `CONNECT with flags ${flag & 15} in its fixed header ends the connection`, () =>
    ends((session) => Buffer.concat([bytes(flag), logIn({})(session).subarray(1)])),
  );
group.both('3.1.2-3', '3.1.2-3', 'the reserved connect flag ends the connection', () => ends(logIn({ flags: 0xc3 })));
group.both('3.1.2-14', '3.1.2-12', 'will QoS 3 ends the connection', (t) =>
  ends(logIn({ will: { topic: t.topic('w'), payload: 'gone', qos: 3 } })),
);
for (const [flags, what] of [
  [0xca, 'will QoS 1 without a will'],
  [0xd2, 'will QoS 2 without a will'],
] as const)
  group.both('3.1.2-13', '3.1.2-11', `${what} ends the connection`, () => ends(logIn({ flags })));
group.both('3.1.2-15', '3.1.2-13', 'will retain without a will ends the connection', () =>
  ends(logIn({ flags: 0xe2 })),
);
group.v3('3.1.2-22', 'a password without a user name ends the connection', () => ends(logIn({ user: undefined })));

// the payload: exactly the fields that the flags announce, in order
const id = (session: Session) => field(session.clientId('a'));
const user = (session: Session) => field(session.target.user);
group.both('3.1.3-3', '3.1.3-3', 'CONNECT without a client id ends the connection', () => ends(raw(0x02, () => [])));
group.both('3.1.3-3', '3.1.3-3', 'CONNECT with half a length of its client id ends the connection', () =>
  ends(raw(0x02, () => [bytes(0)])),
);
group.both('3.1.3-1', '3.1.3-1', 'a client id that is longer than the packet ends the connection', () =>
  ends(raw(0x02, () => [u16(9), bytes(0x61, 0x62)])),
);
group.both('3.1.2-9', '3.1.2-9', 'a will flag without a will ends the connection', () =>
  ends(raw(0x06, (s) => [id(s)])),
);
group.v3('3.1.2-9', 'a will without its message ends the connection', () =>
  ends(raw(0x06, (s) => [id(s), field('w')])),
);
group.v5('3.1.2-9', 'a will without its message ends the connection', () =>
  ends(raw(0x06, (s) => [id(s), properties(), field('w')])),
);
group.both('3.1.2-19', '3.1.2-17', 'CONNECT with the flag of a user name and no user name ends the connection', () =>
  ends(raw(0x82, (s) => [id(s)])),
);
group.both('3.1.2-21', '3.1.2-19', 'CONNECT with the flag of a password and no password ends the connection', () =>
  ends(raw(0xc2, (s) => [id(s), user(s)])),
);
group.both('3.1.2-18', '3.1.2-16', 'CONNECT with a user name and no flag for it ends the connection', () =>
  ends(raw(0x02, (s) => [id(s), user(s)])),
);
group.both('3.1.2-20', '3.1.2-18', 'CONNECT with a password and no flag for it ends the connection', () =>
  ends(raw(0x82, (s) => [id(s), user(s), field(s.target.password)])),
);
group.both('3.1.4-1', '3.1.4-1', 'bytes behind the password end the connection', () =>
  ends(logIn({ tail: bytes(0, 1, 2) })),
);
group.both('3.1.4-1', '3.1.4-1', 'an empty CONNECT ends the connection', () => ends(frame(0x10)));
group.both('3.1.4-1', '3.1.4-1', 'CONNECT with nothing but its protocol name ends the connection', () =>
  ends(frame(0x10, field('MQTT'))),
);
group.both('3.1.4-1', '3.1.4-1', 'CONNECT without a keep-alive ends the connection', () =>
  ends((session) => frame(0x10, field('MQTT'), bytes(session.version === '5.0' ? 5 : 4, 2))),
);

// UTF-8
for (const { what, bytes: text, three, five } of badTexts) {
  group.both(three, five, `${what} in the client id ends the connection`, () => ends(logIn({ clientId: text })));
  group.both(three, five, `${what} in the user name ends the connection`, () => ends(logIn({ user: text })));
  group.both(three, five, `${what} in the will topic ends the connection`, () =>
    ends(logIn({ will: { topic: text, payload: 'w' } })),
  );
}
for (const topic of ['a/#', 'a/+/b'])
  group.both('4.7.1-1', '4.7.0-1', `the will topic ${topic} is refused`, (t) => [
    a.open(),
    a.sendConnect({ will: { topic: t.topic(topic) } }),
    a.closedOr('connack', ({ code = 0 }) => code > 0),
  ]);
group.both('4.7.3-1', '4.7.3-1', 'an empty will topic is refused', () => [
  a.open(),
  a.sendConnect({ will: { topic: '' } }),
  a.closedOr('connack', ({ code = 0 }) => code > 0),
]);

// client ids
group.v3('3.1.3-6', 'an empty client id with a clean session is accepted', () => [
  a.connect({ clientId: '' }, { sessionPresent: false }),
  a.quiet(),
]);
group.v3('3.1.3-8', 'an empty client id with clean session 0 is answered with return code 2', () => [
  a.refused({ clientId: '', clean: false }, 2),
]);
group.v5('3.1.3-7', 'a client with an empty client id gets an assigned one', () => [
  a.connect(
    { clientId: '' },
    { props: { assignedClientId: (value: unknown) => typeof value === 'string' && value !== '' } },
  ),
  a.quiet(),
]);
group.v5('3.1.3-6', 'two clients with empty client ids have two sessions', () => [
  a.connect({ clientId: '' }),
  b.connect({ clientId: '' }),
  a.quiet(),
  b.quiet(),
]);
group.v5('3.2.2-16', 'a client with a client id gets no assigned one', () => [
  a.connect({}, { props: { assignedClientId: undefined } }),
]);
for (const clientId of ['z', '0123456789abcdefghijklm', 'ABCDEFGHIJKLMNOPQRSTUVW', 'nopqrstuvwxyzXYZ'])
  group.both(
    '3.1.3-5',
    '3.1.3-5',
    `the client id ${clientId} is accepted`,
    () => [a.connect({ clientId }), a.quiet()],
    {
      alone: true,
    },
  );
group.both(
  '3.1.3-4',
  '3.1.3-4',
  'a client id of several scripts and an emoji is accepted',
  () => [a.connect({ clientId: 'Zähler-雪-🔥-\ufeff' }), a.quiet()],
  { alone: true },
);

// CONNACK
group.both('3.1.4-4', '3.1.4-5', 'a correct CONNECT is answered with CONNACK 0', () => [a.connect(), a.quiet()]);
group.both('3.2.2-1', '3.2.2-3', 'CONNACK of a clean start says that no session is present', () => [
  a.connect({ clean: true }, { sessionPresent: false }),
]);
group.both(
  '3.2.2-4',
  '3.2.2-6',
  'CONNACK of a refusal says that no session is present, and the connection is closed',
  () => [a.refused({ password: 'wrong' }, 4, 5, 0x86, 0x87)],
);
group.both('3.2.2-5', '3.2.2-7', 'CONNECT without a user name is refused, and the connection is closed', () => [
  a.refused({ user: undefined, password: undefined }, 4, 5, 0x86, 0x87),
]);
group.both('3.1.4-5', '3.1.4-6', 'packets behind a refused CONNECT have no effect', ({ topic }) => [
  a.open(),
  a.send((session) =>
    Buffer.concat([
      logIn({ password: 'wrong' })(session),
      publishPacket(session.version, { topic: topic('x'), retain: true, qos: 1, id: 1 }),
    ]),
  ),
  a.closedOr('connack', ({ code = 0 }) => code > 0),
  b.connect(),
  b.subscribe(topic('x'), 1),
  b.quiet(),
]);
group.both(
  '3.2.0-1',
  '3.2.0-1',
  'CONNACK comes before the answers to packets that were sent right behind CONNECT',
  ({ topic }) => [
    a.open(),
    a.send((session) =>
      Buffer.concat([
        logIn({})(session),
        subscribePacket(session.version, 5, [[topic('x'), 1]]),
        publishPacket(session.version, { topic: topic('x'), qos: 1, id: 6, payload: 'hello' }),
      ]),
    ),
    a.expect('connack', { code: 0 }),
    a.expect('suback', { id: 5, codes: [1] }),
    a.expectAll(['puback', { id: 6 }], ['publish', { topic: topic('x'), qos: 1, payload: 'hello' }]),
    a.acknowledge(),
    a.quiet(),
  ],
);
group.v5('3.2.0-2', 'one CONNECT gets one CONNACK', () => [a.connect(), a.quiet(), a.quiet()]);

// two connections of one client id
group.both('3.1.4-2', '3.1.4-3', 'a second connection of a client id ends the first one', () => [
  a.connect(),
  b.open(),
  b.send(logIn({})),
  b.expect('connack', { code: 0 }),
  a.closed(0x8e),
  b.quiet(),
]);

// keep-alive
group.both('3.1.2-24', '3.1.2-22', 'a client that is silent for longer than its keep-alive is disconnected', () => [
  a.connect({ keepAlive: 1 }),
  a.closedWithin(8000, 0x8d),
]);
group.both('3.1.2-24', '3.1.2-22', 'a client with keep-alive 0 stays connected', () => [
  a.connect({ keepAlive: 0 }),
  a.quiet(),
]);
