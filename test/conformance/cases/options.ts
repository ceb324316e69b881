/** Subscription options of MQTT 5.0 (section 3.8.3.1), and subscription identifiers. */
import { a, b, Group } from '../case.ts';
import { property } from '../wire.ts';
import { retained, staying } from './shared.ts';

const options = new Group('subscription options and identifiers');

const noLocal = 4;
const retainAsPublished = 8;
const handling = (value: number) => value << 4;

// subscription options
options.v5('3.8.3-3', 'with No Local a client does not get its own messages', (t) => [
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
options.v5('3.8.3-3', 'without No Local a client gets its own messages', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  a.sendPublish({ topic: t.topic('x') }),
  a.expect('publish'),
  a.quiet(),
]);
options.v5(
  '3.8.3-3',
  'with No Local a session keeps none of the client’s own messages for the next connection',
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
  options.v5(
    '3.3.1-12',
    `without Retain As Published a message with RETAIN ${retain ? 1 : 0} arrives with RETAIN 0`,
    (t) => [
      a.connect(),
      a.subscribe(t.topic('x'), 0),
      b.connect(),
      b.publish(t.topic('x'), { retain, payload: 'now' }),
      a.expect('publish', { retain: false, payload: 'now' }),
      a.quiet(),
    ],
  );
}
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
options.v5(
  '3.3.1-10',
  'Retain Handling 1 brings no retained message when the resumed session has the subscription',
  (t) => [
    b.connect(),
    b.publish(t.topic('x'), { retain: true, payload: 'kept' }),
    a.connect(staying),
    a.subscribe(t.topic('x'), handling(1)),
    a.expect('publish', { payload: 'kept' }),
    a.disconnect(),
    a.connect(staying, { sessionPresent: true }),
    a.subscribe(t.topic('x'), handling(1)),
    a.quiet(),
  ],
);
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
options.v5('4.1.0-1', 'a session keeps the options of its subscriptions', (t) => [
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
options.v5('3.3.4-3', 'a message has no identifier where its subscription has none', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  b.connect(),
  b.publish(t.topic('x')),
  a.expect('publish', { props: { subscriptionId: undefined } }),
]);
options.v5(
  '3.3.4-4',
  'overlapping subscriptions bring both identifiers, in one message or in two',
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
  'a retained message has the identifier of the new subscription',
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
  'a message that waited has the identifier of its subscription',
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

export const optionCases = options.cases;
