/** Sessions: clean session and clean start, session present, expiry, messages for absent clients; sections 3.1.2, 4.1. */
import { a, b, Group } from '../case.ts';
import { pass } from '../steps.ts';
import { disconnectPacket, property } from '../wire.ts';
import { staying } from './shared.ts';

const group = new Group('sessions');
export const sessionCases = group.cases;

/** surely longer than an expiry of 1 s: a broker may count whole seconds */
const overASecondMs = 2300;

group.both('3.2.2-3', '3.2.2-3', 'CONNACK of a first connection says that no session is present', () => [
  a.connect(staying, { sessionPresent: false }),
]);
group.both('3.2.2-2', '3.2.2-2', 'CONNACK says that a session is present when its client comes back', () => [
  a.connect(staying, { sessionPresent: false }),
  a.disconnect(),
  a.connect(staying, { sessionPresent: true }),
]);
group.both('3.1.2-4', '3.1.2-5', 'subscriptions outlive the connection', (t) => [
  a.connect(staying),
  a.subscribe(t.topic('x'), 1),
  a.disconnect(),
  a.connect(staying, { sessionPresent: true }),
  b.connect(),
  b.publish(t.topic('x'), { qos: 1, payload: 'still' }),
  a.expect('publish', { qos: 1, payload: 'still' }),
  a.acknowledge(),
  a.quiet(),
]);
group.both('3.1.2-6', '3.1.2-4', 'a clean start ends the earlier session', (t) => [
  a.connect(staying),
  a.subscribe(t.topic('x'), 1),
  a.disconnect(),
  a.connect({ clean: true }, { sessionPresent: false }),
  b.connect(),
  b.publish(t.topic('x'), { qos: 1 }),
  a.quiet(),
]);
group.both('3.1.2-6', '3.1.2-4', 'a clean start drops the messages that waited', (t) => [
  a.connect(staying),
  a.subscribe(t.topic('x'), 1),
  a.disconnect(),
  b.connect(),
  b.publish(t.topic('x'), { qos: 1 }),
  a.connect({ clean: true }, { sessionPresent: false }),
  a.quiet(),
]);
group.v3('3.1.2-6', 'a clean session is gone at the next connection', () => [
  a.connect({ clean: true }),
  a.disconnect(),
  a.connect({ clean: false }, { sessionPresent: false }),
]);
group.v5('3.1.2-23', 'a session without an expiry is gone at the next connection', () => [
  a.connect({ clean: true }),
  a.disconnect(),
  a.connect({ clean: false }, { sessionPresent: false }),
]);
for (const qos of [1, 2])
  group.both('3.1.2-5', '4.5.0-1', `QoS ${qos} messages wait for an absent client, in order`, (t) => [
    a.connect(staying),
    a.subscribe(t.topic('x'), qos),
    a.disconnect(),
    b.connect(),
    ...[1, 2, 3].map((id) => b.publish(t.topic('x'), { qos, id, payload: `m${id}` })),
    a.connect(staying, { sessionPresent: true }),
    a.receive(
      3,
      'm1, m2, m3',
      (packets) => packets.map(({ payload, dup }) => `${payload}${dup}`).join() === 'm1false,m2false,m3false',
    ),
  ]);
