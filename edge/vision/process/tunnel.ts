/**
 * The way of ffmpeg to a camera that needs a guard: ffmpeg speaks plainly to a port of this process on loopback, and
 * this process speaks to the camera, with TLS where its address says so. ffmpeg 5 verifies no certificate of rtsps and
 * cannot pin one, takes its log-in along wherever an RTSP server redirects it, and does not say whither.
 *
 *   ffmpeg connects ──► camera connected ──► (TLS) certificate judged ──► bytes both ways ── ends ──► closed
 *                          └── not reached       └── refused: reason         └── a redirect: reason
 *
 * Always: nothing that ffmpeg says leaves this process before the camera is trusted; what a redirect's answer leads to is
 * never reached; the first reason stays.
 */
import { connect as connectPlain, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { messageOf } from '@forpost/shared/errors.ts';
import { redactUrls } from '@forpost/shared/logging.ts';
import { type NetworkSource, portOnLoopback } from './address.ts';
import { refusal, tlsOptions } from './camera-certificate.ts';

const handshakeTimeoutMs = 5_000;
/** ffmpeg has one connection; some builds open a second one for the HTTP that they try again */
const mostConnections = 4;
/** As ffmpeg reads it, which is generous; an answer's beginning may come in pieces, and its line has 1024 letters at most. */
const redirected = /(RTSP|HTTP)\/\S*\s+\+?0*3\d\d(?!\d)/;
const statusLength = 1100;
/** From here on it is the stream: an HTTP server's answer, and what ffmpeg asks of an RTSP server last. */
const streams = { http: /HTTP\/\S*\s+2\d\d/, rtsp: /(^|\n)PLAY / } as const;
const location = /^location:[ \t]*(\S+)/im;

export interface Tunnel {
  /** what ffmpeg is to open: with the log-in, never logged */
  readonly secretUrl: string;
  /** why the camera was refused, in words; empty where it was not */
  readonly problem: string;
  close(): void;
}

/** Whether ffmpeg may not go there by itself. RTP by UDP comes from the camera and cannot be led through here. */
export function needsTunnel(source: NetworkSource): boolean {
  return source.tls || (source.hasLogin && (source.kind === 'http' || source.transport === 'tcp'));
}

/** @throws what the system says where no port can be had */
export async function openTunnel(source: NetworkSource): Promise<Tunnel> {
  const sockets = new Set<Socket>();
  let problem = '';
  const fail = (why: string) => {
    if (problem === '') problem = why;
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer({ noDelay: true }, (near) => {
    const far = open(source, near, fail);
    for (const socket of typeof far === 'string' ? [near] : [near, far]) keep(sockets, socket);
    if (typeof far === 'string') fail(far);
  });
  server.maxConnections = mostConnections;
  const port = await listening(server);
  return {
    secretUrl: portOnLoopback(source, port),
    get problem() {
      return problem;
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function keep(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  // told by the other side's end, or by `fail`
  socket.on('error', () => socket.destroy());
  socket.once('close', () => sockets.delete(socket));
}

/** The connection to the camera, or why there can be none. */
function open(source: NetworkSource, near: Socket, fail: (why: string) => void): Socket | string {
  const { host, port, tls, trust } = source;
  if (!tls) {
    const far = connectPlain({ host, port, noDelay: true });
    join(source, near, far, fail);
    return far;
  }
  const options = tlsOptions(host, trust);
  if (typeof options === 'string') return options;
  let shaken = false;
  const far: TLSSocket = connectTls({ ...options, host, port }, () => {
    shaken = true;
    clearTimeout(late);
    const why = refusal(far, far.getPeerX509Certificate(), host, trust);
    if (why !== undefined) fail(`the camera at ${host}:${port} was not sent a log-in: ${why}`);
    else join(source, near, far, fail);
  });
  far.setNoDelay(true);
  const late = setTimeout(() => fail(`${host}:${port} does not answer with TLS`), handshakeTimeoutMs);
  far.on('error', (error) => {
    if (!shaken) fail(`${host}:${port} does not speak TLS as it should: ${messageOf(error)}`);
  });
  far.once('close', () => clearTimeout(late));
  near.once('close', () => far.destroy());
  return far;
}

function join({ kind, host }: NetworkSource, near: Socket, far: Socket, fail: (why: string) => void): void {
  for (const [one, other] of [[near, far] as const, [far, near] as const]) one.once('close', () => other.destroySoon());
  let before = '';
  const watch = (chunk: Buffer) => {
    const text = before + chunk.toString('latin1');
    if (redirected.test(text)) fail(redirection(host, text));
    before = text.slice(-statusLength);
  };
  const isStream = (chunk: Buffer) => {
    if (!streams[kind].test(chunk.toString('latin1'))) return;
    far.off('data', watch);
    for (const socket of [near, far]) socket.off('data', isStream);
  };
  // before the pipe's own listener: nothing of a redirect reaches ffmpeg
  far.on('data', watch);
  (kind === 'http' ? far : near).on('data', isStream);
  near.pipe(far);
  far.pipe(near);
}

function redirection(host: string, answer: string): string {
  const to = location.exec(answer)?.[1];
  return `the camera at ${host} sends viewers to another address${to === undefined ? '' : ` (${redactUrls(to)})`}, where its log-in is not sent: if that is right, set it as the camera’s url`;
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      // a connection of ffmpeg that cannot be taken in ends in ffmpeg's own deadline
      server.on('error', () => undefined);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}
