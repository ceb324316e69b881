import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePorts } from './ports.ts';
import { until } from './process.ts';
import { TcpProxy } from './proxy.ts';

let server: Server;
let proxy: TcpProxy;
/** bytes that the server received, over all connections */
let got = '';

beforeEach(async () => {
  got = '';
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      got += bytes;
      socket.write(`<${bytes}>`);
    });
  });
  const [targetPort = 0, port = 0] = await freePorts(2);
  await new Promise<void>((resolve) => server.listen(targetPort, '127.0.0.1', resolve));
  proxy = await TcpProxy.start(port, () => targetPort);
});
afterEach(async () => {
  await proxy.stop();
  await new Promise((resolve) => server.close(resolve));
});

async function client(): Promise<{ socket: Socket; arrived: () => string; closed: Promise<unknown> }> {
  const socket = connect(proxy.port, '127.0.0.1');
  let arrived = '';
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    arrived += bytes;
  });
  const closed = closing(socket);
  await once(socket, 'connect');
  return { socket, arrived: () => arrived, closed };
}

/** waits for the close, also after an error */
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

test('an open network passes bytes in both directions', async () => {
  const { socket, arrived } = await client();
  socket.write('a');
  await until('the answer', () => arrived() === '<a>');
  socket.destroy();
});

test('held answers do not stop requests; after healing the answers arrive in order', async () => {
  const { socket, arrived } = await client();
  proxy.hold(['answers']);
  socket.write('a');
  await until('the server got the first byte', () => got === 'a');
  socket.write('b');
  await until('the server got the second byte', () => got === 'ab');
  expect(arrived()).toBe('');
  proxy.heal();
  await until('both answers', () => arrived() === '<a><b>');
  socket.destroy();
});

test('when both directions are held, neither side notices even the end of the other; a reset ends both', async () => {
  const { socket, closed } = await client();
  socket.write('a');
  await until('it is through', () => got === 'a');
  proxy.hold(['requests', 'answers']);
  socket.write('b');
  socket.end();
  const other = await client();
  other.socket.write('c');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(got).toBe('a');
  expect(await new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(2);
  proxy.reset();
  await Promise.all([closed, other.closed]);
  await until(
    'the server sees them go',
    async () => new Promise<boolean>((resolve) => server.getConnections((_, count) => resolve(count === 0))),
  );
  expect(got).toBe('a');
});

test('a cut network resets present and new connections', async () => {
  const { closed } = await client();
  proxy.cut();
  await closed;
  const late = connect(proxy.port, '127.0.0.1').on('error', () => undefined);
  await closing(late);
  proxy.heal();
  const { socket, arrived } = await client();
  socket.write('a');
  await until('the answer', () => arrived() === '<a>');
  socket.destroy();
});

test('a delayed network keeps the order', async () => {
  const { socket, arrived } = await client();
  proxy.delay(50);
  const at = performance.now();
  for (const letter of 'abc') {
    socket.write(letter);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await until('all answers', () => arrived().replaceAll(/[<>]/g, '') === 'abc');
  expect(performance.now() - at).toBeGreaterThanOrEqual(100);
  socket.destroy();
});
