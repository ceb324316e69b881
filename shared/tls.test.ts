/** A server's certificate whose files are renewed while the server runs, with real TLS. */
import { X509Certificate } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type Server } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { makeCertificates, type TestCertificates } from '../scripts/kafka/certificates.ts';
import { FakeClock } from './clock.ts';
import { createLogger } from './logging.ts';
import { certificateProblems, certificatesIn, ServerCertificate } from './tls.ts';

const dayMs = 86_400_000;
let certificates: TestCertificates;
let folder: string;
const toClose: (() => unknown)[] = [];

beforeAll(async () => {
  certificates = await makeCertificates();
});
afterAll(() => certificates.remove());
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

type Pair = { readonly certificate: string; readonly key: string };

async function files(pair: Pair): Promise<Pair> {
  folder = await mkdtemp(join(tmpdir(), 'forpost-tls-'));
  toClose.push(() => rm(folder, { recursive: true, force: true }));
  const own = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  await put(pair, own);
  return own;
}

async function put(pair: Pair, to: Pair): Promise<void> {
  await copyFile(pair.certificate, to.certificate);
  await copyFile(pair.key, to.key);
}

async function served(own: Pair, names: readonly string[] = []) {
  // later than the certificates that this test makes
  const clock = new FakeClock(Date.now() + 60_000);
  const logger = createLogger('test', 'silent');
  const certificate = new ServerCertificate({ setting: 'http.tls', files: own, names, clock, logger });
  await certificate.start();
  toClose.push(() => certificate.stop());
  const server: Server = createServer(certificate.options, (socket) => socket.end());
  server.on('tlsClientError', () => undefined);
  certificate.serve(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  toClose.push(() => new Promise((resolve) => server.close(resolve)));
  const port = (server.address() as AddressInfo).port;
  return { certificate, clock, port };
}

function shown(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.subject ?? '');
      socket.end();
    });
    socket.on('error', reject);
  });
}

test('a renewed certificate is served without a restart', async () => {
  const own = await files(certificates.server);
  const { clock, port, certificate } = await served(own);
  expect(await shown(port)).toBe('CN=broker');
  await put(await certificates.sign('renewed'), own);
  clock.advance(10_000);
  await certificate.reload();
  expect(await shown(port)).toBe('CN=renewed');
  expect(certificate.problems()).toEqual([]);
});

