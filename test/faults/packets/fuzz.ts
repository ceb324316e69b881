/**
 * Wild clients against a real gateway, some at a time, while a well-behaved neighbour publishes and receives its alerts.
 *
 * Always: a client's bytes depend on its own seed alone; a failure names the present seeds, and a run that begins with one of
 * them sends the same bytes.
 */
import { connect, type Socket } from 'node:net';
import { type TestSite, testPassword } from '../../harness/site.ts';
import { Random } from '../simulation/random.ts';
import { turns } from './attacks.ts';
import { type WildClient, wildConnection } from './wild-packets.ts';

export interface FuzzOptions {
  readonly firstSeed: number;
  readonly ms: number;
  /** number of clients at a time */
  readonly atOnce?: number;
  readonly onProgress?: (text: string) => void;
}

export interface FuzzResult {
  readonly seeds: number;
  /** acknowledged publishes of the neighbour, and the longest wait for one, ms */
  readonly served: number;
  readonly longestMs: number;
  readonly heapBeforeMb: number;
  readonly heapAfterMb: number;
}

const wildClients: readonly WildClient[] = [
  { user: 'hostile', password: testPassword },
  { user: 'hostile', password: testPassword },
  { user: 'hostile-panel', password: testPassword },
];
/** for a CONNACK */
const longestMs = 400;
/** after this share V8's heap is stable, and every queue and session of the wild clients has existed once */
const warmUpShare = 0.4;

/** @throws Error with the present seeds when the gateway ends or no longer serves the neighbour */
export async function fuzz(site: TestSite, options: FuzzOptions): Promise<FuzzResult> {
  const { firstSeed, ms, atOnce = 16, onProgress = () => undefined } = options;
  const underWay = new Set<number>();
  const begun = performance.now();
  let next = firstSeed;
  let heapBeforeMb = 0;
  const neighbour = new Neighbour(site);
  await neighbour.start();
  const check = () => {
    const seeds = `seeds under way: ${[...underWay].join(', ')}`;
    if (site.gateway?.running !== true)
      throw new Error(`the gateway ended; ${seeds}\n${site.gateway?.lines.slice(-5).join('\n')}`);
    const unhandled = site.gateway.lines.find((line) => line.includes('an error that nobody handled'));
    if (unhandled !== undefined) throw new Error(`${unhandled}\n${seeds}`);
    if (neighbour.waitingMs > 10_000) throw new Error(`the neighbour is not served any more; ${seeds}`);
  };
  const client = async () => {
    while (performance.now() - begun < ms) {
      const seed = next++;
      underWay.add(seed);
      await runSeed(site.mqttPort, seed);
      check();
      underWay.delete(seed);
      if (seed % 1000 === 0) onProgress(`seed ${seed}`);
    }
  };
  const watch = async () => {
    await new Promise((resolve) => setTimeout(resolve, ms * warmUpShare));
    heapBeforeMb = (await turns(site)).heapMb;
  };
  try {
    await Promise.all([watch(), ...Array.from({ length: atOnce }, client)]);
    check();
    const { heapMb: heapAfterMb } = await turns(site);
    const { served, longestMs: longest } = neighbour;
    return { seeds: next - firstSeed, served, longestMs: longest, heapBeforeMb, heapAfterMb };
  } finally {
    await neighbour.stop();
  }
}

/** One wild client, from its connection to its end. */
export async function runSeed(port: number, seed: number): Promise<void> {
  const random = new Random(seed);
  const wild = wildConnection(random, random.pick(wildClients));
  // each client has its own address, so that limits before the log-in apply to each alone
  const localAddress = `127.${1 + (seed % 250)}.${Math.floor(seed / 250) % 250}.2`;
  const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const answered = new Promise<void>((resolve) => socket.once('data', () => resolve()));
  socket.on('error', () => undefined);
  await write(socket, wild.connect);
  if (wild.waits) await Promise.race([answered, closed, pause(longestMs)]);
  if (!wild.reads) socket.pause();
  await write(socket, wild.rest);
  // by then the gateway is working on most of it
  await Promise.race([closed, pause(random.pick([0, 5, 30, 100]))]);
  if (wild.ends === 'half closed') socket.end();
  if (wild.ends === 'reset') socket.resetAndDestroy();
  if (wild.ends === 'cut') socket.destroy();
  await Promise.race([closed, pause(100)]);
  socket.destroy();
  await closed;
}

async function write(socket: Socket, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return;
    socket.write(piece);
    if (pieces.length > 1) await pause(1);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Publishes readings one after another, and waits for each acknowledgement. */
class Neighbour {
  readonly #site: TestSite;
  served = 0;
  longestMs = 0;
  #since = performance.now();
  #ended = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(site: TestSite) {
    this.#site = site;
  }

  get waitingMs(): number {
    return performance.now() - this.#since;
  }

  async start(): Promise<void> {
    const client = await this.#site.connect('probe', { reconnectPeriod: 0 });
    this.#loop = (async () => {
      while (!this.#ended && client.connected) {
        this.#since = performance.now();
        await client.publishAsync('forpost/devices/probe/readings', '{"values":{"power_w":1}}', { qos: 1 });
        this.longestMs = Math.max(this.longestMs, this.waitingMs);
        this.served++;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      if (!this.#ended) this.#since = Number.NEGATIVE_INFINITY;
      await client.endAsync(true);
    })();
    this.#loop.catch(() => {
      this.#since = Number.NEGATIVE_INFINITY;
    });
  }

  async stop(): Promise<void> {
    this.#ended = true;
    await this.#loop.catch(() => undefined);
  }
}
