/** When records that wait for the registry are written. */
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, test } from 'vitest';
import { WriteRounds } from './write-rounds.ts';

/** Rounds that write the numbers of `waiting`; the registry refuses those of `refused`. */
function started() {
  const [clock, registry] = [new FakeClock(), { complete: true }];
  const waiting: number[] = [];
  const written: number[] = [];
  const refused = new Set<number>();
  const rounds: WriteRounds = new WriteRounds({
    registry,
    clock,
    logger: silentLogger(),
    failed: 'not written yet',
    round: async () => {
      for (let [first] = waiting; first !== undefined && rounds.mayWrite; [first] = waiting) {
        await Promise.resolve();
        if (refused.has(first)) throw new Error('the registry does not answer');
        written.push(first);
        waiting.shift();
      }
      return waiting.length === 0;
    },
  });
  const add = (number: number) => {
    waiting.push(number);
    rounds.request();
  };
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  return { clock, registry, written, refused, rounds, add, settled };
}

test('a record is written once, also where another one comes during its write', async () => {
  const { written, add, settled } = started();
  for (const number of [1, 2]) add(number);
  await settled();
  add(3);
  await settled();
  expect(written).toEqual([1, 2, 3]);
});

test('a record waits until the centre has read its registry', async () => {
  const { clock, registry, written, add, settled } = started();
  registry.complete = false;
  add(1);
  await settled();
  clock.advance(5_000);
  await settled();
  expect(written).toEqual([]);
  registry.complete = true;
  clock.advance(5_000);
  await settled();
  expect(written).toEqual([1]);
});

test('a record that the registry did not take is written later, and not after the centre has stopped', async () => {
  const { clock, written, refused, rounds, add, settled } = started();
  for (const number of [1, 2]) refused.add(number);
  add(1);
  await settled();
  refused.delete(1);
  clock.advance(5_000);
  await settled();
  expect(written).toEqual([1]);
  add(2);
  await settled();
  await rounds.stop();
  refused.delete(2);
  clock.advance(60_000);
  await settled();
  expect(written).toEqual([1]);
});
