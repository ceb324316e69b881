/**
 * The contract of sinks, each against its real other side: a Kafka broker, the centre's receiver, and the model. Their command
 * feeds run the feeds' contract.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { SinkSession } from '../../edge/uplink/sink.ts';
import type { Lane } from '../../shared/event/ids.ts';
import { keepsFeedContract } from './command-feed.ts';
import { httpFeedSide, kafkaFeedSide } from './sink/feed-sides.ts';
import { certificateSide, deadFirstSide, loginSide, plainSide, removeSharedKafka } from './sink/kafka-sides.ts';
import { memorySide } from './sink/memory-side.ts';
import { deadlineMs, nextBatch, type OtherSide, status } from './sink/other-side.ts';
import { certifiedSide, httpSide } from './sink/receiver-sides.ts';

afterAll(removeSharedKafka);

describe.each([
  ['memory', memorySide],
  ['http', httpSide],
  ['http (mTLS)', certifiedSide],
  ['kafka', plainSide],
  ['kafka (the first two brokers of three are dead)', deadFirstSide],
  ['kafka (TLS, SCRAM-SHA-512)', () => loginSide('scram-sha-512')],
  ['kafka (TLS, PLAIN)', () => loginSide('plain')],
  ['kafka (mTLS)', certificateSide],
] as const)('the %s sink', (_kind, side) => {
  let other: OtherSide;
  const open: SinkSession[] = [];
  const session = async (): Promise<SinkSession> => {
    const opened = await other.sink.open(deadlineMs);
    open.push(opened);
    return opened;
  };

  beforeAll(async () => {
    other = await side();
  });
  afterAll(async () => {
    await Promise.all(open.map((one) => one.close()));
    await other?.stop();
  });

  test('events that the sink calls safe have arrived, byte for byte and in order', async () => {
    const one = await session();
    const batches = [nextBatch('telemetry', 300), nextBatch('alerts', 2), nextBatch('telemetry', 300)];
    for (const batch of batches) await one.send(batch, deadlineMs);
    const sent = (lane: Lane) =>
      batches.filter((batch) => batch.lane === lane).flatMap(({ records }) => records.map(({ json }) => json));
    expect(await other.arrived('telemetry')).toEqual(sent('telemetry'));
    expect(await other.arrived('alerts')).toEqual(sent('alerts'));
  });

  test('a gateway’s states arrive, the newest last', async () => {
    const one = await session();
    await one.status(status(1), deadlineMs);
    await one.status(status(2), deadlineMs);
    expect((await other.statuses()).at(-1)).toEqual(status(2));
  });

  test('an event that is too large is refused for good, and a new session continues', async () => {
    const huge = nextBatch('telemetry', 1, JSON.stringify(randomBytes(14_000_000).toString('base64')));
    await expect((await session()).send(huge, deadlineMs)).rejects.toMatchObject({
      code: 'FORPOST_SINK_REFUSED',
      retryable: false,
    });
    const batch = nextBatch('telemetry', 1);
    await (await session()).send(batch, deadlineMs);
    expect((await other.arrived('telemetry')).at(-1)).toBe(batch.records[0]!.json);
  });

  test('without an answer a batch fails at its deadline and can be sent again', async () => {
    const one = await session();
    await other.freeze();
    const batch = nextBatch('telemetry', 3);
    try {
      await expect(one.send(batch, 400)).rejects.toMatchObject({ code: 'FORPOST_SINK_TIMEOUT', retryable: true });
      await one.close();
    } finally {
      other.thaw();
    }
    // a broker that was stopped for long needs a moment to rejoin its own cluster
    await vi.waitFor(async () => (await session()).send(batch, deadlineMs), { timeout: 30_000, interval: 200 });
    const arrived = await other.arrived('telemetry');
    for (const { json } of batch.records) expect(arrived).toContain(json);
  });

  test('when no server answers, opening fails with a reason and can be tried again', async () => {
    await expect(other.lost.open(deadlineMs)).rejects.toMatchObject({
      code: 'FORPOST_SINK_UNREACHABLE',
      retryable: true,
    });
  });

  test('replayed events are marked, and no others', async () => {
    const one = await session();
    await one.send(nextBatch('alerts', 1), deadlineMs);
    const again = nextBatch('alerts', 2);
    await one.send({ ...again, replayed: true }, deadlineMs);
    expect(await other.replayed('alerts')).toEqual(again.records.map(({ json }) => json));
  });

  test('reports its bytes on the wire, after compression', async () => {
    const one = await session();
    const before = one.wireBytes;
    const batch = nextBatch('telemetry', 300);
    const json = batch.records.reduce((sum, record) => sum + record.json.length, 0);
    await one.send(batch, deadlineMs);
    const took = one.wireBytes - before;
    expect(took).toBeGreaterThan(json / 100);
    expect(took).toBeLessThanOrEqual(_kind === 'memory' ? json : json / 3);
  });

  test('a closed session sends nothing more, and closing it twice is harmless', async () => {
    const one = await session();
    await one.close();
    await one.close();
    await expect(one.send(nextBatch('telemetry', 1), deadlineMs)).rejects.toThrow();
  });
});

keepsFeedContract('http', httpFeedSide);
keepsFeedContract('kafka', kafkaFeedSide);
