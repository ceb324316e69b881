/**
 * The MQTT broker of the site (3.1, 3.1.1 and 5): constructs its parts, accepts connections and follows each to its end.
 *
 *   connection:  lobby ── CONNECT ──► connect handler (log-in, session, CONNACK) ──► open ── socket closes, `end` ──► closed
 *
 *   publish of a device ──► allowed? ──► admit (rules run, commit awaited) ──► acknowledged, in order ──► delivered
 *                              │             └── rejected: no acknowledgement, and the connection is closed after
 *                              │                 `refusalDelayMs`, so that the device resends its message
 *                              └── no: dropped but acknowledged (MQTT 5: with a reason code), counted and reported
 *
 * Always:
 *  - a device's QoS 1 publish gets its PUBACK, and a QoS 2 publish its PUBREC, only after `admit` has resolved;
 *  - publishes are admitted on arrival, up to `maxPending`, without waiting for earlier commits;
 *  - no client connects without a password, and a session belongs to one principal, whatever client ids others use;
 *  - Session Present in CONNACK agrees with the disk (connack.ts), and sessions survive a restart (sessions.ts);
 *  - a subscriber that does not read, and a device that floods, slow down no other client;
 *  - a publish reaches connected subscribers at once.
 */

import type { Socket } from 'node:net';
import { contained } from '@forpost/shared/bounded-work.ts';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { sleep } from '@forpost/shared/clock.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import type { Words } from '@forpost/shared/texts/english.ts';
import { type MqttStateStore, noStateStore } from '../mqtt-state/mqtt-state.ts';
import type { Acquaintance, Admit, Authenticate, Principal, Standing } from './access.ts';
import { type BrokerLimits, defaultBrokerLimits, maxConsumerPacketBytesOf, maxPacketBytesOf } from './broker-limits.ts';
import { shownCertificate } from './client-certificate.ts';
import { ConnectedClients } from './clients.ts';
import { ConnackSender } from './connack.ts';
import { ConnectHandler } from './connect-handler.ts';
import type { Connection } from './connection.ts';
import { ConnectionLives } from './connection-lives.ts';
import { type BrokerCounters, Counters } from './counters.ts';
import { Deliveries } from './deliveries.ts';
import type { OnForbidden } from './forbidden.ts';
import { type GuardedSocket, guard } from './guarded-socket.ts';
import { IncidentLog } from './incidents.ts';
import type { OnKnock } from './knock.ts';
import type { ListenerPorts } from './listeners.ts';
import { Lobby } from './lobby.ts';
import type { LocalPublisher } from './local-publisher.ts';
import { LogIn } from './log-in.ts';
import { Message } from './message.ts';
import { OpenListeners } from './open-listeners.ts';
import { PacketDispatch } from './packet-dispatch.ts';
import { reason } from './protocol/reason-codes.ts';
import { PublishIntake } from './publish-intake.ts';
import { Quarantine } from './quarantine.ts';
import { Redeliveries } from './redeliveries.ts';
import type { OnRefused } from './refused-clients.ts';
import { Sessions } from './sessions.ts';
import type { MqttSettings } from './settings.ts';
import { flushAll } from './socket-output.ts';
import { Subscribing } from './subscribing.ts';
import { WriteWatch } from './write-watch.ts';

export type { BrokerCounters } from './counters.ts';

const tcpKeepAliveMs = 60_000;

export interface BrokerOptions {
  readonly mqtt: MqttSettings;
  readonly authenticate: Authenticate;
  /** the part of the log-in that computes no slow hash; absent: `authenticate` checks every log-in */
  readonly acquaintance?: Acquaintance;
  /** whether a principal logs in by a certificate: TLS asks for one then */
  readonly wantsCertificates?: () => boolean;
  /** whether a principal has no credential any more; its session of before a restart is not restored */
  readonly isRevoked?: (principal: string) => boolean;
  readonly admit: Admit;
  /** the state that is kept across restarts; absent: none is kept */
  readonly storage?: MqttStateStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** called when a device's first connection opens, and when its last one closes */
  readonly onConnection: (device: string, connected: boolean) => void;
  /** called when a client uses a topic or filter that it may not use */
  readonly onForbidden?: OnForbidden;
  /** called when a client is refused: its log-in is wrong, or its version of MQTT is not supported */
  readonly onRefused?: OnRefused;
  /** called when a device or consumer has logged in */
  readonly onLetIn?: (principal: string) => void;
  /** asked about each client whose log-in is wrong; without it, all of them are refused */
  readonly onKnock?: OnKnock;
  /** replaces the configured ports; 0: a free port */
  readonly ports?: ListenerPorts;
  readonly limits?: Partial<BrokerLimits>;
}

