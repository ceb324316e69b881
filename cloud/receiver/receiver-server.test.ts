/** The receiver's own port with a gateway's own sink and real certificates: admitted requests, and answers to refused ones. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { FakeClock, systemClock } from '@forpost/shared/clock.ts';
import { openCommand } from '@forpost/shared/event/command.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { SinkBatch } from '../../edge/uplink/sink.ts';
import { httpCommands } from '../../edge/uplink/sinks/http/commands.ts';
import { httpSink } from '../../edge/uplink/sinks/http/http.ts';
import { WireCount } from '../../edge/uplink/sinks/wire-count.ts';
import { makeCertificates, type TestCertificates } from '../../scripts/kafka/certificates.ts';
import { withProxy } from '../../test/harness/connect-proxy.ts';
import type { Capabilities } from '../api/capability.ts';
import type { Commands } from '../commands/commands.ts';
import { addCommandPoll } from '../commands/poll.ts';
import { fileCommands } from '../commands/testing/file-commands.ts';
import { MemoryHistory } from '../history/memory-store.ts';
import { eventJson } from '../testing/events.ts';
import { gatewayIn, type KnownGateways } from './callers.ts';
import { type connectionLimits, ReceiverServer, type ReceiverTls } from './receiver-server.ts';

const token = 'the-token-of-gateway-one';
const hash = createHash('sha256').update(token).digest('hex');
let pem: TestCertificates;
let own: { certificate: string; key: string };
beforeAll(async () => {
  pem = await makeCertificates();
  own = await pem.sign('gw-1');
});
afterAll(() => pem?.remove());
const servers: ReceiverServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

/** The long poll alone. */
function pollOf(commands: Pick<Commands, 'poll'>): Pick<Capabilities, 'addGatewayRoutes'> {
  return { addGatewayRoutes: (app, gatewayOf) => addCommandPoll(app, commands, gatewayOf) };
}

async function aReceiver(
  tls: Partial<ReceiverTls>,
  gateways: KnownGateways = {},
  clock: typeof systemClock = systemClock,
  commands?: Pick<Commands, 'poll'>,
  limits: Partial<typeof connectionLimits> = {},
) {
  const taken: string[] = [];
  const server = new ReceiverServer({
    host: '127.0.0.1',
    port: 0,
    clock,
    logger: silentLogger(),
    limits,
    gateways: () => gateways,
    delivery: {
      events: async (gateway, received) =>
        void taken.push(...received.map(({ event }) => `${gateway} ${event.sequence}`)),
      status: async () => undefined,
    },
    tls: { ...pem.server, ...tls },
    ...(commands === undefined ? {} : { capabilities: pollOf(commands) }),
  });
  await server.start();
  servers.push(server);
  return { url: server.url, taken, server };
}

interface Way {
  readonly tls?: { ca?: string; certificate?: string; key?: string };
  readonly token?: string;
}

/** A gateway's own sink. */
function sinkOf(url: string, gateway: string, way: Way) {
  return httpSink(
    { kind: 'http', url, ...(way.tls === undefined ? {} : { tls: way.tls }) },
    {
      name: 'centre',
      identity: { site: asId('home'), gateway: asId(gateway) },
      secret: way.token === undefined ? undefined : { token: way.token },
      clock: systemClock,
      logger: silentLogger(),
    },
  );
}

/** Sends one event of `gateway` as its sink would. */
async function send(url: string, gateway: string, way: Way): Promise<void> {
  const session = await sinkOf(url, gateway, way).open(10_000);
  const batch: SinkBatch = {
    epoch: asId('e1'),
    lane: 'telemetry',
    records: [{ sequence: 1, json: eventJson(1, { gateway }) }],
  };
  try {
    await session.send(batch, 10_000);
  } finally {
    await session.close();
  }
}

