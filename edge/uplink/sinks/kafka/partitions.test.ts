import { expect, test } from 'vitest';
import { addedInWords, settlePartitions, unknownCluster } from './partitions.ts';

const seen = (telemetry: number, cluster = 'c1') => ({ cluster, topics: { 'forpost.telemetry': telemetry } });

test('when partitions are added, the gateway keeps its partition and reports the addition', () => {
  expect(settlePartitions(undefined, seen(3))).toEqual({ use: seen(3), added: [] });
  const { use, added } = settlePartitions(seen(3), seen(6));
  expect(use).toEqual(seen(3));
  expect(added.map(addedInWords)).toEqual([expect.stringMatching(/order is at risk.*6 partitions.*had 3/)]);
  // a later check compares with the first number too
  expect(settlePartitions(use, seen(12)).added).toEqual([{ topic: 'forpost.telemetry', was: 3, now: 12 }]);
});

test('with a recreated topic or another cluster, the new number of partitions counts', () => {
  expect(settlePartitions(seen(6), seen(3))).toEqual({ use: seen(3), added: [] });
  expect(settlePartitions(seen(3), seen(6, 'c2'))).toEqual({ use: seen(6, 'c2'), added: [] });
});

test('a cluster with an unknown id counts as the remembered one', () => {
  const nameless = seen(6, unknownCluster);
  expect(settlePartitions(seen(3), nameless)).toMatchObject({ use: seen(3), added: [{ was: 3, now: 6 }] });
  expect(settlePartitions(undefined, nameless)).toEqual({ use: nameless, added: [] });
  expect(settlePartitions(nameless, seen(9))).toMatchObject({ use: seen(6), added: [{ was: 6, now: 9 }] });
});
