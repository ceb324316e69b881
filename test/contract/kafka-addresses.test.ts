/** Addresses of Kafka: the brokers' advertised ones, and all notations of configured ones, for gateway and centre alike. */
import { connect, createServer, type Server } from 'node:net';
import { systemClock } from '@forpost/shared/clock.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kafkaClient, kafkaReason } from '../../cloud/kafka/client.ts';
import { ensureTopics } from '../../cloud/kafka/topics.ts';
import { kafkaSink } from '../../edge/uplink/sinks/kafka/kafka.ts';
import { TestKafka } from '../harness/kafka.ts';
import { freePorts } from '../harness/ports.ts';

let kafka: TestKafka;
let nobody: number;
let ipv6: Server;
let ipv6Port: number;

beforeAll(async () => {
  [nobody = 0] = await freePorts(1);
  // a broker that directs its clients to a port without a listener
  kafka = await TestKafka.start({ advertisedPort: nobody });
  ipv6 = createServer((socket) => {
    const far = connect(Number(kafka.brokers[0]?.split(':')[1]), '127.0.0.1');
    for (const [a, b] of [
      [socket, far],
      [far, socket],
    ] as const) {
      a.pipe(b);
      a.on('error', () => b.destroy());
    }
  });
  await new Promise<void>((resolve) => ipv6.listen(0, '::1', resolve));
  const address = ipv6.address();
  ipv6Port = typeof address === 'object' && address !== null ? address.port : 0;
  await ensureTopics(
    centreClient(kafka.brokers),
    { brokers: kafka.brokers, prefix: 'forpost', development: true },
    silentLogger(),
  );
});
afterAll(async () => {
  ipv6?.close();
  await kafka?.remove();
});

const centreClient = (brokers: readonly string[]) => kafkaClient({ brokers }, 'test', silentLogger());

function sink(brokers: readonly string[]) {
  return kafkaSink(
    { kind: 'kafka', brokers: [...brokers] },
    {
      name: 'kafka',
      identity: { site: asId('home'), gateway: asId('gw-1') },
      secret: undefined,
      clock: systemClock,
      logger: silentLogger(),
    },
  );
}

/** The reasons that the gateway's uplink and the centre give for a Kafka at these brokers. */
async function reasons(brokers: readonly string[]): Promise<readonly string[]> {
  const gateway = await sink(brokers)
    .open(10_000)
    .then(
      async (session) => {
        await session.close();
        return 'open';
      },
      (error: Error) => error.message,
    );
  const producer = centreClient(brokers).producer();
  const centre = await producer
    .connect()
    .then(async () => {
      await producer.send({ topic: 'forpost.status', messages: [{ key: 'gw-1', value: '{}' }] });
      return 'open';
    })
    .catch((error: unknown) => kafkaReason(error, { brokers }, systemClock.now()))
    .finally(() => producer.disconnect());
  return [gateway, centre];
}

test('a broker that advertises an unreachable address is reported as such, and not as an unreachable Kafka', async () => {
  for (const reason of await reasons([`127.0.0.1:${kafka.behind?.port}`]))
    expect(reason).toMatch(
      new RegExp(
        `Kafka names a broker at 127\\.0\\.0\\.1:${nobody} \\(its advertised\\.listeners\\), which cannot be reached from here \\(.*ECONNREFUSED`,
      ),
    );
});

test('an unreachable Kafka is not blamed on advertised addresses', async () => {
  for (const reason of await reasons([`127.0.0.1:${nobody}`])) {
    expect(reason).toContain('ECONNREFUSED');
    expect(reason).not.toContain('advertised');
  }
});

test('a name that cannot be resolved is reported by its name', async () => {
  for (const reason of await reasons(['no-such-kafka.invalid:9092'])) expect(reason).toContain('no-such-kafka.invalid');
});

test('an IPv6 address in brackets is a valid broker address', async () => {
  expect(await reasons([`[::1]:${ipv6Port}`])).toEqual(['open', 'open']);
  for (const reason of await reasons([`[::1]:${nobody}`])) expect(reason).toMatch(/ECONNREFUSED ::1/);
});
