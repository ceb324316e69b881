/**
 * Bounds an HTTP server's connections and still accepts newcomers: beyond the bound a newcomer replaces the oldest idle
 * connection of the address with the most. A bound that refuses newcomers (`server.maxConnections`) would let 2,000
 * silent sockets block the server.
 *
 * Always: at most `most` connections; a connection with a request under way is closed only when no connection is idle
 * and its address has more of them than the newcomer's. Behind a proxy all connections have one address: the bound
 * refuses newcomers while no connection is idle.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { addressGroup } from '../address.ts';
import { FairQueue } from '../fair-queue.ts';

export interface BoundConnections {
  /** connections closed for newcomers, and newcomers refused, since the start */
  readonly pushedOut: number;
  /** Closes idle connections: a stopping server would wait for silent sockets. */
  readonly closeIdle: () => void;
}

/** `server`: may be one of node:https, whose connections count from before their handshake. */
export function boundConnections(server: Pick<Server, 'on'>, most: number): BoundConnections {
  // after its handshake a TLS connection is another socket with the same peer
  const sockets = new Map<string, { readonly socket: Socket; readonly group: string }>();
  const idle = new FairQueue<string>();
  const busy = new FairQueue<string>();
  const counts = {
    pushedOut: 0,
    closeIdle: () => {
      for (const { socket, group, end } of [...sockets].map(([end, one]) => ({ ...one, end })))
        if (idle.has(group, end)) socket.destroy();
    },
  };

  const pushOut = (from: FairQueue<string>, group: string | undefined): boolean => {
    const oldest = group === undefined ? undefined : from.oldestOf(group);
    if (group === undefined || oldest === undefined) return false;
    from.delete(group, oldest);
    sockets.get(oldest)?.socket.destroy();
    return true;
  };
  const makeRoom = (newcomer: string): boolean => {
    if (idle.size + busy.size < most) return true;
    counts.pushedOut++;
    if (pushOut(idle, idle.largest())) return true;
    const largest = busy.largest();
    return largest !== undefined && busy.sizeOf(largest) > busy.sizeOf(newcomer) && pushOut(busy, largest);
  };

  server.on('connection', (socket: Socket) => {
    const end = endOf(socket);
    const group = addressGroup(socket.remoteAddress);
    if (!makeRoom(group)) {
      socket.destroy();
      return;
    }
    sockets.set(end, { socket, group });
    idle.add(group, end);
    socket.once('close', () => {
      if (sockets.get(end)?.socket === socket) sockets.delete(end);
      idle.delete(group, end);
      busy.delete(group, end);
    });
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const end = endOf(request.socket);
    const known = sockets.get(end);
    if (known === undefined) return;
    if (idle.delete(known.group, end)) busy.add(known.group, end);
    response.once('close', () => {
      if (busy.delete(known.group, end) && !known.socket.destroyed) idle.add(known.group, end);
    });
  });
  return counts;
}

function endOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
