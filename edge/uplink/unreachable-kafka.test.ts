/** The uplink and its sink when no Kafka answers. */
import { type AddressInfo, createServer } from 'node:net';
import { systemClock } from '@forpost/shared/clock.ts';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { kafkaSink } from './sinks/kafka/kafka.ts';
import { append, gateway, logger, outboxAndUplink, removeSites, site, soon } from './testing/site.ts';

afterEach(removeSites);

test('failed connections count towards the budget of the day', async () => {
  const rude = createServer((socket) => socket.on('error', () => undefined).once('data', () => socket.destroy()));
  await new Promise<void>((resolve) => rude.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void rude.close());
  const brokers = [`127.0.0.1:${(rude.address() as AddressInfo).port}`];
  const { outbox, uplink } = await outboxAndUplink({
    sinks: [{ kind: 'kafka', brokers, limit: { bytes_per_day: 1_000_000 } }],
  });
  await append(outbox, 'telemetry', 1, 1);
  await uplink.start();
  await vi.waitFor(() => expect(uplink.statuses()[0]!.budget?.used).toBeGreaterThan(100), soon);
});

test('the uplink stops at once while no sink is reachable', async () => {
  const { outbox, uplink } = await outboxAndUplink({ sinks: [{ kind: 'kafka', brokers: ['127.0.0.1:9'] }] });
  await append(outbox, 'telemetry', 1, 3);
  const tookMs: number[] = [];
  // one of three must be in time: the machine may be busy
  while (tookMs.length < 3 && !tookMs.some((ms) => ms < 2_000)) {
    await uplink.start();
    await vi.waitFor(() => expect(uplink.statuses()[0]!.reason).toContain('ECONNREFUSED'), soon);
    const began = performance.now();
    await uplink.stop();
    tookMs.push(performance.now() - began);
  }
  expect(Math.min(...tookMs)).toBeLessThan(2_000);
});

test('connections to a broker that never answers are closed', async () => {
  let open = 0;
  let seen = 0;
  const mute = createServer((socket) => {
    open++;
    seen++;
    socket.on('close', () => open--).resume();
  });
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void mute.close());
  const { port } = mute.address() as AddressInfo;
  const context = { name: 'mute', identity: { site, gateway }, secret: undefined, clock: systemClock, logger };
  const sink = kafkaSink({ kind: 'kafka', brokers: [`127.0.0.1:${port}`] }, context);
  // on a busy machine the deadline may pass before the connection is made
  await vi.waitFor(async () => {
    await expect(sink.open(300)).rejects.toMatchObject({ code: 'FORPOST_SINK_TIMEOUT' });
    expect(seen).toBeGreaterThan(0);
  }, soon);
  await vi.waitFor(() => expect(open).toBe(0), soon);
});

test('two sinks with the same name are refused at the start', async () => {
  const sink = { kind: 'kafka', brokers: ['127.0.0.1:9'] } as const;
  const { uplink } = await outboxAndUplink({ sinks: [sink, sink] });
  await expect(uplink.start()).rejects.toMatchObject({ code: 'FORPOST_CONFIG_INVALID' });
});
