/**
 * The MQTT broker of the site (3.1, 3.1.1 and 5): listeners, log-in, access, admission, sessions, limits.
 *
 *   connection:  lobby ── CONNECT ──► entrance (log-in, session, CONNACK) ──► open ── its socket closes, `end` ──► closed
 *
 *   publish of a device ──► allowed? ──► admit (rules run, commit awaited) ──► acknowledged, in order ──► delivered on
 *                              │             └── rejected: no acknowledgement, and the connection is closed after
 *                              │                 `refusalDelayMs`, so that the device offers its message again
 *                              └── no: dropped, acknowledged all the same (MQTT 5: answered with its reason), counted
 *                                      and told
 *
 * Always: a QoS 1 publish of a device gets its PUBACK, and a QoS 2 one its PUBREC, only after `admit` has resolved;
 * publishes are admitted as they come, up to `maxPending`, without waiting for earlier commits; nobody is in without
 * a password; a session belongs to one principal, whatever client id another one uses; CONNACK says of it what is on
 * disk (connack.ts); a subscriber that does not read is disconnected and makes nobody else wait, and neither does a device
 * that sends as fast as it can. What is published here goes to connected subscribers at once. Sessions outlive a restart
 * (sessions.ts).
 */
import type { Socket } from 'node:net';
import { contained } from '@forpost/shared/bounded-work.ts';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { sleep } from '@forpost/shared/clock.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import type { LocalPublisher } from '../alerts/action.ts';
import type { Installation } from '../config/installation.ts';
import { type BrokerStorage, noStorage } from '../mqtt-state/mqtt-state.ts';
import { type Acquaintance, type Admit, type Authenticate, mayPublish } from './access.ts';
import { Clients } from './clients.ts';
import { Connacks } from './connack.ts';
import type { Connection } from './connection.ts';
import { type BrokerCounters, Counters } from './counters.ts';
import { Deliveries } from './deliveries.ts';
import { Dispatch } from './dispatch.ts';
import { Entrance } from './entrance.ts';
import { type Forbidden, longestTopicTold, type OnForbidden } from './forbidden.ts';
import { type GuardedSocket, guard } from './guarded-socket.ts';
import { Intake } from './intake.ts';
import { KeepAlive } from './keep-alive.ts';
import {
  type Listener,
  type ListenerPorts,
  listenPlain,
  listenTls,
  listenWebSocket,
  listenWebSocketTls,
  type TlsListener,
} from './listeners.ts';
import { defaultLobbyLimits, Lobby, type LobbyLimits } from './lobby.ts';
import { LogIn } from './log-in.ts';
import { Message } from './message.ts';
import { flushAll } from './output.ts';
import type { Will } from './protocol/connect.ts';
import { reason } from './protocol/reason-codes.ts';
import { type ReadTurn, shareOfMessage } from './read-turn.ts';
import { Redeliveries } from './redeliveries.ts';
import type { OnRefused } from './refused-clients.ts';
import { retainedBytes } from './retained.ts';
import { defaultSessionLimits, type SessionLimits } from './session.ts';
import { Sessions } from './sessions.ts';
import { defaultFilterLimits, type FilterLimits, Subscribing } from './subscribing.ts';
import { hasTooManyLevels } from './topic-filter.ts';
import { type WebSocketDoor, webSocketDoor } from './web-socket.ts';
import { Wills } from './wills.ts';
import { WriteWatch } from './write-watch.ts';

export type { BrokerCounters } from './counters.ts';

export interface BrokerLimits extends LobbyLimits, FilterLimits, SessionLimits {
  /** logged in; those before log-in have limits of their own (lobby.ts) */
  readonly maxConnections: number;
  readonly maxConnectionsEach: number;
  /** publishes of one connection between being read and being delivered on: then reading stops */
  readonly maxPending: number;
  readonly maxPendingBytes: number;
  /** what may wait in front of one subscriber's socket: then it is disconnected */
  readonly maxUnsentBytes: number;
  /** how long a subscriber may not read at all: then it is disconnected */
  readonly drainTimeoutMs: number;
  /** from a publish that could not be committed to the end of its connection */
  readonly refusalDelayMs: number;
  /** how long a CONNACK may wait for a disk that hangs: less than the 4 s after which the hastiest clients give up */
  readonly connackWaitMs: number;
  /** how long `stop` waits for commits whose senders wait for them */
  readonly stopGraceMs: number;
  /** how often sessions of absent clients are looked at */
  readonly sessionAgingMs: number;
}

