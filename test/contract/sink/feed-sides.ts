/** The command feeds of both sinks, each with a centre that issues commands. */
import { vi } from 'vitest';
import { addCommandPoll } from '../../../cloud/commands/poll.ts';
import { fileCommands } from '../../../cloud/commands/testing/file-commands.ts';
import { MemoryHistory } from '../../../cloud/history/memory-store.ts';
import { ReceiverServer } from '../../../cloud/receiver/receiver-server.ts';
import type { CommandFeed } from '../../../edge/commands/feed.ts';
import type { Sink } from '../../../edge/uplink/sink.ts';
import { httpSink } from '../../../edge/uplink/sinks/http/http.ts';
import { makeCertificates } from '../../../scripts/kafka/certificates.ts';
import { systemClock } from '../../../shared/clock.ts';
import { silentLogger } from '../../../shared/logging.ts';
import type { FeedSide } from '../command-feed.ts';
import { kafkaSide, sharedKafka } from './kafka-sides.ts';
import { context, deadlineMs, status } from './other-side.ts';
import { receiverSide } from './receiver-sides.ts';

function feedOf({ commands }: Sink): CommandFeed {
  if (commands === undefined) throw new Error('the sink has no commands');
  return commands;
}

const order = { kind: 'ping', arguments: {}, author: 'admin', validMs: 3_600_000 };

/** The centre's receiver with commands, over HTTPS with a token. */
export async function httpFeedSide(): Promise<FeedSide> {
  const pem = await makeCertificates();
  const { commands, remove } = await fileCommands({ clock: systemClock, history: new MemoryHistory(systemClock) });
  const { options } = receiverSide();
  const server = new ReceiverServer({
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    logger: silentLogger(),
    ...options,
    tls: pem.server,
    capabilities: { addGatewayRoutes: (app, gatewayOf) => addCommandPoll(app, commands, gatewayOf) },
  });
  await server.start();
  const connect = (url: string) => feedOf(httpSink({ kind: 'http', url, tls: { ca: pem.ca } }, context('http')));
  return {
    feed: connect(server.url),
    lost: connect('https://127.0.0.1:9'),
    async issue() {
      await commands.issue({ ...order, gateway: 'gw-1' });
      await commands.issue({ ...order, gateway: 'gw-2' });
      const { commands: waiting } = await commands.poll('gw-1', '', 0, AbortSignal.timeout(5_000));
      return JSON.stringify(waiting.at(-1));
    },
    async stop() {
      await server.stop();
      await remove();
      await pem.remove();
    },
  };
}

/** The brokers' commands topic. */
export async function kafkaFeedSide(): Promise<FeedSide> {
  const prefix = 'fed';
  const side = await kafkaSide(prefix, ({ broker }) => ({ brokers: broker.brokers }));
  const { broker } = await sharedKafka();
  const producer = broker.client.producer();
  await producer.connect();
  // the feed learns the brokers' time from a status, as in a gateway
  const session = await side.sink.open(deadlineMs);
  await session.status(status(1), deadlineMs);
  await session.close();
  const admin = broker.client.admin();
  await admin.connect();
  // the first group makes the broker create its own topic for groups, which takes a while
  await vi.waitFor(() => admin.describeGroups(['nobody']), { timeout: 20_000 });
  await admin.disconnect();
  let count = 0;
  return {
    feed: feedOf(side.sink),
    async issue() {
      const value = `{"command":${++count}}`;
      const messages = [
        { key: 'gw-2', value: '{}' },
        { key: 'gw-1', value },
      ];
      await producer.send({ topic: `${prefix}.commands`, acks: -1, messages });
      return value;
    },
    async stop() {
      await producer.disconnect();
      await side.stop();
    },
  };
}
