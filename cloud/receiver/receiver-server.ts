/**
 * The receiver on a port of its own, with TLS: gateways outside reach the receiver there, and nothing else of the centre.
 *
 * Always: a certificate that was renewed on disk is served within seconds; one that cannot be used leaves the old one in
 * place (shared/tls.ts). receiver.ts checks a client's certificate, so its gateway gets the reason in words. A client
 * that connects and sends nothing is disconnected and costs no handshake; one that sends too slowly is disconnected. Beyond
 * the limit of connections a newcomer replaces the oldest idle one of the address with the most idle ones
 * (shared/http/connections.ts).
 */
import type { Server as TlsServer } from 'node:tls';
import { type Clock, systemClock } from '@forpost/shared/clock.ts';
import { boundRequests } from '@forpost/shared/http/bounded-requests.ts';
import { boundConnections } from '@forpost/shared/http/connections.ts';
import { listenOrExplain } from '@forpost/shared/http/listen.ts';
import { paceHandshakes } from '@forpost/shared/http/paced-handshakes.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { ServerCertificate } from '@forpost/shared/tls.ts';
import fastify, { type FastifyInstance } from 'fastify';
import { type ReceiverOptions, receiverPlugin } from './receiver.ts';

export interface ReceiverTls {
  /** PEM files */
  readonly certificate: string;
  readonly key: string;
  /** the CA that signs the gateways' certificates; without it only tokens count */
  readonly client_ca?: string;
  /** true: a token alone is not enough */
  readonly client_certificate_required?: boolean;
}

export interface ReceiverServerOptions
  extends Pick<ReceiverOptions, 'gateways' | 'delivery' | 'capabilities' | 'admission' | 'limitsOf'> {
  readonly host: string;
  /** 0 = any free one */
  readonly port: number;
  readonly tls: ReceiverTls;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: Partial<typeof connectionLimits>;
}

/** Bounds of one connection. Over the slowest link a gateway's batch takes about a second. */
export const connectionLimits = {
  /** for a TLS handshake, and for reading a whole request; the answer may take longer (a long poll) */
  handshakeMs: 20_000,
  requestMs: 120_000,
  /** handshakes take turns by address */
  handshakeEveryMs: 5,
  /** how often the server ends requests that take too long */
  checkEveryMs: 10_000,
  /** a gateway holds three: for batches, for its state, and for the wait for commands */
  connections: 10_000,
};

export class ReceiverServer implements Part {
  readonly #options: ReceiverServerOptions;
  readonly #certificate: ServerCertificate;
  #app: FastifyInstance | undefined;
  #url = '';

  constructor(options: ReceiverServerOptions, everyMs?: number) {
    const { host, tls, clock, logger } = options;
    this.#options = options;
    this.#certificate = new ServerCertificate({
      setting: 'receiver.tls',
      files: { certificate: tls.certificate, key: tls.key, ca: tls.client_ca },
      names: [host],
      clock,
      logger,
      ...(everyMs === undefined ? {} : { everyMs }),
    });
  }

  /** @throws ForpostError FORPOST_PORT_TAKEN, FORPOST_CONFIG_INVALID; what the files' reading throws */
  async start(): Promise<void> {
    const { host, port, tls, gateways, delivery, capabilities, admission, limitsOf, clock } = this.#options;
    await this.#certificate.start();
    const limits = { ...connectionLimits, ...this.#options.limits };
    const app: FastifyInstance = fastify({
      requestTimeout: limits.requestMs,
      https: {
        ...this.#certificate.options,
        requestCert: tls.client_ca !== undefined,
        // receiver.ts checks the certificate at each request, so that the answer can name the reason
        rejectUnauthorized: false,
        handshakeTimeout: limits.handshakeMs,
        headersTimeout: limits.requestMs,
        connectionsCheckingInterval: limits.checkEveryMs,
      },
    }) as unknown as FastifyInstance;
    const { handshakeEveryMs: everyMs } = limits;
    paceHandshakes(app.server as unknown as TlsServer, { clock: systemClock, everyMs, helloMs: limits.handshakeMs });
    const connections = boundConnections(app.server, limits.connections);
    app.addHook('preClose', async () => connections.closeIdle());
    boundRequests(app, this.#options.logger);
    const certificates =
      tls.client_ca === undefined ? 'off' : tls.client_certificate_required === true ? 'require' : 'ask';
    await app.register(receiverPlugin, {
      gateways,
      delivery,
      certificates,
      clock,
      ...(admission === undefined ? {} : { admission }),
      ...(limitsOf === undefined ? {} : { limitsOf }),
      ...(capabilities === undefined ? {} : { capabilities }),
    });
    this.#app = app;
    const bracketed = host.includes(':') ? `[${host}]` : host;
    this.#url = `https://${bracketed}:${await listenOrExplain(app, host, port, 'receiver.port')}`;
    this.#certificate.serve(app.server as unknown as Parameters<ServerCertificate['serve']>[0]);
  }

  async stop(): Promise<void> {
    await this.#certificate.stop();
    await this.#app?.close();
    this.#app = undefined;
  }

  get url(): string {
    return this.#url;
  }

  /** Reads the certificate's files now. */
  async reload(): Promise<void> {
    await this.#certificate.reload();
  }

  /** Problems of the certificate, in sentences for the page. */
  problems(): readonly string[] {
    return this.#certificate.problems();
  }

  get certificateEndsAt(): number | undefined {
    return this.#certificate.endsAt;
  }
}
