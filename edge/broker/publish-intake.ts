/**
 * Admits publishes at once, acknowledges them in order, and delivers them on.
 *
 *   receive ──► admit ──► its turn ──► delivered to subscribers, and PUBACK, PUBREC or nothing
 *     │           └── rejected ──► its turn ──► QoS 0: dropped; QoS 1 and 2: reading stops, and after a pause the connection
 *     │                                                                      is closed
 *     └── redelivered (QoS 2: known packet id; with DUP: known packet id and content) ──► admission of the original
 *              ──► its turn ──► acknowledged, not delivered
 *
 * Always: a QoS 1 publish gets its PUBACK, and a QoS 2 publish its PUBREC, only after `admit` has resolved, in the order of
 * arrival. A redelivered publish is not admitted again. A committed publish is delivered even if its sender has
 * disconnected.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { SparingLogger } from '@forpost/shared/logging.ts';
import type { MqttStateStore, PublishRecord, StateChange } from '../mqtt-state/mqtt-state.ts';
import { clientKey, publishHash, type Redelivery } from '../mqtt-state/redelivery.ts';
import type { Admit } from './access.ts';
import type { Connection } from './connection.ts';
import type { Counters } from './counters.ts';
import { Message, sizeOf } from './message.ts';
import type { Will } from './protocol/connect.ts';
import type { Publish } from './protocol/publish.ts';
import { reason } from './protocol/reason-codes.ts';
import { packet } from './protocol/server-packets.ts';
import type { NotedPublish, Redeliveries } from './redeliveries.ts';
import type { Sessions } from './sessions.ts';

export interface PublishIntakeOptions {
  readonly admit: Admit;
  readonly clock: Clock;
  readonly logger: SparingLogger;
  readonly counters: Counters;
  readonly sessions: Sessions;
  readonly redeliveries: Redeliveries;
  readonly storage: MqttStateStore;
  /** Delivers a message to its subscribers. false: it has none. */
  readonly deliver: (message: Message) => boolean;
  readonly refusalDelayMs: number;
}

/** A publish whose admission is under way. */
interface Admitting {
  readonly admission: Promise<void>;
  /** it is a redelivery */
  readonly duplicate: boolean;
  readonly noted?: NotedPublish | undefined;
}

const done = Promise.resolve();

export class PublishIntake {
  readonly #options: PublishIntakeOptions;

  constructor(options: PublishIntakeOptions) {
    this.#options = options;
  }

  /** Handles a publish to a topic that its client may publish to. */
  receive(connection: Connection, publish: Publish): void {
    const { counters, storage, deliver } = this.#options;
    const { queue, principal } = connection;
    const { qos, packetId } = publish;
    const message = this.#messageOf(connection, publish);
    const isDevice = principal.kind === 'device';
    if (isDevice) counters.publishes++;
    else if (qos === 0) {
      // QoS 0: no acknowledgement depends on it
      for (const change of this.#prepare(connection, message)) storage.save(change);
      deliver(message);
      return;
    }
    const admitting =
      qos === 2 ? this.#beginQos2(connection, publish, message) : this.#beginQos01(connection, publish, message);
    const { admission, duplicate, noted } = admitting;
    const left = queue.enter(admission, sizeOf(publish), (error) => {
      left();
      if (error === undefined) {
        noted?.committed();
        if (isDevice && qos > 0 && !connection.isClosed) counters.acknowledged++;
        if (duplicate) counters.redelivered++;
        const hasSubscribers = duplicate || deliver(message);
        const code = hasSubscribers || !connection.isV5 ? reason.success : reason.noMatchingSubscribers;
        if (qos === 1) connection.acknowledge(packet.puback, packetId, code);
        else if (qos === 2) connection.acknowledge(packet.pubrec, packetId, code, false);
      } else {
        noted?.refused();
        this.#options.sessions.queues.abandon(message);
        this.#refuse(connection, publish, error);
      }
      connection.resume();
    });
  }

  #messageOf(connection: Connection, { topic, payload, qos, retain, properties, expiryS }: Publish | Will): Message {
    const expiresAt = expiryS === undefined ? undefined : this.#options.clock.uptime() + 1000 * expiryS;
    return new Message({ topic, payload, qos, retain, properties, expiresAt, publisher: connection.id });
  }

  /** Drops a publish to a forbidden topic, and acknowledges it in its turn: otherwise its client would resend it for ever. */
  drop(connection: Connection, { qos, packetId }: Publish): void {
    if (qos === 0) return;
    const left = connection.queue.enter(done, 0, () => {
      left();
      const code = connection.isV5 ? reason.notAuthorized : reason.success;
      // MQTT 5: a PUBREC with a failure ends the exchange [MQTT-4.3.3-4]
      connection.acknowledge(qos === 1 ? packet.puback : packet.pubrec, packetId, code, qos === 1 || connection.isV5);
      connection.resume();
    });
  }

