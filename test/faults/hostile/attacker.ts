/**
 * A thread that attacks the broker before the log-in. It has the lowest priority, as if on a machine of its own, so that the
 * measured cost is the gateway's. It attacks until it is ended.
 */
import { connect, type Socket } from 'node:net';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { setNice } from '@forpost/shared/priority.ts';
import { generate } from 'mqtt-packet';

export type Attack = 'silent' | 'half' | 'guess' | 'gone';

interface Setup {
  readonly attack: Attack;
  readonly port: number;
  readonly address: string;
  readonly atOnce: number;
  readonly users: readonly string[];
}

/** Answers by the return code of CONNACK; `closed`: no CONNACK. */
export type Answers = Readonly<Record<string, number>>;

const halfBytes = 60_000;

export class Attacker {
  readonly #thread: Worker;
  #answers: Answers = {};

  constructor(setup: Setup) {
    this.#thread = new Worker(new URL(import.meta.url), { workerData: setup });
    this.#thread.on('message', (answers: Answers) => {
      this.#answers = answers;
    });
  }

  get answers(): Answers {
    return this.#answers;
  }

  async stop(): Promise<Answers> {
    await this.#thread.terminate();
    return this.#answers;
  }
}

function attack({ attack: kind, port, address, atOnce, users }: Setup): void {
  const answers: Record<string, number> = { opened: 0 };
  const count = (what: string) => {
    answers[what] = (answers[what] ?? 0) + 1;
  };
  let guesses = 0;
  const first = (socket: Socket): Buffer | undefined => {
    if (kind === 'silent') return undefined;
    if (kind === 'half') return Buffer.concat([Buffer.from([0x10, 0xf0, 0xd4, 0x03]), Buffer.alloc(halfBytes)]);
    if (kind === 'gone') setImmediate(() => setTimeout(() => socket.destroy(), 20));
    const n = guesses++;
    const username = users[n % users.length] ?? 'nobody';
    return generate({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      keepalive: 60,
      clientId: `guess-${n}`,
      username,
      password: Buffer.from(`guess ${n}`),
    });
  };
  const open = () => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: address });
    let answered = false;
    socket.on('error', () => undefined);
    socket.once('connect', () => {
      count('opened');
      const bytes = first(socket);
      if (bytes !== undefined) socket.write(bytes);
    });
    socket.on('data', (bytes) => {
      answered = true;
      count(`connack ${bytes[3]}`);
    });
    socket.once('close', () => {
      if (!answered) count('closed');
      // opens the next one at once, but at most 1,000 a second in total
      setTimeout(open, atOnce);
    });
  };
  for (let i = 0; i < atOnce; i++) open();
  setInterval(() => parentPort?.postMessage(answers), 50);
}

if (parentPort !== null && typeof workerData === 'object' && workerData !== null && 'attack' in workerData) {
  setNice(19);
  attack(workerData as Setup);
}
