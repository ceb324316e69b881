/**
 * The MQTT 3.1.1 broker of the site, around aedes: listeners, log-in, access, admission, sessions, limits.
 *
 *   publish of a device ──► allowed? ──► admit (rules run, commit awaited) ──► acknowledged, in order ──► delivered on
 *                              │             └── rejected: no acknowledgement, and the connection is closed after
 *                              │                 `refusalDelayMs`, so that the device offers its message again
 *                              └── no: dropped, acknowledged all the same (3.1.1 has no refusal), counted and told
 *
 * Always: a QoS 1 publish of a device gets its PUBACK, and a QoS 2 one its PUBREC, only after `admit` has resolved;
 * publishes are admitted as they come, up to `maxPending`, without waiting for earlier commits; nobody is in without
 * a password; a session belongs to one principal, whatever client id another one uses; CONNACK says of it what is on
 * disk (connack.ts); a subscriber that does not read is disconnected and makes nobody else wait, and neither does a device
 * that sends as fast as it can. What is published here goes to connected subscribers at once. Sessions outlive a restart
 * (sessions.ts).
 */
import './quiet-debug.ts';
import type { Socket } from 'node:net';
import { contained } from '@forpost/shared/bounded-work.ts';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { sleep } from '@forpost/shared/clock.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import { Aedes, type AedesPublishPacket, type Client, type ConnectPacket, type PublishPacket } from 'aedes';
import type { LocalPublisher } from '../alerts/action.ts';
import type { Installation } from '../config/installation.ts';
import { type BrokerStorage, noStorage } from '../outbox/remembered.ts';
import { type Acquaintance, type Admit, type Authenticate, mayPublish, mayReceive } from './access.ts';
import {
  acceptClient,
  acknowledgeAtDelivery,
  goOnBehind,
  isWill,
  keepNoPacketIds,
  nextMessage,
  prepareClient,
} from './aedes-internals.ts';
import { Connacks } from './connack.ts';
import { Connection } from './connection.ts';
import { type BrokerCounters, Counters } from './counters.ts';
import { Deliveries } from './deliveries.ts';
import { type Forbidden, longestTopicTold, type OnForbidden } from './forbidden.ts';
import { type GuardedSocket, guard } from './guarded-socket.ts';
import { Intake } from './intake.ts';
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
import type { ReadTurn } from './read-turn.ts';
import { Redeliveries } from './redeliveries.ts';
import type { OnRefused } from './refused-clients.ts';
import { brokerId } from './session.ts';
import { Sessions } from './sessions.ts';
import { defaultFilterLimits, type FilterLimits, mayHold, Subscribing } from './subscribing.ts';
import { type WebSocketDoor, webSocketDoor } from './web-socket.ts';
import { WriteWatch } from './write-watch.ts';

export type { BrokerCounters } from './counters.ts';

export interface BrokerLimits extends LobbyLimits, FilterLimits {
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
  maxConnections: 2000,
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

/** Messages that aedes delivers at the same time; nobody waits for the slowest, so this is never reached for long. */
const concurrency = 10_000;
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
  /** instead of the configured ports: 0 takes a free one */
  readonly ports?: ListenerPorts;
  readonly limits?: Partial<BrokerLimits>;
}

export class Broker implements Part, LocalPublisher {
  readonly #options: BrokerOptions;
  readonly #limits: BrokerLimits;
  readonly #counters = new Counters();
  readonly #sparing: SparingLogger;
  readonly #logIn: LogIn;
  readonly #lobby: Lobby;
  readonly #sessions: Sessions;
  readonly #intake: Intake;
  readonly #connacks: Connacks;
  readonly #sockets = new Map<Socket, GuardedSocket>();
  /** of a client from its log-in on, also while its will is published after its end */
  readonly #byClient = new WeakMap<Client, Connection>();
  readonly #bridges = new WeakSet<Client>();
  readonly #open = new Map<string, Set<Connection>>();
  /** by principal, of those that have ever logged in */
  readonly #turns = new Map<string, ReadTurn>();
  readonly #redeliveries = new Redeliveries();
  readonly #storage: BrokerStorage;
  #aging: Timer | undefined;
  #aedes: Aedes | undefined;
  #plain: Listener | undefined;
  #tls: TlsListener | undefined;
  #door: WebSocketDoor | undefined;
  #webSocket: Listener | undefined;
  #webSocketTls: TlsListener | undefined;
  #stopping = false;

