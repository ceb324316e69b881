/** Wills: section 3.1.2.5. */
import { a, b, c, Group } from '../case.ts';
import { pass } from '../steps.ts';
import { frame, property } from '../wire.ts';

const group = new Group('wills');
export const willCases = group.cases;

for (const qos of [0, 1, 2])
  group.both('3.1.2-8', '3.1.2-8', `a will of QoS ${qos} is published when its connection is cut off`, (t) => [
    b.connect(),
    b.subscribe(t.topic('w'), qos),
    a.connect({ will: { topic: t.topic('w'), payload: 'gone', qos } }),
    a.cut(),
    b.expect('publish', { topic: t.topic('w'), payload: 'gone', qos, retain: false }),
    ...(qos === 0 ? [] : [b.acknowledge()]),
    b.quiet(),
  ]);
group.both('3.1.2-10', '3.1.2-10', 'DISCONNECT deletes the will', (t) => [
  b.connect(),
  b.subscribe(t.topic('w'), 0),
  a.connect({ will: { topic: t.topic('w'), payload: 'gone' } }),
  a.disconnect(),
  b.quiet(),
]);
group.both('3.1.2-16', '3.1.2-14', 'a will without RETAIN is not stored', (t) => [
  b.connect(),
  b.subscribe(t.topic('w'), 0),
  a.connect({ will: { topic: t.topic('w'), payload: 'gone' } }),
  a.cut(),
  b.expect('publish', { payload: 'gone' }),
  c.connect(),
  c.subscribe(t.topic('w'), 0),
  c.quiet(),
]);
group.both('3.1.2-17', '3.1.2-15', 'a will with RETAIN is stored', (t) => [
  b.connect(),
  b.subscribe(t.topic('w'), 0),
  a.connect({ will: { topic: t.topic('w'), payload: 'gone', retain: true } }),
  a.cut(),
  b.expect('publish', { payload: 'gone', retain: false }),
  c.connect(),
  c.subscribe(t.topic('w'), 0),
  c.expect('publish', { payload: 'gone', retain: true }),
  c.quiet(),
]);
group.both('3.1.2-8', '3.1.2-8', 'an empty will is published', (t) => [
  b.connect(),
  b.subscribe(t.topic('w'), 0),
  a.connect({ will: { topic: t.topic('w'), payload: '' } }),
  a.cut(),
  b.expect('publish', { payload: '' }),
  b.quiet(),
]);
group.both('3.1.2-8', '3.1.2-8', 'the will is published after a protocol error of its client', (t) => [
  b.connect(),
  b.subscribe(t.topic('w'), 0),
  a.connect({ will: { topic: t.topic('w'), payload: 'gone' } }),
  a.send(frame(0x36)),
  a.closed(),
  b.expect('publish', { payload: 'gone' }),
  b.quiet(),
]);
group.both('3.1.2-8', '3.1.2-8', 'the will is published when the keep-alive has passed', (t) => [
  b.connect(),
  b.subscribe(t.topic('w'), 0),
  a.connect({ keepAlive: 1, will: { topic: t.topic('w'), payload: 'gone' } }),
  a.closedWithin(8000, 0x8d),
  b.expect('publish', { payload: 'gone' }),
]);
group.both(
  '3.1.2-8',
  '3.1.2-8',
  'the will of a connection is published when a second one with its client id begins',
  (t) => [
    b.connect(),
    b.subscribe(t.topic('w'), 0),
    a.connect({ will: { topic: t.topic('w'), payload: 'gone' } }),
    a.open(),
    a.sendConnect(),
    a.expect('connack', { code: 0 }),
    b.expect('publish', { payload: 'gone' }),
  ],
);
group.both('3.1.2-10', '3.1.2-10', 'a will is published once', (t) => [
  b.connect(),
  b.subscribe(t.topic('w'), 0),
  a.connect({ will: { topic: t.topic('w'), payload: 'gone' } }),
  a.cut(),
  b.expect('publish', { payload: 'gone' }),
  a.connect(),
  a.disconnect(),
  b.quiet(),
]);
group.both('3.1.2-12', '3.1.2-8', 'a connection without a will publishes none', (t) => [
  b.connect(),
  b.subscribe(t.topic('#'), 0),
  a.connect(),
  a.cut(),
  b.quiet(),
]);

