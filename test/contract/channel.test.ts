/** The contract of channels: each runs against a real receiver that the test controls. */

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Channel, Notification } from '../../cloud/notify/channel.ts';
import { createRoutes } from '../../cloud/notify/channels/registry.ts';
import { makeCertificates } from '../../scripts/kafka/certificates.ts';
import { withProxy } from '../harness/connect-proxy.ts';

interface Taken {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The receiver of a channel: it records notifications, or misbehaves on request. */
interface OtherSide {
  readonly taken: Taken[];
  behave(listener: RequestListener | undefined): void;
  close(): Promise<void>;
  readonly address: string;
}

async function httpSide(): Promise<OtherSide> {
  const taken: Taken[] = [];
  let misbehave: RequestListener | undefined;
  const server: Server = createServer(async (request, response) => {
    if (misbehave !== undefined) return misbehave(request, response);
    taken.push({ headers: request.headers, body: await text(request) });
    response.writeHead(202).end('thanks');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    taken,
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    behave(listener) {
      misbehave = listener;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const kinds: readonly (readonly [kind: string, make: (side: OtherSide) => Channel])[] = [
  [
    'webhook',
    (side) =>
      createRoutes([{ id: 'desk', kind: 'webhook', url: `http://ada:s%3Acret@${side.address}/hook?key=k` }])[0]!
        .channel,
  ],
];

const notification: Notification = {
  id: 'gw-1/e1/alerts/7',
  site: 'home',
  gateway: 'gw-1',
  device: 'heat-pump',
  alarm: 'a-1',
  rule: 'overload',
  change: 'raised',
  severity: 'critical',
  message: 'zu viel Leistung – 🔥',
  late: false,
  time: '2026-01-01T00:00:00.000Z',
  received: '2026-01-01T00:00:00.005Z',
};
const patient = () => new AbortController().signal;

test('a webhook goes through the environment’s proxy, by a tunnel', async () => {
  const certificates = await makeCertificates();
  const pair = await certificates.sign('desk', 'DNS:desk.test');
  const server = createTlsServer(
    { cert: await readFile(pair.certificate), key: await readFile(pair.key) },
    (_, response) => response.end(),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `desk.test:${(server.address() as AddressInfo).port}`;
  try {
    await withProxy(async ({ tunnels }) => {
      const [route] = createRoutes([{ id: 'desk', kind: 'webhook', url: `https://${host}/hook` }]);
      await expect(route?.channel.check?.(patient())).rejects.toThrow(/its certificate is signed by/);
      // the receiver's certificate is checked, and the webhook does not know its CA
      await expect(route?.channel.send(notification, patient())).rejects.toThrow(
        /desk .*cannot be reached: its certificate is signed by/,
      );
      expect(tunnels).toEqual([host, host]);
    });
  } finally {
    server.close();
    await certificates.remove();
  }
});

describe.each(kinds)('a %s channel', (_kind, make) => {
  let side: OtherSide;
  let channel: Channel;
  beforeEach(async () => {
    side = await httpSide();
    channel = make(side);
  });
  afterEach(() => side.close());

  const failed = { code: 'FORPOST_CHANNEL_FAILED', retryable: true };

  test('has its configured name, and resolves when the receiver has the whole notification', async () => {
    expect(channel.name).toBe('desk');
    await channel.send(notification, patient());
    expect(side.taken).toHaveLength(1);
    expect(JSON.parse(side.taken[0]!.body)).toEqual(notification);
  });

  test('sends the same key each time, so that the receiver can recognise a repetition', async () => {
    await channel.send(notification, patient());
    await channel.send(notification, patient());
    await channel.send({ ...notification, id: 'gw-1/e1/alerts/8' }, patient());
    const keys = side.taken.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual(['gw-1/e1/alerts/7', 'gw-1/e1/alerts/7', 'gw-1/e1/alerts/8']);
  });

  test('fails when the receiver refuses, and gives the reason without its secrets', async () => {
    for (const status of [400, 401, 404, 429, 500, 503]) {
      side.behave((_, response) => void response.writeHead(status).end('no'));
      const sending = channel.send(notification, patient());
      await expect(sending).rejects.toMatchObject(failed);
      await expect(sending).rejects.toThrow(`HTTP ${status}`);
      await expect(sending).rejects.not.toThrow(/s:cret|s%3Acret|key=k/);
    }
    expect(side.taken).toHaveLength(0);
  });

  test.each([
    ['7', undefined, 7_000],
    ['Mon, 30 Nov 2026 10:00:20 GMT', 'Mon, 30 Nov 2026 10:00:00 GMT', 20_000],
    ['Mon, 30 Nov 2020 10:00:20 GMT', 'Mon, 30 Nov 2026 10:00:00 GMT', 0],
    ['999999999', undefined, 3_600_000],
  ])('reports how long to wait before the next try (Retry-After: %s, date: %s)', async (after, date, waitMs) => {
    side.behave((_, response) => {
      if (date !== undefined) response.sendDate = false;
      response.writeHead(429, { 'retry-after': after, ...(date && { date }) }).end('slow down');
    });
    await expect(channel.send(notification, patient())).rejects.toMatchObject({ ...failed, waitMs });
  });

  test('can be checked without a notification, and reports what would prevent one', async () => {
    const asked: unknown[] = [];
    side.behave((request, response) => {
      asked.push(request.method);
      response.end();
    });
    await channel.check?.(patient());
    await channel.check?.(patient());
    expect(asked).toEqual([]);
    await side.close();
    await expect(channel.check?.(patient())).rejects.toMatchObject(failed);
    await expect(channel.check?.(patient())).rejects.toThrow(/desk .*cannot be reached.*ECONNREFUSED/);
  });

  test('an endless answer does not keep a connection open for ever', async () => {
    const closed = new Promise<void>((resolve) => {
      side.behave((request, response) => {
        request.socket.once('close', () => resolve());
        response.writeHead(200);
        const pour = () => void response.write('x'.repeat(10_000), () => !response.destroyed && setImmediate(pour));
        pour();
      });
    });
    await channel.send(notification, patient());
    await closed;
  });

  test('follows no redirect', async () => {
    let elsewhere = 0;
    side.behave((request, response) => {
      if (request.url === '/elsewhere') elsewhere++;
      response.writeHead(request.url === '/elsewhere' ? 200 : 307, { location: '/elsewhere' }).end();
    });
    await expect(channel.send(notification, patient())).rejects.toMatchObject(failed);
    expect(elsewhere).toBe(0);
  });

  test('fails when the connection breaks or the receiver is absent, and works again afterwards', async () => {
    side.behave((request) => void request.socket.destroy());
    await expect(channel.send(notification, patient())).rejects.toMatchObject(failed);
    side.behave(undefined);
    await channel.send(notification, patient());
    expect(side.taken).toHaveLength(1);
    await side.close();
    const sending = channel.send(notification, patient());
    await expect(sending).rejects.toMatchObject(failed);
    await expect(sending).rejects.toThrow(side.address);
  });

  test('stops when it is aborted, even in the middle of an answer', async () => {
    const abort = new AbortController();
    side.behave((_, response) => {
      abort.abort();
      void response;
    });
    await expect(channel.send(notification, abort.signal)).rejects.toMatchObject(failed);
  });
});
