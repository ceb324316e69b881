import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, get, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { boundConnections } from './connections.ts';

const sockets: Socket[] = [];
let server: Server | undefined;
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.close();
});

async function listening(made: Server): Promise<number> {
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return (made.address() as AddressInfo).port;
}

async function opened(port: number, localAddress: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, localAddress });
  sockets.push(socket.on('error', () => undefined));
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

const answered = (port: number, localAddress: string) =>
  new Promise<number | undefined>((resolve, reject) =>
    get({ host: '127.0.0.1', port, localAddress, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on('error', reject),
  );

test('silent connections of one address keep no other client out, and a running stream stays', async () => {
  const made = createServer((request, response) => {
    response.write('begun');
    if (request.url !== '/stream') response.end();
  });
  boundConnections(made, 50);
  const port = await listening(made);
  const stream = await opened(port, '127.0.0.7');
  stream.write('GET /stream HTTP/1.1\r\nHost: x\r\n\r\n');
  await new Promise((resolve) => stream.once('data', resolve));
  for (let i = 0; i < 200; i++) await opened(port, '127.0.0.66');
  for (const address of ['127.0.0.8', '127.0.0.66']) expect(await answered(port, address)).toBe(200);
  expect(stream.destroyed).toBe(false);
  const open = await new Promise<number>((resolve) => made.getConnections((_error, count) => resolve(count)));
  expect(open).toBeLessThanOrEqual(51);
});

test('endless requests of one address make room for another address', async () => {
  const made = createServer((request, response) => {
    if (request.url !== '/slow') response.end();
  });
  boundConnections(made, 30);
  const port = await listening(made);
  for (let i = 0; i < 60; i++) (await opened(port, '127.0.0.66')).write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
  await expect.poll(() => answered(port, '127.0.0.8').catch(() => 0)).toBe(200);
});

test('connections count even before their TLS handshake', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost'];
  execFileSync('openssl', ['req', '-x509', ...made, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const https = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) => {
    response.end('answer');
  });
  rmSync(folder, { recursive: true });
  boundConnections(https, 20);
  const port = await listening(https);
  for (let i = 0; i < 60; i++) await opened(port, '127.0.0.66');
  const tls = connectTls({ socket: await opened(port, '127.0.0.8'), rejectUnauthorized: false });
  sockets.push(tls);
  tls.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(String(await new Promise((resolve) => tls.once('data', resolve)))).toContain('200 OK');
});
