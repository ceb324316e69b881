/** Shared by the broker's tests: a broker on free ports, whose commits the test controls, and raw MQTT packets. */
import { connect as connectSocket, type Socket } from 'node:net';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import type { MqttStateStore, StateChange } from '../../mqtt-state/mqtt-state.ts';
import type { DevicePublish, Principal } from '../access.ts';
import { Broker, type BrokerOptions } from '../broker.ts';

export const password = 'right';

const principals: readonly Principal[] = [
  ...['meter', 'other'].map((id) => ({
    kind: 'device' as const,
    id,
    publish: [`forpost/devices/${id}/#`],
    subscribe: [`forpost/devices/${id}/commands`],
  })),
  { kind: 'consumer', id: 'panel', publish: ['forpost/devices/+/commands'], subscribe: ['forpost/#'] },
  { kind: 'consumer', id: 'narrow', publish: [], subscribe: ['forpost/alerts/#'] },
];

/** An admitted publish; the test lets its commit succeed or fail. */
export interface AdmittedPublish extends DevicePublish {
  readonly text: string;
  commit(): void;
  fail(): void;
}

export class Bench {
  readonly admitted: AdmittedPublish[] = [];
  readonly connections: string[] = [];
  readonly broker: Broker;
  readonly #clients: MqttClient[] = [];
  readonly #sockets: Socket[] = [];
  /** true: the test ends each commit; false: commits end at once */
  manual = false;

  constructor(change: Partial<BrokerOptions> = {}) {
    this.broker = new Broker({
      mqtt: {},
      ports: { plain: 0, tls: 0 },
      clock: systemClock,
      logger: silentLogger(),
      authenticate: async (user, given) => {
        const principal = principals.find(({ id }) => id === user && given === password);
        return principal && { principal, credential: given };
      },
      admit: (publish) => {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        const text = Buffer.from(publish.payload).toString();
        this.admitted.push({ ...publish, text, commit: resolve, fail: () => reject(new Error('the disk is full')) });
        if (!this.manual) resolve();
        return promise;
      },
      onConnection: (device, connected) => this.connections.push(`${connected ? '+' : '-'}${device}`),
      ...change,
    });
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.end(true);
    for (const socket of this.#sockets) socket.destroy();
    await this.broker.stop();
  }

  /** An MQTT.js client that does not reconnect. */
  client(user: string, options: IClientOptions = {}): MqttClient {
    const client = mqtt.connect({
      host: '127.0.0.1',
      port: this.broker.port,
      username: user,
      password,
      reconnectPeriod: 0,
      clientId: `${user}-1`,
      ...options,
    });
    client.on('error', () => undefined);
    this.#clients.push(client);
    return client;
  }

  async connected(user: string, options: IClientOptions = {}): Promise<MqttClient> {
    const client = this.client(user, options);
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve());
      client.once('error', reject);
      client.once('close', () => reject(new Error('closed')));
    });
    return client;
  }

  /** A TCP connection that has sent nothing yet, and records what it receives. */
  async raw(port = this.broker.port): Promise<RawClient> {
    const socket = connectSocket(port, '127.0.0.1');
    this.#sockets.push(socket);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new RawClient(socket);
  }
}

/** A disk whose commits the test ends. */
export class HeldStorage implements MqttStateStore {
  readonly recall = () => undefined;
  read = true;
  readonly isRead = () => this.read;
  readonly changes: string[] = [];
  commit = async () => undefined;
  anew: () => void = () => undefined;
  onAnew = (listener: () => void) => {
    this.anew = listener;
  };
  #waiting: PromiseWithResolvers<void>[] = [];

  save = ({ kind }: StateChange) => void this.changes.push(kind);

  saved = () => {
    const wait = Promise.withResolvers<void>();
    this.#waiting.push(wait);
    return wait.promise;
  };

  /** number of callers that wait for a commit */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Ends the commits of the first `count` callers that wait, by default of all. */
  end(error?: Error, count = this.#waiting.length): void {
    for (const { resolve, reject } of this.#waiting.splice(0, count)) error === undefined ? resolve() : reject(error);
  }
}

export class RawClient {
  readonly socket: Socket;
  closed = false;
  #joined: Buffer = Buffer.alloc(0);
  #pieces: Buffer[] = [];
  /** number of bytes received */
  bytes = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.#record(chunk));
    socket.on('close', () => {
      this.closed = true;
    });
    socket.on('error', () => undefined);
  }

  send(...packets: Buffer[]): void {
    this.socket.write(Buffer.concat(packets));
  }

