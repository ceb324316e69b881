/**
 * Handles CONNECT up to CONNACK (MQTT 5 and 3.1.1, sections 3.1.4 and 3.2).
 *
 *   CONNECT ──► log-in ──► below the limits? ──► the client's older connection ends ──► its session, or a new one ──► CONNACK
 *                 ├── wrong ──► pairing window open? ──► quarantine (quarantine.ts)
 *                 │                └── no ──► CONNACK with the reason, closed
 *                 └── no time to check it, at a limit, the broker stops ──► put off: closed without CONNACK
 *
 * Always: a client that may get in later is put off, because every client tries again after a closed connection, and some
 * give up for ever after a CONNACK with a reason: MQTT.js after any, home automations after «not authorized». A client has
 * one connection, the newest [MQTT-3.1.4-3]. The older connection does not count towards the limits, so a client can
 * reconnect with its own id even if its principal is at the limit. Equal client ids of two principals are two clients.
 */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Clock } from '@forpost/shared/clock.ts';
import type { SparingLogger } from '@forpost/shared/logging.ts';
import { type Granted, limitsOf, type Principal, type ShownCertificate } from './access.ts';
import type { ConnectedClients } from './clients.ts';
import type { ConnackSender } from './connack.ts';
import { Connection, type ConnectionLimits, maxTopicAliases, receiveMaximum } from './connection.ts';
import { endWith, type GuardedSocket } from './guarded-socket.ts';
import type { Lobby } from './lobby.ts';
import { type LogIn, putOff } from './log-in.ts';
import type { Connect } from './protocol/connect.ts';
import { flagProperty, longProperty, property, shortProperty, textProperty } from './protocol/properties.ts';
import { reason } from './protocol/reason-codes.ts';
import { accepted, refused, refusedBy } from './protocol/server-packets.ts';
import type { Quarantine } from './quarantine.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import type { Subscribing } from './subscribing.ts';
import type { WriteWatch } from './write-watch.ts';

export interface ConnectLimits extends ConnectionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsEach: number;
}

export interface ConnectHandlerOptions {
  readonly clock: Clock;
  readonly logger: SparingLogger;
  readonly limits: ConnectLimits;
  readonly maxPacketBytes: Readonly<Record<Principal['kind'], number>>;
  readonly logIn: LogIn;
  /** the certificate that a client has shown; undefined: none */
  readonly certificateOf: (socket: Socket) => ShownCertificate | undefined;
  /** where clients with a wrong log-in go while the pairing window is open */
  readonly quarantine: Quarantine;
  readonly lobby: Lobby;
  readonly clients: ConnectedClients;
  readonly sessions: Sessions;
  readonly connacks: ConnackSender;
  readonly watch: (guarded: GuardedSocket) => WriteWatch;
  readonly makeSubscribing: (connection: Connection) => Subscribing;
  readonly onDropped: (what: 'queued' | 'tooLarge') => void;
  readonly isStopping: () => boolean;
  /** A newer connection of the same client takes over. */
  readonly onTakenOver: (connection: Connection) => void;
  /** @param inItsSession the client resumes its session */
  readonly onEntered: (connection: Connection, inItsSession: boolean) => void;
  /** CONNACK is written */
  readonly onAnswered: (connection: Connection) => void;
}

const forEver = 0xffff_ffff;

export class ConnectHandler {
  readonly #options: ConnectHandlerOptions;

