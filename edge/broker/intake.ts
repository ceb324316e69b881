/**
 * Takes the publishes of devices in: admits each at once, acknowledges in order, and lets aedes deliver it on.
 *
 *   take ──► admit ──► its turn ──► PUBACK, PUBREC or nothing ──► delivered on ──► finished (room for the next)
 *              └── rejected ──► its turn ──► QoS 0: dropped; QoS 1 and 2: nothing more is read, a while, closed
 *
 * Always: aedes goes on with a publish of QoS 1 (its PUBACK) only after `admit` has resolved, and with one of QoS 2
 * only up to its store, where it waits at its gate for the same; what is known of QoS 2 is not admitted again.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { SparingLogger } from '@forpost/shared/logging.ts';
import type { PublishPacket } from 'aedes';
import type { Admit } from './access.ts';
import type { Connection } from './connection.ts';
import type { Counters } from './counters.ts';
import type { InboundGate, Sessions } from './sessions.ts';

type Done = (error?: Error | null) => void;

export interface IntakeOptions {
  readonly admit: Admit;
  readonly clock: Clock;
  readonly logger: SparingLogger;
  readonly counters: Counters;
  readonly sessions: Sessions;
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

  /** A publish that its device was allowed to make. `done` lets aedes go on with it. */
  take(connection: Connection, packet: PublishPacket, done: Done): void {
    const { counters, sessions } = this.#options;
    counters.publishes++;
    const { client, queue } = connection;
    const { qos, messageId } = packet;
    const opened = qos === 2 ? Promise.withResolvers<void>() : undefined;
    const known = qos === 2 && messageId !== undefined ? sessions.inbound(client.id, messageId) : undefined;
    const duplicate = known !== undefined;
    const admission = known ?? this.#admit(connection, packet);
    if (qos === 2 && messageId !== undefined && !duplicate) sessions.beginInbound(client.id, messageId, admission);
    const left = queue.enter(admission, packet.payload.length, (error) => {
      if (error !== undefined) {
        this.#refuse(connection, packet, error);
        if (qos === 0) finish();
        return;
      }
      // a device that has gone sends QoS 1 again, and QoS 2 where its session ended: that one is then delivered on
      if (client.closed && (qos === 1 || (qos === 2 && (client.clean || duplicate)))) return;
      if (qos > 0 && !client.closed) counters.acknowledged++;
      if (duplicate) finish();
      if (opened !== undefined) opened.resolve();
      else done(null);
    });
    const finish = () => {
      left();
      connection.resume();
    };
    const gate = opened === undefined ? undefined : { duplicate, open: opened.promise };
    (packet as TakenPacket)[standing] = { gate, finish };
    connection.readOn();
    // the way to the store, where QoS 2 waits at its gate
    if (qos === 2) done(null);
  }

  #admit(connection: Connection, packet: PublishPacket): Promise<void> {
    const { clock, admit } = this.#options;
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    try {
      return admit({
        device: connection.principal.id,
        topic: packet.topic,
        payload,
        qos: packet.qos,
        duplicate: packet.dup,
        received: clock.now(),
        uptime: clock.uptime(),
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

  /** The will of a device that was lost: there is nobody to acknowledge it to. */
  takeWill(connection: Connection, packet: PublishPacket, done: Done): void {
    const { counters, logger } = this.#options;
    counters.publishes++;
    this.#admit(connection, packet).then(
      () => done(null),
      (error: unknown) => {
        counters.refused++;
        const device = connection.principal.id;
        logger.warn(`will ${device}`, { device }, `its will was not taken: ${messageOf(error)}`);
        done(new Error('not taken'));
      },
    );
  }
}
