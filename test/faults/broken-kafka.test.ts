/** The brokers' port is served by something else than Kafka: another service, or a proxy in between. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeCentreFile, writeGatewayFiles } from '../harness/configuration.ts';
import { freePorts } from '../harness/ports.ts';
import { TestProcess, until } from '../harness/process.ts';

const sizeOf = (bytes: number) => {
  const size = Buffer.alloc(4);
  size.writeInt32BE(bytes);
  return size;
};

/** The answers of successive connections to a request with this correlation id. */
const answers: readonly ((correlationId: Buffer) => Buffer | 'closed')[] = [
  () => randomBytes(50),
  () => Buffer.from('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'),
  () => Buffer.concat([sizeOf(0x7fffffff), randomBytes(100)]),
  () => Buffer.concat([sizeOf(-1), randomBytes(100)]),
  () => Buffer.concat([sizeOf(0), sizeOf(0)]),
  (id) => Buffer.concat([sizeOf(64), id, randomBytes(60)]),
  (id) => Buffer.concat([sizeOf(4), id]),
  () => sizeOf(1000),
  () => 'closed',
];

class NoKafka {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  connections = 0;

  constructor() {
    this.#server = createServer((socket) => {
      const answer = answers[this.connections++ % answers.length];
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (request: Buffer) => {
        const bytes = answer?.(request.subarray(8, 12)) ?? 'closed';
        if (bytes === 'closed') socket.destroy();
        else socket.write(bytes);
      });
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

const kafka = new NoKafka();
let folder = '';
let processes: TestProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-no-kafka-'));
});

afterAll(async () => {
  await Promise.all(processes.map((one) => one.stop()));
  kafka.close();
  await rm(folder, { recursive: true, force: true });
});

test('a port that answers, but not as a Kafka broker, ends neither the centre nor the gateway', async () => {
  const broker = `127.0.0.1:${await kafka.listen()}`;
  const [centrePort = 0, mqttPort = 0, httpPort = 0] = await freePorts(3);
  const centre = await writeCentreFile(folder, { port: centrePort, kafka: { brokers: [broker], development: true } });
  const gateway = await writeGatewayFiles(folder, {
    gateway: 'gw',
    mqttPort,
    httpPort,
    devices: ['meter'],
    uplink: [{ kind: 'kafka', brokers: [broker] }],
  });
  processes = await Promise.all([
    TestProcess.start('centre', ['forpost.mjs', 'cloud', '--config', centre]),
    TestProcess.start('gateway', ['forpost.mjs', 'gateway', '--config', gateway]),
  ]);
  // each process has met each answer
  await until('enough connections', () => kafka.connections >= 5 * answers.length);
  for (const one of processes) {
    expect([one.name, one.running]).toEqual([one.name, true]);
    expect(one.lines.filter((line) => line.includes('an error that nobody handled'))).toEqual([]);
    // a restart of the uplink's thread would be logged
    expect(one.lines.filter((line) => line.includes('the uplink thread'))).toEqual([]);
  }
});
