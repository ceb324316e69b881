/**
 * The broker's listening sockets.
 *
 * Always: plain MQTT listens on loopback unless the configuration allows passwords in the clear; a port that is taken
 * is one sentence that names it and the setting.
 */
import { readFile } from 'node:fs/promises';
import { createServer as createPlainServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { isLoopback } from '@forpost/shared/http/loopback.ts';
import { defaultMqttPort, defaultMqttTlsPort, type Installation } from '../config/installation.ts';

export interface ListenerOptions {
  readonly mqtt: Installation['mqtt'];
  readonly ports: { readonly plain?: number; readonly tls?: number };
  readonly maxConnections: number;
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

export async function listenTls(options: ListenerOptions): Promise<Listener | undefined> {
  const { tls } = options.mqtt;
  if (tls === undefined) return undefined;
  const [cert, key] = await Promise.all([
    readPem(tls.certificate, 'mqtt.tls.certificate'),
    readPem(tls.key, 'mqtt.tls.key'),
  ]);
  let server: ReturnType<typeof createTlsServer>;
  try {
    server = createTlsServer(
      { cert, key, minVersion: 'TLSv1.2', handshakeTimeout: handshakeTimeoutMs },
      options.onSocket,
    );
  } catch (error) {
    throw new ForpostError(
      'FORPOST_CONFIG_INVALID',
      `mqtt.tls: ${tls.certificate} and ${tls.key} are no certificate and its key: ${messageOf(error)}`,
      { cause: error },
    );
  }
  server.on('tlsClientError', options.onTlsError);
  const port = options.ports.tls ?? tls.port ?? defaultMqttTlsPort;
  const doors = createPlainServer((socket) => options.onKnock(socket, () => server.emit('connection', socket)));
  return listen(doors, tls.host ?? '0.0.0.0', port, 'mqtt.tls.port', options.maxConnections, options.onAcceptError);
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

async function readPem(file: string, setting: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new ForpostError('FORPOST_CONFIG_INVALID', `${setting}: cannot read ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
