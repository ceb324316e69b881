/** What every channel must do, each against a real other side that the test holds. */
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Channel, Notification } from '../../cloud/notify/channel.ts';
import { createRoutes } from '../../cloud/notify/channels/registry.ts';

interface Taken {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The other side of a channel: it notes what it takes, or misbehaves as it is told. */
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
  ...{ id: 'gw-1/e1/alerts/7', site: 'home', gateway: 'gw-1', device: 'heat-pump', alarm: 'a-1', rule: 'overload' },
  ...{ change: 'raised', severity: 'critical', message: 'zu viel Leistung – 🔥', late: false },
  ...{ time: '2026-01-01T00:00:00.000Z', received: '2026-01-01T00:00:00.005Z' },
};
const patient = () => new AbortController().signal;

describe.each(kinds)('a %s channel', (_kind, make) => {
  let side: OtherSide;
  let channel: Channel;
  beforeEach(async () => {
    side = await httpSide();
    channel = make(side);
  });
  afterEach(() => side.close());

  const failed = { code: 'FORPOST_CHANNEL_FAILED', retryable: true };

  test('has the name of its configuration and resolves when the other side took the whole notification', async () => {
    expect(channel.name).toBe('desk');
    await channel.send(notification, patient());
    expect(side.taken).toHaveLength(1);
    expect(JSON.parse(side.taken[0]!.body)).toEqual(notification);
  });

  test('gives the same key each time, by which the other side can tell a repetition', async () => {
    await channel.send(notification, patient());
    await channel.send(notification, patient());
    await channel.send({ ...notification, id: 'gw-1/e1/alerts/8' }, patient());
    const keys = side.taken.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual(['gw-1/e1/alerts/7', 'gw-1/e1/alerts/7', 'gw-1/e1/alerts/8']);
  });

  test('fails where the other side refuses, and says how without its secrets', async () => {
    for (const status of [400, 401, 404, 429, 500, 503]) {
      side.behave((_, response) => void response.writeHead(status).end('no'));
      const sending = channel.send(notification, patient());
      await expect(sending).rejects.toMatchObject(failed);
      await expect(sending).rejects.toThrow(`HTTP ${status}`);
      await expect(sending).rejects.not.toThrow(/s:cret|s%3Acret|key=k/);
    }
    expect(side.taken).toHaveLength(0);
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

  test('fails where the connection breaks or nobody is there, and works again afterwards', async () => {
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

  test('lets go when it is called off, also in the middle of an answer', async () => {
    const abort = new AbortController();
    side.behave((_, response) => {
      abort.abort();
      void response;
    });
    await expect(channel.send(notification, abort.signal)).rejects.toMatchObject(failed);
  });
});
