/**
 * Follows a connection from its log-in to its end: keep-alive, will, session, and whether its device counts as connected.
 *
 *   logged in ──► entered (CONNACK is being sent) ──► answered (its packets are read) ──► closed
 *                                                       └── the same client connects again: taken over ──► closed
 *
 * Always: a connection is closed once, whatever ends it. A will is published only if the connection was lost, and never
 * because the gateway stops.
 */
import { contained } from '@forpost/shared/bounded-work.ts';
import type { Clock } from '@forpost/shared/clock.ts';
import { limitsOf, mayPublish, type Principal, type Standing } from './access.ts';
import type { ConnectedClients } from './clients.ts';
import type { Connection } from './connection.ts';
import type { IncidentLog } from './incidents.ts';
import { KeepAlive } from './keep-alive.ts';
import type { PacketDispatch } from './packet-dispatch.ts';
import type { Will } from './protocol/connect.ts';
import { reason } from './protocol/reason-codes.ts';
import type { PublishIntake } from './publish-intake.ts';
import { type ReadTurn, shareOfMessage } from './read-turn.ts';
import { retainedBytes } from './retained.ts';
import type { Sessions } from './sessions.ts';
import { hasTooManyLevels } from './topic-filter.ts';
import { PendingWills } from './wills.ts';

export interface LifeParts {
  readonly clock: Clock;
  readonly clients: ConnectedClients;
  readonly sessions: Sessions;
  readonly intake: PublishIntake;
  readonly dispatch: PacketDispatch;
  readonly incidents: IncidentLog;
  /** called when a device's first connection opens, and when its last one closes */
  readonly onConnection: (device: string, connected: boolean) => void;
  readonly isStopping: () => boolean;
}

const forEver = Number.POSITIVE_INFINITY;

export class ConnectionLives {
  readonly #parts: LifeParts;
  readonly #wills: PendingWills;
  /** the read turn of each principal that has ever logged in: its connections share the turn */
  readonly #turns = new Map<string, ReadTurn>();

  constructor(parts: LifeParts) {
    this.#parts = parts;
    this.#wills = new PendingWills(parts.clock, (connection, will) => this.#publishWill(connection, will));
  }

  /** A client has logged in. `inItsSession`: it resumes its session. */
  entered(connection: Connection, inItsSession: boolean): void {
    const { clock, dispatch, incidents } = this.#parts;
    const { principal, guarded, keepAliveS, will, socket } = connection;
    this.#wills.back(connection.id, inItsSession);
    const turn = this.#turns.get(principal.id) ?? guarded.turn;
    this.#turns.set(principal.id, turn);
    guarded.turn = turn;
    this.#share(connection);
    guarded.principal = principal.id;
    guarded.onPacket = (packet) => dispatch.handle(connection, packet);
    if (will !== undefined && (!mayPublish(principal, will.topic) || hasTooManyLevels(will.topic))) {
      connection.will = undefined;
      incidents.forbidden(connection, 'will', will.topic);
    }
    if (keepAliveS > 0) {
      const isUnread = () => guarded.starved || socket.readableLength > 0;
      const keepAlive = new KeepAlive(clock, keepAliveS, isUnread, () => incidents.silent(connection));
      guarded.onRead = () => keepAlive.noteTraffic();
      socket.once('close', () => keepAlive.stop());
    }
    socket.once('close', () => contained(guarded.work, () => this.#closed(connection)));
  }

  /** How much of its read turn a packet of a consumer takes. */
  #share({ principal, guarded }: Connection): void {
    if (principal.kind !== 'consumer') return;
    if (principal.publish.length > 0) guarded.messageShare = shareOfMessage;
    guarded.answerShare = shareOfMessage;
  }

  /** CONNACK is sent: the connection is read, and its session's subscriptions are in force for it. */
  answered(connection: Connection): void {
    const { clients, onConnection } = this.#parts;
    const { guarded, principal } = connection;
    if (principal.kind === 'device') {
      const isFirst = !clients.isAnnounced(principal.id);
      connection.announced = true;
      if (isFirst) onConnection(principal.id, true);
    }
    connection.begin();
    guarded.readOn();
  }

  /** The same client has connected again: ends the older connection [MQTT-3.1.4-2]. */
  endReplaced(connection: Connection): void {
    this.#closed(connection);
    connection.end(reason.sessionTakenOver);
  }

  /** A client's session has ended: its delayed will is published now. */
  sessionEnded(clientId: string): void {
    this.#wills.ended(clientId);
  }

  /**
   * Closes the connections whose credential is no longer valid; drops the wills and sessions of those that were revoked.
   * `of`: the principals whose credentials may have ended; absent: all. Returns how many it has closed.
   */
  endInvalid(standing: (principal: string, credential: string) => Standing, of?: Iterable<string>): number {
    const { clients, sessions } = this.#parts;
    const standingOf = ({ principal, credential }: Connection) => standing(principal.id, credential);
    const ids = of === undefined ? undefined : new Set(of);
    const asked = ids === undefined ? [...clients.all()] : [...ids].flatMap((id) => clients.of(id));
    const invalid = asked.filter((connection) => standingOf(connection) !== 'valid');
    this.#wills.drop(
      (connection) => ids?.has(connection.principal.id) !== false && standingOf(connection) === 'revoked',
    );
    for (const connection of invalid) {
      if (standingOf(connection) === 'revoked') connection.will = undefined;
      connection.end(reason.administrativeAction);
    }
    sessions.endOf((principal) => ids?.has(principal) !== false && standing(principal, '') === 'revoked');
    return invalid.length;
  }

