/** A real TLS server with paced handshakes: addresses take turns, and silent sockets delay nobody. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { makeCertificates, type TestCertificates } from '../../scripts/kafka/certificates.ts';
import { systemClock } from '../clock.ts';
import { boundConnections } from './connections.ts';
import { type PacedHandshakesOptions, paceHandshakes } from './paced-handshakes.ts';

let pem: TestCertificates;
beforeAll(async () => {
  pem = await makeCertificates();
});
afterAll(() => pem?.remove());

async function aServer(options: Partial<PacedHandshakesOptions>): Promise<{ server: Server; port: number }> {
  const [cert, key] = await Promise.all([readFile(pem.server.certificate), readFile(pem.server.key)]);
  const server = createServer({ cert, key }, (_request, response) => response.end('here'));
  paceHandshakes(server, { clock: systemClock, ...options });
  boundConnections(server, 1_000);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** Begins a handshake from `localAddress`. */
function knock(port: number, localAddress: string): TLSSocket {
  const raw = connectTcp({ port, host: '127.0.0.1', localAddress });
  raw.on('error', () => undefined);
  const socket = connect({ socket: raw, rejectUnauthorized: false });
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  return socket;
}

test('a flood of handshakes from one address does not delay another address', async () => {
  const { port } = await aServer({ everyMs: 40 });
  let done = 0;
  const flood = Array.from({ length: 60 }, () => knock(port, '127.0.0.1'));
  for (const socket of flood) socket.once('secureConnect', () => done++);
  await vi.waitFor(() => expect(done).toBeGreaterThan(3), { timeout: 20_000, interval: 5 });
  const other = knock(port, '127.0.0.2');
  await once(other, 'secureConnect');
  expect(done).toBeLessThan(40);
  // the answer arrives, and earlier connections get theirs too
  other.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  const [answer] = (await once(other, 'data')) as [Buffer];
  expect(answer.toString()).toContain('200 OK');
  await vi.waitFor(() => expect(done).toBe(60), { timeout: 20_000, interval: 20 });
});

test('a silent socket is closed in time, and hundreds of them do not delay handshakes', async () => {
  const { port } = await aServer({ helloMs: 2_000 });
  const closed: Socket[] = [];
  const silent = Array.from({ length: 900 }, () => {
    const socket = connectTcp({ port, host: '127.0.0.1', localAddress: '127.0.0.1' });
    socket
      .on('error', () => undefined)
      .on('close', () => closed.push(socket))
      .resume();
    return socket;
  });
  await Promise.all(silent.map((socket) => socket.connecting && once(socket, 'connect')));
  const other = knock(port, '127.0.0.1');
  await once(other, 'secureConnect');
  expect(closed.length).toBeLessThan(900);
  await vi.waitFor(() => expect(closed).toHaveLength(900), { timeout: 20_000, interval: 50 });
});
