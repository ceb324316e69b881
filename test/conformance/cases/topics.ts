/** Topic names and filters: section 4.7. */
import { a, b, Group } from '../case.ts';

const group = new Group('topics and filters');
export const topicCases = group.cases;

/** [filter, topic, whether it matches], below the topics of the case */
const matching: readonly (readonly [string, string, boolean])[] = [
  ['sport/tennis/#', 'sport/tennis/player1', true],
  ['sport/tennis/#', 'sport/tennis/player1/ranking', true],
  ['sport/tennis/#', 'sport/tennis', true],
  ['sport/tennis/#', 'sport/tennis/', true],
  ['sport/tennis/#', 'sport/tennisx', false],
  ['sport/tennis/#', 'sport', false],
  ['sport/+', 'sport/tennis', true],
  ['sport/+', 'sport/', true],
  ['sport/+', 'sport', false],
  ['sport/+', 'sport/tennis/player1', false],
  ['sport/+/player1', 'sport/tennis/player1', true],
  ['sport/+/player1', 'sport//player1', true],
  ['sport/+/player1', 'sport/player1', false],
  ['sport/+/player1', 'sport/a/b/player1', false],
  ['+/+', 'sport/tennis', true],
  ['+/+', '/finance', true],
  ['+/+', 'finance', false],
  ['/+', '/finance', true],
  ['/+', 'finance', false],
  ['+', 'finance', true],
  ['+', '/finance', false],
  ['+/tennis/#', 'sport/tennis', true],
  ['+/tennis/#', 'sport/tennis/a/b', true],
  ['+/+/#', 'a', false],
  ['+/+/#', 'a/b', true],
  ['a/b', 'a/b', true],
  ['a/b', 'a/b/', false],
  ['a/b', '/a/b', false],
  ['a/b', 'a/c', false],
  ['a/b', 'A/b', false],
  ['a//b', 'a//b', true],
  ['a//b', 'a/b', false],
  ['/', '/', true],
  ['a b/ c', 'a b/ c', true],
  ['a b', 'a  b', false],
  ['$share', '$share', true],
  ['x/$y/z', 'x/$y/z', true],
  ['x/+/z', 'x/$y/z', true],
  ['Zähler/雪/🔥', 'Zähler/雪/🔥', true],
];
for (const [filter, name, isMatch] of matching) {
  const statements: readonly [string, string] = filter.includes('#')
    ? (['4.7.1-2', '4.7.1-1'] as const)
    : filter.includes('+')
      ? (['4.7.1-3', '4.7.1-2'] as const)
      : (['3.3.2-3', '3.3.2-3'] as const);
  const title = `the filter ${filter} ${isMatch ? 'matches' : 'does not match'} the topic ${name}`;
  group.both(...statements, title, (t) => [
    a.connect(),
    a.subscribe(t.topic(filter), 0),
    a.sendPublish({ topic: t.topic(name), payload: 'hit' }),
    ...(isMatch ? [a.expect('publish', { topic: t.topic(name), payload: 'hit' })] : []),
    a.quiet(),
  ]);
}
group.both('4.7.3-4', '4.7.3-4', 'a topic is not normalised: composed and decomposed letters make two topics', (t) => [
  a.connect(),
  a.subscribe(t.topic('\u00e5'), 0),
  a.sendPublish({ topic: t.topic('a\u030a') }),
  a.quiet(),
]);
group.both('1.5.3-3', '1.5.4-3', 'a byte order mark in a topic is part of it', (t) => [
  a.connect(),
  a.subscribe(t.topic('\ufeffx'), 0),
  a.sendPublish({ topic: t.topic('x'), payload: 'without' }),
  a.sendPublish({ topic: t.topic('\ufeffx'), payload: 'with' }),
  a.expect('publish', { topic: t.topic('\ufeffx'), payload: 'with' }),
  a.quiet(),
]);
group.both('4.7.3-3', '4.7.3-3', 'a filter and a topic of 65,535 bytes are accepted', (t) => {
  const topic = t.topic('x').padEnd(65_535, 'x');
  return [a.connect(), a.subscribe(topic, 0), a.sendPublish({ topic }), a.expect('publish', { topic }), a.quiet()];
});
group.both('4.7.3-1', '4.7.3-1', 'a topic of 100 levels is accepted', (t) => {
  const topic = t.topic(Array.from({ length: 100 }, () => 'l').join('/'));
  return [
    a.connect(),
    a.subscribe(`${topic}/#`, 0),
    a.sendPublish({ topic }),
    a.expect('publish', { topic }),
    a.quiet(),
  ];
});
for (const filter of ['#', '+/judge', '+/#'])
  group.both(
    '4.7.2-1',
    '4.7.2-1',
    `the filter ${filter} does not match a topic that begins with $`,
    ({ target }) => [
      a.connect(),
      a.sendSubscribe(9, [[filter, 0]]),
      a.expect('suback', { id: 9, codes: ([code = 0]: readonly number[]) => code === 0 || target.prefix !== '' }),
      b.connect(),
      b.sendPublish({ topic: '$judged/judge', payload: 'dollar' }),
      b.judge('its publisher hears no such topic', (packets) => packets.length === 0),
      a.judge('no topic with $', (packets) => packets.every(({ topic = '' }) => !topic.startsWith('$'))),
    ],
    { alone: true },
  );
