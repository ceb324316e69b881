/** Which servers get a camera's log-in: real TLS, RTSP and HTTP servers record everything that they receive. */

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer as createPlainServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificates, type TestCertificates } from '../../../../scripts/kafka/certificates.ts';
import type { CameraConfig } from '../../../site/site.ts';
import { cameraFingerprint } from '../../camera-fingerprint.ts';
import { type CameraAddress, sourceOf } from '../address.ts';
import { type Capture, startCapture } from '../capture.ts';
import { type CaptureEnd, explain, type Failure } from '../failure.ts';

const login = { user: 'viewer', password: 'a-camera-password' };
/** the log-in as Basic sends it */
const encoded = Buffer.from(`${login.user}:${login.password}`).toString('base64');

let certificates: TestCertificates;
beforeAll(async () => {
  certificates = await makeCertificates();
});
afterAll(() => certificates.remove());

const servers: Server[] = [];
const captures: Capture[] = [];
afterEach(() => {
  for (const capture of captures.splice(0)) capture.kill();
  for (const server of servers.splice(0)) server.close();
});

interface Fake {
  readonly port: number;
  /** everything that the server received */
  heard: string;
}

type Pair = { readonly certificate: string; readonly key: string };

/** Asks for a log-in (Basic or Digest); `then` answers requests that carry one. */
function rtsp(socket: Socket, fake: Fake, then: (cseq: string) => string, scheme = 'Basic realm="cam"'): void {
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    const text = chunk.toString('latin1');
    fake.heard += text;
    for (const request of text.split('\r\n\r\n').filter((one) => one !== '')) {
      const cseq = /CSeq: (\d+)/i.exec(request)?.[1] ?? '1';
      if (request.startsWith('OPTIONS')) socket.write(`RTSP/1.0 200 OK\r\nCSeq: ${cseq}\r\nPublic: DESCRIBE\r\n\r\n`);
      else if (/^Authorization:/im.test(request)) socket.write(then(cseq));
      else socket.write(`RTSP/1.0 401 Unauthorized\r\nCSeq: ${cseq}\r\nWWW-Authenticate: ${scheme}\r\n\r\n`);
    }
  });
}

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const notFound = (cseq: string) => `RTSP/1.0 404 Not Found\r\nCSeq: ${cseq}\r\n\r\n`;

async function tlsCamera(pair: Pair): Promise<Fake> {
  const fake = { port: 0, heard: '' };
  const files = { cert: readFileSync(pair.certificate), key: readFileSync(pair.key) };
  fake.port = await listening(createTlsServer(files, (socket) => rtsp(socket, fake, notFound)));
  return fake;
}

/** Captures the camera; resolves to how the capture ended, as an installer reads it. */
function captured(address: CameraAddress): Promise<Failure> {
  const source = sourceOf(address);
  return new Promise((resolve) => {
    captures.push(
      startCapture(source, 64, 5, {
        picture: () => {},
        bytes: () => {},
        ended: (end: CaptureEnd) => resolve(explain(end, source)),
      }),
    );
  });
}

const fingerprintOf = (pair: Pair) =>
  `sha256:${new X509Certificate(readFileSync(pair.certificate)).fingerprint256.replaceAll(':', '').toLowerCase()}`;

