import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectPacket, field, framed } from '../../edge/broker/testing/broker.ts';
import { type TestSite, testPassword, until } from '../harness/site.ts';
import { attacks, costOf, turns } from './packets/attacks.ts';
import { fuzz } from './packets/fuzz.ts';
import { attackedSite } from './packets/site.ts';

let site: TestSite;

beforeAll(async () => {
  site = await attackedSite();
});

afterAll(() => site?.stop());

/** Logs in as the hostile device, sends the bytes, and waits until the gateway closes the connection. */
async function isClosedAfter(...packets: Buffer[]): Promise<void> {
  const socket = connect(site.mqttPort, '127.0.0.1');
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.on('error', () => undefined);
  socket.resume();
  socket.write(Buffer.concat([connectPacket('hostile', { password: testPassword }), ...packets]));
  await closed;
}

test('a logged-in device that sends a QoS 1 PUBLISH without a packet identifier ends its connection, and not the gateway [MQTT-2.3.1-1]', async () => {
  const topic = field('forpost/devices/hostile/readings');
  const probe = await site.connect('probe', { reconnectPeriod: 0 });
  for (const packet of [framed(0x32, topic), framed(0x34, topic), framed(0x32, topic, Buffer.from([0, 0]))]) {
    await isClosedAfter(packet);
    await probe.publishAsync('forpost/devices/probe/readings', '{"values":{"power_w":1}}', { qos: 1 });
  }
  expect(site.gateway?.running).toBe(true);
  await until('the log shows the packet’s first bytes', () =>
    site.gateway?.lines.some((line) => line.includes('"principal":"hostile"') && line.includes('"packet":"32220020')),
  );
  await probe.endAsync(true);
});

/**
 * Processor time, which other processes do not change. The kernel counts in steps of up to 4 ms. Alerts to p99 5 ms are
 * measured on a quiet machine (`npm run faults -- --hostile-packets`); here other tests run beside it.
 */
const mostOfOneTurnMs = 10;

describe('alerts of others do not wait behind a client’s request:', () => {
  test.each(attacks)('$name ($metric)', async (attack) => {
    const { turnP99Ms } = await costOf(site, attack, 50);
    expect(turnP99Ms).toBeLessThan(mostOfOneTurnMs);
    expect(site.gateway?.running).toBe(true);
  });

  test('a stored session with 10,000 filters does not slow other clients, also after a restart', async () => {
    const many = attacks.find(({ metric }) => metric === 'reconnects_with_10000_filters');
    await costOf(site, many, 20);
    await site.gateway?.kill();
    await site.startGateway();
    const display = await site.connect('hostile-panel', { clientId: 'hostile', clean: false, reconnectPeriod: 0 });
    const shelly = await site.connect('hostile-shelly', { reconnectPeriod: 0 });
    const received = new Promise<string>((resolve) => display.once('message', resolve));
    // it has its maximum of subscriptions
    await expect(display.subscribeAsync('forpost/devices/probe/#')).rejects.toThrow();
    await display.unsubscribeAsync('forpost/d1');
    await display.subscribeAsync('forpost/alerts/#');
    await turns(site);
    for (let n = 0; n < 300; n++) await shelly.publishAsync(`hostile-shelly/status/${n}`, '{}', { qos: 1 });
    expect((await turns(site)).p99Ms).toBeLessThan(mostOfOneTurnMs);
    const probe = await site.connect('probe', { reconnectPeriod: 0 });
    for (const power_w of [2000, 10])
      await probe.publishAsync('forpost/devices/probe/readings', JSON.stringify({ values: { power_w } }), { qos: 1 });
    expect(await received).toMatch(/^forpost\/alerts\//);
    await shelly.endAsync(true);
    await Promise.all([display.endAsync(true), probe.endAsync(true)]);
  });
});

test('10 s of wild packets of every kind cause no crash, no defect and no memory leak, and a neighbour is served throughout', async () => {
  // a new seed each time; a failure names it
  const firstSeed = Number(process.env.FORPOST_FUZZ_SEED ?? Math.floor(Math.random() * 1e9));
  const { served, heapBeforeMb, heapAfterMb } = await fuzz(site, { firstSeed, ms: 10_000 });
  expect(served).toBeGreaterThan(20);
  expect(heapAfterMb - heapBeforeMb).toBeLessThan(8);
});