  constructor(options: BrokerOptions) {
    this.#options = options;
    this.#limits = { ...defaultBrokerLimits, ...options.limits };
    this.#sparing = new SparingLogger(options.logger, options.clock);
    const { authenticate, acquaintance } = options;
    const own = { clock: options.clock, logger: this.#sparing };
    this.#logIn = new LogIn({
      ...own,
      ...{ authenticate, acquaintance, counters: this.#counters, onRefused: options.onRefused },
    });
    const maxConnectBytes = Math.min(this.#limits.maxConnectBytes, maxPacketBytesOf(options.mqtt));
    this.#lobby = new Lobby({
      ...own,
      limits: { ...this.#limits, maxConnectBytes },
      onRefused: (oversized) => (oversized ? this.#counters.oversized++ : this.#counters.malformed++),
    });
    this.#storage = options.storage ?? noStorage;
    this.#sessions = new Sessions({
      storage: this.#storage,
      nextMessage: () => (this.#aedes === undefined ? 0 : nextMessage(this.#aedes)),
      isConnected: (id) => this.#clientIsConnected(id),
      mayHold: (client, filter) => {
        const connection = this.#byClient.get(client as Client);
        return connection !== undefined && mayHold(connection, filter);
      },
      gateOf: (packet) => this.#intake.gateOf(packet),
      onDropped: (what) => this.#counters.dropped(what),
    });
    const { admit, clock } = options;
    const { refusalDelayMs, connackWaitMs } = this.#limits;
    this.#connacks = new Connacks({
      settled: (clientId) => this.#sessions.settled(clientId),
      clock,
      logger: this.#sparing,
      waitMs: connackWaitMs,
    });
    this.#intake = new Intake({
      admit,
      clock,
      logger: this.#sparing,
      counters: this.#counters,
      sessions: this.#sessions,
      redeliveries: this.#redeliveries,
      storage: this.#storage,
      isSubscribed: (topic) =>
        this.#sessions.index.match(topic).all.some(({ subscriber }) => subscriber.live !== undefined),
      deliver: (packet) => this.#hand(packet),
      refusalDelayMs,
    });
  }

  /** @throws ForpostError FORPOST_PORT_TAKEN, FORPOST_CONFIG_INVALID */
  async start(): Promise<void> {
    const { mqtt, logger, ports = {} } = this.#options;
    keepNoPacketIds();
    const aedes = new Aedes({
      id: brokerId,
      concurrency,
      // sessions.ts bounds them, without ending a connection whose publishes were taken already
      maxInflightInbound: 0,
      connectTimeout: this.#limits.connectTimeoutMs,
      persistence: this.#sessions,
      mq: new Deliveries({
        index: this.#sessions.index,
        workOf: (client) => this.#byClient.get(client)?.guarded.work,
        isBridge: (client) => this.#bridges.has(client),
      }),
      preConnect: (client, packet, done) => this.#preConnect(client, packet, done),
      authenticate: (client, user, password, done) => {
        void this.#authenticate(client, user, password).then((refusal) => {
          if (refusal === undefined) done(null, true);
          else done(Object.assign(new Error(refusal.message), { returnCode: refusal.returnCode as 5 }), null);
        });
      },
      authorizePublish: (client, packet, done) => this.#authorizePublish(client, packet, done),
      // of a session's stand-in (sessions.ts): SUBSCRIBE itself never gets there
      authorizeSubscribe: (_client, _subscription, done) => done(null, null),
      authorizeForward: (client, packet) => (this.#mayReceive(client, packet) ? packet : null),
      published: (packet, _client, done) => {
        this.#intake.delivered(packet);
        done(null);
      },
    });
    this.#aedes = aedes;
    this.#storage.recall((remembered) => {
      goOnBehind(aedes, this.#sessions.recall(remembered));
      this.#redeliveries.recall(remembered.redeliveries);
    });
    this.#age();
    acknowledgeAtDelivery(aedes, (error) => logger.error({ err: error }, 'a message could not be delivered on'));
    aedes.on('client', (client) => this.#announce(client));
    aedes.on('connackSent', (_packet, client) => {
      const connection = this.#byClient.get(client);
      if (connection === undefined) return;
      connection.guarded.answered();
      this.#connacks.written(connection);
    });
    aedes.on('clientError', (client, error) => logger.debug({ client: client.id }, `MQTT client: ${error.message}`));
    aedes.on('connectionError', (_client, error) => logger.debug(`MQTT connection: ${error.message}`));
    (aedes as NodeJS.EventEmitter).on('error', (error: Error) => logger.error({ err: error }, 'the broker failed'));
    await aedes.listen();
    const listeners = {
      mqtt,
      ports,
      clock: this.#options.clock,
      logger,
      // the lobby makes room for newcomers, so that this is never reached
      maxConnections: this.#limits.maxConnections + 2 * this.#limits.most,
      onKnock: (socket: Socket, handshake: () => void) => this.#lobby.knock(socket, handshake),
      onSocket: (socket: Socket) => this.#lobby.enter(socket, () => this.#accept(socket, aedes)),
      onTlsError: (error: Error) => logger.debug(`TLS handshake: ${error.message}`),
      onAcceptError: (error: Error) =>
        this.#sparing.error('accept', {}, `a connection could not be taken in: ${error.message}`),
    };
    try {
      this.#plain = await listenPlain(listeners);
      this.#tls = await listenTls(listeners);
      this.#door = webSocketDoor({
        ...{ ...this.#limits, maxPacketBytes: maxPacketBytesOf(mqtt), onSocket: listeners.onSocket },
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
    const aedes = this.#aedes;
    if (aedes === undefined || this.#stopping) return;
    this.#stopping = true;
    this.#aging?.cancel();
    const closed = [this.#plain, this.#tls, this.#webSocket, this.#webSocketTls].map((listener) => listener?.close());
    this.#lobby.close();
    this.#door?.close();
    for (const guarded of this.#sockets.values()) guarded.hold();
    const until = this.#options.clock.uptime() + this.#limits.stopGraceMs;
    while (this.#anyoneWaits() && this.#options.clock.uptime() < until) await sleep(this.#options.clock, 5);
    await new Promise<void>((resolve) => aedes.close(() => resolve()));
    for (const socket of this.#sockets.keys()) socket.destroy();
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
    const { qos, retain } = options;
    const packet = { cmd: 'publish' as const, topic, payload: Buffer.from(payload), qos, retain, dup: false };
    if (!this.#stopping) this.#hand(packet);
  }

  #hand(packet: PublishPacket): void {
    this.#aedes?.publish(packet, (error) => {
      if (error) this.#options.logger.error({ topic: packet.topic, err: error }, 'a message could not be published');
    });
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
    const connections = [...(this.#open.get(principal) ?? [])];
    for (const { socket } of connections) socket.destroy();
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
    return { sockets: this.#sockets.size, principals: this.#open.size, ...this.#sessions.sizes() };
  }

  #accept(socket: Socket, aedes: Aedes): void {
    if (this.#stopping) {
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    socket.setKeepAlive(true, tcpKeepAliveMs);
    const guarded = guard(socket, {
      maxPacketBytes: maxPacketBytesOf(this.#options.mqtt),
      onViolation: (what, oversized) => this.#brokeProtocol(guarded, what, oversized),
      onFailed: (error) => this.#failed(guarded, error),
    });
    this.#sockets.set(socket, guarded);
    this.#counters.connectionsTotal++;
    const { work } = guarded;
    const closed = () => {
      this.#countBytes(guarded);
      this.#sockets.delete(socket);
    };
    socket.once('close', () => contained(work, closed));
    acceptClient(aedes, socket, work);
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

  #preConnect(client: Client, packet: ConnectPacket, done: (error: Error | null, success: boolean) => void): void {
    // Mosquitto's bridges mark themselves in the protocol level
    if ((packet as { bridgeMode?: boolean }).bridgeMode === true) this.#bridges.add(client);
    this.#logIn.connecting(client, packet);
    done(null, true);
  }

  async #authenticate(client: Client, user: string | undefined, password: Buffer | undefined) {
    const aedes = this.#aedes;
    if (aedes === undefined || this.#stopping) return { returnCode: 3, message: 'the broker stops' };
    const socket = client.conn as Socket;
    const guarded = this.#sockets.get(socket);
    if (guarded === undefined) return { returnCode: 3, message: 'the connection has gone' };
    const gone = new AbortController();
    socket.once('close', () => gone.abort());
    const address = socket.remoteAddress;
    const outcome = await this.#logIn.check(client, { address, user, password, gone: gone.signal });
    if (!outcome.ok) return outcome;
    const { principal } = outcome;
    if (this.#loggedIn() >= this.#limits.maxConnections) {
      const message = `${this.#limits.maxConnections} clients are connected: no more are let in`;
      this.#sparing.warn('full', { principal: principal.id }, message);
      return { returnCode: 3, message };
    }
    this.#lobby.leave(socket);
    const open = this.#open.get(principal.id) ?? new Set();
    if (open.size >= this.#limits.maxConnectionsEach)
      return { returnCode: 3, message: `${principal.id} has ${open.size} connections already` };
    const id = `${principal.id}/${client.id}`;
    const watch = new WriteWatch(socket, this.#options.clock, this.#limits.drainTimeoutMs, () => this.#frozen(guarded));
    socket.once('close', () => watch.stop());
    const queue = () => (client.clean ? undefined : this.#sessions.queueOf(id));
    prepareClient(aedes, client, { id, queue, onFull: () => watch.full() });
    const turn = this.#turns.get(principal.id) ?? guarded.turn;
    this.#turns.set(principal.id, turn);
    guarded.turn = turn;
    guarded.principal = principal.id;
    const connection = new Connection(principal, client, guarded, this.#limits, {
      maxBytes: this.#limits.maxUnsentBytes,
      watch,
    });
    this.#byClient.set(client, connection);
    connection.subscribeWith(
      new Subscribing({
        connection,
        sessions: this.#sessions,
        limits: this.#limits,
        onForbidden: (what, filter) => {
          if (filter !== undefined) this.#tellForbidden(connection, 'subscribe', filter);
          this.#forbid(connection, what);
        },
        onFailed: (problem) =>
          this.#sparing.warn(
            `subscribing ${id}`,
            { principal: principal.id },
            `a subscription was not stored: ${problem}`,
          ),
      }),
    );
    if (socket.destroyed) return undefined;
    this.#open.set(principal.id, open.add(connection));
    this.#connacks.hold(connection);
    socket.once('close', () => contained(guarded.work, () => this.#closed(connection)));
    return undefined;
  }

  #loggedIn(): number {
    let count = 0;
    for (const connections of this.#open.values()) count += connections.size;
    return count;
  }

  #announce(client: Client): void {
    const connection = this.#byClient.get(client);
    if (connection === undefined || connection.socket.destroyed) return;
    // its session's subscriptions are in force for it from now on
    if (!client.clean) connection.subscribing?.subscriber();
    if (connection.principal.kind !== 'device') return;
    const before = this.#announcedOf(connection.principal.id);
    connection.announced = true;
    if (before === 0) this.#options.onConnection(connection.principal.id, true);
  }

  #closed(connection: Connection): void {
    const { id } = connection.principal;
    connection.subscribing?.close();
    const open = this.#open.get(id);
    open?.delete(connection);
    if (open?.size === 0) this.#open.delete(id);
    if (connection.announced && this.#announcedOf(id) === 0) this.#options.onConnection(id, false);
  }

  #announcedOf(principal: string): number {
    let announced = 0;
    for (const connection of this.#open.get(principal) ?? []) if (connection.announced) announced++;
    return announced;
  }

  #authorizePublish(client: Client | null, packet: PublishPacket, done: (error?: Error | null) => void): void {
    const connection = client === null ? undefined : this.#byClient.get(client);
    if (client === null || connection === undefined) {
      done(new Error('nobody published this'));
      return;
    }
    const { principal } = connection;
    const will = isWill(client, packet);
    if (!mayPublish(principal, packet.topic)) {
      this.#tellForbidden(connection, will ? 'will' : 'publish', packet.topic);
      this.#forbid(connection, `may not publish to ${packet.topic}`);
      if (will) done(new Error(`${principal.id} may not publish to ${packet.topic}`));
      else this.#intake.drop(connection, packet);
      return;
    }
    // beyond its share it is delivered and not kept
    if (packet.retain && !this.#sessions.mayRetain(principal.id, packet.topic, packet.payload.length))
      packet.retain = false;
    if (will && this.#stopping) done(new Error('the broker ends the connection, not the device'));
    else if (will) this.#intake.takeWill(connection, packet, done);
    else this.#intake.take(connection, packet, done);
  }

  /** Also guards queued messages of a session whose rights have changed; and tells a second copy of one message. */
  #mayReceive(client: Client, packet: AedesPublishPacket): boolean {
    const connection = this.#byClient.get(client);
    if (connection === undefined || !mayReceive(connection.principal, packet.topic)) return false;
    if (connection.socket.writableLength > this.#limits.maxUnsentBytes) {
      this.#frozen(connection.guarded);
      return false;
    }
    // a retained message that a new subscription brings has no broker's id
    return !packet.brokerId || connection.delivers(packet.brokerCounter);
  }

  /** It does not read what it subscribed to. */
  #frozen({ socket, principal }: GuardedSocket): void {
    if (socket.destroyed) return;
    this.#counters.frozen++;
    this.#sparing.warn(`frozen ${principal}`, { principal }, 'does not read what it subscribed to: connection closed');
    socket.destroy();
  }

  #forbid(connection: Connection, what: string): void {
    this.#counters.forbidden++;
    const principal = connection.principal.id;
    this.#sparing.warn(`forbidden ${principal}`, { principal }, what.slice(0, 300));
  }

  #tellForbidden({ principal, client }: Connection, kind: Forbidden['kind'], topic: string): void {
    // behind the principal's name and a slash
    const clientId = client.id.slice(principal.id.length + 1);
    this.#options.onForbidden?.({ kind, principal: principal.id, clientId, topic: topic.slice(0, longestTopicTold) });
  }

  #clientIsConnected(clientId: string): boolean {
    for (const connections of this.#open.values())
      for (const { client } of connections) if (client.id === clientId) return true;
    return false;
  }

  #anyoneWaits(): boolean {
    for (const connections of this.#open.values())
      for (const { queue } of connections) if (queue.waiting > 0) return true;
    return false;
  }
}

/** For the log. */
function whoseIs({ socket, principal }: GuardedSocket): { readonly address: string; readonly principal?: string } {
  const address = socket.remoteAddress ?? '';
  return principal === undefined ? { address } : { address, principal };
}

function maxPacketBytesOf(mqtt: Installation['mqtt']): number {
  return mqtt.max_packet_bytes ?? defaultMaxPacketBytes;
}
