import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectPacket, field, framed } from '../../edge/broker/test-support.ts';
import { TestSite, testPassword, until } from '../harness/site.ts';

let site: TestSite;

beforeAll(async () => {
  site = await TestSite.start({ devices: ['meter', 'hostile'], uplink: 'none', centre: false });
});

afterAll(() => site?.stop());

/** Logs in as the hostile device, sends the bytes and waits until the gateway has closed the connection. */
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
  const meter = await site.connect('meter', { reconnectPeriod: 0 });
  for (const packet of [framed(0x32, topic), framed(0x34, topic), framed(0x32, topic, Buffer.from([0, 0]))]) {
    await isClosedAfter(packet);
    await meter.publishAsync('forpost/devices/meter/readings', '{"values":{"power_w":1}}', { qos: 1 });
  }
  expect(site.gateway?.running).toBe(true);
  await until('the log shows the packet’s first bytes', () =>
    site.gateway?.lines.some((line) => line.includes('"principal":"hostile"') && line.includes('"packet":"32220020')),
  );
  await meter.endAsync(true);
});
