/**
 * Answers WS-Discovery probes as a camera does: by unicast, to the address that asked.
 *
 * Always: it joins the group on the given address alone; several may share the port.
 */
import { createSocket, type Socket } from 'node:dgram';

export interface ResponderOptions {
  /** the interface's address; default 127.0.0.1 */
  readonly host?: string;
  /** default 3702 */
  readonly port?: number;
  /** The answers to a probe; `relatesTo`: its MessageID. */
  answer(relatesTo: string): readonly (string | Buffer)[];
}

export class DiscoveryResponder {
  readonly #options: ResponderOptions;
  #socket: Socket | undefined;
  probes = 0;

  constructor(options: ResponderOptions) {
    this.#options = options;
  }

  get port(): number {
    return this.#socket?.address().port ?? 0;
  }

  async start(): Promise<void> {
    const { host = '127.0.0.1', port = 3702, answer } = this.#options;
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    this.#socket = socket;
    socket.on('message', (bytes, from) => {
      const text = bytes.toString('utf8');
      if (!text.includes('/discovery/Probe')) return;
      this.probes++;
      const id = /MessageID[^>]*>\s*([^<\s]+)/.exec(text)?.[1] ?? '';
      for (const one of answer(id)) socket.send(one, from.port, from.address, () => undefined);
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, () => {
        try {
          socket.addMembership('239.255.255.250', host);
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  async stop(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined) await new Promise<void>((resolve) => socket.close(() => resolve()));
  }
}