describe('a camera with TLS', () => {
  test.each(['rtsps', 'https'])(
    'and an unknown certificate gets no log-in over %s, and the reason shows the fingerprint',
    async (scheme) => {
      const camera = await tlsCamera(certificates.server);
      const { state, reason } = await captured({ url: `${scheme}://127.0.0.1:${camera.port}/s`, ...login });
      expect(camera.heard).toBe('');
      expect(state).toBe('refused');
      expect(reason).toContain('was not sent a log-in: its certificate cannot be verified');
      expect(reason).toContain(`pin it (fingerprint: ${fingerprintOf(certificates.server)})`);
    },
  );

  test.each([
    ['by the fingerprint that was pinned', () => ({ fingerprint: fingerprintOf(certificates.server) })],
    [
      'by the pinned fingerprint in another spelling',
      () => ({
        fingerprint: `sha256:${new X509Certificate(readFileSync(certificates.server.certificate)).fingerprint256}`,
      }),
    ],
    ['by its configured CA', () => ({ ca: certificates.ca })],
  ])('is trusted %s', async (_, trust) => {
    const camera = await tlsCamera(certificates.server);
    const { reason } = await captured({ url: `rtsps://127.0.0.1:${camera.port}/s`, ...login, ...trust() });
    expect(reason).toBe('no such stream (404)');
    expect(camera.heard).toContain(`Authorization: Basic ${encoded}`);
  });

  test('is trusted by its pinned fingerprint, even if its certificate has expired', async () => {
    const camera = await tlsCamera(certificates.expired);
    const fingerprint = fingerprintOf(certificates.expired);
    const { reason } = await captured({ url: `rtsps://127.0.0.1:${camera.port}/s`, ...login, fingerprint });
    expect(reason).toBe('no such stream (404)');
  });

  test.each([
    [
      'another certificate than the pinned one',
      () => ({ fingerprint: fingerprintOf(certificates.expired) }),
      'another certificate than the pinned one',
    ],
    ['a certificate of another CA', () => ({ ca: certificates.expired.certificate }), 'cannot be verified'],
    ['a missing CA file', () => ({ ca: '/nowhere/ca.pem' }), '/nowhere/ca.pem cannot be read'],
    ['a CA file without a certificate', () => ({ ca: certificates.server.key }), 'holds no certificate in PEM'],
  ])('with %s gets no log-in', async (_, trust, why) => {
    const camera = await tlsCamera(certificates.server);
    const { state, reason } = await captured({ url: `rtsps://127.0.0.1:${camera.port}/s`, ...login, ...trust() });
    expect([camera.heard, state]).toEqual(['', 'refused']);
    expect(reason).toContain(why);
  });

  test('whose certificate is for another name or has expired gets no log-in', async () => {
    const other = await tlsCamera(await certificates.sign('other.example', 'DNS:other.example'));
    const wrong = await captured({ url: `rtsps://127.0.0.1:${other.port}/s`, ...login, ca: certificates.ca });
    expect([other.heard, wrong.reason]).toEqual(['', expect.stringContaining('it is for another address')]);
    const old = await tlsCamera(certificates.expired);
    const ended = await captured({ url: `rtsps://127.0.0.1:${old.port}/s`, ...login, ca: certificates.ca });
    expect([old.heard, ended.reason]).toEqual(['', expect.stringContaining('it has expired')]);
  });

  test('in its address that does not speak TLS gets no log-in', async () => {
    const fake = { port: 0, heard: '' };
    fake.port = await listening(createPlainServer((socket) => rtsp(socket, fake, notFound)));
    const { reason } = await captured({ url: `rtsps://127.0.0.1:${fake.port}/s`, ...login });
    expect(reason).toContain('does not speak TLS');
    expect(fake.heard).not.toMatch(/DESCRIBE|Authorization/);
  });
});

test('the command shows a camera’s fingerprint before it is pinned, and sends the camera nothing', async () => {
  const camera = await tlsCamera(certificates.server);
  const yard = { id: 'yard', url: `rtsps://127.0.0.1:${camera.port}/s` };
  const shown = (more: object) => cameraFingerprint([{ ...yard, ...more }] as unknown as CameraConfig[], 'yard');
  const fingerprint = fingerprintOf(certificates.server);
  expect(await shown({})).toMatch(new RegExp(`^fingerprint: ${fingerprint}\nIt is not trusted: `));
  expect(await shown({ fingerprint })).toBe(`fingerprint: ${fingerprint}\nIt is trusted as it is configured.`);
  await expect(shown({ url: 'rtsp://127.0.0.1/s' })).rejects.toThrow('has no certificate');
  await expect(cameraFingerprint([yard] as unknown as CameraConfig[], 'yart')).rejects.toThrow('did you mean "yard"?');
  expect(camera.heard).toBe('');
});

test('a reset connection of a pinned camera does not count as a refusal', async () => {
  const { certificate, key } = certificates.server;
  let reset = () => {};
  const camera = await listening(
    createTlsServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', () => reset());
    }),
  );
  // a TLS socket cannot reset, so a plain one in between does
  const port = await listening(
    createPlainServer((near) => {
      const far = connect(camera, '127.0.0.1');
      for (const socket of [near, far]) socket.on('error', () => socket.destroy());
      near.pipe(far).pipe(near);
      reset = () => void near.resetAndDestroy();
    }),
  );
  const fingerprint = fingerprintOf(certificates.server);
  const { state } = await captured({ url: `rtsps://127.0.0.1:${port}/s`, ...login, fingerprint });
  expect(state).not.toBe('refused');
});

