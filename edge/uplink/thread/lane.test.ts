/** Reading ahead: the lane sends a batch that it has read ahead only if that batch is the next one. */

import { ForpostError } from '@forpost/shared/errors.ts';
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, test } from 'vitest';
import { type Clock, FakeClock, systemClock } from '../../../shared/clock.ts';
import { InHand } from '../../outbox/in-hand.ts';
import type { OutboxReader } from '../../outbox/outbox.ts';
import type { Refusal } from '../messages.ts';
import { type Fate, MemorySink } from '../testing/memory-sink.ts';
import { LaneRunner } from './lane.ts';
import { Pacer } from './pacer.ts';
import { UplinkMemory } from './uplink-memory.ts';

const epoch = asId<'epoch'>('00000000000000a1');
const batchEvents = 4;
const soon = { timeout: 20_000, interval: 1 };

/** Settings of a lane whose sends the test answers. */
interface LaneSettings {
  readonly waiting?: number;
  readonly maxEvents?: number;
  readonly clock?: Clock;
  readonly recordRefusal?: (refusal: Refusal) => Promise<void>;
  /** how the sink answers each batch; default: when the test says so */
  readonly fate?: () => Fate;
}

function aLane(given: LaneSettings = {}) {
  const { waiting = 12, maxEvents = batchEvents, clock = systemClock, fate } = given;
  const acknowledged: number[] = [];
  let events = Array.from({ length: waiting }, (_, i) => storedEvent(i + 1));
  const reads: string[] = [];
  const answers: (() => void)[] = [];
  const sent: number[][] = [];
  const reader = {
    backlog: () => [{ epoch, lane: 'telemetry' as const, assigned: waiting, acknowledged: 0, bytes: 1 }],
    drained: () => [],
    read: (_epoch: string, _lane: string, after: number, most: number) => {
      const found = events.filter(({ sequence }) => sequence > after).slice(0, most);
      reads.push(`${after}: ${found.length}`);
      return found;
    },
    newest: () => [],
    isStored: () => false,
    close: () => undefined,
  } satisfies OutboxReader;
  const sink = new MemorySink();
  sink.onSend = ({ records }) => {
    sent.push(records.map(({ sequence }) => sequence));
    if (fate !== undefined) return fate();
    return { kind: 'hangs', until: new Promise((resolve) => answers.push(resolve)), arrives: records.length };
  };
  const memory = new UplinkMemory('/dev/null/nowhere', silentLogger());
  const inHand = InHand.for(1);
  const runner = new LaneRunner({
    lane: 'telemetry',
    sink,
    identity: { site: asId<'site'>('s'), gateway: asId<'gateway'>('g') },
    reader,
    claimant: inHand.claimant(0),
    settings: {
      maxEvents,
      maxBytes: 1_000_000,
      openDeadlineMs: 1_000,
      sendDeadlineMs: 60_000,
      backoff: { baseMs: 1, ceilingMs: 1 },
      canRecordRefusals: true,
    },
    pacer: new Pacer({ sink: 'memory', limits: {}, clock, timeZone: 'UTC', memory }),
    clock,
    random: () => 0,
    logger: silentLogger(),
    acknowledge: (_, through) => acknowledged.push(through),
    recordRefusal: given.recordRefusal ?? (() => Promise.resolve()),
    wantCommits: () => undefined,
    changed: () => undefined,
  });
  return {
    runner,
    reads,
    sent,
    inHand,
    acknowledged,
    answer: () => answers.shift()?.(),
    shed: (through: number) => {
      events = events.filter(({ sequence }) => sequence > through);
    },
  };
}