export const defaultBrokerLimits: BrokerLimits = {
  ...defaultLobbyLimits,
  ...defaultFilterLimits,
  ...defaultSessionLimits,
  maxConnections: 6000,
  maxConnectionsEach: 16,
  maxPending: 1000,
  maxPendingBytes: 4 * 2 ** 20,
  maxUnsentBytes: 4 * 2 ** 20,
  drainTimeoutMs: 5000,
  refusalDelayMs: 1000,
  connackWaitMs: 2000,
  stopGraceMs: 2000,
  sessionAgingMs: 3_600_000,
};

export const defaultMaxPacketBytes = 256 * 1024;
/** A bridge tells all its devices in one message: Zigbee2MQTT some 5 to 10 KB of each. */
export const defaultMaxConsumerPacketBytes = 2 * 2 ** 20;

const tcpKeepAliveMs = 60_000;

export interface BrokerOptions {
  readonly mqtt: Installation['mqtt'];
  readonly authenticate: Authenticate;
  /** what of that is known without computing; without it, nothing */
  readonly acquaintance?: Acquaintance;
  readonly admit: Admit;
  /** what is remembered across restarts; without it, nothing */
  readonly storage?: BrokerStorage;
  readonly clock: Clock;
  readonly logger: Logger;
  /** a device's first connection came, or its last one went */
  readonly onConnection: (device: string, connected: boolean) => void;
  /** a client asked for a topic or filter that it may not have */
  readonly onForbidden?: OnForbidden;
  /** a client was not let in: its log-in is wrong, or it speaks what is not spoken here */
  readonly onRefused?: OnRefused;
  /** a device or consumer has logged in */
  readonly onLetIn?: (principal: string) => void;
  /** instead of the configured ports: 0 takes a free one */
  readonly ports?: ListenerPorts;
  readonly limits?: Partial<BrokerLimits>;
}

/** How long `stop` waits for clients that are told of it. */
const farewellMs = 250;
const forEver = Number.POSITIVE_INFINITY;

export class Broker implements Part, LocalPublisher {
  readonly #options: BrokerOptions;
  readonly #limits: BrokerLimits;
  readonly #counters = new Counters();
  readonly #sparing: SparingLogger;
  readonly #lobby: Lobby;
  readonly #clients = new Clients();
  readonly #sessions: Sessions;
  readonly #deliveries: Deliveries;
  readonly #intake: Intake;
  readonly #dispatch: Dispatch;
  readonly #entrance: Entrance;
  readonly #wills: Wills;
  readonly #sockets = new Map<Socket, GuardedSocket>();
  /** by principal, of those that have ever logged in */
  readonly #turns = new Map<string, ReadTurn>();
  readonly #redeliveries = new Redeliveries();
  readonly #storage: BrokerStorage;
  #aging: Timer | undefined;
  #plain: Listener | undefined;
  #tls: TlsListener | undefined;
  #door: WebSocketDoor | undefined;
  #webSocket: Listener | undefined;
  #webSocketTls: TlsListener | undefined;
  #isRunning = false;
  #stopping = false;

