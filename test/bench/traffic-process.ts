/**
 * The process with the publisher and the subscribers of traffic.ts.
 *
 *   connecting ── all CONNACKs ──► subscribing ── all SUBACKs ──► warming up ──► measuring ──► result sent, exit
 *
 * Always: the publisher is at most `window` messages ahead of the slowest subscriber and of the broker's answers; in packets
 * of known length only the relevant bytes are parsed.
 */
import { connect, type Socket } from 'node:net';
import type { LogIn, TrafficResult, TrafficSetup } from './traffic.ts';

const readBufferBytes = 256 * 1024;
const maxPacketId = 65_535;
/** connections of one address before their log-in: the broker's limit is not measured here */
const connectAtOnce = 100;
const connackBytes = 4;
const subackBytes = 5;
const ackBytes = 4;

function frame(first: number, body: Buffer): Buffer {
  const length: number[] = [];
  let left = body.length;
  do {
    length.push((left % 128) | (left >= 128 ? 0x80 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.concat([Buffer.from([first, ...length]), body]);
}

function field(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

/** Of MQTT 3.1.1, with a clean session and no keep-alive. */
function connectPacket({ id, username, password }: LogIn): Buffer {
  const flags = 2 | (username === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40);
  const logIn = [username, password].flatMap((one) => (one === undefined ? [] : [field(one)]));
  return frame(0x10, Buffer.concat([field('MQTT'), Buffer.from([4, flags, 0, 0]), field(id), ...logIn]));
}

/** One connection; all connections share one read buffer. */
class Peer {
  readonly socket: Socket;
  readonly #connected = Promise.withResolvers<void>();
  /** the beginning of a packet that has not arrived completely */
  #rest: Buffer = Buffer.alloc(0);
  #isIn = false;
  take: (bytes: Buffer) => number = () => 0;

  constructor(port: number, logIn: LogIn, buffer: Buffer) {
    const onread = {
      buffer,
      callback: (length: number) => {
        this.#read(buffer.subarray(0, length));
        return true;
      },
    };
    this.socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
    this.socket.once('error', (error) => this.#connected.reject(error));
    this.socket.once('close', () => {
      this.#connected.reject(new Error(`${logIn.id} lost its connection`));
      if (!stopped) throw new Error(`${logIn.id} lost its connection`);
    });
    this.socket.write(connectPacket(logIn));
  }

  get connected(): Promise<void> {
    return this.#connected.promise;
  }

  #read(chunk: Buffer): void {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    if (!this.#isIn && bytes.length >= connackBytes) {
      this.#isIn = true;
      if (bytes[0] === 0x20 && bytes[3] === 0) this.#connected.resolve();
      else this.#connected.reject(new Error(`refused with ${bytes.toString('hex', 0, connackBytes)}`));
      bytes = bytes.subarray(connackBytes);
    }
    const taken = this.#isIn ? this.take(bytes) : 0;
    this.#rest = taken < bytes.length ? Buffer.from(bytes.subarray(taken)) : Buffer.alloc(0);
  }
}

let stopped = false;

class Traffic {
  readonly #setup: TrafficSetup;
  readonly #publish: Buffer;
  /** prepared packets for a whole window */
  readonly #many: Buffer;
  /** offset of the packet identifier */
  readonly #idAt: number;
  readonly #buffer = Buffer.alloc(readBufferBytes);
  readonly #publisher: Peer;
  readonly #subscribers: Peer[] = [];
  readonly #behind: number[];
  #sent = 0;
  #answered = 0;
  #lastId = 0;
  #delivered = 0;
  #asked = false;

  constructor(setup: TrafficSetup) {
    this.#setup = setup;
    const { qos, topic, payload, port, window } = setup;
    const id = Buffer.alloc(qos === 0 ? 0 : 2);
    this.#publish = frame(0x30 | (qos << 1), Buffer.concat([field(topic), id, Buffer.from(payload)]));
    this.#idAt = this.#publish.length - Buffer.byteLength(payload) - 2;
    this.#many = Buffer.concat(Array.from({ length: window }, () => this.#publish));
    this.#publisher = new Peer(port, setup.publisher, this.#buffer);
    this.#behind = setup.subscribers.map(() => 0);
  }

  async run(): Promise<TrafficResult> {
    await this.#publisher.connected;
    const { port, subscribers } = this.#setup;
    for (let at = 0; at < subscribers.length; at += connectAtOnce) {
      const some = subscribers.slice(at, at + connectAtOnce).map((logIn) => new Peer(port, logIn, this.#buffer));
      await Promise.all(some.map((peer) => peer.connected));
      this.#subscribers.push(...some);
    }
    await this.#subscribe();
    this.#publisher.take = (bytes) => this.#answers(bytes);
    this.#subscribers.forEach((peer, at) => {
      peer.take = (bytes) => this.#messages(peer, at, bytes);
    });
    this.#goOn();
    await pause(this.#setup.warmUpMs);
    const [before, cpu, began] = [this.#delivered, process.cpuUsage(), performance.now()];
    await pause(this.#setup.measuredMs);
    const ms = performance.now() - began;
    const { user, system } = process.cpuUsage(cpu);
    const deliveredPerS = (this.#delivered - before) / (ms / 1000);
    stopped = true;
    return { deliveredPerS, loadPercent: ((user + system) / 1000 / ms) * 100 };
  }

  async #subscribe(): Promise<void> {
    const { topic, qos } = this.#setup;
    const packet = frame(0x82, Buffer.concat([Buffer.from([0, 1]), field(topic), Buffer.from([qos])]));
    await Promise.all(
      this.#subscribers.map((peer) => {
        const answered = Promise.withResolvers<void>();
        peer.take = (bytes) => {
          if (bytes.length < subackBytes) return 0;
          if (bytes[0] === 0x90 && bytes[4] === qos) answered.resolve();
          else answered.reject(new Error(`not granted: ${bytes.toString('hex', 0, subackBytes)}`));
          return subackBytes;
        };
        peer.socket.write(packet);
        return answered.promise;
      }),
    );
  }

  /** Fills the window with one write. */
  #goOn(): void {
    const { window, qos } = this.#setup;
    let slowest = Number.POSITIVE_INFINITY;
    for (const count of this.#behind) slowest = Math.min(slowest, count);
    const count = window - (this.#sent - (qos === 0 ? slowest : Math.min(slowest, this.#answered)));
    if (count <= 0 || stopped) return;
    this.#sent += count;
    const length = count * this.#publish.length;
    if (qos === 0) {
      this.#publisher.socket.write(this.#many.subarray(0, length));
      return;
    }
    const packets = Buffer.from(this.#many.subarray(0, length));
    for (let i = 0; i < count; i++) {
      this.#lastId = (this.#lastId % maxPacketId) + 1;
      packets.writeUInt16BE(this.#lastId, i * this.#publish.length + this.#idAt);
    }
    this.#publisher.socket.write(packets);
  }

  #goOnSoon(): void {
    if (this.#asked) return;
    this.#asked = true;
    setImmediate(() => {
      this.#asked = false;
      this.#goOn();
    });
  }

  /** PUBACK; or PUBREC, answered with PUBREL, and PUBCOMP. */
  #answers(bytes: Buffer): number {
    const whole = bytes.length - (bytes.length % ackBytes);
    const releases: number[] = [];
    for (let at = 0; at < whole; at += ackBytes) {
      if (bytes[at] === 0x50) releases.push(0x62, 2, bytes[at + 2] ?? 0, bytes[at + 3] ?? 0);
      else this.#answered++;
    }
    if (releases.length > 0) this.#publisher.socket.write(Buffer.from(releases));
    this.#goOnSoon();
    return whole;
  }

  #messages(peer: Peer, number: number, bytes: Buffer): number {
    const { qos } = this.#setup;
    const { length } = this.#publish;
    if (qos === 0) {
      const count = Math.floor(bytes.length / length);
      this.#count(number, count);
      return count * length;
    }
    const acks: number[] = [];
    let at = 0;
    while (at + ackBytes <= bytes.length) {
      if (bytes[at] === 0x62) {
        acks.push(0x70, 2, bytes[at + 2] ?? 0, bytes[at + 3] ?? 0);
        at += ackBytes;
        this.#count(number, 1);
        continue;
      }
      if (at + length > bytes.length) break;
      const idAt = at + this.#idAt;
      acks.push(qos === 1 ? 0x40 : 0x50, 2, bytes[idAt] ?? 0, bytes[idAt + 1] ?? 0);
      if (qos === 1) this.#count(number, 1);
      at += length;
    }
    if (acks.length > 0) peer.socket.write(Buffer.from(acks));
    return at;
  }

  #count(number: number, count: number): void {
    this.#behind[number] = (this.#behind[number] ?? 0) + count;
    this.#delivered += count;
    this.#goOnSoon();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

process.once('message', async (setup) => {
  const result = await new Traffic(setup as TrafficSetup).run();
  process.send?.(result, () => process.exit(0));
});