/** How long `stop` waits for clients to close after DISCONNECT. */
const farewellMs = 250;

export class Broker implements Part, LocalPublisher {
  readonly #options: BrokerOptions;
  readonly #limits: BrokerLimits;
  readonly #counters = new Counters();
  readonly #sparing: SparingLogger;
  readonly #lobby: Lobby;
  readonly #clients = new ConnectedClients();
  readonly #sessions: Sessions;
  readonly #deliveries: Deliveries;
  readonly #intake: PublishIntake;
  readonly #dispatch: PacketDispatch;
  readonly #connectHandler: ConnectHandler;
  readonly #lives: ConnectionLives;
  readonly #sockets = new Map<Socket, GuardedSocket>();
  readonly #redeliveries = new Redeliveries();
  readonly #storage: MqttStateStore;
  #aging: Timer | undefined;
  readonly #listeners = new OpenListeners();
  readonly #incidents: IncidentLog;
  #isRunning = false;
  #stopping = false;

  constructor(options: BrokerOptions) {
    this.#options = options;
    const { max_connections: maxConnections = defaultBrokerLimits.maxConnections } = options.mqtt;
    this.#limits = { ...defaultBrokerLimits, maxConnections, ...options.limits };
    const { authenticate, acquaintance, admit, clock } = options;
    this.#sparing = new SparingLogger(options.logger, clock);
    const own = { clock, logger: this.#sparing, counters: this.#counters };
    this.#incidents = new IncidentLog({ ...own, onForbidden: options.onForbidden, onRefused: options.onRefused });
    const maxPacketBytes = maxPacketBytesOf(options.mqtt);
    const maxConnectBytes = Math.min(this.#limits.maxConnectBytes, maxPacketBytes);
    this.#lobby = new Lobby({
      ...own,
      limits: { ...this.#limits, maxConnectBytes },
      onRefused: (oversized) => (oversized ? this.#counters.oversized++ : this.#counters.malformed++),
    });
    this.#storage = options.storage ?? noStateStore;
    this.#sessions = new Sessions({
      limits: this.#limits,
      storage: this.#storage,
      clock,
      isConnected: (id) => this.#clients.get(id) !== undefined,
      onDropped: (what) => this.#counters.dropped(what),
      onEnded: (id) => this.#lives.sessionEnded(id),
    });
    this.#deliveries = new Deliveries(this.#sessions);
    const { refusalDelayMs, connackWaitMs: waitMs } = this.#limits;
    const kept = { sessions: this.#sessions, redeliveries: this.#redeliveries, storage: this.#storage };
    this.#intake = new PublishIntake({
      ...own,
      ...kept,
      admit,
      deliver: (message) => this.#hand(message),
      refusalDelayMs,
    });
    this.#dispatch = new PacketDispatch({
      sessions: this.#sessions,
      intake: this.#intake,
      onForbidden: (connection, topic, kind) => this.#incidents.forbidden(connection, kind, topic),
      onViolation: ({ guarded }, what) => this.#incidents.brokeProtocol(guarded, what, false),
    });
    this.#lives = new ConnectionLives({
      clock,
      clients: this.#clients,
      sessions: this.#sessions,
      intake: this.#intake,
      dispatch: this.#dispatch,
      incidents: this.#incidents,
      onConnection: options.onConnection,
      isStopping: () => this.#stopping,
    });
    this.#connectHandler = new ConnectHandler({
      ...own,
      limits: this.#limits,
      lobby: this.#lobby,
      maxPacketBytes: { device: maxPacketBytes, consumer: maxConsumerPacketBytesOf(options.mqtt) },
      clients: this.#clients,
      sessions: this.#sessions,
      certificateOf: (socket) => shownCertificate(socket, options.mqtt.tls?.client_ca !== undefined),
      logIn: new LogIn({ ...own, authenticate, acquaintance, onRefused: options.onRefused, onLetIn: options.onLetIn }),
      quarantine: new Quarantine({
        clock,
        onKnock: options.onKnock,
        leaveLobby: (socket) => this.#lobby.leave(socket),
      }),
      connacks: new ConnackSender({ settled: (id) => this.#sessions.settled(id), ...own, waitMs }),
      watch: (guarded) => this.#watch(guarded),
      makeSubscribing: (connection) => this.#subscribing(connection),
      onDropped: (what) => this.#counters.dropped(what),
      isStopping: () => this.#stopping,
      onTakenOver: (connection) => this.#lives.endReplaced(connection),
      onEntered: (connection, inItsSession) => this.#lives.entered(connection, inItsSession),
      onAnswered: (connection) => this.#lives.answered(connection),
    });
  }

  /** @throws ForpostError FORPOST_PORT_TAKEN, FORPOST_CONFIG_INVALID */
  async start(): Promise<void> {
    const { mqtt, logger, ports = {} } = this.#options;
    this.#isRunning = true;
    this.#storage.recall((remembered) => {
      this.#sessions.recall(remembered);
      // of a gateway that was killed between the revocation and the end of the session on disk
      this.#sessions.endOf((principal) => this.#options.isRevoked?.(principal) === true);
      this.#redeliveries.recall(remembered.redeliveries);
    });
    this.#age();
    const listeners = {
      mqtt,
      ports,
      clock: this.#options.clock,
      logger,
      // never reached: the lobby closes older connections to admit new ones
      maxConnections: this.#limits.maxConnections + 2 * this.#limits.most,
      wantsCertificates: this.#options.wantsCertificates ?? (() => false),
      onKnock: (socket: Socket, handshake: () => void) => this.#lobby.knock(socket, handshake),
      onSocket: (socket: Socket) => this.#lobby.enter(socket, () => this.#accept(socket)),
      onTlsError: (error: Error) => logger.debug(`TLS handshake: ${error.message}`),
      onAcceptError: (error: Error) =>
        this.#sparing.error('accept', {}, `a connection could not be taken in: ${error.message}`),
    };
    try {
      await this.#listeners.open(listeners, {
        ...this.#limits,
        maxPacketBytes: maxConsumerPacketBytesOf(mqtt),
        onSocket: listeners.onSocket,
        origins: mqtt.websocket?.origins ?? [],
      });
    } catch (error) {
      await this.stop();
      throw error;
    }
    logger.info({ port: this.port, tlsPort: this.tlsPort }, 'MQTT broker listens');
  }

  /** Refuses new connections, waits a while for the commits that devices wait for, and closes all connections. */
  async stop(): Promise<void> {
    if (!this.#isRunning || this.#stopping) return;
    this.#stopping = true;
    this.#aging?.cancel();
    const { clock } = this.#options;
    const closed = this.#listeners.close();
    this.#lobby.close();
    for (const guarded of this.#sockets.values()) guarded.hold();
    const until = clock.uptime() + this.#limits.stopGraceMs;
    while (this.#anyoneWaits() && clock.uptime() < until) await sleep(clock, 5);
    const connections = [...this.#clients.all()];
    for (const connection of connections) connection.end(reason.serverShuttingDown);
    const told = connections.filter(({ isV5, socket }) => isV5 && !socket.destroyed);
    const gone = Promise.all(told.map(({ socket }) => new Promise<void>((resolve) => socket.once('close', resolve))));
    if (told.length > 0) await Promise.race([gone, sleep(clock, farewellMs)]);
    for (const socket of this.#sockets.keys()) socket.destroy();
    this.#lives.close();
    this.#sessions.close();
    await closed;
  }

  /** the port that plain MQTT listens on, once started */
  get port(): number {
    return this.#listeners.ports.plain ?? 0;
  }

  /** the port that MQTT over TLS listens on, once started; undefined where it is not configured */
  get tlsPort(): number | undefined {
    return this.#listeners.ports.tls;
  }

  /** the port of ws://, once started; undefined where it is not configured */
  get webSocketPort(): number | undefined {
    return this.#listeners.ports.webSocket;
  }

  /** the port of wss://, once started; undefined where it is not configured */
  get webSocketTlsPort(): number | undefined {
    return this.#listeners.ports.webSocketTls;
  }

  /** What is wrong with the certificate of MQTT over TLS, a sentence each: for the page. */
  problems(): readonly Words[] {
    return this.#listeners.problems();
  }

  /** Reads the certificate's files again. */
  async reload(): Promise<void> {
    await this.#listeners.reload();
  }

  /** Delivers a message to the local subscribers at once. Before the start and after the stop there are none. */
  publish(topic: string, payload: string, options: { readonly qos: 0 | 1; readonly retain: boolean }): void {
    if (!this.#isRunning || this.#stopping) return;
    this.#hand(new Message({ topic, payload: Buffer.from(payload), ...options }));
    flushAll();
  }

  /** Whether a connected client, or an absent client's session, is subscribed to the topic. */
  isSubscribed(topic: string): boolean {
    return this.#sessions.index.match(topic).all.length > 0;
  }

  /** false: the message has no subscribers. */
  #hand(message: Message): boolean {
    if (message.retain) this.#sessions.retained.store(message);
    return this.#deliveries.deliver(message);
  }

  #age(): void {
    const { sessionAgingMs } = this.#limits;
    this.#aging = this.#options.clock.after(sessionAgingMs, () => {
      this.#sessions.age(sessionAgingMs);
      this.#age();
    });
  }

  /** Credentials have changed: see ConnectionLives.endInvalid. */
  endInvalid(standing: (principal: string, credential: string) => Standing, of?: Iterable<string>): number {
    return this.#lives.endInvalid(standing, of);
  }

  /** The site has changed: see ConnectionLives.renew. */
  renew(principalOf: (user: string) => Principal | undefined): number {
    return this.#lives.renew(principalOf);
  }

  counters(): BrokerCounters {
    for (const guarded of this.#sockets.values()) this.#countBytes(guarded);
    const { sessions, queued, retained } = this.#sessions.sizes();
    const lobby = this.#lobby.counters();
    return this.#counters.snapshot({ connections: this.#sockets.size, lobby, sessions, queued, retained });
  }

  /** The sizes of the broker's state, for tests and metrics. Each is bounded. */
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
      onConnect: (connect) => void this.#connectHandler.ask(guarded, connect),
      onViolation: (what, oversized) => this.#incidents.brokeProtocol(guarded, what, oversized),
      onUnsupportedVersion: (what) => this.#incidents.unknownVersion(guarded, what),
      onFailed: (error) => this.#incidents.failed(guarded, error),
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

  #watch(guarded: GuardedSocket): WriteWatch {
    const { socket } = guarded;
    const watch = new WriteWatch(socket, this.#options.clock, this.#limits.drainTimeoutMs, () =>
      this.#incidents.frozen(guarded),
    );
    socket.once('close', () => watch.stop());
    return watch;
  }

  #subscribing(connection: Connection): Subscribing {
    return new Subscribing({
      connection,
      sessions: this.#sessions,
      limits: this.#limits,
      onForbidden: (what, filter) => {
        if (filter === undefined) this.#incidents.refused(connection, what);
        else this.#incidents.forbidden(connection, 'subscribe', filter, what);
      },
      onFailed: (problem) => this.#incidents.subscriptionNotStored(connection, problem),
    });
  }

  #countBytes(guarded: GuardedSocket): void {
    this.#counters.bytesIn += guarded.bytesIn;
    guarded.bytesIn = 0;
    const written = guarded.socket.bytesWritten;
    this.#counters.bytesOut += written - guarded.bytesOutCounted;
    guarded.bytesOutCounted = written;
  }

  #anyoneWaits(): boolean {
    for (const { queue } of this.#clients.all()) if (queue.waiting > 0) return true;
    return false;
  }
}

function ignore(): void {}
