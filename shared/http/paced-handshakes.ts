/**
 * Paces the TLS handshakes of an HTTPS server, as the broker's lobby does: one costs up to 2 ms of the main thread.
 *
 *   connection ──► silent ── its first bytes ──► queue, addresses in turn ── one each `everyMs` ──► handshake
 *                    └── `helloMs` without a byte ──► closed
 *
 * Always: a silent connection costs a socket and no handshake; addresses take turns, so that a thousand handshakes of one
 * address do not delay the others; after its handshake a connection has left this queue. connections.ts bounds the number
 * of connections.
 */
import type { Socket } from 'node:net';
import type { Server } from 'node:tls';
import { addressGroup } from '../address.ts';
import type { Clock, Timer } from '../clock.ts';
import { FairQueue } from '../fair-queue.ts';

export interface PacedHandshakesOptions {
  readonly clock: Clock;
  /** default 5: at most 200 handshakes a second, a tenth to a third of a core */
  readonly everyMs?: number;
  /** default 20 s */
  readonly helloMs?: number;
}

const defaultEveryMs = 5;
const defaultHelloMs = 20_000;

/** `server`: just created; it handles each connection only when that connection's turn comes. */
export function paceHandshakes(
  server: Pick<Server, 'listeners' | 'removeListener' | 'prependListener'>,
  options: PacedHandshakesOptions,
): void {
  const { clock, everyMs = defaultEveryMs, helloMs = defaultHelloMs } = options;
  // the first listener is the server's own, which makes a TLS connection from the socket
  const [handshake] = server.listeners('connection') as ((socket: Socket) => void)[];
  if (handshake === undefined) return;
  server.removeListener('connection', handshake);
  const waiting = new FairQueue<Socket>();
  let pause: Timer | undefined;

  const next = () => {
    pause = undefined;
    const socket = waiting.next();
    if (socket === undefined) return;
    pause = clock.after(everyMs, next);
    if (!socket.destroyed) handshake.call(server, socket);
  };
  server.prependListener('connection', (socket: Socket) => {
    const address = addressGroup(socket.remoteAddress);
    const late = clock.after(helloMs, () => socket.destroy());
    const gone = () => {
      late.cancel();
      waiting.delete(address, socket);
    };
    const failed = () => socket.destroy();
    socket.once('close', gone);
    socket.on('error', failed);
    socket.once('readable', () => {
      late.cancel();
      if (socket.destroyed) return;
      // from here on the TLS connection handles errors
      waiting.add(address, socket);
      if (pause === undefined) next();
    });
  });
}
