import fc from 'fast-check';
import { expect, test } from 'vitest';
import { filterCovers, isTopicFilter, isTopicName, topicMatches } from './topic-filter.ts';

test('filters match as in the examples of MQTT 3.1.1, section 4.7', () => {
  const matches: readonly (readonly [string, string, boolean])[] = [
    ['sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['sport/#', 'sport', true],
    ['#', 'sport/tennis', true],
    ['sport/tennis/+', 'sport/tennis/player1', true],
    ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+', '/finance', false],
    ['#', '$SYS/monitor', false],
    ['+/monitor', '$SYS/monitor', false],
    ['$SYS/#', '$SYS/monitor', true],
    ['a/b', 'a/bc', false],
    ['a/b', 'A/b', false],
  ];
  for (const [filter, topic, expected] of matches)
    expect([filter, topic, topicMatches(filter, topic)]).toEqual([filter, topic, expected]);
});

test('ill-formed filters and topics are recognised', () => {
  for (const good of ['a', '/', 'a//b', '+', '#', '+/a/+/#', 'ä/ß', 'a/#'])
    expect([good, isTopicFilter(good)]).toEqual([good, true]);
  for (const bad of ['', 'a#', 'a/#/b', 'a+', '+a/b', '#/a', 'a\0b', 'x'.repeat(65_536), 'a/'.repeat(100)])
    expect([bad.slice(0, 20), isTopicFilter(bad)]).toEqual([bad.slice(0, 20), false]);
  expect(isTopicName('a/b')).toBe(true);
  expect(isTopicName('a/+')).toBe(false);
});

test('an allowed filter covers narrower filters, and no wider ones', () => {
  const covers: readonly (readonly [string, string, boolean])[] = [
    ['forpost/devices/meter/#', 'forpost/devices/meter/#', true],
    ['forpost/devices/meter/#', 'forpost/devices/meter', true],
    ['forpost/devices/meter/#', 'forpost/devices/meter/commands', true],
    ['forpost/devices/meter/#', 'forpost/devices/+/commands', false],
    ['forpost/devices/meter/#', 'forpost/devices/#', false],
    ['forpost/devices/meter/#', '#', false],
    ['forpost/+/commands', 'forpost/+/commands', true],
    ['forpost/+/commands', 'forpost/a/commands', true],
    ['forpost/+/commands', 'forpost/#', false],
    ['forpost/+', 'forpost/+/x', false],
    ['forpost/alerts/+/+', 'forpost/alerts/#', false],
    ['a', 'a/#', false],
    ['a/b', 'a', false],
    ['#', 'a/+/#', true],
    ['#', '$SYS/#', false],
    ['+/x', '$SYS/x', false],
  ];
  for (const [allowed, requested, expected] of covers)
    expect([allowed, requested, filterCovers(allowed, requested)]).toEqual([allowed, requested, expected]);
});

const level = fc.constantFrom('a', 'b', '', '$x');
const topic = fc.array(level, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/'));
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 4 }), fc.constantFrom('', 'a', '+', '#'))
  .map(([levels, last]) => [...levels, last].join('/'))
  .filter(isTopicFilter);

test('a filter matches every topic that a filter covered by it matches', () => {
  let covered = 0;
  fc.assert(
    fc.property(filter, filter, topic, (allowed, requested, name) => {
      fc.pre(name !== '');
      if (!filterCovers(allowed, requested)) return;
      covered++;
      if (topicMatches(requested, name)) expect([allowed, requested, name, topicMatches(allowed, name)][3]).toBe(true);
    }),
    { numRuns: 20_000 },
  );
  expect(covered).toBeGreaterThan(100);
});

test('a filter covers itself, and covers a topic exactly if it matches it', () => {
  fc.assert(
    fc.property(filter, topic, (some, name) => {
      fc.pre(name !== '');
      return filterCovers(some, some) && filterCovers(some, name) === topicMatches(some, name);
    }),
  );
});
