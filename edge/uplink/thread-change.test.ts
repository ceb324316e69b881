import { EventEmitter } from 'node:events';
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, test, vi } from 'vitest';
import { Uplink, type UplinkOptions } from './uplink.ts';

interface QuietThread extends EventEmitter {
  readonly told: readonly unknown[];
}
const threads = vi.hoisted(() => [] as QuietThread[]);
/** A thread that says nothing by itself: what a real one says when cannot be chosen to the millisecond. */
vi.mock('node:worker_threads', async (original) => ({
  ...(await original<object>()),
  Worker: class extends EventEmitter {
    readonly told: unknown[] = [];
    constructor() {
      super();
      threads.push(this);
    }
    postMessage(message: unknown): void {
      this.told.push(message);
    }
  },
}));

test('what one thread asked to be noted is not taken by the next one for what it has asked itself', async () => {
  const clock = new FakeClock();
  const notes: (() => void)[] = [];
  const uplink = new Uplink({
    sinks: [{ kind: 'memory', name: 'm' }],
    secrets: {},
    identity: {},
    outboxFile: '',
    inHand: { buffer: new SharedArrayBuffer(8) },
    acknowledge: () => undefined,
    onCommit: () => () => undefined,
    status: () => ({}),
    clock,
    random: () => 0,
    logger: silentLogger(),
    putAside: () => new Promise<void>((resolve) => notes.push(resolve)),
  } as unknown as UplinkOptions);
  void uplink.start();
  threads[0]?.emit('message', { say: 'putAside', id: 0, refusal: {} });
  threads[0]?.emit('exit');
  clock.advance(31_000);
  expect(threads).toHaveLength(2);
  threads[1]?.emit('message', { say: 'putAside', id: 0, refusal: {} });
  const noted = { say: 'notedAside', id: 0, problem: null };
  notes[0]?.();
  await new Promise((resolve) => setImmediate(resolve));
  expect(threads[1]?.told).not.toContainEqual(noted);
  notes[1]?.();
  await new Promise((resolve) => setImmediate(resolve));
  expect(threads[1]?.told).toContainEqual(noted);
});