  constructor(options: BrokerOptions) {
    this.#options = options;
    const { max_connections: maxConnections = defaultBrokerLimits.maxConnections } = options.mqtt;
    this.#limits = { ...defaultBrokerLimits, maxConnections, ...options.limits };
    const { authenticate, acquaintance, admit, clock } = options;
    this.#sparing = new SparingLogger(options.logger, clock);
    const own = { clock, logger: this.#sparing, counters: this.#counters };
    const maxPacketBytes = maxPacketBytesOf(options.mqtt);
    const maxConnectBytes = Math.min(this.#limits.maxConnectBytes, maxPacketBytes);
    this.#lobby = new Lobby({
      ...own,
      limits: { ...this.#limits, maxConnectBytes },
      onRefused: (oversized) => (oversized ? this.#counters.oversized++ : this.#counters.malformed++),
    });
    this.#storage = options.storage ?? noStorage;
    this.#sessions = new Sessions({
      limits: this.#limits,
      storage: this.#storage,
      clock,
      isConnected: (id) => this.#clients.get(id) !== undefined,
      onDropped: (what) => this.#counters.dropped(what),
      onEnded: (id) => this.#wills.ended(id),
    });
    this.#deliveries = new Deliveries(this.#sessions);
    const { refusalDelayMs, connackWaitMs: waitMs } = this.#limits;
    const kept = { sessions: this.#sessions, redeliveries: this.#redeliveries, storage: this.#storage };
    this.#intake = new Intake({ ...own, ...kept, admit, deliver: (message) => this.#hand(message), refusalDelayMs });
    this.#wills = new Wills(clock, (connection, will) => this.#publishWill(connection, will));
    this.#dispatch = new Dispatch({
      sessions: this.#sessions,
      intake: this.#intake,
      onForbidden: (connection, topic, kind) => this.#forbid(connection, kind, topic),
      onViolation: ({ guarded }, what) => this.#brokeProtocol(guarded, what, false),
    });
    this.#entrance = new Entrance({
      ...{ ...own, limits: this.#limits, lobby: this.#lobby },
      maxPacketBytes: { device: maxPacketBytes, consumer: maxConsumerPacketBytesOf(options.mqtt) },
      ...{ clients: this.#clients, sessions: this.#sessions },
      logIn: new LogIn({ ...own, authenticate, acquaintance, onRefused: options.onRefused, onLetIn: options.onLetIn }),
      connacks: new Connacks({ settled: (id) => this.#sessions.settled(id), ...own, waitMs }),
      watch: (guarded) => this.#watch(guarded),
      makeSubscribing: (connection) => this.#subscribing(connection),
      onDropped: (what) => this.#counters.dropped(what),
      isStopping: () => this.#stopping,
      onTakenOver: (connection) => this.#takeOver(connection),
      onEntered: (connection, inItsSession) => this.#entered(connection, inItsSession),
      onAnswered: (connection) => this.#answered(connection),
    });
  }

  /** @throws ForpostError FORPOST_PORT_TAKEN, FORPOST_CONFIG_INVALID */
  async start(): Promise<void> {
    const { mqtt, logger, ports = {} } = this.#options;
    this.#isRunning = true;
    this.#storage.recall((remembered) => {
      this.#sessions.recall(remembered);
      this.#redeliveries.recall(remembered.redeliveries);
    });
    this.#age();
    const listeners = {
      mqtt,
      ports,
      clock: this.#options.clock,
      logger,
      // the lobby makes room for newcomers, so that this is never reached
      maxConnections: this.#limits.maxConnections + 2 * this.#limits.most,
      onKnock: (socket: Socket, handshake: () => void) => this.#lobby.knock(socket, handshake),
      onSocket: (socket: Socket) => this.#lobby.enter(socket, () => this.#accept(socket)),
      onTlsError: (error: Error) => logger.debug(`TLS handshake: ${error.message}`),
      onAcceptError: (error: Error) =>
        this.#sparing.error('accept', {}, `a connection could not be taken in: ${error.message}`),
    };
    try {
      this.#plain = await listenPlain(listeners);
      this.#tls = await listenTls(listeners);
      this.#door = webSocketDoor({
        ...{ ...this.#limits, maxPacketBytes: maxConsumerPacketBytesOf(mqtt), onSocket: listeners.onSocket },
        origins: mqtt.websocket?.origins ?? [],
      });
      this.#webSocket = await listenWebSocket(listeners, this.#door);
      this.#webSocketTls = await listenWebSocketTls(listeners, this.#door);
    } catch (error) {
      await this.stop();
      throw error;
    }
    logger.info({ port: this.#plain.port, tlsPort: this.#tls?.port }, 'MQTT broker listens');
  }

  /** Takes nothing more in, waits a while for the commits that devices wait for, and closes all connections. */
  async stop(): Promise<void> {
    if (!this.#isRunning || this.#stopping) return;
    this.#stopping = true;
    this.#aging?.cancel();
    const { clock } = this.#options;
    const closed = [this.#plain, this.#tls, this.#webSocket, this.#webSocketTls].map((listener) => listener?.close());
    this.#lobby.close();
    this.#door?.close();
    for (const guarded of this.#sockets.values()) guarded.hold();
    const until = clock.uptime() + this.#limits.stopGraceMs;
    while (this.#anyoneWaits() && clock.uptime() < until) await sleep(clock, 5);
    const connections = [...this.#clients.all()];
    for (const connection of connections) connection.end(reason.serverShuttingDown);
    const told = connections.filter(({ isV5, socket }) => isV5 && !socket.destroyed);
    const gone = Promise.all(told.map(({ socket }) => new Promise<void>((resolve) => socket.once('close', resolve))));
    if (told.length > 0) await Promise.race([gone, sleep(clock, farewellMs)]);
    for (const socket of this.#sockets.keys()) socket.destroy();
    this.#wills.close();
    this.#sessions.close();
    await Promise.all(closed);
  }

  /** the port that plain MQTT listens on, once started */
  get port(): number {
    return this.#plain?.port ?? 0;
  }

  /** the port that MQTT over TLS listens on, once started; undefined where it is not configured */
  get tlsPort(): number | undefined {
    return this.#tls?.port;
  }

  /** the port of ws://, once started; undefined where it is not configured */
  get webSocketPort(): number | undefined {
    return this.#webSocket?.port;
  }

  /** the port of wss://, once started; undefined where it is not configured */
  get webSocketTlsPort(): number | undefined {
    return this.#webSocketTls?.port;
  }

  /** What is wrong with the certificate of MQTT over TLS, a sentence each: for the page. */
  problems(): readonly string[] {
    return this.#tls?.certificate.problems() ?? [];
  }

  /** Looks at the certificate's files now. */
  async reload(): Promise<void> {
    await this.#tls?.certificate.reload();
    await this.#webSocketTls?.certificate.reload();
  }

  /** Hands a message to the local subscribers, now. Before the start and after the stop there are none. */
  publish(topic: string, payload: string, options: { readonly qos: 0 | 1; readonly retain: boolean }): void {
    if (!this.#isRunning || this.#stopping) return;
    this.#hand(new Message({ topic, payload: Buffer.from(payload), ...options }));
    flushAll();
  }

  /** false: nobody has subscribed to it. */
  #hand(message: Message): boolean {
    if (message.retain) this.#sessions.storeRetained(message);
    return this.#deliveries.deliver(message);
  }

  #age(): void {
    const { sessionAgingMs } = this.#limits;
    this.#aging = this.#options.clock.after(sessionAgingMs, () => {
      this.#sessions.age(sessionAgingMs);
      this.#age();
    });
  }

  /** Closes all connections of a device or consumer (removed, or its password changed); returns how many. */
  disconnect(principal: string): number {
    const connections = this.#clients.of(principal);
    for (const connection of connections) connection.end(reason.administrativeAction);
    return connections.length;
  }

  counters(): BrokerCounters {
    for (const guarded of this.#sockets.values()) this.#countBytes(guarded);
    const { sessions, queued, retained } = this.#sessions.sizes();
    const lobby = this.#lobby.counters();
    return this.#counters.snapshot({ connections: this.#sockets.size, lobby, sessions, queued, retained });
  }

  /** How much the broker remembers, each bounded: for tests and metrics. */
  sizes() {
    return { sockets: this.#sockets.size, principals: this.#clients.principals, ...this.#sessions.sizes() };
  }

  // a connection, from its beginning to its end

  #accept(socket: Socket): void {
    socket.on('error', ignore);
    if (this.#stopping) {
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    socket.setKeepAlive(true, tcpKeepAliveMs);
    const guarded: GuardedSocket = guard(socket, {
      clock: this.#options.clock,
      maxPacketBytes: maxPacketBytesOf(this.#options.mqtt),
      onConnect: (connect) => void this.#entrance.ask(guarded, connect),
      onViolation: (what, oversized) => this.#brokeProtocol(guarded, what, oversized),
      onUnspoken: (what) => this.#spoke(guarded, what),
      onFailed: (error) => this.#failed(guarded, error),
    });
    this.#sockets.set(socket, guarded);
    this.#counters.connectionsTotal++;
    const closed = () => {
      this.#countBytes(guarded);
      this.#sockets.delete(socket);
    };
    socket.once('close', () => contained(guarded.work, closed));
    guarded.readOn();
  }

  /** A version of MQTT that is not spoken here. */
  #spoke({ socket }: GuardedSocket, what: string): void {
    const address = socket.remoteAddress ?? '';
    this.#options.onRefused?.({ kind: 'protocol', principal: null, user: '', clientId: '', address, what });
  }

  #entered(connection: Connection, inItsSession: boolean): void {
    const { principal, guarded, keepAliveS, will } = connection;
    this.#wills.back(connection.id, inItsSession);
    const turn = this.#turns.get(principal.id) ?? guarded.turn;
    this.#turns.set(principal.id, turn);
    guarded.turn = turn;
    if (principal.kind === 'consumer' && principal.publish.length > 0) guarded.messageShare = shareOfMessage;
    if (principal.kind === 'consumer') guarded.answerShare = shareOfMessage;
    guarded.principal = principal.id;
    guarded.onPacket = (packet) => this.#dispatch.take(connection, packet);
    if (will !== undefined && (!mayPublish(principal, will.topic) || hasTooManyLevels(will.topic))) {
      connection.will = undefined;
      this.#forbid(connection, 'will', will.topic);
    }
    const { socket } = connection;
    if (keepAliveS > 0) {
      const isUnread = () => guarded.starved || socket.readableLength > 0;
      const { clock } = this.#options;
      const keepAlive = new KeepAlive(clock, keepAliveS, isUnread, () => this.#fellSilent(connection));
      guarded.onRead = () => keepAlive.heard();
      socket.once('close', () => keepAlive.stop());
    }
    socket.once('close', () => contained(guarded.work, () => this.#closed(connection)));
  }

  #answered(connection: Connection): void {
    const { guarded, principal } = connection;
    if (principal.kind === 'device') {
      const isFirst = !this.#clients.isAnnounced(principal.id);
      connection.announced = true;
      if (isFirst) this.#options.onConnection(principal.id, true);
    }
    // its session's subscriptions are in force for it from now on
    connection.begin();
    guarded.readOn();
  }

  #takeOver(connection: Connection): void {
    this.#closed(connection);
    connection.end(reason.sessionTakenOver);
  }

  #closed(connection: Connection): void {
    if (connection.isClosed) return;
    connection.closed();
    this.#clients.remove(connection);
    this.#sessions.forgetInbound(connection);
    const { session, will, newExpiryS, principal } = connection;
    const expiryMs = newExpiryS === undefined ? session?.expiryMs : 1000 * newExpiryS;
    if (will !== undefined && !this.#stopping)
      this.#wills.lost(connection, will, session === undefined ? 0 : (expiryMs ?? forEver) / 1000);
    if (session !== undefined) this.#sessions.detach(session, expiryMs);
    if (connection.announced && !this.#clients.isAnnounced(principal.id))
      this.#options.onConnection(principal.id, false);
  }

  /** Beyond its client's share it is delivered and not kept, as a publish is. */
  #publishWill(connection: Connection, will: Will): void {
    const { id, kind } = connection.principal;
    const isKept = will.retain && this.#sessions.mayRetain(id, will.topic, retainedBytes(will), kind);
    if (will.retain && !isKept) this.#forbid(connection, 'retain', will.topic);
    this.#intake.takeWill(connection, { ...will, retain: isKept });
  }

  #fellSilent(connection: Connection): void {
    this.#counters.silent++;
    const { principal, keepAliveS } = connection;
    const message = `sent nothing for 1.5 times its keep-alive of ${keepAliveS} s: connection closed`;
    this.#sparing.warn(`silent ${principal.id}`, { principal: principal.id, client: connection.clientId }, message);
    connection.end(reason.keepAliveTimeout);
    // a half-open connection takes no last word
    connection.socket.destroySoon();
  }

  #watch(guarded: GuardedSocket): WriteWatch {
    const { socket } = guarded;
    const watch = new WriteWatch(socket, this.#options.clock, this.#limits.drainTimeoutMs, () => this.#frozen(guarded));
    socket.once('close', () => watch.stop());
    return watch;
  }

  #subscribing(connection: Connection): Subscribing {
    const principal = connection.principal.id;
    return new Subscribing({
      connection,
      sessions: this.#sessions,
      limits: this.#limits,
      onForbidden: (what, filter) => {
        if (filter === undefined) this.#refused(connection, what);
        else this.#forbid(connection, 'subscribe', filter, what);
      },
      onFailed: (problem) =>
        this.#sparing.warn(`subscribing ${connection.id}`, { principal }, `a subscription was not stored: ${problem}`),
    });
  }

  #brokeProtocol(guarded: GuardedSocket, what: string, oversized: boolean): void {
    if (oversized) this.#counters.oversized++;
    else this.#counters.malformed++;
    const whose = whoseIs(guarded);
    const fields = { ...whose, packet: guarded.lastPacket() };
    this.#sparing.warn(
      `packet ${whose.principal ?? whose.address}`,
      fields,
      `a packet is refused: ${what}; connection closed`,
    );
  }

  /** An error in this connection's work that nobody handled: its end, and nobody else's. */
  #failed(guarded: GuardedSocket, error: unknown): void {
    this.#counters.failedConnections++;
    const whose = whoseIs(guarded);
    this.#sparing.error(
      `failed ${whose.principal ?? whose.address}`,
      { ...whose, packet: guarded.lastPacket(), err: error },
      `an error that nobody handled, in the work of one connection: connection closed`,
    );
    guarded.hold();
    guarded.socket.destroy();
  }

  #countBytes(guarded: GuardedSocket): void {
    this.#counters.bytesIn += guarded.bytesIn;
    guarded.bytesIn = 0;
    const written = guarded.socket.bytesWritten;
    this.#counters.bytesOut += written - guarded.bytesOutCounted;
    guarded.bytesOutCounted = written;
  }

  /** It does not read what it subscribed to. */
  #frozen({ socket, principal }: GuardedSocket): void {
    if (socket.destroyed) return;
    this.#counters.frozen++;
    this.#sparing.warn(`frozen ${principal}`, { principal }, 'does not read what it subscribed to: connection closed');
    socket.destroy();
  }

  /** It asked for a topic or filter that it may not have. */
  #forbid(connection: Connection, kind: Forbidden['kind'], topic: string, what = forbiddenWords(kind, topic)): void {
    const { principal, clientId } = connection;
    this.#options.onForbidden?.({ kind, principal: principal.id, clientId, topic: topic.slice(0, longestTopicTold) });
    this.#refused(connection, what);
  }

  #refused(connection: Connection, what: string): void {
    this.#counters.forbidden++;
    const principal = connection.principal.id;
    this.#sparing.warn(`forbidden ${principal}`, { principal }, what.slice(0, 300));
  }

  #anyoneWaits(): boolean {
    for (const { queue } of this.#clients.all()) if (queue.waiting > 0) return true;
    return false;
  }
}

function ignore(): void {}

function forbiddenWords(kind: Forbidden['kind'], topic: string): string {
  if (kind === 'retain') return `retains more than it may: ${topic} is passed on and not kept`;
  return kind === 'will' ? `may not leave a will to ${topic}` : `may not publish to ${topic}`;
}

/** For the log. */
function whoseIs({ socket, principal }: GuardedSocket): { readonly address: string; readonly principal?: string } {
  const address = socket.remoteAddress ?? '';
  return principal === undefined ? { address } : { address, principal };
}

/** Before the log-in, and of devices. */
function maxPacketBytesOf(mqtt: Installation['mqtt']): number {
  return mqtt.max_packet_bytes ?? defaultMaxPacketBytes;
}

function maxConsumerPacketBytesOf(mqtt: Installation['mqtt']): number {
  return Math.max(mqtt.max_packet_bytes_of_consumers ?? defaultMaxConsumerPacketBytes, maxPacketBytesOf(mqtt));
}