  /**
   * `principalOf`: a user as the site has it now. Rights hold from the next packet on; connections of users that are gone,
   * or are another kind now, are closed, and their wills are not published. Returns how many.
   */
  renew(principalOf: (user: string) => Principal | undefined): number {
    let closed = 0;
    this.#wills.drop(({ principal }) => principalOf(principal.id)?.kind !== principal.kind);
    for (const connection of [...this.#parts.clients.all()]) {
      const principal = principalOf(connection.principal.id);
      // the same rights
      if (principal === connection.principal) continue;
      const { kind } = connection.principal;
      // a device that becomes a bridge connects anew: a connection has the limits of its log-in
      if (principal?.kind === kind && limitsOf(principal) === limitsOf(connection.principal)) {
        connection.renew(principal);
        this.#share(connection);
        continue;
      }
      connection.will = undefined;
      connection.end(reason.administrativeAction);
      closed++;
    }
    return closed;
  }

  /** Cancels all delayed wills. */
  close(): void {
    this.#wills.close();
  }

  #closed(connection: Connection): void {
    if (connection.isClosed) return;
    const { clients, sessions, onConnection, isStopping } = this.#parts;
    connection.closed();
    clients.remove(connection);
    sessions.inbound.forget(connection);
    const { session, will, newExpiryS, principal } = connection;
    const expiryMs = newExpiryS === undefined ? session?.expiryMs : 1000 * newExpiryS;
    if (will !== undefined && !isStopping())
      this.#wills.lost(connection, will, session === undefined ? 0 : (expiryMs ?? forEver) / 1000);
    if (session !== undefined) sessions.detach(session, expiryMs);
    if (connection.announced && !clients.isAnnounced(principal.id)) onConnection(principal.id, false);
  }

  /** A retained will beyond its client's share is delivered but not retained, like a publish. */
  #publishWill(connection: Connection, will: Will): void {
    const { sessions, incidents, intake } = this.#parts;
    const { principal } = connection;
    const bytes = retainedBytes(will);
    const isKept = will.retain && sessions.retained.mayRetain(principal.id, will.topic, bytes, limitsOf(principal));
    if (will.retain && !isKept) incidents.forbidden(connection, 'retain', will.topic);
    intake.publishWill(connection, { ...will, retain: isKept });
  }
}
