/** The addresses of the gateway's page: ports, TLS and certificates. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { build, consoleServersForEachTest } from './testing/server.ts';

consoleServersForEachTest();

test('without TLS, an address other than loopback is refused at the start', async () => {
  const { server } = build({ http: { host: '0.0.0.0', port: 0 } });
  await expect(server.start()).rejects.toMatchObject({
    code: 'FORPOST_CONFIG_INVALID',
    message: expect.stringMatching(/^http\.host 0\.0\.0\.0 without TLS .* add http\.tls/),
  });
});

test('a port in use is reported with its setting, and the other ports are released', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  const { server } = build({ http: { port } });
  await expect(server.start()).rejects.toMatchObject({
    code: 'FORPOST_PORT_TAKEN',
    message: `127.0.0.1:${port} is taken by another process: stop it, or set another one as http.port`,
  });
  await server.stop();
  await new Promise((resolve) => other.close(resolve));
});

test('with TLS the page is on HTTPS with a Secure cookie, and plain HTTP only redirects there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-tls-'));
  const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const args = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    '/CN=localhost',
  ];
  await promisify(execFile)('openssl', [...args, '-keyout', key, '-out', certificate]);
  const tls = { host: '127.0.0.1', port: 0, certificate, key };
  const { server } = build({ http: { port: 0, tls } });
  await server.start();
  const ask = (path: string, method: string, body?: string) =>
    new Promise<{ status: number | undefined; cookie: string }>((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const request = httpsRequest(server.url + path, { method, headers, rejectUnauthorized: false }, (answer) => {
        answer.resume();
        resolve({ status: answer.statusCode, cookie: String(answer.headers['set-cookie']) });
      });
      request.on('error', reject);
      request.end(body);
    });
  expect(server.url).toMatch(/^https:/);
  expect((await ask('/', 'GET')).status).toBe(200);
  const login = await ask('/api/v1/login', 'POST', JSON.stringify({ user: 'installer', password: 'ladder' }));
  expect(login.status).toBe(200);
  expect(login.cookie).toMatch(/; Secure/);

  const plain = await fetch(`${server.plainUrl}/?x=1`, { redirect: 'manual' });
  expect(plain.status).toBe(308);
  expect(plain.headers.get('location')).toBe(`https://127.0.0.1:${new URL(server.url).port}/?x=1`);
  expect((await fetch(`${server.plainUrl}/api/v1/login`, { method: 'POST' })).status).toBe(404);
  expect((await fetch(`${server.plainUrl}/healthz`)).status).toBe(200);
  await rm(folder, { recursive: true });
});

test('without its certificate only the page over TLS is missing; a reload with the certificate adds it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-tls-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const { server } = build({ http: { port: 0, tls: { host: '127.0.0.1', port: 0, certificate, key } } });
  await server.start();
  expect((await fetch(`${server.plainUrl}/healthz`)).status).toBe(200);
  expect(server.problems()).toEqual([expect.stringContaining(`http.tls: ${certificate} is not there`)]);
  const shown = () =>
    new Promise<string>((resolve, reject) => {
      const options = { port: Number(new URL(server.url).port), host: '127.0.0.1', rejectUnauthorized: false };
      const socket = connect(options, () => {
        resolve(socket.getPeerX509Certificate()?.subject ?? '');
        socket.end();
      });
      socket.on('error', reject);
    });
  await expect(shown()).rejects.toThrow();
  for (const name of ['first', 'renewed']) {
    const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '365'];
    await promisify(execFile)('openssl', [...args, '-subj', `/CN=${name}`, '-keyout', key, '-out', certificate]);
    await server.reload();
    expect(await shown()).toBe(`CN=${name}`);
  }
  expect(server.problems()).toEqual([]);
  await server.stop();
});