test('while a batch is on its way the next one is read ahead, claimed only in its turn, and not read twice', async () => {
  const { runner, reads, sent, inHand, answer } = aLane();
  runner.start();
  await expect.poll(() => reads, soon).toEqual(['0: 4', '4: 4']);
  expect(sent).toEqual([[1, 2, 3, 4]]);
  expect(inHand.claim(0)).toEqual({ epoch, through: 4 });
  answer();
  await expect.poll(() => sent.length, soon).toBe(2);
  expect(sent[1]).toEqual([5, 6, 7, 8]);
  expect(inHand.claim(0)).toEqual({ epoch, through: 8 });
  // a read of one event checks that the batch is still there; then the next batch is read ahead
  await expect.poll(() => reads, soon).toEqual(['0: 4', '4: 4', '4: 1', '8: 4']);
  await runner.stop();
});

test('events that were shed after they were read ahead are not sent', async () => {
  const { runner, reads, sent, answer, shed } = aLane();
  runner.start();
  await expect.poll(() => reads.length, soon).toBe(2);
  shed(6);
  answer();
  await expect.poll(() => sent.length, soon).toBe(2);
  expect(sent[1]).toEqual([7, 8, 9, 10]);
  await runner.stop();
});

test('the batches of a backlog double, because the lane reads ahead as much as the next batch may have', async () => {
  const { runner, reads, sent, answer } = aLane({ waiting: 5_000, maxEvents: 1_000 });
  runner.start();
  for (const [turn, size] of [64, 128, 256, 512, 1_000].entries()) {
    await expect.poll(() => sent.length, soon).toBe(turn + 1);
    expect(sent[turn]).toHaveLength(size);
    // the answer comes once the next batch is read ahead
    await expect.poll(() => reads.at(-1), soon).toBe(`${sent[turn]?.at(-1)}: ${Math.min(2 * size, 1_000)}`);
    answer();
  }
  expect(sent.flat()).toEqual(Array.from({ length: sent.flat().length }, (_, i) => i + 1));
  await runner.stop();
});

test('after a late answer only the allowed part of the events that were read ahead is sent', async () => {
  const clock = new FakeClock();
  const { runner, reads, sent, inHand, answer } = aLane({ waiting: 500, maxEvents: 1_000, clock });
  runner.start();
  await expect.poll(() => sent.length, soon).toBe(1);
  clock.advance(1);
  answer();
  await expect.poll(() => sent.length, soon).toBe(2);
  expect(sent[1]).toHaveLength(128);
  clock.advance(4_000);
  expect(reads.at(-1)).toBe('192: 256');
  answer();
  await expect.poll(() => sent.length, soon).toBe(3);
  expect(sent[2]).toEqual(Array.from({ length: 32 }, (_, i) => 193 + i));
  expect(inHand.claim(0)).toEqual({ epoch, through: 224 });
  await runner.stop();
});

test('an event that is refused for good keeps its place until the main thread has recorded the refusal', async () => {
  const clock = new FakeClock();
  const refusals: number[] = [];
  const { runner, acknowledged } = aLane({
    waiting: 1,
    clock,
    fate: () => ({ kind: 'fails', code: 'FORPOST_SINK_REFUSED', arrives: 0 }),
    recordRefusal: async ({ event }) => {
      refusals.push(event.sequence);
      if (refusals.length === 1) throw new ForpostError('FORPOST_CALL_UNANSWERED', 'the main thread gave no answer');
    },
  });
  runner.start();
  await expect.poll(() => runner.state.phase.kind, soon).toBe('offline');
  expect([refusals, acknowledged]).toEqual([[1], []]);
  expect(runner.state.reason).toBe('the main thread gave no answer');
  clock.advance(1);
  await expect.poll(() => acknowledged[0], soon).toBe(1);
  expect(refusals).toEqual([1, 1]);
  await runner.stop();
});

function storedEvent(sequence: number): StoredEvent {
  return {
    epoch,
    lane: 'telemetry',
    sequence,
    type: 'forpost.reading.v1',
    device: asId<'device'>('meter'),
    time: 0,
    received: 0,
    clock: 'synced',
    boot: 'b',
    uptime: 0,
    data: '{}',
  };
}
