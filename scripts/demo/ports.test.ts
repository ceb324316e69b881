import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takenPorts } from './ports.ts';

let server: Server;
let port: number;
beforeEach(async () => {
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as { port: number }).port;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

test('a taken port is reported with its purpose and the process that uses it', async () => {
  const lines = await takenPorts([[port, 'MQTT of the gateway']]);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(`port ${port} (MQTT of the gateway) is taken`);
  if (process.platform === 'linux') expect(lines[0]).toContain(`(process ${process.pid})`);
  expect(lines[0]).not.toContain('\n');
});

test('a free port is not reported', async () => {
  await new Promise((resolve) => server.close(resolve));
  expect(await takenPorts([[port, 'MQTT of the gateway']])).toEqual([]);
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
