/**
 * The connections of unknown clients while the pairing window is open.
 *
 *   CONNECT with a wrong log-in ── window open, room ──► CONNACK «accepted» ──► quarantine ── ended, left, silent ──► closed
 *                                     └── no ──► refused
 *
 *   in quarantine:  PUBLISH QoS 0     shown to the pairing, and dropped
 *                   PUBLISH QoS 1, 2  shown, dropped, and not acknowledged: the client keeps it and sends it again once it
 *                                     has logged in, as after every connection that the broker closes
 *                   SUBSCRIBE         granted; only the pairing's own questions are delivered
 *                   will              never published
 *
 * Always: a client in quarantine has no session, no principal and no rights; nothing that it sends reaches a device, a
 * consumer, a rule, the retained messages or the outbox, and nothing of theirs reaches it. It never leaves quarantine:
 * a client that is taken in is disconnected, and logs in anew. An acknowledgement therefore still means «on disk» (P1).
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { contained } from '@forpost/shared/bounded-work.ts';
import type { Clock } from '@forpost/shared/clock.ts';
import { FilterSet } from './filter-set.ts';
import { endWith, type GuardedSocket, type Packet } from './guarded-socket.ts';
import { KeepAlive } from './keep-alive.ts';
import type { Knock, KnockerEvents, OnKnock, QuarantinedClient } from './knock.ts';
import type { Connect } from './protocol/connect.ts';
import { framed, numberAt } from './protocol/fields.ts';
import { packetTypes } from './protocol/packet-types.ts';
import { endOfAll, flagProperty, longProperty, property, shortProperty, textProperty } from './protocol/properties.ts';
import { frameOf, readPublish } from './protocol/publish.ts';
import { reason } from './protocol/reason-codes.ts';
import { accepted, disconnect, packet as packets, pingresp } from './protocol/server-packets.ts';

/** Longest packet of a client in quarantine: Zigbee2MQTT describes all its devices in one. */
const maxPacketBytes = 512 * 1024;
/** Unacknowledged publishes of an MQTT 5 client: it stops there by itself. */
const receiveMaximum = 16;
/** A client that takes shorter packets is refused [MQTT-3.1.2-24]. */
const longestConnack = 64;
/** Filters that are noted of one client, and letters of one. Further ones are granted too, and reach nothing. */
const mostFilters = 32;
const longestFilter = 256;
/** Bytes that may wait in front of a client that does not read. */
const mostUnsent = 64 * 1024;
/** the name of every client in quarantine in the log: their own names are freely chosen */
const quarantined = 'a client in pairing';

export interface QuarantineOptions {
  readonly clock: Clock;
  readonly onKnock: OnKnock | undefined;
  /** called with the socket of a client that enters quarantine */
  readonly leaveLobby: (socket: Socket) => void;
}

export class Quarantine {
  readonly #options: QuarantineOptions;

  constructor(options: QuarantineOptions) {
    this.#options = options;
  }

  /** Takes a client in whose log-in was wrong. false: the window is closed or full, and the client is to be refused. */
  takeIn(guarded: GuardedSocket, connect: Connect, principal: string | null): boolean {
    const { onKnock, leaveLobby, clock } = this.#options;
    const { socket } = guarded;
    const { clientId, user, password, version, will } = connect;
    const knock: Knock = {
      clientId,
      user,
      password,
      address: socket.remoteAddress ?? '',
      version,
      isEncrypted: isOverTls(socket),
      principal,
      will,
    };
    const begin = connect.maximumPacketSize < longestConnack ? undefined : onKnock?.(knock);
    if (begin === undefined) return false;
    leaveLobby(socket);
    guarded.allow(maxPacketBytes);
    new QuarantinedConnection(guarded, connect, clock, begin);
    return true;
  }
}

/** Whether the connection uses TLS, also below a WebSocket. */
function isOverTls(socket: Socket): boolean {
  const carrier = 'carrier' in socket ? socket.carrier : socket;
  return carrier instanceof TLSSocket;
}

class QuarantinedConnection implements QuarantinedClient {
  readonly #guarded: GuardedSocket;
  readonly #clock: Clock;
  readonly #isV5: boolean;
  readonly #filters = new FilterSet();
  readonly #events: KnockerEvents;
  #filterCount = 0;

