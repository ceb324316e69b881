/** One TCP connection of a case: it sends bytes as they are given, reads packets strictly, and queues them. */
import { connect, type Socket } from 'node:net';
import { decode, type Packet } from './packets.ts';
import type { Version } from './wire.ts';

export class Connection {
  readonly #socket: Socket;
  readonly #version: Version;
  readonly #packets: Packet[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #changed = Promise.withResolvers<void>();
  /** the first malformed packet of the broker */
  #malformed: Error | undefined;
  closed = false;

  private constructor(socket: Socket, version: Version) {
    this.#socket = socket;
    this.#version = version;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    // a reset ends the connection too: «close» follows
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.closed = true;
      this.#wakeReader();
    });
  }

  static async open(host: string, port: number, version: Version): Promise<Connection> {
    const socket = connect({ host, port, noDelay: true });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Connection(socket, version);
  }

  write(content: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(content);
  }

  /** Ends the connection without a DISCONNECT. */
  cut(): void {
    this.#socket.destroy();
  }

  /** The next packet; undefined: the connection ended, or none came within this time. */
  async next(withinMs: number): Promise<Packet | undefined> {
    const ended = AbortSignal.timeout(withinMs);
    const late = new Promise<void>((resolve) => ended.addEventListener('abort', () => resolve(), { once: true }));
    for (;;) {
      const packet = this.#packets.shift();
      if (packet !== undefined) return packet;
      if (this.#malformed !== undefined) throw this.#malformed;
      if (this.closed || ended.aborted) return undefined;
      await Promise.race([this.#changed.promise, late]);
    }
  }

  /** Puts a packet back, as the next one to read. */
  putBack(packet: Packet): void {
    this.#packets.unshift(packet);
  }

  #receive(chunk: Buffer): void {
    try {
      const { packets, rest } = decode(this.#version, Buffer.concat([this.#rest, chunk]));
      this.#packets.push(...packets);
      this.#rest = rest;
    } catch (error) {
      this.#malformed ??= new Error(`the broker sent ${error instanceof Error ? error.message : String(error)}`);
      this.#socket.destroy();
    }
    this.#wakeReader();
  }

  #wakeReader(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    resolve();
  }
}