describe('a camera that redirects to another address', () => {
  async function elsewhere(): Promise<Fake> {
    const fake = { port: 0, heard: '' };
    fake.port = await listening(
      createPlainServer((socket) => {
        socket.on('error', () => socket.destroy());
        socket.on('data', (chunk) => {
          fake.heard += chunk.toString('latin1');
        });
      }),
    );
    return fake;
  }

  test.each([
    ['with a usual status line', 'RTSP/1.0 302 Moved\r\n'],
    ['with an odd status line', 'RTSP/1.0   0301 x\r\n'],
  ])('by RTSP, %s, does not pass the log-in on', async (_, status) => {
    const other = await elsewhere();
    const fake = { port: 0, heard: '' };
    const redirect = (cseq: string) => `${status}CSeq: ${cseq}\r\nLocation: rtsp://localhost:${other.port}/s\r\n\r\n`;
    const digest = 'Digest realm="cam", nonce="abc"';
    fake.port = await listening(createPlainServer((socket) => rtsp(socket, fake, redirect, digest)));
    const { state, reason } = await captured({ url: `rtsp://127.0.0.1:${fake.port}/s`, ...login });
    expect([other.heard, state]).toEqual(['', 'refused']);
    expect(reason).toContain(`sends viewers to another address (rtsp://localhost:${other.port}/s)`);
  });

  test('by RTSP with transport: udp does not pass the log-in on', async () => {
    const other = await elsewhere();
    const fake = { port: 0, heard: '' };
    const redirect = (cseq: string) =>
      `RTSP/1.0 302 Moved\r\nCSeq: ${cseq}\r\nLocation: rtsp://localhost:${other.port}/s\r\n\r\n`;
    fake.port = await listening(createPlainServer((socket) => rtsp(socket, fake, redirect)));
    const { state, reason } = await captured({ url: `rtsp://127.0.0.1:${fake.port}/s`, transport: 'udp', ...login });
    expect([other.heard, state]).toEqual(['', 'refused']);
    expect(fake.heard).toContain(`Authorization: Basic ${encoded}`);
    expect(reason).toContain(`sends viewers to another address (rtsp://localhost:${other.port}/s)`);
  });

  test('by RTSP, with an answer in pieces, does not pass the log-in on', async () => {
    const other = await elsewhere();
    const fake = { port: 0, heard: '' };
    const server = createPlainServer((socket) => {
      rtsp(socket, fake, (cseq) => {
        const rest = `2 Moved\r\nCSeq: ${cseq}\r\nLocation: rtsp://localhost:${other.port}/s\r\n\r\n`;
        setTimeout(() => socket.write(rest), 100);
        return 'RTSP/1.0 30';
      });
    });
    server.on('connection', (socket) => socket.setNoDelay(true));
    fake.port = await listening(server);
    const { state } = await captured({ url: `rtsp://127.0.0.1:${fake.port}/s`, ...login });
    expect([other.heard, state]).toEqual(['', 'refused']);
  });

  test.each([301, 302, 303, 307, 308])('by HTTP %i does not pass the log-in on', async (code) => {
    const other = await elsewhere();
    const server = createHttpServer((request, answer) => {
      if (request.headers.authorization === undefined)
        answer.writeHead(401, { 'www-authenticate': 'Basic realm="cam"' }).end();
      else answer.writeHead(code, { location: `http://localhost:${other.port}/` }).end();
    });
    const port = await listening(server);
    const { state, reason } = await captured({ url: `http://127.0.0.1:${port}/video`, ...login });
    expect([other.heard, state]).toEqual(['', 'refused']);
    expect(reason).toContain('sends viewers to another address');
  });

  test('from HTTPS to HTTP does not pass the log-in on', async () => {
    const other = await elsewhere();
    const { createServer: createHttpsServer } = await import('node:https');
    const { certificate, key } = certificates.server;
    const hosts: (string | undefined)[] = [];
    const server = createHttpsServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (request, answer) => {
      hosts.push(request.headers.host);
      if (request.headers.authorization === undefined)
        answer.writeHead(401, { 'www-authenticate': 'Basic realm="cam"' }).end();
      else answer.writeHead(302, { location: `http://localhost:${other.port}/` }).end();
    });
    const port = await listening(server);
    const { reason } = await captured({ url: `https://127.0.0.1:${port}/video`, ...login, ca: certificates.ca });
    expect(other.heard).toBe('');
    expect(reason).toContain('sends viewers to another address');
    expect(new Set(hosts)).toEqual(new Set([`127.0.0.1:${port}`]));
  });
});
