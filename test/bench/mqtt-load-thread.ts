/**
 * The thread with the devices: raw MQTT packets on plain sockets, because a client library (mqtt.js) costs several times more
 * a publish than the broker and would be the bottleneck. A publish is one prepared packet with its packet id filled in;
 * mqtt-packet parses the acknowledgements.
 *
 *   connecting ── all CONNACKs ──► warming up ──► measuring ──► waiting for open publishes ──► result posted
 *
 * Always: an acknowledgement counts only for an open packet id. A paced load sends on time in every case, so that a slow
 * broker cannot reduce its own load; times run from the write, not from the planned moment.
 */
import { connect, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { generate, type Packet, parser } from 'mqtt-packet';
import type { LoadClient, LoadResult, LoadSetup } from './mqtt-load.ts';

const setup = workerData as LoadSetup;
const maxPacketId = 65_535;
/** for open publishes at the end */
const answerWithinMs = 10_000;
const tickMs = 1;

/** Acknowledgements within the measured time. */
class Tally {
  counting = false;
  stopped = false;
  sent = 0;
  readonly latencies: number[] = [];
}

class Device {
  readonly #socket: Socket;
  readonly #tally: Tally;
  readonly #window: number;
  readonly #publish: Buffer;
  /** offset of the packet id */
  readonly #idAt: number;
  readonly #underWay = new Map<number, number>();
  #lastId = 0;
  #answered = 0;
  #connected = Promise.withResolvers<void>();

  constructor(client: LoadClient, tally: Tally) {
    this.#tally = tally;
    this.#window = 'window' in setup.pace ? setup.pace.window : 0;
    this.#publish = generate({
      cmd: 'publish',
      topic: client.topic,
      payload: setup.payload,
      qos: 1,
      messageId: 1,
      dup: false,
      retain: false,
    });
    this.#idAt = this.#publish.length - Buffer.byteLength(setup.payload) - 2;
    this.#socket = connect({ host: '127.0.0.1', port: setup.port, noDelay: true });
    this.#socket.once('close', () => this.#lost(client.id));
    this.#socket.once('error', (error) => this.#connected.reject(error));
    const packets = parser();
    packets.on('packet', (packet: Packet) => this.#take(packet));
    this.#socket.on('data', (chunk) => {
      packets.parse(chunk);
      this.#goOn();
    });
    this.#socket.write(connectPacket(client));
  }

  get connected(): Promise<void> {
    return this.#connected.promise;
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  /** One write for `count` publishes. */
  send(count: number): void {
    const packets = Buffer.allocUnsafe(count * this.#publish.length);
    const now = performance.now();
    for (let i = 0; i < count; i++) {
      this.#lastId = (this.#lastId % maxPacketId) + 1;
      if (this.#underWay.has(this.#lastId)) throw new Error(`all packet ids of a device are under way`);
      this.#underWay.set(this.#lastId, now);
      packets.set(this.#publish, i * this.#publish.length);
      packets.writeUInt16BE(this.#lastId, i * this.#publish.length + this.#idAt);
    }
    if (this.#tally.counting) this.#tally.sent += count;
    this.#socket.write(packets);
  }

  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.end(generate({ cmd: 'disconnect' }));
  }

  #take(packet: Packet): void {
    if (packet.cmd === 'connack') {
      if (packet.returnCode === 0) this.#connected.resolve();
      else this.#connected.reject(new Error(`refused with return code ${packet.returnCode}`));
    } else if (packet.cmd === 'puback') {
      const sentAt = this.#underWay.get(packet.messageId ?? 0);
      if (sentAt === undefined) throw new Error(`packet ${packet.messageId} was acknowledged and is not under way`);
      this.#underWay.delete(packet.messageId ?? 0);
      this.#answered++;
      if (this.#tally.counting) this.#tally.latencies.push(performance.now() - sentAt);
    }
  }

  #goOn(): void {
    const count = this.#answered;
    this.#answered = 0;
    if (count > 0 && this.#window > 0 && !this.#tally.stopped) this.send(count);
  }

  #lost(id: string): void {
    const error = new Error(`${id} lost its connection`);
    this.#connected.reject(error);
    if (!this.#tally.stopped) throw error;
  }
}

function connectPacket({ id, username, password }: LoadClient): Buffer {
  return generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId: id,
    keepalive: 0,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: Buffer.from(password) }),
  });
}

/** Sends `perSecond` publishes, one device after another, until the tally is stopped. */
async function keepPace(devices: readonly Device[], perSecond: number, tally: Tally): Promise<void> {
  const began = performance.now();
  let sent = 0;
  while (!tally.stopped) {
    const due = Math.floor(((performance.now() - began) * perSecond) / 1000);
    for (; sent < due; sent++) devices[sent % devices.length]?.send(1);
    await pause(tickMs);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function run(): Promise<LoadResult> {
  const tally = new Tally();
  const devices = setup.clients.map((client) => new Device(client, tally));
  await Promise.all(devices.map((device) => device.connected));
  const { pace } = setup;
  if ('window' in pace) for (const device of devices) device.send(pace.window);
  const paced = 'perSecond' in pace ? keepPace(devices, pace.perSecond, tally) : undefined;
  await pause(setup.warmUpMs);
  tally.counting = true;
  const began = performance.now();
  await pause(setup.measuredMs);
  tally.counting = false;
  const measuredMs = performance.now() - began;
  tally.stopped = true;
  await paced;
  const underWay = () => devices.reduce((sum, device) => sum + device.underWay, 0);
  for (const end = performance.now() + answerWithinMs; underWay() > 0 && performance.now() < end; ) await pause(10);
  const unanswered = underWay();
  for (const device of devices) device.close();
  const latencies = Float64Array.from(tally.latencies);
  return { acknowledged: latencies.length, sent: tally.sent, unanswered, measuredMs, latencies };
}

parentPort?.postMessage(await run());
