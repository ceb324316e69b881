/** Flow control and packet sizes of MQTT 5.0: sections 3.1.2.11.3, 3.1.2.11.4 and 4.9; message expiry: section 3.3.2.3.3. */
import { a, b, Group } from '../case.ts';
import { pass } from '../steps.ts';
import { property, publishPacket } from '../wire.ts';
import { staying } from './shared.ts';

const limits = new Group('flow control and packet sizes');
const expiries = new Group('message expiry');

// receive maximum
limits.v5('3.3.4-9', 'the broker sends no more unacknowledged messages than the client’s receive maximum', (t) => [
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
limits.v5('3.3.4-9', 'a QoS 2 message counts in the receive maximum until PUBCOMP', (t) => [
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
limits.v5('4.4.0-2', 'PUBREC with a reason from 0x80 ends the delivery, and the next message is sent', (t) => [
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
limits.v5('3.3.4-9', 'QoS 0 messages do not count in the receive maximum', (t) => [
  a.connect({ props: [property('receiveMaximum', 1)] }),
  a.subscribe(t.topic('x'), 1),
  b.connect(),
  b.publish(t.topic('x'), { qos: 1, payload: 'one' }),
  a.expect('publish', { payload: 'one' }),
  b.publish(t.topic('x'), { qos: 0, payload: 'two' }),
  a.expect('publish', { payload: 'two', qos: 0 }),
  a.quiet(),
]);
limits.v5('4.9.0-1', 'messages that waited in a session keep the receive maximum too', (t) => [
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
limits.v5('4.9.0-3', 'PINGREQ and SUBSCRIBE are answered while the receive maximum is reached', (t) => [
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
  'more QoS 2 messages at once than the broker’s receive maximum end the connection',
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
limits.v5('3.1.2-24', 'a message above the client’s maximum packet size is not sent, and smaller ones are', (t) => [
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
limits.v5('3.1.2-24', 'a retained message above the client’s maximum packet size is not sent', (t) => [
  b.connect(),
  b.publish(t.topic('x'), { retain: true, payload: 'x'.repeat(300) }),
  a.connect({ props: [property('maximumPacketSize', 200)] }),
  a.subscribe(t.topic('x'), 0),
  a.quiet(),
]);
limits.v5(
  '3.2.2-15',
  'a packet above the broker’s maximum packet size ends the connection',
  (t) => [
    a.connect(),
    a.send(publishPacket('5.0', { topic: t.topic('x'), payload: Buffer.alloc(Number(t.announced.maximumPacketSize)) })),
    a.closed(0x95),
  ],
  { needs: ['maximumPacketSize'] },
);

// message expiry
expiries.v5('3.3.2-6', 'a message that is delivered at once keeps its expiry', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  b.connect(),
  b.publish(t.topic('x'), { props: [property('messageExpiry', 60)] }),
  a.expect('publish', { props: { messageExpiry: (value: number) => value === 60 || value === 59 } }),
]);
expiries.v5('3.3.2-6', 'a message that waited arrives with the rest of its expiry', (t) => [
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
expiries.v5('3.3.2-5', 'a retained message whose expiry has passed is not sent', (t) => [
  b.connect(),
  b.publish(t.topic('x'), { retain: true, props: [property('messageExpiry', 1)] }),
  pass(2300),
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  a.quiet(),
]);
expiries.v5('3.3.2-6', 'a retained message arrives with the rest of its expiry', (t) => [
  b.connect(),
  b.publish(t.topic('x'), { retain: true, props: [property('messageExpiry', 60)] }),
  pass(1600),
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  a.expect('publish', { props: { messageExpiry: (value: number) => value >= 50 && value <= 59 } }),
]);
expiries.v5('3.3.2-5', 'a message without an expiry arrives without one', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  b.connect(),
  b.publish(t.topic('x')),
  a.expect('publish', { props: { messageExpiry: undefined } }),
]);

export const limitCases = [limits, expiries].flatMap(({ cases }) => cases);
