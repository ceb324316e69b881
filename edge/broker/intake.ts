/**
 * Takes publishes in: admits each at once, acknowledges in order, and lets aedes deliver it on.
 *
 *   take ──► admit ──► its turn ──► PUBACK, PUBREC or nothing ──► delivered on ──► finished (room for the next)
 *     │        │            └── QoS 1 that nobody has subscribed to: PUBACK, finished (aedes has nothing to do with it)
 *     │        └── rejected ──► its turn ──► QoS 0: dropped; QoS 1 and 2: nothing more is read, a while, closed
 *     └── taken before (QoS 2 by its packet id, with DUP by packet id and content) ──► the admission of then
 *              ──► its turn ──► acknowledged, and nothing else
 *
 * Always: aedes goes on with a publish of QoS 1 (its PUBACK) only after `admit` has resolved, and with one of QoS 2
 * only up to its store, where it waits at its gate for the same; what has been taken before is not admitted again; what
 * was committed is delivered on, also where its sender has gone meanwhile.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { SparingLogger } from '@forpost/shared/logging.ts';
import type { PublishPacket } from 'aedes';
import { clientKey, publishHash, type Redelivery } from '../outbox/redelivery.ts';
import type { BrokerStorage, Change, PublishRecord } from '../outbox/remembered.ts';
import type { Admit } from './access.ts';
import type { Connection } from './connection.ts';
import type { Counters } from './counters.ts';
import type { Noted, Redeliveries } from './redeliveries.ts';
import type { StoredPacket } from './session.ts';
import type { InboundGate, Sessions } from './sessions.ts';

type Done = (error?: Error | null) => void;

export interface IntakeOptions {
  readonly admit: Admit;
  readonly clock: Clock;
  readonly logger: SparingLogger;
  readonly counters: Counters;
  readonly sessions: Sessions;
  readonly redeliveries: Redeliveries;
  readonly storage: BrokerStorage;
  /** whether a connected client has subscribed to this topic */
  readonly isSubscribed: (topic: string) => boolean;
  /** delivers a publish on whose sender has gone */
  readonly deliver: (packet: PublishPacket) => void;
  readonly refusalDelayMs: number;
}

/**
 * Where a packet stands, noted on the packet itself: what a WeakMap holds for a young key lives until the next full
 * collection of garbage, which for a few KB of each publish is most of a gateway's memory.
 */
const standing = Symbol('standing');

interface TakenPacket {
  [standing]?: { readonly gate: InboundGate | undefined; readonly finish: () => void };
}

/** A publish on its way in. */
interface Taken {
  readonly admission: Promise<void>;
  /** it was taken before */
  readonly duplicate: boolean;
  readonly noted?: Noted | undefined;
}

const done = Promise.resolve();

export class Intake {
  readonly #options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** How a QoS 2 publish stands that aedes asks the store for. */
  gateOf(packet: object): InboundGate | undefined {
    return (packet as TakenPacket)[standing]?.gate;
  }

  /** aedes has delivered this on. */
  delivered(packet: object): void {
    (packet as TakenPacket)[standing]?.finish();
  }

  /** A publish that its device or consumer was allowed to make. `goOn` lets aedes go on with it. */
  take(connection: Connection, packet: PublishPacket, goOn: Done): void {
    const { counters } = this.#options;
    const { client, queue, principal } = connection;
    const { qos, messageId } = packet;
    const isDevice = principal.kind === 'device';
    if (isDevice) counters.publishes++;
    else if (qos === 0) {
      // nobody waits for it
      for (const change of this.#prepare(connection, packet)) this.#options.storage.save(change);
      goOn(null);
      return;
    }
    const { admission, duplicate, noted } =
      qos === 2 && messageId !== undefined
        ? this.#takeTwice(connection, packet, messageId)
        : this.#takeOnce(connection, packet, messageId);
    const opened = qos === 2 ? Promise.withResolvers<void>() : undefined;
    const left = queue.enter(admission, packet.payload.length, (error) => {
      if (error !== undefined) {
        noted?.refused();
        this.#options.sessions.abandon(packet as StoredPacket);
        this.#refuse(connection, packet, error);
        if (qos === 0) finish();
        return;
      }
      noted?.committed();
      if (isDevice && qos > 0 && !client.closed) counters.acknowledged++;
      if (duplicate) counters.redelivered++;
      if (duplicate && client.closed) finish();
      else if (opened !== undefined) {
        if (duplicate) finish();
        connection.sendAcknowledgements();
        opened.resolve();
      } else if (duplicate || (qos === 1 && !this.#isWanted(packet))) {
        finish();
        connection.acknowledge(messageId ?? 0);
      } else if (qos === 1 && client.closed) this.#options.deliver(packet);
      else {
        connection.sendAcknowledgements();
        goOn(null);
      }
    });
    const finish = () => {
      left();
      connection.resume();
    };
    const gate = opened === undefined ? undefined : { duplicate, open: opened.promise };
    (packet as TakenPacket)[standing] = { gate, finish };
    connection.readOn();
    // the way to the store, where QoS 2 waits at its gate
    if (qos === 2) goOn(null);
  }

  /** A publish to what is not its client's: acknowledged in its turn, or its client would send it for ever. */
  drop(connection: Connection, { qos, messageId = 0 }: PublishPacket): void {
    const left = connection.queue.enter(done, 0, () => {
      left();
      if (qos === 1) connection.acknowledge(messageId);
      else if (qos === 2) {
        connection.sendAcknowledgements();
        connection.answer(0x50, Uint8Array.of(messageId >> 8, messageId));
      }
      connection.resume();
    });
    connection.readOn();
  }

  /** Whether anybody is to get it, now or later; where not, aedes has nothing to do with it. */
  #isWanted(packet: PublishPacket): boolean {
    const { sessions, isSubscribed } = this.#options;
    return packet.retain || sessions.isWanted(packet as StoredPacket) || isSubscribed(packet.topic);
  }

  /**
   * QoS 2: known by its packet id until PUBREL [MQTT-4.3.3-2], afterwards as QoS 1 is. Other bytes under an id that is
   * not released are a message of a client that has lost its memory: the publish under that id is over.
   */
  #takeTwice(connection: Connection, packet: PublishPacket, messageId: number): Taken {
    const { sessions, redeliveries } = this.#options;
    const { client } = connection;
    const redelivery = this.#redelivery(connection, packet, messageId, 2);
    const known = sessions.inbound(client, messageId);
    const isAnother = redelivery !== undefined && !packet.dup && redeliveries.isAnother(redelivery);
    if (known !== undefined && !isAnother) return { admission: known, duplicate: true };
    const before = known === undefined ? this.#sentBefore(connection, packet, redelivery) : undefined;
    if (before !== undefined) return { admission: before, duplicate: true };
    const received = sessions.inboundChange(client, messageId);
    const left = this.#prepare(connection, packet);
    const changes = received === undefined ? left : [...left, received];
    const admission = this.#admit(connection, packet, { redelivery, changes });
    sessions.beginInbound(client, messageId, admission);
    const noted = redelivery === undefined ? undefined : redeliveries.note(redelivery, admission);
    return { admission, duplicate: false, noted };
  }

