/** Properties of PUBLISH (section 3.3.2.3). */
import { a, b, Group, type Names } from '../../case.ts';
import type { Step } from '../../steps.ts';
import { bytes, field, frame, type PropertyName, property, publishPacket, u16 } from '../../wire.ts';
import { badTexts } from '../texts.ts';
import { all, broken, right, wrongValue } from './values.ts';

const publishes = new Group('properties of PUBLISH');

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
  ['3.3.2-15', 'its response topic', property('responseTopic', 'answer/here'), { responseTopic: 'answer/here' }],
  [
    '3.3.2-16',
    'its correlation data',
    property('correlationData', Buffer.from([0, 255, 7])),
    { correlationData: '\0\xff\x07' },
  ],
  ['3.3.2-16', 'empty correlation data', property('correlationData', Buffer.alloc(0)), { correlationData: '' }],
  ['3.3.2-20', 'its content type', property('contentType', 'application/json'), { contentType: 'application/json' }],
  [
    '3.3.2-20',
    'a content type of several scripts and an emoji',
    property('contentType', 'ä雪🔥'),
    { contentType: 'ä雪🔥' },
  ],
  [
    '3.3.2-17',
    'its user properties, also with one name twice',
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
    '20 user properties in their order',
    Buffer.concat(Array.from({ length: 20 }, (_, n) => property('user', [`k${(n * 7) % 20}`, `${n}`]))),
    { user: Array.from({ length: 20 }, (_, n) => [`k${(n * 7) % 20}`, `${n}`]) },
  ],
];
for (const [statement, what, sent, wanted] of passedOn)
  publishes.v5(statement, `a message arrives with ${what}`, (t) => [
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

export const publishCases = publishes.cases;
