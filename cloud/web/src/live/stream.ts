/**
 * The stream: the page's connection for live messages (server-sent events).
 *
 *   connecting ── hello ──► live ── error, silence of 12 s ──► lost ── wait ──► connecting
 *                                   the log-in has ended ──► ended
 *
 * Always: one connection at a time. After each `hello` the page must request what it missed. The centre sends a message
 * every few seconds, so silence means a dead connection (for example, after a laptop slept).
 */
import type { StreamMessages } from '../../../live/messages.ts';
import { addressOf } from '../address.ts';
import { get } from '../http.ts';
import { centreNow } from '../time.ts';

export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  /** since: ms since 1970 by the centre's clock */
  | { readonly state: 'lost'; readonly since: number };

export interface StreamHandlers {
  readonly connection: (connection: Connection) => void;
  readonly message: <Name extends keyof StreamMessages>(name: Name, message: StreamMessages[Name]) => void;
  /** called when the session is over */
  readonly ended: () => void;
}

const silenceMs = 12_000;
const retryMs = 2000;
/** All message names. The type makes a missing name a compile error, because its messages would not arrive. */
const messages: Readonly<Record<keyof StreamMessages, true>> = {
  hello: true,
  tick: true,
  events: true,
  alert: true,
  acknowledged: true,
  command: true,
  gateway: true,
  ledger: true,
  elsewhere: true,
  centre: true,
};
const names = Object.keys(messages) as readonly (keyof StreamMessages)[];

/** Receives the JSON of a message. */
type ReceiveJson = (json: string) => void;

export class LiveStream {
  readonly #handlers: StreamHandlers;
  #source: EventSource | undefined;
  /** by name; listeners for messages of a single capability */
  readonly #others = new Map<string, Set<ReceiveJson>>();
  #silence: number | undefined;
  #retry: number | undefined;
  #lostSince: number | undefined;
  /** time of the last message, ms since 1970 by the centre's clock */
  #lastMessageAt: number | undefined;
  #stopped = true;

  constructor(handlers: StreamHandlers) {
    this.#handlers = handlers;
  }

  start(): void {
    this.#stopped = false;
    this.#handlers.connection({ state: 'connecting' });
    this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    this.#close();
    window.clearTimeout(this.#retry);
  }

  /**
   * Subscribes to messages of one capability, which `StreamMessages` does not list. Returns a function that unsubscribes.
   * After each `hello` the capability requests what it missed.
   */
  listen<Message>(name: string, listener: (message: Message) => void): () => void {
    const receive: ReceiveJson = (json) => listener(JSON.parse(json));
    const known = this.#others.get(name);
    if (known === undefined) {
      this.#others.set(name, new Set([receive]));
      if (this.#source !== undefined) this.#forward(this.#source, name);
    } else known.add(receive);
    return () => this.#others.get(name)?.delete(receive);
  }

  #forward(source: EventSource, name: string): void {
    source.addEventListener(name, (event) => {
      this.#noteMessage();
      for (const receive of this.#others.get(name) ?? []) receive(event.data);
    });
  }

  #connect(): void {
    this.#close();
    const source = new EventSource(addressOf('/api/v1/stream'));
    this.#source = source;
    for (const name of names) {
      source.addEventListener(name, (event) => {
        this.#noteMessage();
        if (name === 'hello') this.#live();
        this.#handlers.message(name, JSON.parse(event.data));
      });
    }
    for (const name of this.#others.keys()) this.#forward(source, name);
    // EventSource gives up for good at the first answer other than 200, so this class always reconnects itself
    source.addEventListener('error', () => this.#lost());
    this.#armSilence();
  }

  #live(): void {
    this.#lostSince = undefined;
    this.#handlers.connection({ state: 'live' });
  }

  #noteMessage(): void {
    this.#lastMessageAt = centreNow();
    this.#armSilence();
  }

  #armSilence(): void {
    window.clearTimeout(this.#silence);
    this.#silence = window.setTimeout(() => this.#lost(), silenceMs);
  }

  #lost(): void {
    if (this.#stopped) return;
    this.#close();
    // counts from the last message, and not from the detection of the loss
    this.#lostSince ??= this.#lastMessageAt ?? centreNow();
    this.#handlers.connection({ state: 'lost', since: this.#lostSince });
    window.clearTimeout(this.#retry);
    this.#retry = window.setTimeout(() => void this.#again(), retryMs);
  }

  async #again(): Promise<void> {
    try {
      const session = await get<{ user: string | null }>('/api/v1/session');
      if (this.#stopped) return;
      if (session.user === null) this.#handlers.ended();
      else this.#connect();
    } catch {
      // the centre is unreachable: the state shows this already, and the next try follows
      this.#lost();
    }
  }

  #close(): void {
    window.clearTimeout(this.#silence);
    this.#source?.close();
    this.#source = undefined;
  }
}
