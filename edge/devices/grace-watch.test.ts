import { FakeClock } from '@forpost/shared/clock.ts';
import { expect, test } from 'vitest';
import { GraceWatch } from './grace-watch.ts';

test('connections by an old password are closed within a second of the end of its grace, and the watch stops', async () => {
  const clock = new FakeClock();
  const ends: number[] = [];
  let grace: number | undefined;
  const logIns = {
    get nextEnd() {
      return grace !== undefined && grace > clock.now() ? grace : undefined;
    },
  };
  const watch = new GraceWatch({ logIns, clock, endInvalid: () => ends.push(clock.now()) });
  await watch.start();
  clock.advance(10_000);
  expect(ends).toEqual([]);
  // a rotation while the watch runs
  grace = clock.now() + 60_250;
  clock.advance(60_000);
  expect(ends).toEqual([]);
  clock.advance(1000);
  expect(ends).toHaveLength(1);
  expect((ends[0] ?? 0) - grace).toBeLessThan(1000);
  clock.advance(60_000);
  expect(ends).toHaveLength(1);
  grace = clock.now() + 1000;
  clock.advance(500);
  await watch.stop();
  clock.advance(10_000);
  expect(ends).toHaveLength(1);
});
