import { ForpostError } from '@forpost/shared/errors.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { expect, test } from 'vitest';
import { Gathering } from './gathering.ts';
import type { CommitOutcome } from './messages.ts';
import { draft } from './test-support.ts';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
const stamp = {} as Parameters<Gathering['take']>[0];
const outcome = (refused: readonly number[] = []) => ({ repeated: [], refused }) as unknown as CommitOutcome;

function gathered(count: number) {
  const gathering = new Gathering(10_000, 2 ** 30);
  const told: string[] = [];
  for (let n = 0; n < count; n++)
    gathering.add({ events: [draft(n, { device: asId('meter') })] }).then(
      () => told.push(`${n} stored`),
      () => told.push(`${n} refused`),
    );
  return { gathering, told };
}

test('of a large commit some are told in each turn of the event loop, in order, and all in the end', async () => {
  const { gathering, told } = gathered(1000);
  gathering.committed(gathering.take(stamp), outcome());
  const later: number[] = [];
  for (let turn = 0; turn < 4; turn++) {
    await nextTurn();
    later.push(told.length);
  }
  expect(later[0]).toBeLessThan(600);
  expect(later).toEqual(later.toSorted((a, b) => a - b));
  while (gathering.entries > 0) await nextTurn();
  await nextTurn();
  expect(told).toEqual(Array.from({ length: 1000 }, (_, n) => `${n} stored`));
});

test('a refusal is told at once, however many are to be told that they are stored', async () => {
  const { gathering, told } = gathered(1000);
  gathering.committed(gathering.take(stamp), outcome([999]));
  await Promise.resolve();
  await Promise.resolve();
  expect(told).toContain('999 refused');
  expect(told.length).toBeLessThan(600);
});

test('what is on disk is told so before the rest is told that it is not', async () => {
  const { gathering, told } = gathered(1000);
  gathering.committed(gathering.take(stamp), outcome());
  const late = gathering.add({ events: [draft(1000)] });
  gathering.failAll(new ForpostError('FORPOST_OUTBOX_STOPPED', 'stopped'));
  await expect(late).rejects.toThrow('stopped');
  expect(told).toHaveLength(1000);
  expect(gathering.entries).toBe(0);
  await nextTurn();
  expect(gathering.entries).toBe(0);
});

test('an alert handed over in the turn in which an earlier one of its device is refused does not get in front of it', async () => {
  const { gathering } = gathered(0);
  const alert = (n: number) => ({ events: [draft(n, { lane: 'alerts', device: asId('meter') })] });
  const earlier = gathering.add(alert(1));
  const taken = gathering.take(stamp);
  gathering.refuseFollowers(taken, [0], new ForpostError('FORPOST_OUTBOX_FULL', 'full'));
  gathering.committed(taken, outcome([0]));
  // nobody has heard of it yet
  await expect(gathering.add(alert(2))).rejects.toThrow();
  await expect(earlier).rejects.toThrow();
  await nextTurn();
  void gathering.add(alert(3));
  expect(gathering.take(stamp).waiting).toHaveLength(1);
});

test('nor in the turn in which all that waits is refused, because the writer is gone', async () => {
  const { gathering } = gathered(0);
  const alert = (n: number) => ({ events: [draft(n, { lane: 'alerts', device: asId('meter') })] });
  const gone = new ForpostError('FORPOST_OUTBOX_FAILED', 'gone');
  const underWay = gathering.add(alert(1));
  const taken = gathering.take(stamp);
  const waiting = gathering.add({ events: [draft(2, { lane: 'alerts', device: asId('camera') })] });
  gathering.failed(taken, gone);
  gathering.failAll(gone);
  // nobody has heard of it yet
  const behind = [
    gathering.add(alert(3)),
    gathering.add({ events: [draft(4, { lane: 'alerts', device: asId('camera') })] }),
  ];
  for (const one of [underWay, waiting, ...behind]) await expect(one).rejects.toThrow();
  await nextTurn();
  void gathering.add(alert(5));
  expect(gathering.take(stamp).waiting).toHaveLength(1);
});
