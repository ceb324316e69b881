/** Properties of CONNECT and of its will (sections 3.1.2.11, 3.1.3.2). */
import { a, Group, type Names } from '../../case.ts';
import type { Step } from '../../steps.ts';
import { bytes, field, frame, type PropertyName, property } from '../../wire.ts';
import { badTexts } from '../texts.ts';
import { all, broken, ofConnect, right, wrongValue } from './values.ts';

const connects = new Group('properties of CONNECT and will');

// CONNECT
const connectEnds = (...props: readonly Buffer[]): readonly Step[] => [a.open(), a.sendConnect({ props }), a.closed()];
for (const name of ofConnect)
  connects.v5('3.1.4-5', `CONNECT with ${name} is accepted`, () => [a.connect({ props: [right[name]] }), a.quiet()]);
for (const name of [...ofConnect, 'authMethod', 'authData'] as const)
  if (name !== 'user')
    connects.v5(broken, `CONNECT with ${name} twice ends the connection`, () =>
      name === 'authData'
        ? connectEnds(right.authMethod, right.authData, right.authData)
        : connectEnds(right[name], right[name]),
    );
connects.v5('3.1.4-5', 'CONNECT with one user property three times is accepted', () => [
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
  connects.v5('3.1.4-5', `CONNECT with ${name} ${value} is accepted`, () => [
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

// properties of the will
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
  connects.v5('3.1.4-5', `a will with ${name} is accepted`, (t) => [
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

export const connectCases = connects.cases;
