/**
 * The devices of fleet.ts, in a process of their own: raw sockets, one prepared CONNECT and one prepared PUBLISH (QoS 1)
 * each, and an address for each (127.x.y.z), as on a network. A refused or disconnected device tries again
 * after a second.
 */
import { connect, type Socket } from 'node:net';
import type { FleetOrder, FleetSetup, FleetState } from './fleet.ts';

const againAfterMs = 1000;
const keepAliveS = 60;
const tickMs = 20;
const payload = '{"values":{"power_w":512.3,"energy_wh":1048576,"voltage_v":229.4}}';

function framed(first: number, ...body: readonly Buffer[]): Buffer {
  const content = Buffer.concat(body);
  const length = content.length < 128 ? [content.length] : [(content.length & 127) | 0x80, content.length >> 7];
  return Buffer.concat([Buffer.from([first, ...length]), content]);
}

function field(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([0, bytes.length]), bytes]);
}

class Device {
  readonly #number: number;
  readonly #connect: Buffer;
  readonly #publish: Buffer;
  readonly #idAt: number;
  #socket: Socket | undefined;
  #lastId = 0;
  isIn = false;

  constructor(number: number, { id, password }: FleetSetup['devices'][number]) {
    this.#number = number;
    const head = Buffer.concat([field('MQTT'), Buffer.from([4, 0xc2, 0, keepAliveS])]);
    this.#connect = framed(0x10, head, field(id), field(id), field(password));
    this.#publish = framed(0x32, field(`forpost/devices/${id}/readings`), Buffer.alloc(2), Buffer.from(payload));
    this.#idAt = this.#publish.length - payload.length - 2;
  }

  connect(): void {
    const n = this.#number + 1;
    const socket = connect({ host: '127.0.0.1', port: fleet.port, localAddress: `127.1.${n >> 8}.${n & 255}` });
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.once('close', () => {
      if (this.#socket !== socket) return;
      fleet.lost++;
      this.#out();
      setTimeout(() => this.connect(), againAfterMs);
    });
    socket.write(this.#connect);
  }

  /** Cuts its connection and connects again. */
  cut(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#out();
    socket?.destroy();
    this.connect();
  }

  publish(): void {
    if (!this.isIn) return;
    this.#lastId = (this.#lastId % 65_535) + 1;
    this.#publish.writeUInt16BE(this.#lastId, this.#idAt);
    fleet.sent++;
    this.#socket?.write(Buffer.from(this.#publish));
  }

  #out(): void {
    if (this.isIn) fleet.connected--;
    this.isIn = false;
  }

  #take(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += 2 + (bytes[at + 1] ?? 0)) {
      if (bytes[at] === 0x40) fleet.acknowledged++;
      if (bytes[at] !== 0x20) continue;
      if (bytes[at + 3] !== 0) fleet.refused++;
      else {
        this.isIn = true;
        fleet.connected++;
        fleet.allIn();
      }
    }
  }
}

class FleetCounts {
  port = 0;
  connected = 0;
  refused = 0;
  lost = 0;
  sent = 0;
  acknowledged = 0;
  devices: readonly Device[] = [];
  #cutAt = performance.now();
  #backAfterMs = Number.NaN;

  start({ port, devices, readingEveryMs }: FleetSetup): void {
    this.port = port;
    this.devices = devices.map((device, number) => new Device(number, device));
    for (const device of this.devices) device.connect();
    // this many at a time, so that each has its turn within `readingEveryMs`
    let due = 0;
    let next = 0;
    setInterval(() => {
      for (due += (this.devices.length * tickMs) / readingEveryMs; due >= 1; due--)
        this.devices[next++ % this.devices.length]?.publish();
    }, tickMs);
  }

  cut(): void {
    this.#cutAt = performance.now();
    this.#backAfterMs = Number.NaN;
    for (const device of this.devices) device.cut();
  }

  allIn(): void {
    if (this.connected === this.devices.length) this.#backAfterMs = performance.now() - this.#cutAt;
  }

  state(): FleetState {
    const { connected, refused, lost, sent, acknowledged } = this;
    return { connected, refused, lost, sent, acknowledged, backAfterMs: this.#backAfterMs };
  }
}

const fleet = new FleetCounts();
process.on('message', (message) => {
  const given = message as FleetOrder;
  if ('setup' in given) fleet.start(given.setup);
  else if (given.order === 'cut') fleet.cut();
  else process.send?.(fleet.state());
});