describe('a receiver that knows gateways by certificate', () => {
  test('takes a gateway’s own events by its certificate alone, by its token, and by both', async () => {
    const { url, taken } = await aReceiver({ client_ca: pem.ca }, { 'gw-1': { token_sha256: hash } });
    await send(url, 'gw-1', { tls: { ca: pem.ca, ...own } });
    await send(url, 'gw-1', { tls: { ca: pem.ca }, token });
    await send(url, 'gw-1', { tls: { ca: pem.ca, ...own }, token });
    expect(taken).toEqual(['gw-1 1', 'gw-1 1', 'gw-1 1']);
  });

  test('gives a gateway its commands by its certificate alone, and a stop does not wait for open polls', async () => {
    const { commands, remove } = await fileCommands({ clock: systemClock, history: new MemoryHistory(systemClock) });
    onTestFinished(remove);
    const { url, server } = await aReceiver({ client_ca: pem.ca }, {}, systemClock, commands);
    const feed = sinkOf(url, 'gw-1', { tls: { ca: pem.ca, ...own } }).commands;
    const stopping = new AbortController();
    const arrived: { envelope: string | Uint8Array; centreTime: number | undefined }[] = [];
    const ended = feed?.run(async (delivered) => void arrived.push(delivered), stopping.signal);
    ended?.catch(() => undefined);
    await vi.waitFor(() => expect(commands.waiting).toBe(1), { timeout: 10_000 });
    const order = { kind: 'ping', arguments: {}, author: 'admin', validMs: 60_000 };
    await commands.issue({ ...order, gateway: 'gw-2' });
    const { id } = await commands.issue({ ...order, gateway: 'gw-1' });
    await vi.waitFor(() => expect(arrived).toHaveLength(1), { timeout: 10_000 });
    expect(openCommand(arrived[0]?.envelope ?? '', [commands.publicKey])).toMatchObject({ ok: true, command: { id } });
    expect(Math.abs((arrived[0]?.centreTime ?? 0) - Date.now())).toBeLessThan(60_000);
    // the next poll waits, and is answered when the server stops
    await vi.waitFor(() => expect(commands.waiting).toBe(1), { timeout: 10_000 });
    const begun = performance.now();
    await server.stop();
    expect(performance.now() - begun).toBeLessThan(10_000);
    stopping.abort();
    await expect(ended).resolves.toBeUndefined();
  });

  test('a DNS name of the certificate serves as well as its common name', async () => {
    const { url, taken } = await aReceiver({ client_ca: pem.ca });
    const named = await pem.sign('Gateway in the barn', 'DNS:gw-7,IP:10.0.0.7');
    await send(url, 'gw-7', { tls: { ca: pem.ca, ...named } });
    expect(taken).toEqual(['gw-7 1']);
  });

  test('refuses another gateway’s events, whether the sender is identified by token or by certificate', async () => {
    const { url, taken } = await aReceiver({ client_ca: pem.ca }, { 'gw-1': { token_sha256: hash } });
    for (const way of [{ tls: { ca: pem.ca, ...own } }, { tls: { ca: pem.ca }, token }])
      await expect(send(url, 'gw-2', way)).rejects.toThrow('the gateway "gw-1" cannot speak for "gw-2"');
    const other = await pem.sign('gw-2');
    await expect(send(url, 'gw-2', { tls: { ca: pem.ca, ...other }, token })).rejects.toThrow(
      'the certificate is of "gw-2" and the token of "gw-1"',
    );
    expect(taken).toEqual([]);
  });

  test('a gateway that is locked out is refused by certificate and by token', async () => {
    const { url, taken } = await aReceiver({ client_ca: pem.ca }, { 'gw-1': { token_sha256: hash, refused: true } });
    for (const way of [{ tls: { ca: pem.ca, ...own } }, { tls: { ca: pem.ca }, token }])
      await expect(send(url, 'gw-1', way)).rejects.toThrow('"gw-1" is locked out');
    expect(taken).toEqual([]);
  });

  test('a gateway also receives its commands there, by its certificate', async () => {
    const asked: string[] = [];
    const server = new ReceiverServer({
      host: '127.0.0.1',
      port: 0,
      clock: systemClock,
      logger: silentLogger(),
      gateways: () => ({}),
      delivery: { events: async () => undefined, status: async () => undefined },
      capabilities: pollOf({
        poll: async (gateway) => {
          asked.push(gateway);
          return { now: '2026-06-01T12:00:00.000Z', commands: [], after: '', retryMs: 60_000 };
        },
      }),
      tls: { ...pem.server, client_ca: pem.ca },
    });
    await server.start();
    servers.push(server);
    const stopping = new AbortController();
    const feed = httpCommands({
      base: server.url,
      tls: { ca: pem.ca, ...own },
      token: () => undefined,
      clock: systemClock,
      wire: new WireCount(),
    });
    const running = feed.run(async () => undefined, stopping.signal);
    await vi.waitFor(() => expect(asked).toEqual(['gw-1']), { timeout: 10_000 });
    stopping.abort();
    await running.catch(() => undefined);
  });

  test('where certificates are required a token alone is not enough', async () => {
    const { url, taken } = await aReceiver(
      { client_ca: pem.ca, client_certificate_required: true },
      { 'gw-1': { token_sha256: hash } },
    );
    await expect(send(url, 'gw-1', { tls: { ca: pem.ca }, token })).rejects.toThrow('configure tls.certificate');
    expect(taken).toEqual([]);
  });

  test('without a client_ca a certificate identifies no gateway', async () => {
    const { url } = await aReceiver({});
    await expect(send(url, 'gw-1', { tls: { ca: pem.ca, ...own } })).rejects.toThrow('needs the token');
  });
});

