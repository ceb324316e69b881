/** Outgoing HTTP(S) through a small real proxy: CONNECT for https, the whole address for http. */
import { readFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { createServer as createTlsServer, request as httpsRequest } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { makeCertificates, type TestCertificates } from '../../scripts/kafka/certificates.ts';
import { endWith, outgoingAgent, proxyReason, proxySettings } from './outgoing.ts';

let certificates: TestCertificates;
let ca: string;
let plain: Server;
let secure: ReturnType<typeof createTlsServer>;
let proxy: Server;
let seen: string[];
let behave: 'pass' | 'ask' | 'refuse' | 'hang';
const sockets = new Set<Socket>();

const portOf = (server: Server) => (server.address() as AddressInfo).port;
const listen = (server: Server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

beforeAll(async () => {
  certificates = await makeCertificates();
  ca = await readFile(certificates.ca, 'utf8');
  plain = createServer((request, response) => response.end(`plain ${request.url}`));
  secure = createTlsServer(
    { cert: await readFile(certificates.server.certificate), key: await readFile(certificates.server.key) },
    (request, response) => response.end(`secure ${request.url}`),
  );
  proxy = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    const target = new URL(request.url ?? '');
    httpRequest({ host: '127.0.0.1', port: target.port, path: target.pathname }, (answer) => {
      answer.pipe(response);
    }).end();
  });
  proxy.on('connect', (request, socket: Socket, head) => {
    seen.push(`CONNECT ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    sockets.add(socket);
    socket.on('error', () => undefined);
    if (behave === 'hang') return;
    if (behave === 'ask') return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    if (behave === 'refuse') return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    // every name leads to the test's own servers
    const far = connect(Number(request.url?.split(':').at(-1)), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      far.write(head);
      far.pipe(socket).pipe(far);
    });
    far.on('error', () => socket.destroy());
  });
  await Promise.all([plain, secure as unknown as Server, proxy].map(listen));
});
afterAll(async () => {
  for (const server of [plain, secure, proxy]) {
    server.closeAllConnections();
    server.close();
  }
  await certificates.remove();
});
beforeEach(() => {
  seen = [];
  behave = 'pass';
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
});

function ask(url: string, env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const agent = outgoingAgent(url, { keepAlive: false, maxSockets: 1, tls: { ca } }, env);
  if (signal !== undefined) endWith(signal, reject);
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  send(url, { agent, ...(signal && { signal }), servername: 'localhost' } as object, (answer) => {
    let text = '';
    answer.setEncoding('utf8').on('data', (piece) => {
      text += piece;
    });
    answer.on('end', () => resolve(text));
  })
    .on('error', reject)
    .end();
  return promise;
}
const env = (more: NodeJS.ProcessEnv = {}) => ({
  HTTPS_PROXY: `http://ada:secret@127.0.0.1:${portOf(proxy)}`,
  HTTP_PROXY: `http://127.0.0.1:${portOf(proxy)}`,
  ...more,
});
const far = (scheme: 'http' | 'https') =>
  `${scheme}://centre.test:${portOf(scheme === 'http' ? plain : (secure as unknown as Server))}/a`;

test('an https address is reached through a tunnel, with TLS to the server itself', async () => {
  expect(await ask(far('https'), env())).toBe('secure /a');
  expect(seen).toEqual([`CONNECT centre.test:${portOf(secure as unknown as Server)} Basic ${btoa('ada:secret')}`]);
});

test('an http address is requested from the proxy', async () => {
  expect(await ask(far('http'), env())).toBe('plain /a');
  expect(seen).toEqual([`GET ${far('http')}`]);
});

test('lower-case variables count first, a proxy needs no scheme, and an empty variable means no proxy', async () => {
  const own = `127.0.0.1:${portOf(proxy)}`;
  expect(await ask(far('https'), { HTTPS_PROXY: 'http://127.0.0.1:1', https_proxy: own })).toBe('secure /a');
  expect(seen).toHaveLength(1);
  expect(proxySettings({ HTTPS_PROXY: '', https_proxy: '' })).toEqual({ NO_PROXY: 'localhost,127.0.0.1,::1' });
});

test('hosts in NO_PROXY, and always this machine, are reached without the proxy', async () => {
  await expect(ask(far('https'), env({ NO_PROXY: 'centre.test' }))).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/);
  await expect(ask(far('https'), env({ no_proxy: '.test' }))).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/);
  expect(await ask(`https://127.0.0.1:${portOf(secure as unknown as Server)}/b`, env())).toBe('secure /b');
  expect(await ask(`http://localhost:${portOf(plain)}/b`, env({ NO_PROXY: 'other' }))).toBe('plain /b');
  expect(seen).toEqual([]);
  expect(proxySettings({ NO_PROXY: '[fd00::1],x' }).NO_PROXY).toBe('fd00::1,x,localhost,127.0.0.1,::1');
});

test('a proxy’s refusal is reported in words, without its password', async () => {
  const reason = async () =>
    ask(far('https'), env()).then(
      () => 'open',
      (error: unknown) => proxyReason(error) ?? String(error),
    );
  behave = 'ask';
  expect(await reason()).toMatch(/^the proxy of HTTPS_PROXY \(127\.0\.0\.1:\d+\) wants a user and a password/);
  behave = 'refuse';
  expect(await reason()).toMatch(/refuses this connection \(HTTP 403\): have it allowed, or name the host in NO_PROXY/);
  expect(await reason()).not.toContain('secret');
});

test('a silent proxy delays a request no longer than the request’s own timeout', async () => {
  behave = 'hang';
  await expect(ask(far('https'), env(), AbortSignal.timeout(100))).rejects.toThrow(/timeout/);
});

test.each(['socks5://127.0.0.1:1080', 'http://', 'not a proxy'])('%s is refused as a proxy', (text) => {
  expect(() => outgoingAgent('https://x/', { keepAlive: false, maxSockets: 1 }, { HTTPS_PROXY: text })).toThrow(
    /HTTPS_PROXY of the environment is no http proxy: write http:\/\/HOST:PORT/,
  );
});
