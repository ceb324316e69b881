import { EventEmitter } from 'node:events';
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, test, vi } from 'vitest';
import { Uplink, type UplinkOptions } from './uplink.ts';

interface QuietThread extends EventEmitter {
  readonly told: readonly unknown[];
}
const threads = vi.hoisted(() => [] as QuietThread[]);
/** A thread that posts only the test's messages: a test cannot choose when a real thread posts. */
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

function uplinkOf(clock: FakeClock, recordRefusal?: UplinkOptions['recordRefusal']): Uplink {
  threads.length = 0;
  return new Uplink({
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
    recordRefusal,
  } as unknown as UplinkOptions);
}

test('an answer goes to the uplink thread that asked, and never to the thread that replaced it', async () => {
  const clock = new FakeClock();
  const notes: (() => void)[] = [];
  const uplink = uplinkOf(clock, () => new Promise<void>((resolve) => notes.push(resolve)));
  void uplink.start();
  threads[0]?.emit('message', { kind: 'call', name: 'recordRefusal', id: 0, question: {} });
  threads[0]?.emit('exit');
  clock.advance(31_000);
  expect(threads).toHaveLength(2);
  threads[1]?.emit('message', { kind: 'call', name: 'recordRefusal', id: 0, question: {} });
  const noted = { kind: 'answer', id: 0, answer: null };
  notes[0]?.();
  await new Promise((resolve) => setImmediate(resolve));
  expect(threads[1]?.told).not.toContainEqual(noted);
  notes[1]?.();
  await new Promise((resolve) => setImmediate(resolve));
  expect(threads[1]?.told).toContainEqual(noted);
});

test('evidence is granted no bytes of a metered link while the uplink thread is silent, or has ended', async () => {
  const clock = new FakeClock();
  const uplink = uplinkOf(clock);
  void uplink.start();
  const none = { bytes: 0, waitMs: 2_000 };
  const silent = uplink.evidenceLink('m').grant(1_000);
  clock.advance(2_000);
  expect(await silent).toEqual(none);
  const lost = uplink.evidenceLink('m').grant(1_000);
  threads[0]?.emit('exit');
  expect(await lost).toEqual(none);
  expect(await uplink.evidenceLink('m').grant(1_000)).toEqual(none);
  expect(threads[0]?.told).toMatchObject([
    { kind: 'call', name: 'grantBytes', question: { sink: 'm', bytes: 1_000 } },
    { kind: 'call', name: 'grantBytes' },
  ]);
});
