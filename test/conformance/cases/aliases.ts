/** Topic aliases of MQTT 5.0: section 3.3.2.3.4. */
import { a, b, Group, type Names } from '../case.ts';
import { ackPacket, property, publishPacket } from '../wire.ts';
import { staying } from './shared.ts';

const aliases = new Group('topic aliases');

// topic aliases, from the client
const needsAlias = { needs: ['topicAlias'] as const };
const aliased = (topic: string, alias: number, more: { qos?: number; id?: number; payload?: string } = {}) =>
  publishPacket('5.0', { topic, props: [property('topicAlias', alias)], ...more });
const highest = ({ announced }: Names) => Number(announced.topicAliasMaximum ?? 0);
aliases.v5(
  '3.3.2-12',
  'a message with an alias and an empty topic goes to the topic of the alias',
  (t) => [
    a.connect(),
    a.subscribe(t.topic('x'), 0),
    b.connect(),
    b.send(aliased(t.topic('x'), 1, { payload: 'one' })),
    b.send(aliased('', 1, { payload: 'two' })),
    a.expect('publish', { topic: t.topic('x'), payload: 'one', props: { topicAlias: undefined } }),
    a.expect('publish', { topic: t.topic('x'), payload: 'two' }),
    a.quiet(),
  ],
  needsAlias,
);
aliases.v5(
  '3.3.2-12',
  'an alias can be set to another topic',
  (t) => [
    a.connect(),
    a.subscribe(t.topic('+'), 0),
    b.connect(),
    b.send(aliased(t.topic('x'), 1)),
    b.send(aliased(t.topic('y'), 1)),
    b.send(aliased('', 1)),
    a.expect('publish', { topic: t.topic('x') }),
    a.expect('publish', { topic: t.topic('y') }),
    a.expect('publish', { topic: t.topic('y') }),
    a.quiet(),
  ],
  needsAlias,
);
aliases.v5(
  '3.3.2-11',
  'the highest alias that the broker announced is accepted',
  (t) => [
    a.connect(),
    a.subscribe(t.topic('x'), 0),
    a.send(aliased(t.topic('x'), highest(t))),
    a.send(aliased('', highest(t), { payload: 'again' })),
    a.expect('publish', { topic: t.topic('x') }),
    a.expect('publish', { topic: t.topic('x'), payload: 'again' }),
    a.quiet(),
  ],
  needsAlias,
);
for (const qos of [1, 2])
  aliases.v5(
    '3.3.2-12',
    `an alias works with QoS ${qos}`,
    (t) => [
      a.connect(),
      a.subscribe(t.topic('x'), 0),
      b.connect(),
      b.send(aliased(t.topic('x'), 2, { qos, id: 1, payload: 'one' })),
      b.expect(qos === 1 ? 'puback' : 'pubrec', { id: 1 }),
      b.send(aliased('', 2, { qos, id: 2, payload: 'two' })),
      b.expect(qos === 1 ? 'puback' : 'pubrec', { id: 2 }),
      ...(qos === 2
        ? [
            b.send(Buffer.concat([ackPacket('pubrel', 1), ackPacket('pubrel', 2)])),
            b.expect('pubcomp', { id: 1 }),
            b.expect('pubcomp', { id: 2 }),
          ]
        : []),
      a.expect('publish', { topic: t.topic('x'), payload: 'one' }),
      a.expect('publish', { topic: t.topic('x'), payload: 'two' }),
      a.quiet(),
    ],
    needsAlias,
  );
aliases.v5('3.3.2-8', 'topic alias 0 ends the connection', (t) => [
  a.connect(),
  a.send(aliased(t.topic('x'), 0)),
  a.closed(0x94, 0x82, 0x81),
]);
aliases.v5('3.3.2-9', 'an alias above the announced maximum ends the connection', (t) => [
  a.connect(),
  a.send(aliased(t.topic('x'), highest(t) + 1)),
  a.closed(0x94),
]);
aliases.v5('3.3.2-9', 'the alias 65,535 ends the connection', (t) => [
  a.connect(),
  a.send(aliased(t.topic('x'), 65_535)),
  ...(highest(t) === 65_535 ? [a.quiet()] : [a.closed(0x94)]),
]);
aliases.v5(
  '4.13.1-1',
  'an empty topic with an alias that has no topic ends the connection',
  () => [a.connect(), a.send(aliased('', 1)), a.closed(0x82, 0x94)],
  needsAlias,
);
aliases.v5('3.3.2-1', 'an empty topic without an alias ends the connection', () => [
  a.connect(),
  a.send(publishPacket('5.0', { topic: '' })),
  a.closed(),
]);
aliases.v5(
  '3.3.2-7',
  'a session that is resumed has no aliases of the earlier connection',
  (t) => [
    a.connect(staying),
    a.send(aliased(t.topic('x'), 1)),
    a.quiet(),
    a.cut(),
    a.connect(staying, { sessionPresent: true }),
    a.send(aliased('', 1)),
    a.closed(0x82, 0x94),
  ],
  needsAlias,
);
aliases.v5(
  '3.3.2-7',
  'an alias of one connection has no topic on another connection',
  (t) => [
    a.connect(),
    a.send(aliased(t.topic('x'), 1)),
    a.quiet(),
    b.connect(),
    b.send(aliased('', 1)),
    b.closed(0x82, 0x94),
  ],
  needsAlias,
);
aliases.v5('3.1.2-27', 'a client that announced no alias maximum gets no alias', (t) => [
  a.connect(),
  a.subscribe(t.topic('x'), 0),
  b.connect(),
  b.publish(t.topic('x')),
  b.publish(t.topic('x')),
  a.expect('publish', { topic: t.topic('x'), props: { topicAlias: undefined } }),
  a.expect('publish', { topic: t.topic('x'), props: { topicAlias: undefined } }),
]);
aliases.v5('3.1.2-26', 'a client gets no alias above the maximum that it announced', (t) => [
  a.connect({ props: [property('topicAliasMaximum', 2)] }),
  a.subscribe(t.topic('+'), 0),
  b.connect(),
  ...['p', 'q', 'r', 's', 'p', 'q', 'r', 's'].map((name) => b.publish(t.topic(name))),
  a.judge(
    'aliases 1 and 2 at most',
    (packets) =>
      packets.length === 8 &&
      packets.every(({ props }) => [undefined, 1, 2].includes(props.topicAlias as number | undefined)),
  ),
]);

export const aliasCases = aliases.cases;