  /** Handles PUBREL. */
  release(connection: Connection, packetId: number): void {
    this.#options.sessions.inbound.end(connection, packetId).then(
      (isKnown) => {
        const code = isKnown || !connection.isV5 ? reason.success : reason.packetIdNotFound;
        connection.acknowledge(packet.pubcomp, packetId, code);
      },
      // the client sends PUBREL again after it has reconnected
      () => connection.socket.destroy(),
    );
  }

  /**
   * A QoS 2 redelivery is recognised by its packet id until PUBREL [MQTT-4.3.3-2], and afterwards like QoS 1. Other content
   * under a packet id that is not released comes from a client that has lost its state: the earlier publish is over.
   */
  #beginQos2(connection: Connection, publish: Publish, message: Message): Admitting {
    const { sessions, redeliveries } = this.#options;
    const { packetId, dup } = publish;
    const redelivery = this.#redelivery(connection, publish, 2);
    const known = sessions.inbound.admissionOf(connection, packetId);
    const isAnother = redelivery !== undefined && !dup && redeliveries.isAnother(redelivery);
    if (known !== undefined && !isAnother) return { admission: known, duplicate: true };
    const before = known === undefined ? this.#sentBefore(connection, publish, redelivery) : undefined;
    if (before !== undefined) return { admission: before, duplicate: true };
    const received = sessions.inbound.receivedChange(connection, packetId);
    const left = this.#prepare(connection, message);
    const changes = received === undefined ? left : [...left, received];
    const admission = this.#admit(connection, publish, { redelivery, changes });
    sessions.inbound.begin(connection, packetId, admission);
    const noted = redelivery === undefined ? undefined : redeliveries.note(redelivery, admission);
    return { admission, duplicate: false, noted };
  }

  /** QoS 0 and 1: a QoS 1 redelivery is recognised by DUP, packet id and content [MQTT-3.3.1-1]. */
  #beginQos01(connection: Connection, publish: Publish, message: Message): Admitting {
    const { redeliveries } = this.#options;
    const redelivery = publish.qos === 1 ? this.#redelivery(connection, publish, 1) : undefined;
    const before = this.#sentBefore(connection, publish, redelivery);
    if (before !== undefined) return { admission: before, duplicate: true };
    const changes = this.#prepare(connection, message);
    const record = { redelivery, changes: changes.length === 0 ? undefined : changes };
    const admission = this.#admit(connection, publish, record);
    const noted = redelivery === undefined ? undefined : redeliveries.note(redelivery, admission);
    return { admission, duplicate: false, noted };
  }

  /** The redelivery record of a device's publish. */
  #redelivery(connection: Connection, { topic, payload, packetId }: Publish, qos: 1 | 2): Redelivery | undefined {
    if (connection.principal.kind !== 'device') return undefined;
    const hash = publishHash(topic, payload, qos);
    const redelivery = { client: this.#keyOf(connection), messageId: packetId, hash };
    connection.noted ??= this.#options.redeliveries.position(redelivery.client);
    return redelivery;
  }

  /** The admission of the publish that this one redelivers: it has DUP, or is of QoS 2 in a resumed session. */
  #sentBefore(
    { stays, noted = 0 }: Connection,
    { dup, qos }: Publish,
    redelivery: Redelivery | undefined,
  ): Promise<void> | undefined {
    if (redelivery === undefined) return undefined;
    const { redeliveries } = this.#options;
    if (dup) return redeliveries.find(redelivery);
    return qos === 2 && stays ? redeliveries.findUnmarked(redelivery, noted) : undefined;
  }

  #keyOf(connection: Connection): number {
    connection.key ??= clientKey(connection.principal.id, connection.id);
    return connection.key;
  }

  /** The state changes of a publish. A consumer's publish is stored for absent subscribers only. */
  #prepare({ principal }: Connection, message: Message): readonly StateChange[] {
    return this.#options.sessions.queues.prepare(message, principal.id, principal.kind === 'consumer');
  }

  #admit(
    { principal }: Connection,
    { topic, payload, qos, ...of }: Publish | Will,
    record: PublishRecord,
  ): Promise<void> {
    const { clock, admit, storage } = this.#options;
    if (principal.kind === 'consumer') {
      const { changes = [] } = record;
      return changes.length === 0 ? done : storage.commit(changes, principal.id);
    }
    try {
      return admit({
        device: principal.id,
        topic,
        payload,
        qos,
        duplicate: 'dup' in of && of.dup,
        received: clock.now(),
        uptime: clock.uptime(),
        record,
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #refuse(connection: Connection, { topic, qos }: Publish, error: unknown): void {
    const { clock, counters, logger, refusalDelayMs } = this.#options;
    counters.refused++;
    const { principal, socket, guarded } = connection;
    const device = principal.id;
    logger.warn(`refused ${device}`, { device, topic }, `not taken: ${messageOf(error)}`);
    if (qos === 0 || socket.destroyed || connection.isRefusing) return;
    connection.isRefusing = true;
    guarded.hold();
    // no reason code for MQTT 5 either: a device that gets no answer keeps the message and resends it
    const timer = clock.after(refusalDelayMs, () => connection.end(reason.quotaExceeded));
    socket.once('close', () => timer.cancel());
  }

  /** Admits the will of a lost client. */
  publishWill(connection: Connection, will: Will): void {
    const { counters, logger, sessions, deliver } = this.#options;
    if (connection.principal.kind === 'device') counters.publishes++;
    const message = this.#messageOf(connection, will);
    const changes = this.#prepare(connection, message);
    this.#admit(connection, will, { changes: changes.length === 0 ? undefined : changes }).then(
      () => void deliver(message),
      (error: unknown) => {
        counters.refused++;
        sessions.queues.abandon(message);
        const device = connection.principal.id;
        logger.warn(`will ${device}`, { device }, `its will was not taken: ${messageOf(error)}`);
      },
    );
  }
}
