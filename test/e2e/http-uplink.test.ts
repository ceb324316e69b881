/** A site whose network allows outgoing HTTP(S) only, and a centre without any broker: the same ids, the same promises. */
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allEvents, TestSite, until } from '../harness/site.ts';

let site: TestSite;
let hook: Server;
const notifications: { rule: string; change: string }[] = [];

beforeAll(async () => {
  hook = createServer((request, answer) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      // at its start the centre probes the webhook without a message
      if (body !== '') notifications.push(JSON.parse(body));
      answer.end('{}');
    });
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  const address = hook.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  site = await TestSite.start({
    devices: ['meter'],
    uplink: 'http',
    webhook: `http://127.0.0.1:${address.port}/hook`,
    rules: [
      { id: 'overload', kind: 'threshold', device: 'meter', metric: 'power_w', above: 5000, severity: 'critical' },
    ],
  });
});
afterAll(async () => {
  await site?.stop();
  await new Promise((resolve) => hook?.close(resolve));
});

const publish = async (from: number, to: number, power: number) => {
  const meter = await site.connect('meter');
  for (let i = from; i < to; i++) {
    await meter.publishAsync(
      'forpost/devices/meter/readings',
      JSON.stringify({ id: `h-${i}`, values: { power_w: power } }),
      { qos: 1 },
    );
  }
  await meter.endAsync();
};
const readings = async () =>
  (await allEvents(site, 'device=meter&type=forpost.reading.v1')).map((e) => String(e.data.id));

test('readings and alerts reach the history and people over HTTP alone', async () => {
  await publish(0, 20, 100);
  await publish(20, 21, 6000);
  const ids = await until('all readings are there', async () => {
    const all = await readings();
    return all.length >= 21 && all;
  });
  expect(new Set(ids).size).toBe(21);
  await until('the webhook was called', () =>
    notifications.some((n) => n.rule === 'overload' && n.change === 'raised'),
  );
});

test('while the centre is down the site goes on, and afterwards every reading is in the history once', async () => {
  await site.centre?.kill();
  await publish(100, 140, 50);
  await site.startCentre();
  const ids = await until(
    'all readings are there',
    async () => {
      const all = (await readings()).filter((id) => Number(id.slice(2)) >= 100);
      return new Set(all).size === 40 && all;
    },
    60_000,
  );
  expect(ids).toHaveLength(40);
});

test('when a device restarts its count each reading is in the history, and both pages report the reused ids', async () => {
  const meter = await site.connect('meter');
  for (const power of [1, 2])
    for (let n = 0; n < 30; n++)
      await meter.publishAsync(
        'forpost/devices/meter/readings',
        `{"id":${n},"values":{"power_w":${power * 100 + n}}}`,
        {
          qos: 1,
        },
      );
  await meter.endAsync();
  const counted = async () => (await readings()).filter((id) => !id.startsWith('h-'));
  await until('all are in the history', async () => (await counted()).length === 60);
  const says = /meter reuses ids: 30 readings had the "id" of an earlier reading and other content/;
  const local = await site.local<{ problems: string[] }>('/api/v1/status');
  expect(local.problems.join()).toMatch(says);
  await until('the centre says it too', async () => {
    const { gateways } = await site.api<{ gateways: { problems: string[] }[] }>('/api/v1/gateways');
    return says.test(gateways.flatMap(({ problems }) => problems).join());
  });
});

test('events of an unknown sender, or under another gateway’s name, are refused', async () => {
  const url = `http://127.0.0.1:${site.centrePort}/ingest/v1/events`;
  const [event] = await allEvents(site, 'device=meter&type=forpost.reading.v1');
  const foreign = JSON.stringify(event).replaceAll('test-gateway', 'other-gateway');
  const headers = { 'content-type': 'application/x-ndjson' };
  const stranger = await fetch(url, {
    method: 'POST',
    headers: { ...headers, authorization: 'Bearer not-a-token-of-anybody' },
    body: foreign,
  });
  expect(stranger.status).toBe(401);
  const impostor = await fetch(url, {
    method: 'POST',
    headers: { ...headers, authorization: 'Bearer the-token-of-the-tests-0123456789' },
    body: foreign,
  });
  expect(impostor.status).toBe(403);
  expect(await allEvents(site, 'gateway=other-gateway')).toEqual([]);
});
