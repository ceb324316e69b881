/** One TCP connection of a case: what is written to it goes out as it is, what comes is read strictly and queued. */
import { connect, type Socket } from 'node:net';
import { decode, type Packet } from './packets.ts';
import type { Version } from './wire.ts';

export class Connection {
  readonly #socket: Socket;
  readonly #version: Version;
  readonly #packets: Packet[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #changed = Promise.withResolvers<void>();
  /** what the broker sent and may not send */
  #malformed: Error | undefined;
  closed = false;

  private constructor(socket: Socket, version: Version) {
    this.#socket = socket;
    this.#version = version;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    // an RST is an end too
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.closed = true;
      this.#tell();
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

  /** The next packet; undefined where the connection ended, or nothing came for so long. */
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

  /** Puts a packet back that came too early for whoever read it. */
  putBack(packet: Packet): void {
    this.#packets.unshift(packet);
  }

  #take(chunk: Buffer): void {
    try {
      const { packets, rest } = decode(this.#version, Buffer.concat([this.#rest, chunk]));
      this.#packets.push(...packets);
      this.#rest = rest;
    } catch (error) {
      this.#malformed ??= new Error(`the broker sent ${error instanceof Error ? error.message : String(error)}`);
      this.#socket.destroy();
    }
    this.#tell();
  }

  #tell(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    resolve();
  }
}
