/**
 * The connection of a client that has logged in: its principal, its limits, and its outgoing packets.
 *
 *   open ── a publish could not be committed ──► refusing (reading stops) ── `refusalDelayMs` ──► closed
 *     ├── its socket closes, or another connection takes its client id over ──► closed
 *     └── `end` (MQTT 5: DISCONNECT with the reason code) ──► closed
 *
 * Always: a connection is closed once, and nothing is delivered to it afterwards. An MQTT 5 client has at most as many
 * publishes in flight as CONNACK allows.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { mayReceive, type Principal } from './access.ts';
import { type AdmissionLimits, AdmissionQueue } from './admission.ts';
import type { Grant } from './grant.ts';
import { endWith, type GuardedSocket } from './guarded-socket.ts';
import type { KeptMessage, Message } from './message.ts';
import { outgoing } from './message.ts';
import { Outflow } from './outflow.ts';
import type { QueuedItem } from './outgoing-queue.ts';
import type { Connect, ProtocolVersion, Will } from './protocol/connect.ts';
import { framed } from './protocol/fields.ts';
import { frameOf } from './protocol/publish.ts';
import { reason } from './protocol/reason-codes.ts';
import { disconnect } from './protocol/server-packets.ts';
import { type LiveSubscriber, type Session, subscriber } from './session.ts';
import type { Sessions } from './sessions.ts';
import { SocketOutput } from './socket-output.ts';
import type { Subscription } from './subscription.ts';
import type { WriteWatch } from './write-watch.ts';

export interface ConnectionLimits extends AdmissionLimits {
  /** limit of the bytes that wait for its socket; beyond it the client is disconnected */
  readonly maxUnsentBytes: number;
}

export interface ConnectionOptions {
  readonly principal: Principal;
  /** the credential of its log-in */
  readonly credential: string;
  /** chosen by the client, or by the broker for it */
  readonly clientId: string;
  readonly connect: Connect;
  readonly guarded: GuardedSocket;
  readonly limits: ConnectionLimits;
  readonly watch: WriteWatch;
  readonly sessions: Sessions;
  /** its session, if that outlives the connection */
  readonly session: Session | undefined;
  readonly clock: Clock;
  readonly onDropped: (what: 'queued' | 'tooLarge') => void;
  readonly makeSubscribing: (connection: Connection) => SubscriptionRequests;
}

/** SUBSCRIBE and UNSUBSCRIBE of one connection (subscribing.ts). */
export interface SubscriptionRequests {
  /** false: the connection is not read until requests are answered */
  readonly hasRoom: boolean;
  /** `bytes`: the packet without its fixed header */
  enqueue(kind: 'subscribe' | 'unsubscribe', bytes: Buffer): void;
  /** The connection has gone. */
  close(): void;
}

/** Limit of topic aliases of an MQTT 5 client; each topic may have 64 KB. */
export const maxTopicAliases = 16;
/** Receive Maximum of the broker: unacknowledged QoS 1 and 2 publishes of an MQTT 5 client. */
export const receiveMaximum = 1000;
/** More than any client sends, so that some packet ids stay free. */
const mostInFlight = 60_000;
/** Limit of unacknowledged messages to a client whose session ends with its connection. */
const maxWaiting = 1000;
const maxWaitingBytes = 2 ** 20;

export class Connection {
  #principal: Principal;
  /** the client id with the principal's name in front: equal client ids of two principals are two clients */
  readonly id: string;
  readonly clientId: string;
  /** the credential of its log-in: the connection ends when the credential ends */
  readonly credential: string;
  readonly version: ProtocolVersion;
  readonly isV5: boolean;
  readonly isBridge: boolean;
  readonly guarded: GuardedSocket;
  readonly queue: AdmissionQueue;
  readonly output: SocketOutput;
  readonly session: Session | undefined;
  readonly keepAliveS: number;
  /** published when the connection is lost */
  will: Will | undefined;
  /** Session Expiry Interval of DISCONNECT, in seconds, if it has one */
  newExpiryS: number | undefined = undefined;
  isClosed = false;
  /** a publish could not be committed: the connection is about to be closed */
  isRefusing = false;
  /** announced as connected */
  announced = false;
  /** the client's key in redelivery records */
  key: number | undefined = undefined;
  /** the client's position in the redelivery record when the connection began */
  noted: number | undefined = undefined;
  readonly #options: ConnectionOptions;
  #subscriber: LiveSubscriber | undefined;
  #subscribing: SubscriptionRequests | undefined;
  #outflow: Outflow | undefined;
  #aliases: string[] | undefined;
  #unacknowledged: Set<number> | undefined;
  #asked = false;

