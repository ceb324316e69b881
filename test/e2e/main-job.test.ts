/** The main job on real parts: readings and alerts pass from the meter to the central history and to people. */
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allEvents, TestKafka, TestSite, until } from '../harness/site.ts';

let kafka: TestKafka;
let site: TestSite;
let hook: Server;
const notifications: { id: string; rule: string; change: string; at: number }[] = [];

beforeAll(async () => {
  hook = createServer((request, answer) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      notifications.push({ ...JSON.parse(body), at: performance.now() });
      answer.end('{}');
    });
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  const address = hook.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  kafka = await TestKafka.start();
  site = await TestSite.start({
    devices: ['meter', 'noisy', 'quiet'],
    brokers: kafka.brokers,
    webhook: `http://127.0.0.1:${address.port}/hook`,
    rules: [
      {
        id: 'overload',
        kind: 'threshold',
        device: 'meter',
        metric: 'power_w',
        above: 5000,
        clear: 4500,
        severity: 'critical',
      },
      { id: 'silence', kind: 'silent', devices: ['quiet'], after_s: 2 },
    ],
  });
});

afterAll(async () => {
  await site?.stop();
  await kafka?.remove();
  await new Promise((resolve) => hook?.close(resolve));
});

const readings = (device: string) => `forpost/devices/${device}/readings`;

test('an acknowledged reading is in the central history, with its own time and the gateway’s', async () => {
  const meter = await site.connect('meter');
  const time = new Date(Date.now() - 1500).toISOString();
  await meter.publishAsync(readings('meter'), JSON.stringify({ id: 'first', time, values: { power_w: 512.3 } }), {
    qos: 1,
  });
  const [event] = await until('the reading is in the history', async () => {
    const events = await allEvents(site, 'device=meter&type=forpost.reading.v1');
    return events.length > 0 && events;
  });
  expect(event).toMatchObject({
    site: 'test-site',
    gateway: 'test-gateway',
    lane: 'telemetry',
    subject: 'meter',
    time,
    data: { id: 'first', values: { power_w: 512.3 } },
  });
  await meter.endAsync();
});

test('a resend with the same id, even in another session, adds nothing to the history', async () => {
  const meter = await site.connect('meter', { clientId: 'meter-again' });
  for (let i = 0; i < 3; i++)
    await meter.publishAsync(readings('meter'), '{"id":"twice","values":{"power_w":1}}', { qos: 1 });
  await meter.publishAsync(readings('meter'), '{"id":"after","values":{"power_w":2}}', { qos: 1 });
  await meter.endAsync();
  const events = await until('the later reading is there', async () => {
    const all = await allEvents(site, 'device=meter');
    return all.some((e) => e.data.id === 'after') && all;
  });
  expect(events.filter((e) => e.data.id === 'twice')).toHaveLength(1);
});

test('an overload, and its end, reach local subscribers, the history and people', async () => {
  const display = await site.connect('wall-display');
  const received: { topic: string; alert: { change: string; latency_ms: number }; at: number }[] = [];
  display.on('message', (topic, payload) =>
    received.push({ topic, alert: JSON.parse(payload.toString()), at: performance.now() }),
  );
  await display.subscribeAsync('forpost/alerts/#', { qos: 1 });
  const meter = await site.connect('meter');
  await meter.publishAsync(readings('meter'), '{"values":{"power_w":7900}}', { qos: 1 });
  await meter.publishAsync(readings('meter'), '{"values":{"power_w":4700}}', { qos: 1 });
  await meter.publishAsync(readings('meter'), '{"values":{"power_w":300}}', { qos: 1 });
  await until('both changes arrived', () => received.length >= 2);
  expect(received.map((h) => [h.topic, h.alert.change])).toEqual([
    ['forpost/alerts/overload/meter', 'raised'],
    ['forpost/alerts/overload/meter', 'cleared'],
  ]);
  const raised = await until('the webhook was called', () =>
    notifications.find((n) => n.rule === 'overload' && n.change === 'raised'),
  );
  expect(raised.at - (received[0]?.at ?? 0)).toBeLessThan(5000);
  const alarms = await until('the centre knows the alarm has ended', async () => {
    const all = await allEvents(site, 'device=meter&type=forpost.alert.v1');
    return all.length >= 2 && all;
  });
  expect(alarms.map((a) => a.data.change).sort()).toEqual(['cleared', 'raised']);
  expect(new Set(alarms.map((a) => a.data.alarm)).size).toBe(1);
  await Promise.all([display.endAsync(), meter.endAsync()]);
});

test('a display that connects later gets the retained state of an alarm', async () => {
  const meter = await site.connect('meter');
  await meter.publishAsync(readings('meter'), '{"values":{"power_w":9100}}', { qos: 1 });
  const display = await site.connect('wall-display');
  const state = new Promise<string>((resolve) =>
    display.once('message', (_topic, payload) => resolve(payload.toString())),
  );
  await display.subscribeAsync('forpost/alarms/overload/meter');
  expect(JSON.parse(await state)).toMatchObject({ active: true, device: 'meter', rule: 'overload' });
  await meter.publishAsync(readings('meter'), '{"values":{"power_w":10}}', { qos: 1 });
  await Promise.all([display.endAsync(), meter.endAsync()]);
});

