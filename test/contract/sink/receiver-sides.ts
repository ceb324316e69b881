/** The centre's receiver: over HTTP with a token, and over TLS with a client certificate. */
import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import type { ReceivedEvent } from '../../../cloud/receiver/delivery.ts';
import { receiverPlugin } from '../../../cloud/receiver/receiver.ts';
import { ReceiverServer } from '../../../cloud/receiver/receiver-server.ts';
import { httpSink } from '../../../edge/uplink/sinks/http/http.ts';
import { makeCertificates } from '../../../scripts/kafka/certificates.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { Lane } from '../../../shared/event/ids.ts';
import type { GatewayStatus } from '../../../shared/event/status.ts';
import { silentLogger } from '../../../shared/logging.ts';
import { context, type OtherSide, token } from './other-side.ts';

const gateways = {
  'gw-1': { token_sha256: createHash('sha256').update(token).digest('hex') },
  'gw-2': { token_sha256: createHash('sha256').update('another-ones-token').digest('hex') },
};

/** The receiver's options, and the parts of the other side that do not depend on its listener. */
export function receiverSide() {
  const received: ReceivedEvent[] = [];
  const marked: boolean[] = [];
  const statuses: GatewayStatus[] = [];
  let frozen: Promise<void> | undefined;
  let thaw = () => {};
  const options = {
    gateways: () => gateways,
    delivery: {
      async events(_gateway: string, events: readonly ReceivedEvent[], replayed = false) {
        await frozen;
        received.push(...events);
        marked.push(...events.map(() => replayed));
      },
      async status(status: GatewayStatus) {
        statuses.push(status);
      },
    },
  };
  const other = {
    arrived: async (lane: Lane) => received.filter(({ event }) => event.lane === lane).map(({ json }) => json),
    replayed: async (lane: Lane) =>
      received.flatMap(({ event, json }, i) => (event.lane === lane && marked[i] === true ? [json] : [])),
    statuses: async () => statuses,
    freeze() {
      frozen = new Promise((resolve) => {
        thaw = resolve;
      });
    },
    thaw: () => {
      thaw();
      frozen = undefined;
    },
  };
  return { options, other };
}

export async function httpSide(): Promise<OtherSide> {
  const { options, other } = receiverSide();
  const app: FastifyInstance = fastify();
  await app.register(receiverPlugin, options);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return {
    ...other,
    sink: httpSink({ kind: 'http', url: `http://127.0.0.1:${port}/` }, context('http')),
    lost: httpSink({ kind: 'http', url: 'http://127.0.0.1:9' }, context('lost')),
    stop: () => app.close(),
  };
}

/** The receiver with TLS and a client certificate instead of a token. */
export async function certifiedSide(): Promise<OtherSide> {
  const pem = await makeCertificates();
  const own = await pem.sign('gw-1');
  const side = receiverSide();
  const server = new ReceiverServer({
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    logger: silentLogger(),
    tls: { ...pem.server, client_ca: pem.ca, client_certificate_required: true },
    ...side.options,
  });
  await server.start();
  const tls = { ca: pem.ca, ...own };
  return {
    ...side.other,
    sink: httpSink({ kind: 'http', url: server.url, tls }, { ...context('http'), secret: undefined }),
    lost: httpSink({ kind: 'http', url: 'https://127.0.0.1:9', tls }, context('lost')),
    async stop() {
      await server.stop();
      await pem.remove();
    },
  };
}
