/**
 * The steps that cases are made of. A step is an action of a client, or something that the broker must do. The answer to a
 * PINGREQ shows that nothing else came; no step waits for silence.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Packet, PacketName } from './packets.ts';
import { CaseFailure, type Session, show } from './session.ts';
import {
  type AckName,
  ackPacket,
  type ConnectFields,
  connectPacket,
  disconnectPacket,
  type Filter,
  type PublishFields,
  pingPacket,
  publishPacket,
  subscribePacket,
  unsubscribePacket,
} from './wire.ts';

export interface Step {
  /** for the message of a broken case */
  readonly what: string;
  readonly run: (session: Session) => Promise<void>;
}

/**
 * Fields that a packet must have: a value, or a function that judges it. Only the named properties are compared; undefined: the
 * packet must not have that property.
 */
type Wanted = {
  readonly [key in Exclude<keyof Packet, 'props'>]?: Packet[key] | ((value: never) => boolean) | undefined;
} & { readonly props?: Readonly<Record<string, unknown>> };
type Message = Buffer | ((session: Session) => Buffer);
interface Flow extends PublishFields {
  /** expected reason code of PUBACK or PUBREC in 5.0 */
  readonly code?: number;
}

/** The broker ends a connection within this time, or a PINGREQ asks whether the connection goes on. */
const closeWithinMs = 250;

/** Waits for a time that the standard defines: an expiry, a delay, a keep-alive. */
export function pass(ms: number): Step {
  return { what: `${ms} ms pass`, run: () => new Promise((resolve) => setTimeout(resolve, ms)) };
}

export class Client {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  open(): Step {
    return this.#step('opens a connection', async (session) => void (await session.open(this.#name)));
  }

  /** Sends CONNECT on an open connection, with the log-in unless `fields` replace it. */
  sendConnect(fields: Partial<ConnectFields> = {}): Step {
    return this.send((session) => this.#connectPacket(session, fields), 'CONNECT');
  }

  /** Connects; CONNACK accepts, with the fields of `connack`. */
  connect(fields: Partial<ConnectFields> = {}, connack: Wanted = {}): Step {
    return this.#step('connects', async (session) => {
      const connection = await session.open(this.#name);
      connection.write(this.#connectPacket(session, fields));
      await this.#next(session, 'connack', { code: 0, ...connack });
    });
  }

  /** The broker answers CONNECT with one of these codes and closes; in 5.0 it may also close without an answer. */
  refused(fields: Partial<ConnectFields>, ...codes: readonly number[]): Step {
    return this.#step('is refused', async (session) => {
      const connection = await session.open(this.#name);
      connection.write(this.#connectPacket(session, fields));
      const packet = await connection.next(session.target.waitMs);
      const isRefusal =
        packet?.name === 'connack' && packet.sessionPresent === false && codes.includes(packet.code ?? 0);
      if (packet !== undefined && !isRefusal)
        throw new CaseFailure(`wanted CONNACK with code ${codes.join(' or ')}, got ${show(packet)}`);
      if (packet === undefined && (session.version === '3.1.1' || !connection.closed))
        throw new CaseFailure(`wanted CONNACK with code ${codes.join(' or ')}, got nothing`);
      await this.#untilClosed(session, []);
    });
  }

  send(message: Message, what = 'sends'): Step {
    return this.#step(what, async (session) => {
      session.of(this.#name).write(typeof message === 'function' ? message(session) : message);
    });
  }

