/**
 * The broker's listening sockets.
 *
 * Always: with an unusable certificate only TLS is missing, until the certificate is usable. MQTT without TLS listens on
 * loopback only, unless the configuration allows passwords in clear text. TLS asks for a client's certificate only
 * while a principal logs in by one: some small TLS libraries fail at the request. The error for a port in use names the
 * port and its setting.
 */
import { createServer as createPlainServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { isLoopback } from '@forpost/shared/http/loopback.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { ServerCertificate } from '@forpost/shared/tls.ts';
import {
  defaultMqttPort,
  defaultMqttTlsPort,
  defaultWebSocketPort,
  defaultWebSocketTlsPort,
  type MqttSettings,
} from './settings.ts';
import type { WebSocketHandshakes } from './web-socket.ts';

/** Ports that replace the configured ones; 0: a free port. */
export interface ListenerPorts {
  readonly plain?: number;
  readonly tls?: number;
  readonly webSocket?: number;
  readonly webSocketTls?: number;
}

export interface ListenerOptions {
  readonly mqtt: MqttSettings;
  readonly ports: ListenerPorts;
  readonly maxConnections: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onSocket: (socket: Socket) => void;
  /** whether the next TLS connection is asked for a certificate */
  readonly wantsCertificates: () => boolean;
  /** Called with a TLS connection before its handshake, which is expensive; `handshake` begins it. */
  readonly onKnock: (socket: Socket, handshake: () => void) => void;
  readonly onTlsError: (error: Error) => void;
  /** called when a listening socket fails to accept a connection */
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
  checkPlaintext('mqtt.host', host, mqtt);
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

/** MQTT over WebSocket without TLS, if it is configured; on loopback only by the same rule as MQTT without TLS. */
export async function listenWebSocket(
  options: ListenerOptions,
  handshakes: WebSocketHandshakes,
): Promise<Listener | undefined> {
  const { mqtt, ports, maxConnections, onKnock, onAcceptError } = options;
  const { websocket } = mqtt;
  if (websocket === undefined) return undefined;
  const host = websocket.host ?? '127.0.0.1';
  checkPlaintext('mqtt.websocket.host', host, mqtt);
  const server = createPlainServer((socket) => onKnock(socket, () => handshakes.enter(socket)));
  const port = ports.webSocket ?? websocket.port ?? defaultWebSocketPort;
  return listen(server, host, port, 'mqtt.websocket.port', maxConnections, onAcceptError);
}

/** MQTT over WebSocket with TLS, if both are configured, with the certificate of MQTT over TLS. */
export async function listenWebSocketTls(
  options: ListenerOptions,
  handshakes: WebSocketHandshakes,
): Promise<TlsListener | undefined> {
  const { websocket } = options.mqtt;
  if (websocket === undefined) return undefined;
  return listenWithTls(options, {
    setting: 'mqtt.websocket.tls_port',
    port: options.ports.webSocketTls ?? websocket.tls_port ?? defaultWebSocketTlsPort,
    onSocket: (socket) => handshakes.enter(socket),
  });
}

function checkPlaintext(setting: string, host: string, mqtt: MqttSettings): void {
  if (isLoopback(host) || mqtt.allow_plaintext === true) return;
  throw new ForpostError(
    'FORPOST_CONFIG_INVALID',
    `${setting} ${host} is reachable from the network, where plain MQTT shows every password: use mqtt.tls, or set mqtt.allow_plaintext: true where the network is trusted`,
  );
}

export async function listenTls(options: ListenerOptions): Promise<TlsListener | undefined> {
  const port = options.ports.tls ?? options.mqtt.tls?.port ?? defaultMqttTlsPort;
  return listenWithTls(options, { setting: 'mqtt.tls.port', port, onSocket: options.onSocket });
}

async function listenWithTls(
  options: ListenerOptions,
  {
    setting,
    port,
    onSocket,
  }: { readonly setting: string; readonly port: number; readonly onSocket: (socket: Socket) => void },
): Promise<TlsListener | undefined> {
  const { mqtt, maxConnections, clock, logger, onKnock, onAcceptError, wantsCertificates } = options;
  const { tls } = mqtt;
  if (tls === undefined) return undefined;
  const names = tls.host === undefined ? [] : [tls.host];
  const files = { certificate: tls.certificate, key: tls.key, ca: tls.client_ca };
  const certificate = new ServerCertificate({ setting: 'mqtt.tls', files, names, clock, logger });
  await certificate.startOrWait();
  const serverOf = (requestCert: boolean) => {
    // a certificate that no CA vouches for may be known by its fingerprint (client-certificate.ts)
    const asked = { requestCert, rejectUnauthorized: false, handshakeTimeout: handshakeTimeoutMs };
    const server = createTlsServer({ ...certificate.optionsOrNone, ...asked }, onSocket);
    certificate.serve(server);
    server.on('tlsClientError', options.onTlsError);
    return server;
  };
  const [asking, silent] = [serverOf(true), serverOf(false)];
  const doors = createPlainServer((socket) =>
    onKnock(socket, () => void (wantsCertificates() ? asking : silent).emit('connection', socket)),
  );
  try {
    const listener = await listen(doors, tls.host ?? '0.0.0.0', port, setting, maxConnections, onAcceptError);
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
  // for example without free file descriptors: new connections are refused, and open ones continue
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
    error.code === 'EACCES'
      ? `${setting} below 1024 needs a privilege`
      : `check ${setting.replace(/(tls_)?port$/, 'host')}`;
  return new ForpostError('FORPOST_CONFIG_INVALID', `cannot listen on ${host}:${port}: ${error.message}; ${hint}`, {
    cause: error,
  });
}
