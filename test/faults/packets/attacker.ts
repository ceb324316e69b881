/**
 * A hostile client in a thread of its own, so that its own processor time does not count as the gateway's: it logs
 * in, repeats its attack until it is stopped, and counts its actions.
 */
import { connect, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import {
  type ConnectOptions,
  connectPacket,
  field,
  framed,
  pingPacket,
  publishPacket,
  pubrelPacket,
} from '../../../edge/broker/testing/broker.ts';

export interface AttackerData {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly attack: AttackName;
  /** number of filters, in attacks with filters */
  readonly filters: number;
}

const data = workerData as AttackerData;
const topic = `forpost/devices/${data.user}/readings`;
/** the limit of a principal */
const connectionsEach = 16;
const retainedEach = 200;
let done = 0;

/** A raw connection; counts received packets by type when a step waits for one. */
class Attacker {
  readonly socket: Socket;
  readonly #seen = new Map<number, number>();
  #left: Buffer = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  isClosed = false;
  #drained: (() => void) | undefined;

  constructor() {
    this.socket = connect(data.port, '127.0.0.1');
    this.socket.on('drain', () => this.#drained?.());
    this.socket.setNoDelay(true);
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.isClosed = true;
      this.#drained?.();
      this.#wake?.();
    });
    this.socket.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  static async loggedIn(clean: boolean, clientId = 'hostile', will?: ConnectOptions['will']): Promise<Attacker> {
    const attacker = new Attacker();
    attacker.socket.write(
      connectPacket(data.user, { password: data.password, clientId, clean, ...(will && { will }) }),
    );
    await attacker.got(2, 1);
    return attacker;
  }

  /** Waits for this many packets of this type, or for the end of the connection. */
  async got(type: number, count: number): Promise<void> {
    while ((this.#seen.get(type) ?? 0) < count && !this.isClosed)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }

  async send(packets: Buffer): Promise<void> {
    if (this.isClosed || this.socket.destroyed) throw new Error('the gateway closed the connection');
    if (this.socket.write(packets)) {
      // lets the event loop read what has arrived
      await new Promise(setImmediate);
      return;
    }
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
  }

  #take(chunk: Buffer): void {
    this.#left = this.#left.length === 0 ? chunk : Buffer.concat([this.#left, chunk]);
    for (;;) {
      const end = endOfPacket(this.#left);
      if (end < 0) break;
      const type = (this.#left[0] ?? 0) >> 4;
      this.#seen.set(type, (this.#seen.get(type) ?? 0) + 1);
      this.#left = this.#left.subarray(end);
    }
    this.#wake?.();
  }
}

function endOfPacket(bytes: Buffer): number {
  let length = 0;
  for (let i = 1; i < 5; i++) {
    const byte = bytes[i];
    if (byte === undefined) return -1;
    length |= (byte & 0x7f) << (7 * (i - 1));
    if (byte < 0x80) return bytes.length >= 1 + i + length ? 1 + i + length : -1;
  }
  return -1;
}

const idOf = (id: number) => Buffer.from([id >> 8, id & 255]);

function subscribe(id: number, first: number, count: number): Buffer {
  const asked = Array.from({ length: count }, (_, n) => [field(`forpost/d${first + n}`), Buffer.from([1])]);
  return framed(0x82, idOf(id), ...asked.flat());
}

function unsubscribe(id: number, first: number, count: number): Buffer {
  return framed(0xa2, idOf(id), ...Array.from({ length: count }, (_, n) => field(`forpost/d${first + n}`)));
}

/** Sends the same bytes as fast as they are accepted. */
async function flood(packets: Buffer, count: number): Promise<void> {
  const attacker = await Attacker.loggedIn(true);
  parentPort?.postMessage('begun');
  for (;;) {
    await attacker.send(packets);
    done += count;
  }
}

function times(count: number, packet: (n: number) => Buffer): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, n) => packet(n)));
}

const attacks = {
  /** one SUBSCRIBE with so many filters, then one UNSUBSCRIBE, again and again, in a session that stays */
  'filters in one packet': async () => {
    const attacker = await Attacker.loggedIn(false);
    parentPort?.postMessage('begun');
    for (let n = 1; !attacker.isClosed; n++) {
      await attacker.send(subscribe(n, 0, data.filters));
      await attacker.got(9, n);
      await attacker.send(unsubscribe(n, 0, data.filters));
      await attacker.got(11, n);
      done++;
    }
  },
  /** subscribes to so many filters in packets of 20, and unsubscribes from all of them */
  'filters in many packets': async () => {
    const attacker = await Attacker.loggedIn(false);
    parentPort?.postMessage('begun');
    for (let round = 0, sent = 0; !attacker.isClosed; round++) {
      for (let first = 0; first < data.filters; first += 20, sent++)
        await attacker.send(subscribe((sent % 60_000) + 1, first, 20));
      await attacker.got(9, sent);
      await attacker.send(unsubscribe(1, 0, data.filters));
      await attacker.got(11, round + 1);
      done += data.filters;
    }
  },
  /** comes and goes with a session of so many filters */
  'reconnects with many filters': async () => {
    const first = await Attacker.loggedIn(false);
    await first.send(subscribe(1, 0, data.filters));
    await first.got(9, 1);
    parentPort?.postMessage('begun');
    for (;;) {
      const next = await Attacker.loggedIn(false);
      next.socket.destroy();
      done++;
    }
  },
  /** the same without a session: asks for all of them each time */
  'clean sessions with many filters': async () => {
    parentPort?.postMessage('begun');
    for (;;) {
      const next = await Attacker.loggedIn(true);
      await next.send(subscribe(1, 0, data.filters));
      await next.got(9, 1);
      next.socket.destroy();
      done++;
    }
  },
  'empty payloads': () =>
    flood(
      times(500, () => publishPacket(topic, '', 0)),
      500,
    ),
  'empty payloads of QoS 1': () =>
    flood(
      times(500, (n) => publishPacket(topic, '', 1, n + 1)),
      500,
    ),
  'messages of a consumer': () =>
    flood(
      times(500, () => publishPacket('hub/state', '{"power":1}', 0)),
      500,
    ),
  PINGREQ: () =>
    flood(
      times(5000, () => pingPacket),
      5000,
    ),
  'SUBSCRIBE of one filter': () =>
    flood(
      times(500, (n) => subscribe(n + 1, n, 1)),
      500,
    ),
  'SUBSCRIBE to everything': () =>
    flood(
      times(100, (n) => framed(0x82, idOf(n + 1), field('forpost/#'), Buffer.from([1]))),
      100,
    ),
  'UNSUBSCRIBE of one filter': () =>
    flood(
      times(500, (n) => unsubscribe(n + 1, n, 1)),
      500,
    ),
  'QoS 2 handshakes': () =>
    flood(
      times(500, (n) =>
        Buffer.concat([publishPacket(topic, '{"values":{"power_w":1}}', 2, n + 1), pubrelPacket(n + 1)]),
      ),
      500,
    ),
  'PUBREL of nothing': () =>
    flood(
      times(2000, (n) => pubrelPacket(n + 1)),
      2000,
    ),
  /** one UNSUBSCRIBE with so many unsubscribed filters, again and again */
  'UNSUBSCRIBE of many filters': async () => {
    const attacker = await Attacker.loggedIn(false);
    parentPort?.postMessage('begun');
    for (let n = 1; !attacker.isClosed; n++) {
      await attacker.send(unsubscribe((n % 60_000) + 1, 0, data.filters));
      await attacker.got(11, n);
      done++;
    }
  },
  /** a device with as many retained messages as it may have asks for all of them by many filters */
  'retained messages by wildcards': async () => {
    const attacker = await Attacker.loggedIn(true);
    for (let n = 0; n < retainedEach; n++)
      await attacker.send(publishPacket(`${data.user}/status/${n}`, 'x'.repeat(200), 1, n + 1, false, true));
    await attacker.got(4, retainedEach);
    parentPort?.postMessage('begun');
    const filters = Array.from({ length: 100 }, (_, n) => (n % 2 === 0 ? `${data.user}/#` : `${data.user}/+/+`));
    const asked = framed(0x82, idOf(1), ...filters.flatMap((filter) => [field(filter), Buffer.from([1])]));
    for (let n = 1; !attacker.isClosed; n++) {
      await attacker.send(asked);
      await attacker.got(9, n);
      done++;
    }
  },
  'QoS 2 without PUBREL': () => {
    let n = 0;
    return floodOf(
      () => times(200, () => publishPacket(topic, '{"values":{"power_w":1}}', 2, (n++ % 65_535) + 1)),
      200,
    );
  },
  /** a session and a will for each connection, and each connection is cut */
  'sessions and wills': async () => {
    parentPort?.postMessage('begun');
    const comeAndGo = async (first: number) => {
      for (let n = first; ; n += 8) {
        const next = await Attacker.loggedIn(false, `hostile-${n % 1000}`, {
          topic,
          payload: '{"values":{"power_w":1}}',
        });
        next.socket.destroy();
        done++;
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, n) => comeAndGo(n)));
  },
  'empty payloads from 16 connections': () =>
    floodFromAll(
      times(500, () => publishPacket(topic, '', 0)),
      500,
    ),
  'SUBSCRIBE from 16 connections': () =>
    floodFromAll(
      times(500, (n) => subscribe(n + 1, n, 1)),
      500,
    ),
  'new topics': () => {
    let n = 0;
    return floodOf(() => times(200, () => publishPacket(`${data.user}/status/${n++}`, '{}', 1, (n % 60_000) + 1)), 200);
  },
} as const;

/** The same from as many connections as a principal may have. */
async function floodFromAll(packets: Buffer, count: number): Promise<void> {
  const all = await Promise.all(
    Array.from({ length: connectionsEach }, (_, n) => Attacker.loggedIn(true, `hostile-${n}`)),
  );
  parentPort?.postMessage('begun');
  await Promise.all(
    all.map(async (attacker) => {
      for (;;) {
        await attacker.send(packets);
        done += count;
      }
    }),
  );
}

/** Sends different bytes each time. */
async function floodOf(packets: () => Buffer, count: number): Promise<void> {
  const attacker = await Attacker.loggedIn(true);
  parentPort?.postMessage('begun');
  for (;;) {
    await attacker.send(packets());
    done += count;
  }
}

export type AttackName = keyof typeof attacks;

if (parentPort !== null) {
  const port = parentPort;
  port.on('message', () => port.postMessage(done));
  void attacks[data.attack]().catch((error: unknown) => port.postMessage(String(error)));
}
