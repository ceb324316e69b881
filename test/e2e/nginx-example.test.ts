/** The example of a centre behind a proxy, in the real nginx and with a real centre: what its configuration promises. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:http2';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readFirstLogin } from '../../cloud/access/users.ts';
import { Service } from '../../cloud/service.ts';
import { makeCertificates } from '../../scripts/kafka/certificates.ts';
import { freePorts } from '../harness/ports.ts';
import { root } from '../harness/root.ts';
import { unless } from '../harness/unless.ts';

const nginxPath = '/usr/sbin/nginx';
const withoutNginx = existsSync(nginxPath) ? undefined : `${nginxPath} is missing`;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

describe('a centre behind nginx, as the example configures it', unless(withoutNginx), () => {
  const releases: (() => unknown)[] = [];
  let tlsPort = 0;
  let plainPort = 0;
  let password = '';

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'forpost-nginx-example-'));
    releases.push(() => rm(folder, { recursive: true, force: true }));
    const [centrePort = 0, tls = 0, plain = 0] = await freePorts(3);
    [tlsPort, plainPort] = [tls, plain];
    const pem = await makeCertificates();
    releases.push(() => pem.remove());
    const service = new Service({
      config: { data: join(folder, 'centre'), http: { port: centrePort, trusted_proxy: ['127.0.0.1'] }, gateways: {} },
      clock: systemClock,
      random: Math.random,
      logger: silentLogger(),
    });
    await service.start();
    releases.push(() => service.stop());
    password = (await readFirstLogin(join(folder, 'centre')))?.password ?? '';
    await writeFile(join(folder, 'nginx.conf'), await configuration(folder, { centrePort, tls, plain, ...pem.server }));
    const nginx = spawn(nginxPath, ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
    releases.push(async () => {
      nginx.kill();
      await once(nginx, 'exit');
    });
    await vi.waitFor(async () => expect((await ask('/healthz')).status).toBe(200), { timeout: 10_000 });
  });
  afterAll(async () => {
    for (const release of releases.reverse()) await release();
  });

  /** The example's file with this test's ports and certificate, and the sub-path of the guide. */
  async function configuration(
    folder: string,
    at: { centrePort: number; tls: number; plain: number; certificate: string; key: string },
  ): Promise<string> {
    const example = await readFile(join(root, 'examples/centre-behind-proxy/nginx.conf'), 'utf8');
    const guide = await readFile(join(root, 'docs/guides/open-the-centre.md'), 'utf8');
    const subPath = /```nginx\n(location [\s\S]*?)```/.exec(guide)?.[1] ?? '';
    const servers = `${example.replace('  location / {', `${subPath}\n  location / {`)}`
      .replaceAll(/^ *listen \[::\].*\n/gm, '')
      .replaceAll('listen 443', `listen 127.0.0.1:${at.tls}`)
      .replaceAll('listen 80', `listen 127.0.0.1:${at.plain}`)
      .replaceAll('127.0.0.1:8090', `127.0.0.1:${at.centrePort}`)
      .replace(/ssl_certificate .*;/, `ssl_certificate ${at.certificate};`)
      .replace(/ssl_certificate_key .*;/, `ssl_certificate_key ${at.key};`);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (one) => `${one}_temp_path ${folder}/t;`,
    );
    return `daemon off; pid ${folder}/pid; error_log ${folder}/errors; events {}
      http { access_log off; ${temporary.join(' ')} ${servers} }`;
  }

  function ask(path: string, init: { method?: string; headers?: Record<string, string>; body?: string } = {}) {
    const { method = 'GET', headers = {}, body } = init;
    return new Promise<Answer>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: tlsPort, path, method, rejectUnauthorized: false };
      const sent = request({ ...options, headers: { host: `centre.example.org`, ...headers } }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
          // a stream has no end
          if (text.includes('event: hello')) sent.destroy();
        });
        answer.on('close', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }));
      });
      sent.on('error', (error) => (sent.destroyed ? undefined : reject(error)));
      sent.end(body);
    });
  }
  const logIn = (prefix = '') =>
    ask(`${prefix}/api/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'https://centre.example.org' },
      body: JSON.stringify({ user: 'admin', password }),
    });
  const cookiesOf = ({ headers }: Answer) => String(headers['set-cookie']);

  test('people log in by HTTPS alone: the cookie is Secure, browsers are told to stay with HTTPS, and port 80 leads there', async () => {
    const login = await logIn();
    expect(login.status).toBe(200);
    expect(cookiesOf(login)).toMatch(/; Secure/);
    expect(cookiesOf(login)).toMatch(/; Path=\/;/);
    expect(login.headers['strict-transport-security']).toMatch(/max-age=\d{6,}/);
    const plain = await fetch(`http://127.0.0.1:${plainPort}/x?y=1`, { redirect: 'manual' });
    expect([plain.status, plain.headers.get('location')]).toEqual([308, 'https://127.0.0.1/x?y=1']);
  });

  test('the live stream comes at once, and a request from the page of another site is refused', async () => {
    const cookie = cookiesOf(await logIn()).split(';', 1)[0] ?? '';
    const stream = await ask('/api/v1/stream', { headers: { cookie } });
    expect([stream.status, stream.body]).toEqual([200, expect.stringContaining('event: hello')]);
    const headers = { cookie, origin: 'https://evil.example' };
    expect(await ask('/api/v1/logout', { method: 'POST', headers })).toMatchObject({ status: 403 });
  });

  test('a browser speaks HTTP/2, and its log-in counts as one of this page', async () => {
    const client = connect(`https://127.0.0.1:${tlsPort}`, { rejectUnauthorized: false });
    const sent = client.request({
      ':method': 'POST',
      ':path': '/api/v1/login',
      ':authority': 'centre.example.org',
      'content-type': 'application/json',
      origin: 'https://centre.example.org',
    });
    sent.end(JSON.stringify({ user: 'admin', password }));
    const [headers] = (await once(sent, 'response')) as [{ readonly ':status': number }];
    client.destroy();
    expect(headers[':status']).toBe(200);
  });

  test('gateways reach the receiver through nginx, and the metrics stay on the machine', async () => {
    expect(await ask('/ingest/v1/commands')).toMatchObject({ status: 401, body: expect.stringContaining('token') });
    expect(await ask('/metrics')).toMatchObject({ status: 403, body: expect.stringContaining('nginx') });
  });

  test('under a path, as the guide configures it, the cookie belongs to that path', async () => {
    const login = await logIn('/forpost');
    expect(login.status).toBe(200);
    expect(cookiesOf(login)).toMatch(/; Path=\/forpost;/);
    const cookie = cookiesOf(login).split(';', 1)[0] ?? '';
    expect(JSON.parse((await ask('/forpost/api/v1/session', { headers: { cookie } })).body)).toMatchObject({
      user: 'admin',
    });
  });
});
