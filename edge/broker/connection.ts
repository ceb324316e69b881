/**
 * One client that has logged in: its principal, its allowances, and what is sent to it.
 *
 *   open ── a publish could not be committed ──► refusing (nothing more is read) ── a while ──► closed
 *     ├── its socket closes, or another connection takes its client id over ──► closed
 *     └── `end` (a reason, which MQTT 5 is told) ──► closed
 *
 * Always: a connection is closed once, and nothing is delivered to it afterwards. A client of MQTT 5 has at most as many
 * publishes in flight as CONNACK allowed.
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
  /** bytes in front of its socket: beyond that it is disconnected */
  readonly maxUnsentBytes: number;
}

export interface ConnectionOptions {
  readonly principal: Principal;
  /** chosen by the client, or by the broker for it */
  readonly clientId: string;
  readonly connect: Connect;
  readonly guarded: GuardedSocket;
  readonly limits: ConnectionLimits;
  readonly watch: WriteWatch;
  readonly sessions: Sessions;
  /** its session, where that outlives the connection */
  readonly session: Session | undefined;
  readonly clock: Clock;
  readonly onDropped: (what: 'queued' | 'tooLarge') => void;
  readonly makeSubscribing: (connection: Connection) => SubscriptionRequests;
}

/** SUBSCRIBE and UNSUBSCRIBE of one connection (subscribing.ts). */
export interface SubscriptionRequests {
  /** false: the connection is not read until requests are answered */
  readonly hasRoom: boolean;
  /** `bytes`: the packet behind its fixed header */
  enqueue(kind: 'subscribe' | 'unsubscribe', bytes: Buffer): void;
  /** The connection has gone. */
  close(): void;
}

/** Topics that a client of MQTT 5 may have aliases for: each may be 64 KB. */
export const maxTopicAliases = 16;
/** Publishes of QoS 1 and 2 that a client of MQTT 5 may have unacknowledged. */
export const receiveMaximum = 1000;
/** More than any client sends, so that some packet ids stay free. */
const mostInFlight = 60_000;
/** The most messages that wait for acknowledgements where the session ends with its connection. */
const maxWaiting = 1000;
const maxWaitingBytes = 2 ** 20;

export class Connection {
  #principal: Principal;
  /** with its principal's name in front: another one's same client id is another client */
  readonly id: string;
  readonly clientId: string;
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
  /** seconds that its session may stay, where DISCONNECT has changed that */
  newExpiryS: number | undefined = undefined;
  isClosed = false;
  /** a publish of it could not be committed: it is about to be closed */
  isRefusing = false;
  /** announced as connected */
  announced = false;
  /** the client's key in redelivery records */
  key: number | undefined = undefined;
  /** publishes of its client that had been noted before its first one */
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

  /** who has logged in, with the rights that hold now */
  get principal(): Principal {
    return this.#principal;
  }

  /** New rights of the same principal: they hold from the next packet on. */
  renew(principal: Principal): void {
    this.#principal = principal;
  }

  /** Its session outlives the connection. */
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
    // a client that sends and reads none of its answers
    if (this.output.unsent > limits.maxUnsentBytes) {
      watch.frozen();
      return false;
    }
    return this.queue.hasRoom && this.#subscribing?.hasRoom !== false;
  }

  /** A publish or a SUBSCRIBE is finished: more may be read. */
  resume(): void {
    if (this.#asked || !this.guarded.starved) return;
    this.#asked = true;
    setImmediate(() => {
      this.#asked = false;
      this.guarded.starved = false;
      this.guarded.readOn();
    });
  }

  // what comes

  /** The topic of a publish, by its alias where it has one. undefined: the alias is unknown [MQTT-3.3.2-12]. */
  topicOf(topic: string, alias: number | undefined): string | undefined {
    if (alias === undefined) return topic === '' ? undefined : topic;
    if (alias === 0 || alias > maxTopicAliases) return undefined;
    if (topic === '') return this.#aliases?.[alias];
    this.#aliases ??= [];
    this.#aliases[alias] = topic;
    return topic;
  }

  /** Notes a publish of QoS 1 or 2. false: it is one more than CONNACK allowed. */
  received(packetId: number): boolean {
    if (!this.isV5) return true;
    this.#unacknowledged ??= new Set();
    this.#unacknowledged.add(packetId);
    return this.#unacknowledged.size <= receiveMaximum;
  }

  /** Writes an acknowledgement. @param isLast the client may use the packet id again */
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

  // what goes

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

  /** Whether a message of QoS 1 or 2 would go out at once. */
  get hasRoom(): boolean {
    return this.#outflow?.hasRoom !== false;
  }

  #makeOutflow(): Outflow {
    const { sessions, clock, onDropped, connect, guarded } = this.#options;
    return new Outflow(
      {
        ...{ output: this.output, sessions, clock, isV5: this.isV5, onDropped, maxWaiting, maxWaitingBytes },
        receiveMaximum: Math.min(connect.receiveMaximum, mostInFlight),
        maximumPacketSize: connect.maximumPacketSize,
        isOpen: () => !this.isClosed,
        mayHear: (topic) => mayReceive(this.principal, topic),
        onFailed: () => guarded.socket.destroy(),
      },
      this.session,
    );
  }

  /** A message of QoS 0. */
  send(message: Message, { retain, ids }: Grant): void {
    if (!this.#mayGet(message.topic)) return;
    const { clock, connect, onDropped } = this.#options;
    const bytes = message.bytesFor(this.isV5, 0, retain, 0, () => clock.uptime(), ids);
    if (bytes.length > connect.maximumPacketSize) onDropped('tooLarge');
    else this.output.write(bytes);
  }

  /** A message of QoS 1 or 2. false: it may not have it. */
  offer(message: Message, grant: Grant, item?: QueuedItem): boolean {
    if (this.isClosed) return true;
    if (!mayReceive(this.principal, message.topic)) return false;
    if (this.#mayGet(message.topic)) this.outflow.offer(message, grant, item);
    return true;
  }

  /** A retained message, for a subscription that is new. */
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

  /** Whether the connection takes this message. A client that reads too little is disconnected. */
  #mayGet(topic: string): boolean {
    if (this.isClosed || !mayReceive(this.principal, topic)) return false;
    const { limits, watch } = this.#options;
    if (this.output.unsent <= limits.maxUnsentBytes) return true;
    watch.frozen();
    return false;
  }

  // the end

  /** Closes the connection; MQTT 5 is told the reason. */
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
   * Subscriptions in this connection's meaning: a bridge gets the retain flag as published, and not its own messages.
   */
  meant(subscription: Subscription): Subscription {
    return this.isBridge ? { ...subscription, noLocal: true, retainAsPublished: true } : subscription;
  }
}