test('a stop waits neither for silent sockets nor for half a handshake', async () => {
  const { url, server } = await aReceiver({});
  const port = Number(new URL(url).port);
  const silent = connectTcp({ port, host: '127.0.0.1' });
  const half = connectTcp({ port, host: '127.0.0.1' });
  for (const socket of [silent, half]) {
    socket.on('error', () => undefined).resume();
    await once(socket, 'connect');
  }
  // the first bytes of a ClientHello
  half.write(Buffer.from([0x16, 3, 1, 2, 0, 1]));
  const began = performance.now();
  await server.stop();
  expect(performance.now() - began).toBeLessThan(5_000);
});

describe('an installer gets an answer in words', () => {
  test.each<[string, () => Promise<Way>, string]>([
    ['a certificate whose time is over', async () => ({ tls: { ca: pem.ca, ...pem.expired } }), 'it has expired'],
    [
      'a certificate of nobody’s CA',
      async () => ({ tls: { ca: pem.ca, certificate: pem.otherCa, key: pem.otherCa.replace('.pem', '.key') } }),
      'did not sign it',
    ],
    [
      'a certificate that names no gateway',
      async () => ({ tls: { ca: pem.ca, ...(await pem.sign('The Barn', 'DNS:gw-1,DNS:gw-2')) } }),
      'names no gateway',
    ],
    [
      'a receiver of an unknown CA',
      async () => ({ tls: { ca: pem.otherCa }, token }),
      'give that CA’s PEM file as tls.ca',
    ],
    ['no CA given', async () => ({ token }), 'give that CA’s PEM file as tls.ca'],
    ['a missing file', async () => ({ tls: { ca: join(pem.folder, 'no.pem') }, token }), 'no.pem is not there'],
  ])('%s', async (_, way, said) => {
    const { url } = await aReceiver({ client_ca: pem.ca }, { 'gw-1': { token_sha256: hash } });
    await expect(send(url, 'gw-1', await way())).rejects.toThrow(said);
  });

  test('a gateway names the mistake of its address: a name that the certificate lacks, TLS or its absence, or a redirect', async () => {
    const elsewhere = await pem.sign('elsewhere', 'DNS:elsewhere.example');
    const wrongName = await aReceiver(elsewhere);
    await expect(send(wrongName.url, 'gw-1', { tls: { ca: pem.ca }, token })).rejects.toThrow('is for another name');
    const secured = await aReceiver({}, { 'gw-1': { token_sha256: hash } });
    await expect(send(secured.url.replace('https', 'http'), 'gw-1', { token })).rejects.toThrow('https:// in the url');
    let redirected = 0;
    const plain = createServer((request, answer) => {
      redirected++;
      answer.writeHead(307, { location: `${secured.url}${request.url}` }).end();
    });
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void plain.close());
    const { port } = plain.address() as AddressInfo;
    await expect(send(`https://127.0.0.1:${port}`, 'gw-1', { tls: { ca: pem.ca }, token })).rejects.toThrow(
      'does not speak TLS',
    );
    await expect(send(`http://127.0.0.1:${port}`, 'gw-1', { token })).rejects.toThrow(`is at ${secured.url}`);
    expect(redirected, 'once: nothing is sent again').toBe(1);
    expect(secured.taken).toEqual([]);
  });
});

test('a renewed certificate is served without a restart, and an unusable one is not', async () => {
  const folder = join(pem.folder, 'served');
  await mkdir(folder);
  const tls = { certificate: join(folder, 'a.pem'), key: join(folder, 'a.key') };
  const put = async ({ certificate, key }: { certificate: string; key: string }) => {
    await copyFile(certificate, tls.certificate);
    await copyFile(key, tls.key);
  };
  const clock = new FakeClock();
  await put(await pem.sign('elsewhere', 'DNS:elsewhere.example'));
  const { url, taken } = await aReceiver(tls, { 'gw-1': { token_sha256: hash } }, clock);
  const way = { tls: { ca: pem.ca }, token };
  await expect(send(url, 'gw-1', way)).rejects.toThrow('another name');
  await copyFile(pem.server.certificate, tls.certificate);
  clock.advance(61_000);
  await expect(send(url, 'gw-1', way), 'a certificate without its key').rejects.toThrow('another name');
  await put(pem.server);
  // a check is skipped while the check before it is still reading
  const afterAMinute = () => {
    clock.advance(61_000);
    return send(url, 'gw-1', way);
  };
  await vi.waitFor(afterAMinute, { timeout: 10_000 });
  expect(taken).toEqual(['gw-1 1']);
});

