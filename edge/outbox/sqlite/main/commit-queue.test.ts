import { ForpostError } from '@forpost/shared/errors.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EventDraft, OutboxEntry } from '../../outbox.ts';
import type { CommitOutcome } from '../messages.ts';
import { draft } from '../testing/test-support.ts';
import { CommitQueue } from './commit-queue.ts';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
const stamp = {} as Parameters<CommitQueue['nextBatch']>[0];
const outcome = (refused: readonly number[] = []) => ({ repeated: [], refused }) as unknown as CommitOutcome;

function gathered(count: number) {
  const queue = new CommitQueue(10_000, 2 ** 30);
  const told: string[] = [];
  for (let n = 0; n < count; n++)
    queue.add({ events: [draft(n, { device: asId('meter') })] }).then(
      () => told.push(`${n} stored`),
      () => told.push(`${n} refused`),
    );
  return { queue, told };
}

test('the entries of a large commit are acknowledged in order, a limited number in each turn of the event loop', async () => {
  const { queue, told } = gathered(1000);
  queue.committed(queue.nextBatch(stamp), outcome());
  const later: number[] = [];
  for (let turn = 0; turn < 4; turn++) {
    await nextTurn();
    later.push(told.length);
  }
  expect(later[0]).toBeLessThan(600);
  expect(later).toEqual(later.toSorted((a, b) => a - b));
  while (queue.entries > 0) await nextTurn();
  await nextTurn();
  expect(told).toEqual(Array.from({ length: 1000 }, (_, n) => `${n} stored`));
});

test('a refused entry is rejected at once, even while many stored entries wait to be acknowledged', async () => {
  const { queue, told } = gathered(1000);
  queue.committed(queue.nextBatch(stamp), outcome([999]));
  await Promise.resolve();
  await Promise.resolve();
  expect(told).toContain('999 refused');
  expect(told.length).toBeLessThan(600);
});

test('stored entries are acknowledged before waiting ones are rejected', async () => {
  const { queue, told } = gathered(1000);
  queue.committed(queue.nextBatch(stamp), outcome());
  const late = queue.add({ events: [draft(1000)] });
  queue.failAll(new ForpostError('FORPOST_OUTBOX_STOPPED', 'stopped'));
  await expect(late).rejects.toThrow('stopped');
  expect(told).toHaveLength(1000);
  expect(queue.entries).toBe(0);
  await nextTurn();
  expect(queue.entries).toBe(0);
});

test('an alert does not overtake an earlier alert of its device that is refused in the same turn', async () => {
  const { queue } = gathered(0);
  const alert = (n: number) => ({ events: [draft(n, { lane: 'alerts', device: asId('meter') })] });
  const earlier = queue.add(alert(1));
  const taken = queue.nextBatch(stamp);
  queue.refuseFollowers(taken, [0], new ForpostError('FORPOST_OUTBOX_FULL', 'full'));
  queue.committed(taken, outcome([0]));
  // the caller of the refused alert does not know yet
  await expect(queue.add(alert(2))).rejects.toThrow();
  await expect(earlier).rejects.toThrow();
  await nextTurn();
  void queue.add(alert(3));
  expect(queue.nextBatch(stamp).waiting).toHaveLength(1);
});

test('an alert does not overtake an earlier alert that is refused because the writer has died', async () => {
  const { queue } = gathered(0);
  const alert = (n: number) => ({ events: [draft(n, { lane: 'alerts', device: asId('meter') })] });
  const gone = new ForpostError('FORPOST_OUTBOX_FAILED', 'gone');
  const underWay = queue.add(alert(1));
  const taken = queue.nextBatch(stamp);
  const waiting = queue.add({ events: [draft(2, { lane: 'alerts', device: asId('camera') })] });
  queue.failed(taken, gone);
  queue.failAll(gone);
  // the caller of the refused alert does not know yet
  const behind = [queue.add(alert(3)), queue.add({ events: [draft(4, { lane: 'alerts', device: asId('camera') })] })];
  for (const one of [underWay, waiting, ...behind]) await expect(one).rejects.toThrow();
  await nextTurn();
  void queue.add(alert(5));
  expect(queue.nextBatch(stamp).waiting).toHaveLength(1);
});

/** Adds an entry of one event. Returns 'in', or the message of its refusal. */
const offered =
  (queue: CommitQueue) =>
  async (sender: string | undefined, change: Partial<EventDraft> = {}) =>
    answer(queue, {
      events: [draft(1, { device: asId(sender ?? 'gateway'), ...change })],
      ...(sender === undefined ? {} : { sender }),
    });

async function answer(queue: CommitQueue, entry: OutboxEntry): Promise<string> {
  const before = queue.entries;
  const refusal = queue.add(entry).then(
    () => '',
    (error: ForpostError) => error.message,
  );
  return queue.entries > before ? 'in' : refusal;
}

const data = (bytes: number) => ({ data: 'x'.repeat(bytes) });

