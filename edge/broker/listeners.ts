/**
 * The broker's listening sockets.
 *
 * Always: a certificate that cannot be used costs TLS alone, and is served once it can be; plain MQTT listens on loopback unless the configuration allows passwords in the clear; a port that is taken
 * is one sentence that names it and the setting.
 */
import { createServer as createPlainServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { isLoopback } from '@forpost/shared/http/loopback.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { ServerCertificate } from '@forpost/shared/tls.ts';
import { defaultMqttPort, defaultMqttTlsPort, type Installation } from '../config/installation.ts';

export interface ListenerOptions {
  readonly mqtt: Installation['mqtt'];
  readonly ports: { readonly plain?: number; readonly tls?: number };
  readonly maxConnections: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onSocket: (socket: Socket) => void;
  /** a TLS connection before its handshake, which costs: `handshake` begins it */
  readonly onKnock: (socket: Socket, handshake: () => void) => void;
  readonly onTlsError: (error: Error) => void;
  /** a listening socket failed to take a connection in */
  readonly onAcceptError: (error: Error) => void;
}

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

export interface TlsListener extends Listener {
  readonly certificate: ServerCertificate;
}

/** Longest TLS handshake, ms. */
const handshakeTimeoutMs = 10_000;

export async function listenPlain(options: ListenerOptions): Promise<Listener> {
  const { mqtt, ports } = options;
  const host = mqtt.host ?? '127.0.0.1';
  if (!isLoopback(host) && mqtt.allow_plaintext !== true)
    throw new ForpostError(
      'FORPOST_CONFIG_INVALID',
      `mqtt.host ${host} is reachable from the network, where plain MQTT shows every password: use mqtt.tls, or set mqtt.allow_plaintext: true where the network is trusted`,
    );
  const server = createPlainServer(options.onSocket);
  return listen(
    server,
    host,
    ports.plain ?? mqtt.port ?? defaultMqttPort,
    'mqtt.port',
    options.maxConnections,
    options.onAcceptError,
  );
}

export async function listenTls(options: ListenerOptions): Promise<TlsListener | undefined> {
  const { mqtt, maxConnections, clock, logger, onKnock, onAcceptError } = options;
  const { tls } = mqtt;
  if (tls === undefined) return undefined;
  const names = tls.host === undefined ? [] : [tls.host];
  const certificate = new ServerCertificate({ setting: 'mqtt.tls', files: tls, names, clock, logger });
  await certificate.startOrWait();
  const server = createTlsServer(
    { ...certificate.optionsOrNone, handshakeTimeout: handshakeTimeoutMs },
    options.onSocket,
  );
  certificate.serve(server);
  server.on('tlsClientError', options.onTlsError);
  const port = options.ports.tls ?? tls.port ?? defaultMqttTlsPort;
  const doors = createPlainServer((socket) => onKnock(socket, () => server.emit('connection', socket)));
  try {
    const listener = await listen(doors, tls.host ?? '0.0.0.0', port, 'mqtt.tls.port', maxConnections, onAcceptError);
    const close = async () => void (await Promise.all([certificate.stop(), listener.close()]));
    return { ...listener, close, certificate };
  } catch (error) {
    await certificate.stop();
    throw error;
  }
}

async function listen(
  server: Server,
  host: string,
  port: number,
  setting: string,
  maxConnections: number,
  onError: (error: Error) => void,
): Promise<Listener> {
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port, setting)));
    server.listen({ host, port }, resolve);
  });
  // as when the process has no file descriptors left: whoever knocks is not let in, and the rest goes on
  server.on('error', onError);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number, setting: string): ForpostError {
  if (error.code === 'EADDRINUSE')
    return new ForpostError(
      'FORPOST_PORT_TAKEN',
      `${host}:${port} is taken by another program: stop that one, or set ${setting} to a free port`,
      { cause: error },
    );
  const hint =
    error.code === 'EACCES' ? `${setting} below 1024 needs a privilege` : `check ${setting.replace('port', 'host')}`;
  return new ForpostError('FORPOST_CONFIG_INVALID', `cannot listen on ${host}:${port}: ${error.message}; ${hint}`, {
    cause: error,
  });
}