group.both('3.1.2-5', '4.5.0-1', 'a message that waited and was acknowledged is not sent again', (t) => [
  a.connect(staying),
  a.subscribe(t.topic('x'), 1),
  a.disconnect(),
  b.connect(),
  b.publish(t.topic('x'), { qos: 1 }),
  a.connect(staying, { sessionPresent: true }),
  a.expect('publish', { qos: 1 }),
  a.acknowledge(),
  a.quiet(),
  a.disconnect(),
  a.connect(staying, { sessionPresent: true }),
  a.quiet(),
]);
group.both('3.1.3-2', '3.1.3-2', 'a client does not get the session of another client id', () => [
  a.connect(staying),
  a.disconnect(),
  b.connect(staying, { sessionPresent: false }),
]);
group.both('4.1.0-1', '4.1.0-1', 'a subscription that was ended stays ended when its session is resumed', (t) => [
  a.connect(staying),
  a.subscribe(t.topic('x'), 1),
  a.sendUnsubscribe(3, [t.topic('x')]),
  a.expect('unsuback', { id: 3 }),
  a.disconnect(),
  b.connect(),
  b.publish(t.topic('x'), { qos: 1 }),
  a.connect(staying, { sessionPresent: true }),
  a.quiet(),
]);
group.both('3.1.4-2', '3.1.4-3', 'a second connection takes the session over', (t) => [
  a.connect(staying),
  a.subscribe(t.topic('x'), 1),
  b.connect(),
  b.publish(t.topic('x'), { qos: 1, payload: 'first' }),
  a.expect('publish', { payload: 'first' }),
  a.connect(staying, { sessionPresent: true }),
  a.expect('publish', { payload: 'first', dup: true }),
  a.acknowledge(),
  a.quiet(),
]);
group.both('4.1.0-1', '4.1.0-1', 'a session is kept when its connection breaks without DISCONNECT', (t) => [
  a.connect(staying),
  a.subscribe(t.topic('x'), 1),
  a.cut(),
  a.connect(staying, { sessionPresent: true }),
  b.connect(),
  b.publish(t.topic('x'), { qos: 1 }),
  a.expect('publish', { qos: 1 }),
  a.acknowledge(),
  a.quiet(),
]);

// expiry, of 5.0
group.v5('3.1.2-23', 'a session with expiry 0 ends with its connection', () => [
  a.connect({ clean: false, props: [property('sessionExpiry', 0)] }),
  a.disconnect(),
  a.connect({ clean: false }, { sessionPresent: false }),
]);
group.v5('4.1.0-2', 'a session is dropped once its expiry has passed', () => [
  a.connect({ clean: false, props: [property('sessionExpiry', 1)] }),
  a.disconnect(),
  pass(overASecondMs),
  a.connect({ clean: false }, { sessionPresent: false }),
]);
group.v5('3.1.2-23', 'a session with expiry 0xFFFFFFFF stays', () => [
  a.connect({ clean: false, props: [property('sessionExpiry', 0xffff_ffff)] }),
  a.disconnect(),
  a.connect({ clean: false, props: [property('sessionExpiry', 600)] }, { sessionPresent: true }),
]);
group.v5('3.1.2-23', 'a clean start may begin a session that outlives its connection', (t) => [
  a.connect({ clean: true, props: [property('sessionExpiry', 600)] }),
  a.subscribe(t.topic('x'), 1),
  a.disconnect(),
  a.connect(staying, { sessionPresent: true }),
]);
group.v5('3.1.2-23', 'DISCONNECT with expiry 0 ends the session', () => [
  a.connect(staying),
  a.disconnect(0, [property('sessionExpiry', 0)]),
  a.connect(staying, { sessionPresent: false }),
]);
group.v5('3.1.2-23', 'DISCONNECT may prolong the expiry', () => [
  a.connect({ clean: false, props: [property('sessionExpiry', 1)] }),
  a.disconnect(0, [property('sessionExpiry', 600)]),
  pass(overASecondMs),
  a.connect(staying, { sessionPresent: true }),
]);
group.v5('3.14.2-2', 'DISCONNECT with an expiry is a protocol error where CONNECT had none', () => [
  a.connect({ clean: true }),
  a.send(disconnectPacket(0, [property('sessionExpiry', 60)])),
  a.closed(0x82),
  a.connect({ clean: false }, { sessionPresent: false }),
]);
group.v5('3.1.2-23', 'a resumed session has the expiry of the newest CONNECT', () => [
  a.connect(staying),
  a.disconnect(),
  a.connect({ clean: false }, { sessionPresent: true }),
  a.disconnect(),
  a.connect({ clean: false }, { sessionPresent: false }),
]);
