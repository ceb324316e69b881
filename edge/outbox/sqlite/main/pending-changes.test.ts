import { ForpostError } from '@forpost/shared/errors.ts';
import { expect, test } from 'vitest';
import type { StateChange } from '../../../mqtt-state/mqtt-state.ts';
import { PendingChanges } from './pending-changes.ts';

const failure = new ForpostError('FORPOST_OUTBOX_FAILED', 'the disk');
const payload = new Uint8Array(3);

function queued(message: number): StateChange {
  return { kind: 'queued', session: 1, message, topic: 't', payload, qos: 1, messageId: null, released: false };
}
const sent = (message: number, messageId: number): StateChange => ({
  kind: 'sent',
  session: 1,
  message,
  messageId,
  released: false,
});
const unqueued = (message: number): StateChange => ({ kind: 'unqueued', session: 1, message });

function started(): PendingChanges {
  const pending = new PendingChanges();
  pending.onAnew(() => pending.add({ kind: 'session', session: 9, client: 'all', absentMs: 0 }));
  return pending;
}

test('only the newest change of each item is written; a message that was queued and acknowledged in between is not', () => {
  const pending = started();
  for (const change of [queued(1), sent(1, 7), queued(2), unqueued(2), unqueued(3)]) pending.add(change);
  expect(pending.beginCommit()).toEqual({
    replacesState: false,
    changes: [{ ...queued(1), messageId: 7 }, unqueued(3)],
  });
  pending.add(unqueued(1));
  expect(pending.beginCommit().changes).toEqual([unqueued(1)]);
});

test('an ended session’s pending changes are dropped', () => {
  const pending = started();
  const ended: StateChange = { kind: 'session-ended', session: 1 };
  const other: StateChange = { kind: 'received', session: 2, messageId: 1 };
  for (const change of [queued(1), other, ended]) pending.add(change);
  expect(pending.beginCommit().changes).toEqual([other, ended]);
});

test('the changes of a failed commit are written with the next one, except where a newer change replaces them', () => {
  const pending = started();
  for (const change of [queued(1), queued(2), queued(3)]) pending.add(change);
  pending.beginCommit();
  for (const change of [sent(1, 5), unqueued(2)]) pending.add(change);
  pending.failed(failure);
  // the second change may be on disk, because the commit may have failed after its write
  expect(pending.beginCommit().changes).toEqual([{ ...queued(1), messageId: 5 }, unqueued(2), queued(3)]);
});

test('a waiting caller learns whether the commit with its change succeeded', async () => {
  const pending = started();
  await pending.settled();
  pending.add(queued(1));
  expect(pending.isDue).toBe(false);
  const first = pending.settled();
  expect(pending.isDue).toBe(true);
  pending.beginCommit();
  expect(pending.isDue).toBe(false);
  const running = pending.settled();
  pending.add(queued(2));
  const second = pending.settled();
  pending.committed();
  await Promise.all([first, running]);
  pending.beginCommit();
  pending.failed(failure);
  await expect(second).rejects.toBe(failure);
});

test('while the disk refuses writes, waiting changes are bounded: beyond the bound the broker saves its whole state again', () => {
  const pending = started();
  for (let i = 0; i < 60_000; i++) pending.add({ kind: 'retained', topic: `t/${i}`, payload, qos: 1, owner: 'm' });
  const anew = { replacesState: true, changes: [{ kind: 'session', session: 9, client: 'all', absentMs: 0 }] };
  expect(pending.beginCommit()).toEqual(anew);
  pending.add(queued(1));
  pending.failed(failure);
  expect(pending.beginCommit()).toEqual(anew);
  pending.committed();
  expect(pending.isEmpty).toBe(true);
});
