import { expect, test } from 'vitest';
import { addedInWords, settlePartitions, unknownCluster } from './partitions.ts';

const seen = (telemetry: number, cluster = 'c1') => ({ cluster, topics: { 'forpost.telemetry': telemetry } });

test('the number that was first seen stays, and more of them is told', () => {
  expect(settlePartitions(undefined, seen(3))).toEqual({ use: seen(3), added: [] });
  const { use, added } = settlePartitions(seen(3), seen(6));
  expect(use).toEqual(seen(3));
  expect(added.map(addedInWords)).toEqual([expect.stringMatching(/order is at risk.*6 partitions.*had 3/)]);
  // and so at each later look
  expect(settlePartitions(use, seen(12)).added).toEqual([{ topic: 'forpost.telemetry', was: 3, now: 12 }]);
});

test('a topic that was made anew, and another cluster, begin anew', () => {
  expect(settlePartitions(seen(6), seen(3))).toEqual({ use: seen(3), added: [] });
  expect(settlePartitions(seen(3), seen(6, 'c2'))).toEqual({ use: seen(6, 'c2'), added: [] });
});

test('a cluster whose id could not be asked for is taken to be the one that is remembered', () => {
  const nameless = seen(6, unknownCluster);
  expect(settlePartitions(seen(3), nameless)).toMatchObject({ use: seen(3), added: [{ was: 3, now: 6 }] });
  expect(settlePartitions(undefined, nameless)).toEqual({ use: nameless, added: [] });
  expect(settlePartitions(nameless, seen(9))).toMatchObject({ use: seen(6), added: [{ was: 6, now: 9 }] });
});