test('a silent device raises an alarm', async () => {
  const display = await site.connect('wall-display');
  const received: { change: string; device: string }[] = [];
  display.on('message', (_topic, payload) => received.push(JSON.parse(payload.toString())));
  await display.subscribeAsync('forpost/alerts/silence/quiet');
  const quiet = await site.connect('quiet');
  await quiet.publishAsync(readings('quiet'), '{"values":{"temperature_c":21}}', { qos: 1 });
  await until('the silence was noticed', () => received.some((h) => h.change === 'raised' && h.device === 'quiet'));
  await quiet.publishAsync(readings('quiet'), '{"values":{"temperature_c":21}}', { qos: 1 });
  await until('its end was noticed', () => received.some((h) => h.change === 'cleared'));
  await Promise.all([display.endAsync(), quiet.endAsync()]);
});

test('an unreadable payload is acknowledged, kept with its reason and counted, and affects nothing else', async () => {
  const noisy = await site.connect('noisy');
  await noisy.publishAsync(readings('noisy'), '{"values":', { qos: 1 });
  await noisy.publishAsync(readings('noisy'), Buffer.from([0xff, 0xfe, 0, 1]), { qos: 1 });
  await noisy.publishAsync(readings('noisy'), '{"values":{"power_w":5}}', { qos: 1 });
  await noisy.endAsync();
  const status = await site.local<{ devices: { id: string; deadLetters: number }[] }>('/api/v1/status');
  expect(status.devices.find((d) => d.id === 'noisy')?.deadLetters).toBe(2);
  const letters = await site.local<{ deadLetters: { device: string; reason: string }[] }>('/api/v1/dead-letters');
  expect(letters.deadLetters.filter((l) => l.device === 'noisy')).toHaveLength(2);
  for (const letter of letters.deadLetters) expect(letter.reason).not.toBe('');
  await until('the good one is in the history', async () => (await allEvents(site, 'device=noisy')).length === 1);
});

test('a device cannot publish for another device, and no client connects without a password', async () => {
  await expect(site.connect('meter', { password: 'wrong', reconnectPeriod: 0 })).rejects.toThrow(
    /[Nn]ot authorized|refused/i,
  );
  const noisy = await site.connect('noisy', { reconnectPeriod: 0 });
  // MQTT 3.1.1 has no refusal: the publish is acknowledged and dropped, and the page shows it
  await noisy.publishAsync(readings('meter'), '{"id":"forged","values":{"power_w":1}}', { qos: 1 });
  const { refused } = await site.local<{ refused: { principal: string; what: string }[] }>('/api/v1/refused');
  expect(refused).toContainEqual(expect.objectContaining({ principal: 'noisy', what: readings('meter') }));
  await noisy.endAsync();
  const meter = await site.connect('meter');
  await meter.publishAsync(readings('meter'), '{"id":"honest","values":{"power_w":1}}', { qos: 1 });
  await meter.endAsync();
  const events = await until('the honest one arrived', async () => {
    const all = await allEvents(site, 'device=meter');
    return all.some((e) => e.data.id === 'honest') && all;
  });
  expect(events.some((e) => e.data.id === 'forged')).toBe(false);
});

test('while Kafka is down devices are acknowledged and alerts reach the display; afterwards no event is missing', async () => {
  await kafka.stop();
  const display = await site.connect('wall-display');
  let received = 0;
  display.on('message', () => {
    received += 1;
  });
  await display.subscribeAsync('forpost/alerts/overload/meter');
  const meter = await site.connect('meter');
  for (let i = 0; i < 50; i++) {
    await meter.publishAsync(
      readings('meter'),
      JSON.stringify({ id: `outage-${i}`, values: { power_w: i % 2 === 0 ? 6000 : 10 } }),
      { qos: 1 },
    );
  }
  await until('the alerts of the outage arrived', () => received === 50);
  const during = await until('the gateway says that the centre is unreachable', async () => {
    const status = await site.local<{ uplinks: { state: string; events: number; reason: string }[] }>('/api/v1/status');
    return status.uplinks.find((u) => u.state !== 'live' && u.events > 50 && u.reason !== '');
  });
  expect(during.reason).not.toBe('');
  await kafka.start();
  const ids = await until(
    'the history is complete',
    async () => {
      const events = await allEvents(site, 'device=meter&type=forpost.reading.v1');
      const outage = events.map((e) => String(e.data.id)).filter((id) => id.startsWith('outage-'));
      return new Set(outage).size === 50 && outage;
    },
    60_000,
  );
  expect(ids).toHaveLength(50);
  await Promise.all([display.endAsync(), meter.endAsync()]);
  const ledger = await until('the ledger says complete', async () => {
    const all = await site.api<{ missing: number; waiting: number; lanes: unknown[] }>(
      '/api/v1/gateways/test-gateway/ledger',
    );
    return all.lanes.length > 0 && all.waiting === 0 && all;
  });
  expect(ledger.missing).toBe(0);
});

test('after a kill and restart of the centre in mid-stream the history has every event once', async () => {
  const meter = await site.connect('meter');
  const send = async (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      await meter.publishAsync(readings('meter'), JSON.stringify({ id: `centre-${i}`, values: { power_w: 1 } }), {
        qos: 1,
      });
    }
  };
  await send(0, 100);
  await site.centre?.kill();
  await send(100, 200);
  await site.startCentre();
  const ids = await until(
    'all are there',
    async () => {
      const events = await allEvents(site, 'device=meter&type=forpost.reading.v1');
      const mine = events.map((e) => String(e.data.id)).filter((id) => id.startsWith('centre-'));
      return new Set(mine).size === 200 && mine;
    },
    60_000,
  );
  expect(ids).toHaveLength(200);
  await meter.endAsync();
});