  constructor(
    guarded: GuardedSocket,
    connect: Connect,
    clock: Clock,
    begin: (client: QuarantinedClient) => KnockerEvents,
  ) {
    this.#guarded = guarded;
    this.#clock = clock;
    this.#isV5 = connect.version === '5';
    const { socket } = guarded;
    guarded.principal = quarantined;
    guarded.onPacket = (packet) => this.#handle(packet);
    // a client that reads no answers is not read either
    guarded.mayRead = () => socket.writableLength < mostUnsent;
    if (connect.keepAliveS > 0) {
      const isUnread = () => guarded.starved || socket.readableLength > 0;
      const keepAlive = new KeepAlive(clock, connect.keepAliveS, isUnread, () => socket.destroy());
      guarded.onRead = () => keepAlive.noteTraffic();
      socket.once('close', () => keepAlive.stop());
    }
    this.#events = begin(this);
    socket.once('close', () => contained(guarded.work, () => this.#events.closed()));
    socket.on('drain', () => guarded.readOn());
    socket.write(accepted(connect.version, false, this.#connackProperties(connect)));
    guarded.answered();
    guarded.readOn();
  }

  send(topic: string, payload: string): boolean {
    const { socket } = this.#guarded;
    if (socket.destroyed || socket.writableLength > mostUnsent || !this.#filters.matches(topic)) return false;
    const message = { topic, payload: Buffer.from(payload), properties: undefined, expiryS: undefined };
    socket.write(frameOf(message, this.#isV5, 0, false).bytes);
    return true;
  }

  end(): void {
    this.#close(reason.administrativeAction);
  }

  #connackProperties({ clientId, sessionExpiryS = 0 }: Connect): readonly Buffer[] {
    if (!this.#isV5) return [];
    const told = [
      shortProperty(property.receiveMaximum, receiveMaximum),
      longProperty(property.maximumPacketSize, maxPacketBytes),
      flagProperty(property.sharedSubscriptionAvailable, 0),
    ];
    if (sessionExpiryS > 0) told.push(longProperty(property.sessionExpiry, 0));
    if (clientId === '') told.push(textProperty(property.assignedClientId, 'forpost-pairing'));
    return told;
  }

  #handle(packet: Packet): void {
    const { first, bytes, from, end } = packet;
    switch (first >> 4) {
      case packetTypes.publish:
        this.#publish(packet);
        break;
      case packetTypes.subscribe:
        this.#subscribe(bytes.subarray(from, end));
        break;
      case packetTypes.unsubscribe:
        this.#unsubscribe(bytes.subarray(from, end));
        break;
      case packetTypes.pingreq:
        this.#write(pingresp);
        break;
      case packetTypes.disconnect:
        this.#guarded.hold();
        this.#guarded.socket.destroySoon();
        break;
      default:
        // acknowledgements of messages that were never sent, and PUBREL without a PUBREC
        break;
    }
  }

  #publish({ first, bytes, from, end }: Packet): void {
    const { topic, payload, qos, retain, topicAlias } = readPublish(first, bytes, from, end, this.#isV5);
    // CONNACK allows no topic alias
    if (topicAlias !== undefined) this.#close(reason.topicAliasInvalid);
    else this.#events.published({ topic, payload, qos, retain });
  }

  /** Grants all filters: some clients disconnect at a refusal, and would publish nothing. */
  #subscribe(bytes: Buffer): void {
    const codes: number[] = [];
    for (let at = this.#isV5 ? endOfAll(bytes, 2) : 2; at < bytes.length; ) {
      const end = at + 2 + numberAt(bytes, at);
      if (this.#filterCount < mostFilters && end - at <= longestFilter) {
        this.#filterCount++;
        this.#filters.add(bytes.toString('utf8', at + 2, end), '');
      }
      codes.push(Math.min(1, (bytes[end] ?? 0) & 3));
      at = end + 1;
    }
    this.#answer(packets.suback, bytes, codes);
    this.#events.subscribed();
  }

  #unsubscribe(bytes: Buffer): void {
    const codes: number[] = [];
    for (let at = this.#isV5 ? endOfAll(bytes, 2) : 2; at < bytes.length; at += 2 + numberAt(bytes, at))
      codes.push(reason.success);
    this.#answer(packets.unsuback, bytes, this.#isV5 ? codes : []);
  }

  #answer(first: number, bytes: Buffer, codes: readonly number[]): void {
    const properties = this.#isV5 ? [Uint8Array.of(0)] : [];
    this.#write(framed(first, [bytes.subarray(0, 2), ...properties, Uint8Array.from(codes)]));
  }

  #write(bytes: Buffer): void {
    if (!this.#guarded.socket.destroyed) this.#guarded.socket.write(bytes);
  }

  #close(code: number): void {
    const { socket } = this.#guarded;
    this.#guarded.hold();
    if (this.#isV5) endWith(socket, disconnect(code), this.#clock);
    else socket.destroy();
  }
}
