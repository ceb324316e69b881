/**
 * MQTT clients written packet by packet. On a new connection they do what the specification asks of a client with a kept session
 * (MQTT 3.1.1, section 4.4) and client libraries do not: redeliver under the same packet id with DUP, and continue QoS 2.
 */
import { connect, type Socket } from 'node:net';
import mqtt, { type IConnackPacket, type IPublishPacket, type Packet } from 'mqtt-packet';
import { testPassword } from '../harness/site.ts';

const retryMs = 20;

/** A connection that reconnects whenever it is lost, until `end`. */
export abstract class RawClient {
  readonly #port: number;
  readonly #user: string;
  #socket: Socket | undefined;
  #ended = false;
  /** «session present» of each CONNACK */
  readonly present: boolean[] = [];

  constructor(port: number, user: string) {
    this.#port = port;
    this.#user = user;
  }

  start(): void {
    if (this.#ended) return;
    const socket = connect(this.#port, '127.0.0.1');
    this.#socket = socket;
    const parser = mqtt.parser();
    parser.on('packet', (packet: Packet) => {
      if (packet.cmd === 'connack') this.#connected(packet);
      else this.received(packet);
    });
    socket.on('data', (chunk: Buffer) => void parser.parse(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => setTimeout(() => this.start(), retryMs));
    socket.on('connect', () =>
      this.send({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: false,
        keepalive: 60,
        clientId: `${this.#user}-raw`,
        username: this.#user,
        password: Buffer.from(testPassword),
      }),
    );
  }

  end(): void {
    this.#ended = true;
    this.#socket?.destroy();
  }

  protected send(packet: Packet): void {
    this.#socket?.write(mqtt.generate(packet));
  }

  protected abstract connected(): void;
  protected abstract received(packet: Packet): void;

  #connected({ sessionPresent, returnCode }: IConnackPacket): void {
    if (returnCode !== 0) throw new Error(`the gateway refused ${this.#user}: ${returnCode}`);
    this.present.push(sessionPresent);
    this.connected();
  }
}

/** Publishes readings with power_w 1, 2, 3, …, with eight open at a time, until `last` is acknowledged. */
export class RawPublisher extends RawClient {
  readonly #topic: string;
  readonly #qos: 1 | 2;
  readonly #last: number;
  /** by packet id, in the order of sending; `released`: PUBREC has arrived */
  readonly #underWay = new Map<number, { readonly n: number; released: boolean }>();
  #n = 0;
  #redelivered = 0;

  constructor(port: number, device: string, qos: 1 | 2, last: number) {
    super(port, device);
    this.#topic = `forpost/devices/${device}/readings`;
    this.#qos = qos;
    this.#last = last;
  }

  get acknowledged(): number {
    return this.#n - this.#underWay.size;
  }

  get redelivered(): number {
    return this.#redelivered;
  }

  get done(): boolean {
    return this.#n === this.#last && this.#underWay.size === 0;
  }

  protected override connected(): void {
    for (const [messageId, { n, released }] of this.#underWay) {
      this.#redelivered++;
      if (released) this.send({ cmd: 'pubrel', messageId });
      else this.#publish(messageId, n, true);
    }
    this.#goOn();
  }

  protected override received(packet: Packet): void {
    const { messageId = 0 } = packet;
    const publish = this.#underWay.get(messageId);
    if (packet.cmd === 'pubrec') {
      if (publish !== undefined) publish.released = true;
      this.send({ cmd: 'pubrel', messageId });
    } else if (packet.cmd === 'puback' || packet.cmd === 'pubcomp') {
      this.#underWay.delete(messageId);
      this.#goOn();
    }
  }

  #goOn(): void {
    while (this.#underWay.size < 8 && this.#n < this.#last) {
      this.#n++;
      // few packet ids, so that each is reused often
      let messageId = this.#n % 24;
      while (messageId === 0 || this.#underWay.has(messageId)) messageId++;
      this.#underWay.set(messageId, { n: this.#n, released: false });
      this.#publish(messageId, this.#n, false);
    }
  }

  #publish(messageId: number, n: number, dup: boolean): void {
    const payload = JSON.stringify({ values: { power_w: n } });
    this.send({ cmd: 'publish', topic: this.#topic, payload, qos: this.#qos, messageId, dup, retain: false });
  }
}

/** Subscribes once, then only listens, and acknowledges messages (QoS 1). */
export class RawSubscriber extends RawClient {
  readonly #filter: string;
  subscribed = false;
  readonly got: IPublishPacket[] = [];

  constructor(port: number, user: string, filter: string) {
    super(port, user);
    this.#filter = filter;
  }

  protected override connected(): void {
    if (!this.subscribed)
      this.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: this.#filter, qos: 1 }] });
  }

  protected override received(packet: Packet): void {
    if (packet.cmd === 'suback') this.subscribed = true;
    if (packet.cmd !== 'publish') return;
    this.got.push(packet);
    if (packet.qos === 1) this.send({ cmd: 'puback', messageId: packet.messageId ?? 0 });
  }
}
