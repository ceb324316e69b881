/** When the dispatcher reports a sink as silent. */
import { FakeClock } from '@forpost/shared/clock.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus, UplinkStatus } from '@forpost/shared/event/status.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, test } from 'vitest';
import { InHand } from '../../outbox/in-hand.ts';
import type { OutboxReader } from '../../outbox/outbox.ts';
import type { SinkSession } from '../sink.ts';
import { Dispatcher } from './dispatcher.ts';
import { UplinkMemory } from './uplink-memory.ts';

const reader: OutboxReader = {
  backlog: () => [],
  drained: () => [],
  read: () => [],
  newest: () => [],
  isStored: () => false,
  close: () => undefined,
};

/** An idle gateway: it sends nothing but its status. */
async function idle() {
  const clock = new FakeClock(Date.UTC(2026, 5, 1, 12));
  let frozen = false;
  let reported: UplinkStatus | undefined;
  const session: SinkSession = {
    send: async () => {},
    status: (_, deadlineMs) =>
      frozen
        ? new Promise((_resolve, reject) => void clock.after(deadlineMs, () => reject(new Error('no answer'))))
        : Promise.resolve(),
    wireBytes: 0,
    close: async () => {},
  };
  const dispatcher: Dispatcher = new Dispatcher({
    sinks: [{ sink: { name: 'kafka', open: async () => session }, backoff: { baseMs: 1, ceilingMs: 1 } }],
    memory: new UplinkMemory('/dev/null/nowhere', silentLogger()),
    identity: { site: asId<'site'>('s'), gateway: asId<'gateway'>('g') },
    reader,
    inHand: InHand.for(1),
    canRecordRefusals: true,
    clock,
    random: () => 0,
    logger: silentLogger(),
    post: (message) => {
      if (message.kind === 'report') reported = message.uplinks[0];
      if (message.kind === 'wantStatus') dispatcher.handle({ kind: 'status', status: {} as GatewayStatus });
    },
    recordRefusal: async () => undefined,
    wantCommits: () => undefined,
  });
  dispatcher.start();
  const pass = async (seconds: number) => {
    for (let i = 0; i < seconds * 2; i++) {
      clock.advance(500);
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    }
  };
  return {
    clock,
    pass,
    dispatcher,
    freeze: (now: boolean) => {
      frozen = now;
    },
    status: () => reported,
  };
}

test('a Kafka that hangs while nothing is sent is reported as silent within 20 s, until its first answer', async () => {
  const { pass, freeze, status, clock, dispatcher } = await idle();
  await pass(20);
  expect(status()).toMatchObject({ state: 'live' });
  expect(status()?.silentSince).toBeUndefined();
  const frozenAt = clock.now();
  freeze(true);
  await pass(12);
  expect(status()?.silentSince).toBeUndefined();
  await pass(8);
  const since = Date.parse(status()?.silentSince ?? '');
  expect(Math.abs(since - frozenAt)).toBeLessThanOrEqual(3000);
  freeze(false);
  await pass(10);
  expect(status()?.silentSince).toBeUndefined();
  await dispatcher.stop();
});

test('a gateway that was itself suspended for a minute calls no sink silent', async () => {
  const { pass, status, clock, dispatcher } = await idle();
  await pass(10);
  clock.advance(60_000);
  await pass(1);
  expect(status()?.silentSince).toBeUndefined();
  await dispatcher.stop();
});