  constructor(options: ConnectHandlerOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async ask(guarded: GuardedSocket, connect: Connect): Promise<void> {
    const { logIn, certificateOf, isStopping } = this.#options;
    const { socket } = guarded;
    const { clientId, cleanStart, user, password, version } = connect;
    if (isStopping()) return this.#putOff(guarded);
    if (connect.wantsEnhancedAuthentication)
      return this.#refuse(guarded, refused(version, reason.badAuthenticationMethod));
    const gone = new AbortController();
    const abort = () => gone.abort();
    socket.once('close', abort);
    // MQTT 5: the server gives an id to a client without one
    logIn.connecting(socket, { clientId, clean: cleanStart || version === '5' });
    const shown = { user, password, certificate: certificateOf(socket) };
    const outcome = await logIn.check(socket, { address: socket.remoteAddress, ...shown, gone: gone.signal });
    socket.off('close', abort);
    if (socket.destroyed) return;
    if (isStopping()) return this.#putOff(guarded);
    if (!outcome.ok) {
      const { wrong, returnCode: code } = outcome;
      if (code === putOff) return this.#putOff(guarded);
      if (wrong !== undefined && this.#options.quarantine.takeIn(guarded, connect, wrong.principal)) return;
      wrong?.count();
      return this.#refuse(guarded, refusedBy(version, code));
    }
    this.#enter(guarded, connect, outcome);
  }

  #refuse({ socket }: GuardedSocket, connack: Buffer): void {
    endWith(socket, connack, this.#options.clock);
  }

  #putOff({ socket }: GuardedSocket): void {
    endWith(socket, Buffer.alloc(0), this.#options.clock);
  }

  #enter(guarded: GuardedSocket, connect: Connect, { principal, credential }: Granted): void {
    const { clients, sessions, lobby, clock, onTakenOver, onEntered, onAnswered } = this.#options;
    const clientId = connect.clientId === '' ? `forpost-${randomUUID()}` : connect.clientId;
    const id = `${principal.id}/${clientId}`;
    const before = clients.get(id);
    if (!this.#hasRoom(principal, before)) {
      this.#putOff(guarded);
      return;
    }
    const told = this.#connackProperties(principal, clientId, connect);
    if (accepted(connect.version, false, told).length > connect.maximumPacketSize) {
      const message = `takes packets of ${connect.maximumPacketSize} bytes, and CONNACK is longer: not let in [MQTT-3.1.2-24]`;
      this.#options.logger.warn(`small ${principal.id}`, { principal: principal.id }, message);
      guarded.socket.destroy();
      return;
    }
    lobby.leave(guarded.socket);
    guarded.allow(this.#options.maxPacketBytes[limitsOf(principal)]);
    if (before !== undefined) onTakenOver(before);
    const inItsSession = !connect.cleanStart && sessions.has(id);
    if (connect.cleanStart) sessions.endSession(id);
    const session = this.#sessionOf(id, connect, inItsSession);
    const { limits, watch: watchOf, onDropped, makeSubscribing, connacks } = this.#options;
    const watch = watchOf(guarded);
    const parts = { principal, credential, clientId, connect, guarded, limits, watch, sessions, session, clock };
    const connection = new Connection({ ...parts, onDropped, makeSubscribing });
    clients.add(connection);
    onEntered(connection, inItsSession);
    connacks.hold(connection);
    connection.output.write(accepted(connect.version, inItsSession, told));
    connection.output.flush();
    guarded.answered();
    connacks.written(connection);
    onAnswered(connection);
  }

  /** @param before the client's older connection, which ends */
  #hasRoom({ id }: Principal, before: Connection | undefined): boolean {
    const { clients, limits, logger } = this.#options;
    const freed = before === undefined ? 0 : 1;
    if (clients.size - freed >= limits.maxConnections) {
      const message = `${limits.maxConnections} clients are connected: no more are let in`;
      logger.warn('full', { principal: id }, message);
      return false;
    }
    const own = clients.countOf(id);
    if (own - freed < limits.maxConnectionsEach) return true;
    logger.warn(`full ${id}`, { principal: id }, `${id} has ${own} connections: no more are let in`);
    return false;
  }

  #sessionOf(id: string, { sessionExpiryS }: Connect, inItsSession: boolean): Session | undefined {
    const { sessions } = this.#options;
    // the client resumes its session; the session ends with the connection if the client requests that
    if (sessionExpiryS === 0 && !inItsSession) return undefined;
    const isForEver = sessionExpiryS === undefined || sessionExpiryS === forEver;
    return sessions.attach(id, isForEver ? undefined : 1000 * sessionExpiryS);
  }

  /** The properties of an accepting CONNACK of MQTT 5. */
  #connackProperties(principal: Principal, clientId: string, connect: Connect): readonly Buffer[] {
    if (connect.version !== '5') return [];
    const { sessions, maxPacketBytes } = this.#options;
    const told = [
      shortProperty(property.receiveMaximum, receiveMaximum),
      longProperty(property.maximumPacketSize, maxPacketBytes[limitsOf(principal)]),
      shortProperty(property.topicAliasMaximum, maxTopicAliases),
      flagProperty(property.sharedSubscriptionAvailable, 0),
    ];
    if (connect.clientId === '') told.push(textProperty(property.assignedClientId, clientId));
    const longestS = Math.floor(sessions.maxExpiryMs / 1000);
    if ((connect.sessionExpiryS ?? 0) > longestS) told.push(longProperty(property.sessionExpiry, longestS));
    return told;
  }
}