  constructor(options: ConnectionOptions) {
    const { principal, clientId, connect, guarded, limits, watch, session } = options;
    this.#options = options;
    this.#principal = principal;
    this.clientId = clientId;
    this.credential = options.credential;
    this.id = `${principal.id}/${clientId}`;
    this.version = connect.version;
    this.isV5 = connect.version === '5';
    this.isBridge = connect.isBridge;
    this.keepAliveS = connect.keepAliveS;
    this.will = connect.will;
    this.guarded = guarded;
    this.queue = new AdmissionQueue(limits);
    this.session = session;
    this.output = new SocketOutput(guarded.socket, guarded.work, () => watch.full());
    guarded.mayRead = () => this.#mayRead();
  }

  get socket() {
    return this.guarded.socket;
  }

  /** the principal, with its present rights */
  get principal(): Principal {
    return this.#principal;
  }

  /** Sets new rights of the same principal, which are valid from the next packet on. */
  renew(principal: Principal): void {
    this.#principal = principal;
  }

  /** Whether its session outlives the connection. */
  get stays(): boolean {
    return this.session !== undefined;
  }

  /** Whether its client has said that its session may outlive the connection. */
  get mayStay(): boolean {
    return this.#options.connect.sessionExpiryS !== 0;
  }

  /** Its subscriber in the index: its session, or one that ends with it. */
  get subscriber(): LiveSubscriber {
    if (this.#subscriber === undefined) {
      this.#subscriber = this.session ?? subscriber(this.id, false);
      this.#subscriber.live = this;
    }
    return this.#subscriber;
  }

  get subscribing(): SubscriptionRequests {
    this.#subscribing ??= this.#options.makeSubscribing(this);
    return this.#subscribing;
  }