  /** The next packet is this one. */
  expect(name: PacketName, wanted: Wanted = {}): Step {
    return this.#step(`gets ${name.toUpperCase()} ${words(wanted)}`, async (session) => {
      await this.#next(session, name, wanted);
    });
  }

  /** The next packets are these, in any order. */
  expectAll(...all: readonly (readonly [PacketName, Wanted])[]): Step {
    return this.#step('gets, in any order', async (session) => {
      const left = [...all];
      while (left.length > 0) {
        const packet = await this.#packet(session);
        const found = left.findIndex(([name, wanted]) => packet?.name === name && matches(packet, wanted));
        const [first] = left;
        if (found < 0) throw new CaseFailure(`wanted ${first?.[0]} ${words(first?.[1] ?? {})}, got ${show(packet)}`);
        left.splice(found, 1);
      }
    });
  }

  /**
   * The broker ends the connection. In 5.0 it may say why before: with a code from 0x80, or, where `codes` are given, with one
   * of them.
   */
  closed(...codes: readonly number[]): Step {
    return this.#step('is disconnected', (session) => this.#untilClosed(session, codes));
  }

  /** The broker ends the connection by itself: nothing is sent meanwhile. */
  closedWithin(ms: number, ...codes: readonly number[]): Step {
    return this.#step('is disconnected after a while', async (session) => {
      const connection = session.of(this.#name);
      const packet = await connection.next(ms);
      if (packet !== undefined) connection.putBack(packet);
      else if (!connection.closed) throw new CaseFailure(`wanted the end of the connection within ${ms} ms`);
      await this.#untilClosed(session, codes);
    });
  }

  /** Either the connection is closed, or this packet refuses. */
  closedOr(name: PacketName, refuses: (packet: Packet) => boolean): Step {
    return this.#step('is refused', async (session) => {
      const packet = await this.#packet(session);
      if (packet?.name === name && refuses(packet)) return;
      if (packet !== undefined) session.of(this.#name).putBack(packet);
      await this.#untilClosed(session, []);
    });
  }

  /** A PINGREQ is answered, and nothing comes before the answer. */
  quiet(): Step {
    return this.#step('gets nothing', async (session) => {
      session.of(this.#name).write(pingPacket);
      const packet = await this.#packet(session);
      if (packet?.name !== 'pingresp') throw new CaseFailure(`wanted silence and PINGRESP, got ${show(packet)}`);
    });
  }

  /** Judges all packets that come before the answer to a PINGREQ; acknowledges messages of QoS 1 and 2. */
  judge(what: string, isRight: (packets: readonly Packet[], session: Session) => boolean): Step {
    return this.#step(what, async (session) => {
      const found: Packet[] = [];
      const connection = session.of(this.#name);
      connection.write(pingPacket);
      for (;;) {
        const packet = await this.#packet(session);
        if (packet === undefined || packet.name === 'pingresp') break;
        found.push(packet);
        if (packet.qos === 1) connection.write(ackPacket('puback', packet.id ?? 0));
        if (packet.qos === 2) connection.write(ackPacket('pubrec', packet.id ?? 0));
        if (packet.name === 'pubrel') connection.write(ackPacket('pubcomp', packet.id ?? 0));
      }
      if (!isRight(found, session)) throw new CaseFailure(`wanted: ${what}; got ${found.map(show).join(', ')}`);
    });
  }

  /** `count` PUBLISHes come, with other packets between them; each is acknowledged, and then nothing more comes. */
  receive(count: number, what: string, isRight: (packets: readonly Packet[]) => boolean): Step {
    return this.#step(`gets ${count} messages: ${what}`, async (session) => {
      const connection = session.of(this.#name);
      const found: Packet[] = [];
      let underWay = 0;
      while (found.length < count || underWay > 0) {
        const packet = await this.#packet(session);
        if (packet === undefined) break;
        const { name, qos, id = 0 } = packet;
        if (name === 'publish') found.push(packet);
        if (qos === 1) connection.write(ackPacket('puback', id));
        if (qos === 2) connection.write(ackPacket('pubrec', id));
        if (qos === 2) underWay++;
        if (name === 'pubrel') connection.write(ackPacket('pubcomp', id));
        if (name === 'pubrel') underWay--;
      }
      if (found.length !== count || !isRight(found))
        throw new CaseFailure(`wanted: ${what}; got ${found.map(show).join(', ')}`);
      await this.quiet().run(session);
    });
  }

  /** Acknowledges the last PUBLISH that came, with one packet. */
  answer(name: AckName, code?: number): Step {
    return this.#step(`sends ${name.toUpperCase()}`, async (session) => {
      session.of(this.#name).write(ackPacket(name, this.#lastId(session), code));
    });
  }

  /** The broker's answer names the packet identifier of the last PUBLISH that came. */
  expectAnswer(name: AckName): Step {
    return this.#step(`gets ${name.toUpperCase()}`, async (session) => {
      await this.#next(session, name, { id: this.#lastId(session) });
    });
  }

  /** Acknowledges the last PUBLISH that came, with all packets that its QoS needs. */
  acknowledge(): Step {
    return this.#step('acknowledges', async (session) => {
      const id = this.#lastId(session);
      const connection = session.of(this.#name);
      if (session.lastPublish.get(this.#name)?.qos === 1) {
        connection.write(ackPacket('puback', id));
        return;
      }
      connection.write(ackPacket('pubrec', id));
      await this.#next(session, 'pubrel', { id });
      connection.write(ackPacket('pubcomp', id));
    });
  }

  /** Sends SUBSCRIBE; SUBACK grants the requested QoS, or answers with `code`. */
  subscribe(
    filter: string | Buffer,
    options: number,
    more: { readonly code?: number; readonly id?: number; readonly props?: readonly Buffer[] } = {},
  ): Step {
    const { code = options & 3, id = 100, props } = more;
    return this.#step(`subscribes to ${filter}`, async (session) => {
      session.of(this.#name).write(subscribePacket(session.version, id, [[filter, options]], props));
      await this.#next(session, 'suback', { id, codes: [code] });
    });
  }

  sendSubscribe(id: number, filters: readonly Filter[], props?: readonly Buffer[]): Step {
    return this.send(({ version }) => subscribePacket(version, id, filters, props), 'SUBSCRIBE');
  }

  sendUnsubscribe(id: number, filters: readonly (string | Buffer)[], props?: readonly Buffer[]): Step {
    return this.send(({ version }) => unsubscribePacket(version, id, filters, props), 'UNSUBSCRIBE');
  }

  sendPublish(fields: PublishFields): Step {
    return this.send(({ version }) => publishPacket(version, fields), 'PUBLISH');
  }

  /**
   * Sends PUBLISH and waits for all its acknowledgements. At QoS 0 the answer to a PINGREQ behind it shows that the broker has
   * read it.
   */
  publish(topic: string, fields: Omit<Flow, 'topic'> = {}): Step {
    const { qos = 0, id = 1, code } = fields;
    const { id: _unused, ...withoutId } = fields;
    const own = qos === 0 ? { ...withoutId, topic } : { ...fields, topic, id };
    const answer = code === undefined ? { id } : { id, code };
    return this.#step(`publishes to ${topic}`, async (session) => {
      const connection = session.of(this.#name);
      connection.write(publishPacket(session.version, own));
      if (qos === 0) connection.write(pingPacket);
      await this.#next(session, qos === 0 ? 'pingresp' : qos === 1 ? 'puback' : 'pubrec', qos === 0 ? {} : answer);
      if (qos < 2) return;
      connection.write(ackPacket('pubrel', id));
      await this.#next(session, 'pubcomp', { id });
    });
  }

  /** Sends DISCONNECT; then the broker closes the connection. */
  disconnect(code?: number, props?: readonly Buffer[]): Step {
    return this.#step('sends DISCONNECT', async (session) => {
      const connection = session.of(this.#name);
      connection.write(disconnectPacket(code, props));
      await this.#untilClosed(session, []);
    });
  }

  /** Breaks the connection without a DISCONNECT. */
  cut(): Step {
    return this.#step('is cut off', async (session) => session.of(this.#name).cut());
  }

  #step(what: string, run: (session: Session) => Promise<void>): Step {
    return { what: `${this.#name} ${what}`, run };
  }

  #connectPacket(session: Session, fields: Partial<ConnectFields>): Buffer {
    const { user, password } = session.target;
    if (fields.clean === false || fields.props !== undefined) session.staying.add(session.clientId(this.#name));
    return connectPacket(session.version, { clientId: session.clientId(this.#name), user, password, ...fields });
  }

  #lastId(session: Session): number {
    const id = session.lastPublish.get(this.#name)?.id;
    if (id === undefined) throw new CaseFailure('no PUBLISH of QoS 1 or 2 came');
    return id;
  }

  async #packet(session: Session): Promise<Packet | undefined> {
    const packet = await session.of(this.#name).next(session.target.waitMs);
    if (packet?.name === 'publish') session.lastPublish.set(this.#name, packet);
    return packet;
  }

  async #next(session: Session, name: PacketName, wanted: Wanted): Promise<void> {
    const packet = await this.#packet(session);
    if (packet?.name === name && matches(packet, wanted)) return;
    const got = packet === undefined && session.of(this.#name).closed ? 'the end of the connection' : show(packet);
    throw new CaseFailure(`wanted ${name.toUpperCase()} ${words(wanted)}, got ${got}`);
  }

  async #untilClosed(session: Session, codes: readonly number[]): Promise<void> {
    const connection = session.of(this.#name);
    let mayExplain = session.version === '5.0';
    let isAsked = false;
    for (;;) {
      const packet = await connection.next(isAsked ? session.target.waitMs : closeWithinMs);
      if (packet === undefined && connection.closed) return;
      if (packet === undefined && !isAsked) {
        isAsked = true;
        connection.write(pingPacket);
        continue;
      }
      const code = packet?.code ?? 0;
      const isReason = packet?.name === 'disconnect' || packet?.name === 'connack';
      if (!mayExplain || !isReason || code < 0x80 || (codes.length > 0 && !codes.includes(code)))
        throw new CaseFailure(`wanted the end of the connection, got ${show(packet)}`);
      mayExplain = false;
    }
  }
}

function matches(packet: Packet, wanted: Wanted): boolean {
  return Object.entries(wanted).every(([key, value]) => {
    const got = packet[key as keyof Packet];
    if (key === 'props') return matchesProps(packet, value as Readonly<Record<string, unknown>>);
    return typeof value === 'function' ? (value as (one: unknown) => boolean)(got) : isDeepStrictEqual(got, value);
  });
}

function matchesProps(packet: Packet, wanted: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(wanted).every(([name, value]) =>
    typeof value === 'function'
      ? (value as (one: unknown) => boolean)(packet.props[name])
      : isDeepStrictEqual(packet.props[name], value),
  );
}

function words(wanted: Wanted): string {
  return JSON.stringify(wanted, (_key, value: unknown) =>
    typeof value === 'function' ? 'judged' : value === undefined ? 'absent' : value,
  );
}