test('only a device that has filled its share of the entries is refused, with its name, until some are stored', async () => {
  const queue = new CommitQueue(30, 2 ** 20);
  const offer = offered(queue);
  for (let n = 0; n < 10; n++) expect(await offer('flood')).toBe('in');
  expect(await offer('flood')).toMatch(
    /^10 entries \(0\.0 MB\) of flood wait for the disk, as much as may wait of one/,
  );
  expect(await offer('meter')).toBe('in');
  expect(await offer(undefined)).toBe('in');
  queue.committed(queue.nextBatch(stamp), outcome());
  expect(await offer('flood')).toBe('in');
});

test('the bytes of a device are limited to its share, in many small entries or in few large ones', async () => {
  const queue = new CommitQueue(1000, 300_000);
  const letter = { device: asId<'device'>('flood'), topic: 't', received: 1, reason: 'unreadable' };
  const changes = [{ kind: 'retained', topic: 't', payload: new Uint8Array(40_000), qos: 1, owner: 'flood' }] as const;
  const large: OutboxEntry[] = [
    { events: [draft(1, data(40_000))], sender: 'flood' },
    { events: [], deadLetter: { ...letter, payload: new Uint8Array(40_000) }, sender: 'flood' },
    { events: [], publish: { changes }, sender: 'flood' },
  ];
  const answers: string[] = [];
  for (const entry of large) answers.push(await answer(queue, entry));
  expect(answers).toEqual(['in', 'in', expect.stringContaining('2 entries (0.1 MB) of flood wait')]);
  expect(await offered(queue)('meter', data(40_000))).toBe('in');
});

test('alerts of a device still fit when its readings fill its share, up to a further share', async () => {
  const offer = offered(new CommitQueue(30, 2 ** 20));
  while ((await offer('flood')) === 'in');
  for (let n = 0; n < 3; n++) expect(await offer('flood', { lane: 'alerts' })).toBe('in');
  expect(await offer('flood', { lane: 'alerts' })).toContain('13 entries (0.0 MB) of flood wait');
});

test('the last tenth of the queue is for alerts and for entries without a sender, and is bounded too', async () => {
  const queue = new CommitQueue(30, 2 ** 20);
  const offer = offered(queue);
  for (let n = 0; n < 27; n++) expect(await offer(`meter-${n}`)).toBe('in');
  expect(await offer('late')).toMatch(/^27 entries .* too slow for this load, and the last room is kept for alerts$/);
  expect(await offer('late', { lane: 'alerts' })).toBe('in');
  expect(await answer(queue, { events: [draft(1)], reserved: true })).toBe('in');
  expect(await answer(queue, { events: [draft(1)], reserved: true })).toBe('in');
  for (const entry of [{ reserved: true }, { events: [draft(1, { lane: 'alerts' })] }])
    expect(await answer(queue, { events: [draft(1)], ...entry })).toMatch(/^30 entries .* too slow for this load$/);
});

test('an entry larger than a share is accepted if no other entry of its sender waits', async () => {
  const queue = new CommitQueue(30, 300_000);
  const offer = offered(queue);
  expect(await offer('camera', data(200_000))).toBe('in');
  expect(await offer('camera')).toContain('of camera wait');
  queue.committed(queue.nextBatch(stamp), outcome());
  expect(await offer('camera', data(200_000))).toBe('in');
});

const publish = fc.record({
  lane: fc.constantFrom('telemetry', 'alerts'),
  events: fc.integer({ min: 1, max: 3 }),
  bytes: fc.integer({ min: 0, max: 20_000 }),
  /** what the disk does then */
  disk: fc.constantFrom('hangs', 'hangs', 'hangs', 'commits', 'refuses', 'fails'),
});

test('whatever one device sends and whatever the disk does, an entry and an alert of another device fit', () =>
  fc.assert(
    fc.asyncProperty(fc.array(publish, { maxLength: 120 }), async (publishes) => {
      const queue = new CommitQueue(40, 300_000);
      for (const { lane, events, bytes, disk } of publishes) {
        const event = draft(1, { lane, device: asId('flood'), ...data(bytes) } as Partial<EventDraft>);
        queue.add({ events: Array.from({ length: events }, () => event), sender: 'flood' }).catch(() => undefined);
        if (disk === 'hangs') continue;
        const taken = queue.nextBatch(stamp);
        const error = new ForpostError('FORPOST_OUTBOX_FAILED', 'no');
        if (disk === 'fails') queue.failed(taken, error);
        else queue.committed(taken, outcome(disk === 'refuses' && taken.waiting.length > 0 ? [0] : []));
      }
      const offer = offered(queue);
      expect(await offer('meter', data(60_000))).toBe('in');
      expect(await offer('meter', { lane: 'alerts', ...data(30_000) })).toBe('in');
      expect(await offer(undefined, { lane: 'alerts', device: null })).toBe('in');
      // in the end no entry is counted any more
      queue.failed(queue.nextBatch(stamp), new ForpostError('FORPOST_OUTBOX_FAILED', 'no'));
      queue.failAll(new ForpostError('FORPOST_OUTBOX_STOPPED', 'stopped'));
      expect(queue.entries).toBe(0);
      await nextTurn();
      for (let n = 0; n < 13; n++) expect(await offer('flood')).toBe('in');
    }),
    { numRuns: 200 },
  ));
