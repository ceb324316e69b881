/**
 * Handles incidents of single connections: counts each, logs it sparingly, and reports it to the page if an installer can
 * act on it.
 *
 * Always: an incident of one connection ends that connection at most, and never another one.
 */
import type { SparingLogger } from '@forpost/shared/logging.ts';
import type { Connection } from './connection.ts';
import type { Counters } from './counters.ts';
import { type Forbidden, longestTopicShown, type OnForbidden } from './forbidden.ts';
import type { GuardedSocket } from './guarded-socket.ts';
import { reason } from './protocol/reason-codes.ts';
import type { OnRefused } from './refused-clients.ts';

export interface IncidentParts {
  readonly counters: Counters;
  readonly logger: SparingLogger;
  readonly onForbidden: OnForbidden | undefined;
  readonly onRefused: OnRefused | undefined;
}

const longestMessage = 300;

export class IncidentLog {
  readonly #parts: IncidentParts;

  constructor(parts: IncidentParts) {
    this.#parts = parts;
  }

  /** A packet violates the protocol, or is too large. */
  brokeProtocol(guarded: GuardedSocket, what: string, oversized: boolean): void {
    const { counters, logger } = this.#parts;
    if (oversized) counters.oversized++;
    else counters.malformed++;
    const sender = senderOf(guarded);
    const fields = { ...sender, packet: guarded.lastPacket() };
    logger.warn(`packet ${nameOf(sender)}`, fields, `a packet is refused: ${what}; connection closed`);
  }

  /** A client uses a version of MQTT that this broker does not support. */
  unknownVersion({ socket }: GuardedSocket, what: string): void {
    const address = socket.remoteAddress ?? '';
    this.#parts.onRefused?.({ kind: 'protocol', principal: null, user: '', clientId: '', address, what });
  }

  /** An unhandled error in the work of a connection, which is a defect. Ends the connection. */
  failed(guarded: GuardedSocket, error: unknown): void {
    const { counters, logger } = this.#parts;
    counters.failedConnections++;
    const sender = senderOf(guarded);
    logger.error(
      `failed ${nameOf(sender)}`,
      { ...sender, packet: guarded.lastPacket(), err: error },
      'an error that nobody handled, in the work of one connection: connection closed',
    );
    guarded.hold();
    guarded.socket.destroy();
  }

  /** A subscriber does not read its messages. Ends the connection. */
  frozen({ socket, principal }: GuardedSocket): void {
    if (socket.destroyed) return;
    const { counters, logger } = this.#parts;
    counters.frozen++;
    logger.warn(`frozen ${principal}`, { principal }, 'does not read what it subscribed to: connection closed');
    socket.destroy();
  }

  /** A client sent nothing for 1.5 times its keep-alive. Ends the connection. */
  silent(connection: Connection): void {
    const { counters, logger } = this.#parts;
    counters.silent++;
    const { principal, keepAliveS } = connection;
    const message = `sent nothing for 1.5 times its keep-alive of ${keepAliveS} s: connection closed`;
    logger.warn(`silent ${principal.id}`, { principal: principal.id, client: connection.clientId }, message);
    connection.end(reason.keepAliveTimeout);
    // a half-open connection would not receive DISCONNECT
    connection.socket.destroySoon();
  }

  /** A client used a topic or filter that it may not use. */
  forbidden(connection: Connection, kind: Forbidden['kind'], topic: string, what = forbiddenWords(kind, topic)): void {
    const { principal, clientId } = connection;
    const shown = topic.slice(0, longestTopicShown);
    this.#parts.onForbidden?.({ kind, principal: principal.id, clientId, topic: shown });
    this.refused(connection, what);
  }

  /** A request of a client was refused. */
  refused(connection: Connection, what: string): void {
    const { counters, logger } = this.#parts;
    counters.forbidden++;
    const principal = connection.principal.id;
    logger.warn(`forbidden ${principal}`, { principal }, what.slice(0, longestMessage));
  }

  /** The outbox did not store a subscription. */
  subscriptionNotStored(connection: Connection, problem: string): void {
    const principal = connection.principal.id;
    this.#parts.logger.warn(`subscribing ${connection.id}`, { principal }, `a subscription was not stored: ${problem}`);
  }
}

function forbiddenWords(kind: Forbidden['kind'], topic: string): string {
  if (kind === 'retain') return `retains more than it may: ${topic} is passed on and not kept`;
  return kind === 'will' ? `may not leave a will to ${topic}` : `may not publish to ${topic}`;
}

interface Sender {
  readonly address: string;
  readonly principal?: string;
}

function senderOf({ socket, principal }: GuardedSocket): Sender {
  const address = socket.remoteAddress ?? '';
  return principal === undefined ? { address } : { address, principal };
}

function nameOf({ principal, address }: Sender): string {
  return principal ?? address;
}
