import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FilterIndex, type Subscriber } from './filter-index.ts';
import { isTopicFilter, topicMatches } from './topic-filter.ts';

function subscriber(client: string): Subscriber {
  const owner = client.slice(0, client.indexOf('/') + 1);
  return { client, owner, subscriptions: new Map(), isStored: false, wildcards: 0, letters: 0, isEnded: false };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

const level = fc.constantFrom('a', 'b', '', '$x');
const topics = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
const filters = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 3 }), fc.constantFrom('', 'a', '+', '#'))
  .map(([levels, last]) => [...levels, last].join('/'))
  .filter(isTopicFilter);
const steps = fc.array(
  fc.record({
    what: fc.constantFrom('add', 'add', 'add', 'remove', 'end'),
    who: fc.nat(3),
    filter: filters,
    qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
  }),
  { maxLength: 40 },
);

test('each subscriber with a matching filter is found once, with its highest QoS, after any changes [MQTT-3.3.5-1]', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.array(topics, { minLength: 1 }), async (changes, names) => {
      const index = new FilterIndex<Subscriber>();
      let all = ['p/0', 'p/1', 'q/2', 'q/3'].map(subscriber);
      for (const { what, who, filter, qos } of changes) {
        const one = all[who]!;
        if (what === 'add') index.add(one, { topic: filter, qos });
        else if (what === 'remove') index.remove(one, filter);
        else {
          index.end(one);
          all = all.map((other) => (other === one ? subscriber(one.client) : other));
        }
        for (const name of names) {
          const expected = all.flatMap((other) => {
            const granted = [...other.subscriptions.values()].filter(({ topic }) => topicMatches(topic, name));
            return granted.length === 0 ? [] : [[other.client, Math.max(...granted.map((each) => each.qos))]];
          });
          const found = index.match(name).all.map((match) => [match.subscriber.client, match.qos]);
          expect(found.sort()).toEqual(expected.sort());
        }
      }
      await settled();
      const held = (owner: string) =>
        all.filter((one) => one.owner === owner).flatMap((one) => [...one.subscriptions.keys()]);
      for (const owner of ['p/', 'q/'])
        expect(index.heldBy(owner)).toEqual({
          filters: held(owner).length,
          wildcards: held(owner).filter((filter) => /[+#]/.test(filter)).length,
          letters: held(owner).join('').length,
        });
    }),
  );
});

test('removing ten thousand filters, one by one or with their subscriber, frees their memory', async () => {
  const index = new FilterIndex<Subscriber>();
  const many = Array.from({ length: 10_000 }, (_, n) => `state/${n % 100}/${n}`);
  const one = subscriber('p/1');
  const other = subscriber('p/2');
  for (const topic of many) {
    index.add(one, { topic, qos: 0 });
    index.add(other, { topic, qos: 0 });
  }
  expect(index.heldBy('p/').filters).toBe(20_000);
  for (const topic of many) index.remove(one, topic);
  index.end(other);
  expect(index.match('state/1/101').all).toEqual([]);
  expect(index.heldBy('p/').filters).toBe(0);
  await expect.poll(() => index.isBare).toBe(true);
});