  #mayRead(): boolean {
    const { limits, watch } = this.#options;
    // the client sends packets but reads no answers
    if (this.output.unsent > limits.maxUnsentBytes) {
      watch.frozen();
      return false;
    }
    return this.queue.hasRoom && this.#subscribing?.hasRoom !== false;
  }

  /** Continues reading, after a publish or a SUBSCRIBE is finished. */
  resume(): void {
    if (this.#asked || !this.guarded.starved) return;
    this.#asked = true;
    setImmediate(() => {
      this.#asked = false;
      this.guarded.starved = false;
      this.guarded.readOn();
    });
  }

  // incoming packets

  /** The topic of a publish, resolved by its topic alias if it has one. undefined: the alias is unknown [MQTT-3.3.2-12]. */
  topicOf(topic: string, alias: number | undefined): string | undefined {
    if (alias === undefined) return topic === '' ? undefined : topic;
    if (alias === 0 || alias > maxTopicAliases) return undefined;
    if (topic === '') return this.#aliases?.[alias];
    this.#aliases ??= [];
    this.#aliases[alias] = topic;
    return topic;
  }

  /** Notes a QoS 1 or 2 publish. false: it exceeds the broker's Receive Maximum. */
  received(packetId: number): boolean {
    if (!this.isV5) return true;
    this.#unacknowledged ??= new Set();
    this.#unacknowledged.add(packetId);
    return this.#unacknowledged.size <= receiveMaximum;
  }

  /** Writes an acknowledgement. @param isLast it ends the exchange, and the client may reuse the packet id */
  acknowledge(first: number, packetId: number, code = 0, isLast = true): void {
    if (isLast) this.#unacknowledged?.delete(packetId);
    if (!this.isClosed) this.output.acknowledge(first, packetId, code);
  }

  /** SUBACK or UNSUBACK: its first byte, the packet identifier and the return codes. */
  answer(first: number, ...body: readonly Uint8Array[]): void {
    if (this.isClosed) return;
    const bytes = framed(first, body);
    // without its answer the client must not go on [MQTT-3.1.2-24]
    if (bytes.length > this.#options.connect.maximumPacketSize) this.end(reason.packetTooLarge);
    else this.output.write(bytes);
  }

  // outgoing packets

  /** Begins to send the session's queue. */
  begin(): void {
    if (this.session === undefined) return;
    this.subscriber.live = this;
    if (this.session.queue.length > 0) this.outflow.begin();
  }

  get outflow(): Outflow {
    this.#outflow ??= this.#makeOutflow();
    return this.#outflow;
  }

  /** Whether a QoS 1 or 2 message would be sent at once. */
  get hasRoom(): boolean {
    return this.#outflow?.hasRoom !== false;
  }

  #makeOutflow(): Outflow {
    const { sessions, clock, onDropped, connect, guarded } = this.#options;
    return new Outflow(
      {
        output: this.output,
        sessions,
        clock,
        isV5: this.isV5,
        onDropped,
        maxWaiting,
        maxWaitingBytes,
        receiveMaximum: Math.min(connect.receiveMaximum, mostInFlight),
        maximumPacketSize: connect.maximumPacketSize,
        isOpen: () => !this.isClosed,
        mayReceive: (topic) => mayReceive(this.principal, topic),
        onFailed: () => guarded.socket.destroy(),
      },
      this.session,
    );
  }

  /** Sends a QoS 0 message. */
  send(message: Message, { retain, ids }: Grant): void {
    if (!this.#mayGet(message.topic)) return;
    const { clock, connect, onDropped } = this.#options;
    const bytes = message.bytesFor(this.isV5, 0, retain, 0, () => clock.uptime(), ids);
    if (bytes.length > connect.maximumPacketSize) onDropped('tooLarge');
    else this.output.write(bytes);
  }

  /** Sends a QoS 1 or 2 message, now or in its turn. false: the client may not get it. */
  offer(message: Message, grant: Grant, item?: QueuedItem): boolean {
    if (this.isClosed) return true;
    if (!mayReceive(this.principal, message.topic)) return false;
    if (this.#mayGet(message.topic)) this.outflow.offer(message, grant, item);
    return true;
  }

  /** Sends a retained message for a new subscription. */
  sendRetained(message: KeptMessage, qos: 0 | 1 | 2, ids: Buffer | undefined): void {
    if (!this.#mayGet(message.topic)) return;
    if (qos > 0) {
      this.outflow.offerRetained(message, qos as 1 | 2, ids);
      return;
    }
    const { clock, connect, onDropped } = this.#options;
    const { bytes } = frameOf(outgoing(message, clock.uptime()), this.isV5, 0, true, ids);
    if (bytes.length > connect.maximumPacketSize) onDropped('tooLarge');
    else this.output.write(bytes);
  }

  /** Whether the connection accepts this message. Disconnects a client that reads too slowly. */
  #mayGet(topic: string): boolean {
    if (this.isClosed || !mayReceive(this.principal, topic)) return false;
    const { limits, watch } = this.#options;
    if (this.output.unsent <= limits.maxUnsentBytes) return true;
    watch.frozen();
    return false;
  }

  // the end

  /** Closes the connection; an MQTT 5 client gets DISCONNECT with the reason code. */
  end(code: number): void {
    const { socket } = this;
    this.guarded.hold();
    this.output.flush();
    if (this.isV5) endWith(socket, disconnect(code), this.#options.clock);
    else socket.destroy();
  }

  /** Nothing is delivered to it from now on. */
  closed(): void {
    this.isClosed = true;
    this.#subscribing?.close();
    const own = this.#subscriber;
    if (own === undefined) return;
    if (own.live === this) own.live = undefined;
    if (!own.isStored) this.#options.sessions.index.end(own);
  }

  /**
   * The subscription with the options of this connection: a bridge always has Retain As Published and No Local.
   */
  meant(subscription: Subscription): Subscription {
    return this.isBridge ? { ...subscription, noLocal: true, retainAsPublished: true } : subscription;
  }
}
