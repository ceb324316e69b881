/** Retained messages: section 3.3.1.3. */
import { a, b, Group } from '../case.ts';
import { staying } from './shared.ts';

const group = new Group('retained messages');
export const retainedCases = group.cases;

for (const stored of [0, 1, 2])
  for (const granted of [0, 1, 2]) {
    const qos = Math.min(stored, granted);
    group.both(
      stored === granted ? '3.3.1-6' : '3.3.1-8',
      stored === granted ? '3.3.1-5' : '3.8.4-8',
      `a retained message of QoS ${stored} reaches a new subscription of QoS ${granted} with QoS ${qos} and RETAIN`,
      (t) => [
        b.connect(),
        b.publish(t.topic('x'), { qos: stored, retain: true, payload: 'kept' }),
        a.connect(),
        a.subscribe(t.topic('x'), granted),
        a.expect('publish', { topic: t.topic('x'), payload: 'kept', qos, retain: true, dup: false }),
        ...(qos === 0 ? [] : [a.acknowledge()]),
        a.quiet(),
      ],
    );
  }
group.both('3.3.1-9', '3.3.1-12', 'a subscription that stands gets a retained message without RETAIN', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  b.connect(),
  b.publish(t.topic('x'), { retain: true, payload: 'now' }),
  a.expect('publish', { retain: false, payload: 'now' }),
  a.quiet(),
]);
for (const qos of [0, 1, 2])
  group.both('3.3.1-7', '3.3.1-5', `a retained message of QoS ${qos} replaces the one before`, (t) => [
    b.connect(),
    b.publish(t.topic('x'), { qos: 1, retain: true, payload: 'old' }),
    b.publish(t.topic('x'), { qos, retain: true, payload: 'new' }),
    a.connect(),
    a.subscribe(t.topic('x'), 0),
    a.expect('publish', { retain: true, payload: 'new' }),
    a.quiet(),
  ]);
for (const qos of [0, 1, 2])
  group.both('3.3.1-10', '3.3.1-6', `an empty retained message of QoS ${qos} removes the one before`, (t) => [
    b.connect(),
    b.publish(t.topic('x'), { retain: true, payload: 'old' }),
    b.publish(t.topic('x'), { qos, retain: true, payload: '' }),
    a.connect(),
    a.subscribe(t.topic('x'), 0),
    a.quiet(),
  ]);
group.both('3.3.1-11', '3.3.1-7', 'an empty retained message is not stored', (t) => [
  b.connect(),
  b.publish(t.topic('x'), { retain: true, payload: '' }),
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  a.quiet(),
]);
group.both('3.3.1-10', '3.3.1-6', 'an empty retained message reaches the present subscribers', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  b.connect(),
  b.publish(t.topic('x'), { retain: true, payload: '' }),
  a.expect('publish', { payload: '', retain: false }),
  a.quiet(),
]);
group.both('3.3.1-12', '3.3.1-8', 'a message without RETAIN is not stored', (t) => [
  b.connect(),
  b.publish(t.topic('x'), { payload: 'past' }),
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  a.quiet(),
]);
group.both('3.3.1-12', '3.3.1-8', 'a message without RETAIN leaves the retained one', (t) => [
  b.connect(),
  b.publish(t.topic('x'), { retain: true, payload: 'kept' }),
  b.publish(t.topic('x'), { payload: 'past' }),
  b.publish(t.topic('x'), { payload: '' }),
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  a.expect('publish', { retain: true, payload: 'kept' }),
  a.quiet(),
]);
group.both('3.8.4-3', '3.8.4-4', 'a repeated SUBSCRIBE brings the retained message again', (t) => [
  b.connect(),
  b.publish(t.topic('x'), { retain: true, payload: 'kept' }),
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  a.expect('publish', { retain: true, payload: 'kept' }),
  a.subscribe(t.topic('x'), 0, { id: 101 }),
  a.expect('publish', { retain: true, payload: 'kept' }),
  a.quiet(),
]);
for (const filter of ['+/x', 'p/#', '#', '+/+'])
  group.both('3.3.1-6', '3.3.1-9', `a new subscription to ${filter} brings all retained messages that match`, (t) => [
    b.connect(),
    b.publish(t.topic('p/x'), { retain: true, payload: 'one' }),
    b.publish(t.topic('p/y'), { payload: 'not retained' }),
    b.publish(t.topic('q/x'), { retain: true, payload: 'two' }),
    a.connect(),
    a.subscribe(t.topic(filter), 0),
    ...(filter === 'p/#'
      ? [a.expect('publish', { topic: t.topic('p/x'), retain: true })]
      : [
          a.expectAll(
            ['publish', { topic: t.topic('p/x'), payload: 'one', retain: true }],
            ['publish', { topic: t.topic('q/x'), payload: 'two', retain: true }],
          ),
        ]),
    a.quiet(),
  ]);
group.both('3.1.2-7', '4.1.0-1', 'a retained message outlives the clean session that published it', (t) => [
  b.connect({ clean: true }),
  b.publish(t.topic('x'), { qos: 1, retain: true, payload: 'kept' }),
  b.disconnect(),
  a.connect(),
  a.subscribe(t.topic('x'), 1),
  a.expect('publish', { retain: true, payload: 'kept' }),
  a.acknowledge(),
  a.quiet(),
]);
group.both('3.3.1-6', '3.3.1-9', 'a resumed session brings no retained message again', (t) => [
  b.connect(),
  b.publish(t.topic('x'), { retain: true, payload: 'kept' }),
  a.connect(staying),
  a.subscribe(t.topic('x'), 1),
  a.expect('publish', { retain: true }),
  a.disconnect(),
  a.connect(staying, { sessionPresent: true }),
  a.quiet(),
]);
group.both('3.3.1-5', '3.3.1-5', 'a SUBSCRIBE of two filters brings the retained message of each', (t) => [
  b.connect(),
  b.publish(t.topic('x'), { retain: true, payload: 'x' }),
  b.publish(t.topic('y'), { retain: true, payload: 'y' }),
  a.connect(),
  a.sendSubscribe(3, [
    [t.topic('x'), 0],
    [t.topic('y'), 0],
  ]),
  a.expect('suback', { id: 3 }),
  a.expectAll(['publish', { payload: 'x', retain: true }], ['publish', { payload: 'y', retain: true }]),
  a.quiet(),
]);