test('a certificate that is swapped behind links, with old times, is noticed', async () => {
  const own = await files(certificates.server);
  // the way of Kubernetes: tls.crt -> ..data/tls.crt, ..data -> ..generation
  for (const [generation, pair] of [
    ['..1', certificates.server],
    ['..2', await certificates.sign('second')],
  ] as const) {
    await mkdir(join(folder, generation));
    await put(pair, { certificate: join(folder, generation, 'tls.crt'), key: join(folder, generation, 'tls.key') });
    for (const file of ['tls.crt', 'tls.key']) await utimes(join(folder, generation, file), 1_000, 1_000);
  }
  await rm(own.certificate);
  await rm(own.key);
  await symlink('..1', join(folder, '..data'));
  await symlink('..data/tls.crt', own.certificate);
  await symlink('..data/tls.key', own.key);
  const { port, certificate } = await served(own);
  expect(await certificate.reload()).toBe(false);
  await symlink('..2', join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  expect(await certificate.reload()).toBe(true);
  expect(await shown(port)).toBe('CN=second');
});

test('a half done or useless renewal is reported, and the old certificate stays in place', async () => {
  const own = await files(certificates.server);
  const { port, certificate } = await served(own);
  const next = await certificates.sign('next');
  await copyFile(next.certificate, own.certificate);
  expect(await certificate.reload()).toBe(false);
  expect(certificate.problems(), 'the key may come in the next moment').toEqual([]);
  await certificate.reload();
  expect(certificate.problems()).toEqual([
    `http.tls: the new certificate is not served, the one before it still is: ${own.key} is the key of another certificate than ${own.certificate}`,
  ]);
  expect(await shown(port)).toBe('CN=broker');
  await copyFile(next.key, own.key);
  expect(await certificate.reload()).toBe(true);
  expect(certificate.problems()).toEqual([]);
  for (const [content, words] of [
    ['', 'holds no certificate in PEM'],
    ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', 'holds no certificate in PEM'],
  ] as const) {
    await writeFile(own.certificate, content);
    await certificate.reload();
    await certificate.reload();
    expect(certificate.problems()[0]).toContain(`${own.certificate} ${words}`);
  }
  await rm(own.certificate);
  await certificate.reload();
  expect(certificate.problems()[0]).toContain('is not there');
  expect(await shown(port)).toBe('CN=next');
});

test('a server starts with an expired certificate, and reports it', async () => {
  const { port, certificate } = await served(await files(certificates.expired));
  expect(await shown(port)).toBe('CN=expired');
  expect(certificate.problems()).toEqual([
    'http.tls: the certificate has ended on 2020-01-01: put a renewed one in its place, no restart is needed',
  ]);
  expect(certificate.endsAt).toBe(Date.UTC(2020, 0, 1));
});

test('unusable files are refused at the start, with setting and file', async () => {
  const own = await files(certificates.server);
  const start = () =>
    new ServerCertificate({
      setting: 'mqtt.tls',
      files: own,
      clock: new FakeClock(),
      logger: createLogger('test', 'silent'),
    }).start();
  await copyFile(certificates.expired.key, own.key);
  await expect(start()).rejects.toMatchObject({
    code: 'FORPOST_CONFIG_INVALID',
    message: `mqtt.tls: ${own.key} is the key of another certificate than ${own.certificate}`,
  });
  await copyFile(certificates.server.key, own.key);
  const [cert, ca] = await Promise.all([readFile(own.certificate, 'utf8'), readFile(certificates.ca, 'utf8')]);
  await writeFile(own.certificate, `${ca}\n${cert}`);
  await expect(start()).rejects.toThrow(/must stand first in/);
  await rm(own.key);
  await expect(start()).rejects.toThrow(`${own.key} is not there`);
});

test('problems with a certificate’s time and names are reported in words', async () => {
  const [own] = certificatesIn(await readFile(certificates.server.certificate, 'utf8')) ?? [];
  if (own === undefined) throw new Error('no certificate');
  const from = own.validFromDate.getTime();
  const to = own.validToDate.getTime();
  const said = (now: number, names?: readonly string[]) => certificateProblems([own], now, names).join();
  expect(said(from + dayMs)).toBe('');
  expect(said(from - dayMs)).toMatch(/^the certificate is not valid before \d{4}-\d\d-\d\d by this machine’s clock/);
  expect(said(to - 29.5 * dayMs)).toContain('(in 29 days)');
  expect(said(to - 5.5 * dayMs)).toMatch(/^the certificate ends on \d{4}-\d\d-\d\d \(in 5 days\)/);
  expect(said(to - 0.5 * dayMs)).toContain('(within a day)');
  expect(said(to + 1)).toContain('has ended on');
  expect(said(from + dayMs, ['localhost', '127.0.0.1', '0.0.0.0', '::'])).toBe('');
  expect(said(from + dayMs, ['centre.example.org'])).toBe(
    'the certificate is not for centre.example.org but for IP Address:127.0.0.1, DNS:localhost: clients that come by that name refuse it',
  );
  expect(said(from + dayMs, ['192.0.2.7'])).toContain('not for 192.0.2.7');
});

test('for a chain, the certificate that ends first is named', async () => {
  const [ca, old] = await Promise.all(
    [certificates.server.certificate, certificates.expired.certificate].map(
      async (file) => new X509Certificate(await readFile(file)),
    ),
  );
  if (ca === undefined || old === undefined) throw new Error('no certificates');
  expect(certificateProblems([ca, old], ca.validFromDate.getTime() + dayMs)).toEqual([
    'the certificate of expired beneath it has ended on 2020-01-01: put a renewed one in its place, no restart is needed',
  ]);
});

test('a server offers no CBC and no key exchange without forward secrecy', async () => {
  const { port } = await served(await files(certificates.server));
  const offer = (ciphers: string) =>
    new Promise<string>((resolve) => {
      const socket = connect(
        { host: '127.0.0.1', port, rejectUnauthorized: false, maxVersion: 'TLSv1.2', ciphers },
        () => {
          resolve(socket.getCipher().name);
          socket.end();
        },
      );
      socket.on('error', () => resolve('refused'));
    });
  expect(await offer('ECDHE-ECDSA-AES128-SHA')).toBe('refused');
  expect(await offer('ECDHE-ECDSA-AES128-GCM-SHA256')).toBe('ECDHE-ECDSA-AES128-GCM-SHA256');
});

test('a client of TLS 1.2 cannot renegotiate, and no client gets CBC or TLS 1.1', async () => {
  const { port } = await served(await files(certificates.server));
  const tried = (options: object) =>
    new Promise<string>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options }, () => {
        const { name } = socket.getCipher();
        const going = socket.renegotiate({}, (error) => {
          resolve(error === null ? 'renegotiated' : `${name}: ${error.message}`);
          socket.destroy();
        });
        if (!going) resolve('refused at once');
      });
      socket.on('error', (error) => resolve(error.message));
      socket.on('close', () => resolve('closed'));
    });
  expect(await tried({ maxVersion: 'TLSv1.2' })).not.toBe('renegotiated');
  expect(await tried({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-SHA256:AES128-SHA' })).toMatch(/handshake/);
  expect(await tried({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })).toMatch(
    /alert|version|protocol/,
  );
});