// 5.0
group.v5('3.14.4-3', 'DISCONNECT with reason 0x04 publishes the will', (t) => [
  b.connect(),
  b.subscribe(t.topic('w'), 0),
  a.connect({ will: { topic: t.topic('w'), payload: 'gone' } }),
  a.disconnect(0x04),
  b.expect('publish', { payload: 'gone' }),
  b.quiet(),
]);
for (const code of [0x80, 0x81, 0x93])
  group.v5('3.1.2-8', `DISCONNECT with reason 0x${code.toString(16)} publishes the will`, (t) => [
    b.connect(),
    b.subscribe(t.topic('w'), 0),
    a.connect({ will: { topic: t.topic('w'), payload: 'gone' } }),
    a.disconnect(code),
    b.expect('publish', { payload: 'gone' }),
  ]);
group.v5('3.1.2-8', 'a will waits for its delay', (t) => [
  b.connect(),
  b.subscribe(t.topic('w'), 0),
  a.connect({
    clean: false,
    props: [property('sessionExpiry', 600)],
    will: { topic: t.topic('w'), payload: 'late', props: [property('willDelay', 1)] },
  }),
  a.cut(),
  b.quiet(),
  b.expect('publish', { payload: 'late' }),
  b.quiet(),
]);
group.v5('3.1.3-9', 'the will of a client that is back within the delay is not published', (t) => [
  b.connect(),
  b.subscribe(t.topic('w'), 0),
  a.connect({
    clean: false,
    props: [property('sessionExpiry', 600)],
    will: { topic: t.topic('w'), payload: 'late', props: [property('willDelay', 1)] },
  }),
  a.cut(),
  a.connect({ clean: false, props: [property('sessionExpiry', 600)] }, { sessionPresent: true }),
  pass(2300),
  b.quiet(),
]);
group.v5('3.1.2-8', 'a will with a delay beyond its session is published when the session ends', (t) => [
  b.connect(),
  b.subscribe(t.topic('w'), 0),
  a.connect({ will: { topic: t.topic('w'), payload: 'gone', props: [property('willDelay', 600)] } }),
  a.cut(),
  b.expect('publish', { payload: 'gone' }),
]);
group.v5('3.1.2-8', 'a clean start ends the session, and its delayed will is published', (t) => [
  b.connect(),
  b.subscribe(t.topic('w'), 0),
  a.connect({
    clean: false,
    props: [property('sessionExpiry', 600)],
    will: { topic: t.topic('w'), payload: 'gone', props: [property('willDelay', 600)] },
  }),
  a.cut(),
  a.connect({ clean: true }, { sessionPresent: false }),
  b.expect('publish', { payload: 'gone' }),
]);
group.v5('3.14.4-3', 'DISCONNECT deletes a will with a delay', (t) => [
  b.connect(),
  b.subscribe(t.topic('w'), 0),
  a.connect({
    clean: false,
    props: [property('sessionExpiry', 600)],
    will: { topic: t.topic('w'), props: [property('willDelay', 1)] },
  }),
  a.disconnect(),
  pass(2300),
  b.quiet(),
]);
group.v5('3.1.3-10', 'the properties of a will arrive with it, user properties in their order', (t) => [
  b.connect(),
  b.subscribe(t.topic('w'), 0),
  a.connect({
    will: {
      topic: t.topic('w'),
      payload: 'gone',
      props: [
        property('payloadFormat', 1),
        property('contentType', 'text/plain'),
        property('responseTopic', t.topic('answer')),
        property('correlationData', Buffer.from([1, 0, 255])),
        property('user', ['z', '1']),
        property('user', ['a', '2']),
        property('user', ['z', '3']),
      ],
    },
  }),
  a.cut(),
  b.expect('publish', {
    payload: 'gone',
    props: {
      payloadFormat: 1,
      contentType: 'text/plain',
      responseTopic: t.topic('answer'),
      correlationData: '\x01\x00\xff',
      user: [
        ['z', '1'],
        ['a', '2'],
        ['z', '3'],
      ],
    },
  }),
]);