  #record(chunk: Buffer): void {
    this.#pieces.push(chunk);
    this.bytes += chunk.length;
  }

  get #received(): Buffer {
    if (this.#pieces.length > 0) this.#joined = Buffer.concat([this.#joined, ...this.#pieces]);
    this.#pieces = [];
    return this.#joined;
  }

  /** From now on reads `bytes` bytes every `everyMs` ms. */
  slow(bytes: number, everyMs: number): void {
    this.socket.removeAllListeners('data');
    this.socket.pause();
    const timer = setInterval(() => {
      const chunk: Buffer | null = this.socket.read(Math.min(bytes, this.socket.readableLength)) ?? null;
      if (chunk !== null) this.#record(chunk);
    }, everyMs);
    this.socket.once('close', () => clearInterval(timer));
  }

  /** The bodies of the complete packets of this type. */
  whole(name: string): readonly Buffer[] {
    return this.#split().flatMap(([first, body]) => (names[first >> 4] === name ? [body] : []));
  }

  /** The first bytes of the packets of this type. */
  firstBytes(name: string): readonly number[] {
    return this.#split().flatMap(([first]) => (names[first >> 4] === name ? [first] : []));
  }

  #split(): (readonly [number, Buffer])[] {
    const found: (readonly [number, Buffer])[] = [];
    for (let at = 0; at < this.#received.length; ) {
      let length = 0;
      let from = at + 1;
      for (let shift = 0; ; shift += 7) {
        const byte = this.#received[from++];
        if (byte === undefined) return found;
        length |= (byte & 0x7f) << shift;
        if (byte < 0x80) break;
      }
      if (from + length > this.#received.length) return found;
      found.push([this.#received[at] ?? 0, this.#received.subarray(from, from + length)]);
      at = from + length;
    }
    return found;
  }

  /** The received publishes of QoS 1 and 2; packets must have bodies of at most 127 bytes. */
  published(): readonly {
    readonly id: number;
    readonly qos: number;
    readonly dup: boolean;
    readonly payload: string;
  }[] {
    const found = [];
    for (let at = 0; at + 1 < this.#received.length; at += 2 + (this.#received[at + 1] ?? 0)) {
      const first = this.#received[at] ?? 0;
      const qos = (first >> 1) & 3;
      if (first >> 4 !== 3 || qos === 0) continue;
      const idAt = at + 4 + this.#received.readUInt16BE(at + 2);
      const payload = this.#received.toString('utf8', idAt + 2, at + 2 + (this.#received[at + 1] ?? 0));
      found.push({ id: this.#received.readUInt16BE(idAt), qos, dup: (first & 8) !== 0, payload });
    }
    return found;
  }

  /** The received packets, as [type, packet id]; packets must have bodies of at most 127 bytes. */
  packets(): readonly (readonly [string, number])[] {
    const seen: (readonly [string, number])[] = [];
    for (let at = 0; at + 1 < this.#received.length; ) {
      const type = (this.#received[at] ?? 0) >> 4;
      const length = this.#received[at + 1] ?? 0;
      const id = length >= 2 ? this.#received.readUInt16BE(at + 2) : 0;
      seen.push([names[type] ?? String(type), id]);
      at += 2 + length;
    }
    return seen;
  }
}

const names: Readonly<Record<number, string>> = {
  2: 'connack',
  3: 'publish',
  4: 'puback',
  5: 'pubrec',
  6: 'pubrel',
  7: 'pubcomp',
  9: 'suback',
  11: 'unsuback',
  13: 'pingresp',
  14: 'disconnect',
};

export function field(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

export function framed(type: number, ...body: Buffer[]): Buffer {
  const content = Buffer.concat(body);
  const header = [type];
  let left = content.length;
  do {
    header.push((left % 128) | (left >= 128 ? 0x80 : 0));
    left = Math.floor(left / 128);
  } while (left > 0);
  return Buffer.concat([Buffer.from(header), content]);
}

export const pingPacket = Buffer.from([0xc0, 0]);

export interface ConnectOptions {
  readonly password?: string;
  readonly clientId?: string;
  readonly clean?: boolean;
  /** s, at most 255 */
  readonly keepAliveS?: number;
  /** a will of QoS 1 */
  readonly will?: { readonly topic: string; readonly payload: string };
}

export function connectPacket(user: string, options: ConnectOptions = {}): Buffer {
  const { password: word = password, clientId = `${user}-raw`, clean = true, keepAliveS = 60, will } = options;
  const flags = Buffer.from([4, 0xc0 | (clean ? 2 : 0) | (will === undefined ? 0 : 0x0c), 0, keepAliveS]);
  const left = will === undefined ? [] : [field(will.topic), field(will.payload)];
  return framed(0x10, field('MQTT'), flags, field(clientId), ...left, field(user), field(word));
}

export function publishPacket(
  topic: string,
  payload: string,
  qos: 0 | 1 | 2,
  id = 0,
  dup = false,
  retain = false,
): Buffer {
  const packetId = qos === 0 ? Buffer.alloc(0) : Buffer.from([id >> 8, id & 255]);
  return framed(0x30 | (qos << 1) | (dup ? 8 : 0) | (retain ? 1 : 0), field(topic), packetId, Buffer.from(payload));
}

export function pubrelPacket(id: number): Buffer {
  return framed(0x62, Buffer.from([id >> 8, id & 255]));
}

export function subscribePacket(id: number, filter: string, qos: 0 | 1 | 2): Buffer {
  return framed(0x82, Buffer.from([id >> 8, id & 255]), field(filter), Buffer.from([qos]));
}