  /** QoS 0 and 1: a redelivery of QoS 1 is known by DUP, its packet id and its content [MQTT-3.3.1-1]. */
  #takeOnce(connection: Connection, packet: PublishPacket, messageId: number | undefined): Taken {
    const { redeliveries } = this.#options;
    const redelivery = packet.qos === 1 ? this.#redelivery(connection, packet, messageId, 1) : undefined;
    const before = this.#sentBefore(connection, packet, redelivery);
    if (before !== undefined) return { admission: before, duplicate: true };
    const changes = this.#prepare(connection, packet);
    const record = { redelivery, changes: changes.length === 0 ? undefined : changes };
    const admission = this.#admit(connection, packet, record);
    const noted = redelivery === undefined ? undefined : redeliveries.note(redelivery, admission);
    return { admission, duplicate: false, noted };
  }

  /** By what a publish of a device is known again. */
  #redelivery(
    connection: Connection,
    { topic, payload }: PublishPacket,
    messageId: number | undefined,
    qos: 1 | 2,
  ): Redelivery | undefined {
    if (messageId === undefined || connection.principal.kind !== 'device') return undefined;
    const redelivery = { client: this.#keyOf(connection), messageId, hash: publishHash(topic, payload as Buffer, qos) };
    connection.noted ??= this.#options.redeliveries.position(redelivery.client);
    return redelivery;
  }

  /** The admission of the publish that this one redelivers: marked with DUP, or of QoS 2 in a session that goes on. */
  #sentBefore(
    { client, noted = 0 }: Connection,
    { dup, qos }: PublishPacket,
    redelivery: Redelivery | undefined,
  ): Promise<void> | undefined {
    if (redelivery === undefined) return undefined;
    const { redeliveries } = this.#options;
    if (dup) return redeliveries.find(redelivery);
    return qos === 2 && client.clean === false ? redeliveries.findUnmarked(redelivery, noted) : undefined;
  }

  #keyOf(connection: Connection): number {
    connection.key ??= clientKey(connection.principal.id, connection.client.id);
    return connection.key;
  }

  /** What it leaves beside its events. The disk stands between a consumer and an absent subscriber only. */
  #prepare({ principal }: Connection, packet: PublishPacket): readonly Change[] {
    return this.#options.sessions.prepare(packet as StoredPacket, principal.id, principal.kind === 'consumer');
  }

  #admit({ principal }: Connection, packet: PublishPacket, record: PublishRecord): Promise<void> {
    const { clock, admit, storage } = this.#options;
    if (principal.kind === 'consumer') {
      const { changes = [] } = record;
      return changes.length === 0 ? done : storage.commit(changes, principal.id);
    }
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    try {
      return admit({
        device: principal.id,
        topic: packet.topic,
        payload,
        qos: packet.qos,
        duplicate: packet.dup,
        received: clock.now(),
        uptime: clock.uptime(),
        record,
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #refuse(connection: Connection, packet: PublishPacket, error: unknown): void {
    const { clock, counters, logger, refusalDelayMs } = this.#options;
    counters.refused++;
    const { principal, socket, guarded } = connection;
    const device = principal.id;
    logger.warn(`refused ${device}`, { device, topic: packet.topic }, `not taken: ${messageOf(error)}`);
    if (packet.qos === 0 || socket.destroyed) return;
    guarded.hold();
    const timer = clock.after(refusalDelayMs, () => socket.destroy());
    socket.once('close', () => timer.cancel());
  }

  /** The will of a device or consumer that was lost: there is nobody to acknowledge it to. */
  takeWill(connection: Connection, packet: PublishPacket, goOn: Done): void {
    const { counters, logger, sessions } = this.#options;
    if (connection.principal.kind === 'device') counters.publishes++;
    const changes = this.#prepare(connection, packet);
    this.#admit(connection, packet, { changes: changes.length === 0 ? undefined : changes }).then(
      () => goOn(null),
      (error: unknown) => {
        counters.refused++;
        sessions.abandon(packet as StoredPacket);
        const device = connection.principal.id;
        logger.warn(`will ${device}`, { device }, `its will was not taken: ${messageOf(error)}`);
        goOn(new Error('not taken'));
      },
    );
  }
}