test('a gateway sends events and receives commands through the proxy of its environment', async () => {
  const served = await pem.sign('centre', 'DNS:centre.test');
  const asked: string[] = [];
  const { url, taken } = await aReceiver(served, { 'gw-1': { token_sha256: hash } }, systemClock, {
    poll: async (gateway) => {
      asked.push(gateway);
      return { now: new Date().toISOString(), commands: [], after: '', retryMs: 60_000 };
    },
  });
  // a name that only the proxy knows
  const address = `https://centre.test:${new URL(url).port}`;
  const way = { tls: { ca: pem.ca }, token };
  await withProxy(async ({ tunnels }) => {
    await send(address, 'gw-1', way);
    const stopping = new AbortController();
    const listening = sinkOf(address, 'gw-1', way).commands?.run(async () => undefined, stopping.signal);
    await vi.waitFor(() => expect(asked).toEqual(['gw-1']), { timeout: 10_000 });
    stopping.abort();
    await listening?.catch(() => undefined);
    expect(new Set(tunnels)).toEqual(new Set([new URL(address).host]));
  });
  expect(taken).toEqual(['gw-1 1']);
});

test('a certificate names a gateway by one common name or one DNS name, and not by a text that only looks like one', () => {
  const of = (CN: unknown, subjectaltname?: string) =>
    gatewayIn({ subject: { CN }, subjectaltname } as Parameters<typeof gatewayIn>[0]);
  expect(of('gw-1', 'DNS:gw-2')).toBe('gw-1');
  expect(of('Barn', 'DNS:gw-2, DNS:barn.example.org')).toBe('gw-2');
  expect(of(['gw-1', 'gw-2'])).toBeUndefined();
  expect(of('Barn', 'DNS:gw-1, DNS:gw-2')).toBeUndefined();
  expect(of('Barn', 'DNS:"a, DNS:gw-2, b"')).toBeUndefined();
  expect(of('Barn')).toBeUndefined();
});

describe('a client that takes a connection and does not use it', () => {
  const headers = (more: string) =>
    `POST /ingest/v1/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${more}\r\n`;

  test.each([
    ['says nothing', ''],
    ['stops among its headers', 'POST /ingest/v1/events HTTP/1.1\r\nhost'],
    ['is nobody and keeps its body', headers('content-length: 9000\r\n')],
    ['stalls within its body', headers(`authorization: Bearer ${token}\r\ncontent-length: 9000\r\n`)],
    [
      'stalls between chunks',
      `${headers(`authorization: Bearer ${token}\r\ntransfer-encoding: chunked\r\n`)}5\r\nhallo\r\n`,
    ],
  ])('%s, is cut off', async (_, said) => {
    const limits = { requestMs: 300, checkEveryMs: 50, handshakeMs: 300 };
    const { url, taken } = await aReceiver({}, { 'gw-1': { token_sha256: hash } }, systemClock, undefined, limits);
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), rejectUnauthorized: false });
    const closed = once(socket, 'close');
    socket.on('error', () => undefined).resume();
    await once(socket, 'secureConnect');
    socket.write(said);
    await closed;
    expect(taken).toEqual([]);
    await send(url, 'gw-1', { tls: { ca: pem.ca }, token });
  });

  test('does not even shake hands, is cut off', async () => {
    const { url } = await aReceiver({}, {}, systemClock, undefined, { handshakeMs: 200 });
    const socket = connectTcp(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
    await once(socket.resume(), 'close');
  });

  test('comes beyond the limit, takes the place of the oldest silent one, and keeps no gateway out', async () => {
    // no deadline ends a silent connection within this test
    const limits = { connections: 2, handshakeMs: 600_000 };
    const { url } = await aReceiver({}, { 'gw-1': { token_sha256: hash } }, systemClock, undefined, limits);
    const silent = async () => {
      const socket = connectTcp(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
      const closed = once(socket.resume(), 'close');
      await once(socket, 'connect');
      return { socket, closed };
    };
    const [oldest, second, third] = [await silent(), await silent(), await silent()];
    await oldest.closed;
    expect([second.socket.destroyed, third.socket.destroyed]).toEqual([false, false]);
    await send(url, 'gw-1', { tls: { ca: pem.ca }, token });
    await second.closed;
  });
});
