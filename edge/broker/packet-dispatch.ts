/**
 * Handles each packet of a client. The packet reader (protocol/) has checked its form; checks that depend on the connection
 * are here.
 *
 * Always: a packet that violates the protocol ends its connection; an MQTT 5 client gets the reason code. A publish to a
 * forbidden topic is dropped, counted and reported, and the connection stays.
 */
import { limitsOf, mayPublish } from './access.ts';
import { type Connection, maxTopicAliases, receiveMaximum } from './connection.ts';
import type { Packet } from './guarded-socket.ts';
import { numberAt } from './protocol/fields.ts';
import { packetTypes } from './protocol/packet-types.ts';
import { numbersOf, property } from './protocol/properties.ts';
import { readPublish } from './protocol/publish.ts';
import { reason } from './protocol/reason-codes.ts';
import { pingresp } from './protocol/server-packets.ts';
import type { PublishIntake } from './publish-intake.ts';
import { retainedBytes } from './retained.ts';
import type { Sessions } from './sessions.ts';
import { hasTooManyLevels } from './topic-filter.ts';

export interface PacketDispatchOptions {
  readonly sessions: Sessions;
  readonly intake: PublishIntake;
  /** called for a publish to a topic that its client may not publish to, or may not retain */
  readonly onForbidden: (connection: Connection, topic: string, kind: 'publish' | 'retain') => void;
  readonly onViolation: (connection: Connection, what: string) => void;
}

export class PacketDispatch {
  readonly #options: PacketDispatchOptions;

  constructor(options: PacketDispatchOptions) {
    this.#options = options;
  }

  handle(connection: Connection, packet: Packet): void {
    const { first, bytes, from, end } = packet;
    switch (first >> 4) {
      case packetTypes.publish:
        this.#publish(connection, packet);
        break;
      case packetTypes.puback:
      case packetTypes.pubrec:
      case packetTypes.pubcomp:
        this.#answered(connection, packet);
        break;
      case packetTypes.pubrel:
        this.#options.intake.release(connection, numberAt(bytes, from));
        break;
      case packetTypes.subscribe:
        connection.subscribing.enqueue('subscribe', bytes.subarray(from, end));
        break;
      case packetTypes.unsubscribe:
        connection.subscribing.enqueue('unsubscribe', bytes.subarray(from, end));
        break;
      case packetTypes.pingreq:
        connection.output.write(pingresp);
        break;
      case packetTypes.disconnect:
        this.#disconnect(connection, packet);
        break;
    }
  }

  /** PUBACK, PUBREC or PUBCOMP. One for an unknown packet id counts like any other packet (read-turn.ts). */
  #answered({ outflow, guarded }: Connection, { first, bytes, from, end }: Packet): void {
    const packetId = numberAt(bytes, from);
    const type = first >> 4;
    let isKnown: boolean;
    if (type === packetTypes.puback) isKnown = outflow.puback(packetId);
    else if (type === packetTypes.pubcomp) isKnown = outflow.pubcomp(packetId);
    else isKnown = outflow.pubrec(packetId, end > from + 2 ? (bytes[from + 2] ?? 0) : 0);
    if (!isKnown) guarded.turn.charge(1, 0);
  }

  #publish(connection: Connection, { first, bytes, from, end }: Packet): void {
    const { sessions, intake, onForbidden } = this.#options;
    const publish = readPublish(first, bytes, from, end, connection.isV5);
    if (connection.isV5) {
      const topic = connection.topicOf(publish.topic, publish.topicAlias);
      if (topic === undefined) {
        this.#aliasBroken(connection, publish.topicAlias);
        return;
      }
      publish.topic = topic;
    }
    if (publish.qos > 0 && !connection.received(publish.packetId)) {
      const what = `more than ${receiveMaximum} publishes unacknowledged [MQTT-3.3.4-9]`;
      this.#broken(connection, what, reason.receiveMaximumExceeded);
      return;
    }
    const { principal } = connection;
    if (!mayPublish(principal, publish.topic) || hasTooManyLevels(publish.topic)) {
      onForbidden(connection, publish.topic, 'publish');
      intake.drop(connection, publish);
      return;
    }
    // beyond the client's share the message is delivered but not retained
    if (
      publish.retain &&
      !sessions.retained.mayRetain(principal.id, publish.topic, retainedBytes(publish), limitsOf(principal))
    ) {
      publish.retain = false;
      onForbidden(connection, publish.topic, 'retain');
    }
    intake.receive(connection, publish);
  }

  #aliasBroken(connection: Connection, alias: number | undefined): void {
    if (alias === undefined) this.#broken(connection, 'PUBLISH with neither topic nor alias', reason.protocolError);
    else if (alias === 0 || alias > maxTopicAliases)
      this.#broken(connection, `the topic alias ${alias} [MQTT-3.3.2-8]`, reason.topicAliasInvalid);
    else this.#broken(connection, `the topic alias ${alias} stands for no topic`, reason.protocolError);
  }

  #disconnect(connection: Connection, { bytes, from, end }: Packet): void {
    const code = end > from ? (bytes[from] ?? 0) : 0;
    const expiryS = end > from + 1 ? numbersOf(bytes, from + 1).get(property.sessionExpiry) : undefined;
    if (expiryS !== undefined && expiryS > 0 && !connection.mayStay) {
      const what = 'a Session Expiry Interval in DISCONNECT where CONNECT had none [MQTT-3.14.2-2]';
      this.#broken(connection, what, reason.protocolError);
      return;
    }
    // DISCONNECT deletes the will [MQTT-3.14.4-3]; MQTT 5 has a reason code that keeps it
    if (code === 0) connection.will = undefined;
    connection.newExpiryS = expiryS;
    connection.guarded.hold();
    connection.output.flush();
    connection.socket.destroySoon();
  }

  #broken(connection: Connection, what: string, code: number): void {
    this.#options.onViolation(connection, what);
    connection.end(code);
  }
}
