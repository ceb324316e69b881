/**
 * The connection to what happens now (server-sent events).
 *
 *   connecting ── hello ──► live ── error, silence of 12 s ──► lost ── wait ──► connecting
 *                                   the log-in has ended ──► ended
 *
 * Always: one connection at a time; each `hello` means that what was missed in between must be asked for; the centre
 * says something every few seconds, so silence is a connection that nobody told us is dead (a laptop that slept).
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
  /** the session is over */
  readonly ended: () => void;
}

const silenceMs = 12_000;
const retryMs = 2000;
/** Each of them, or it does not compile: one that is left out here never reaches the page. */
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

/** Takes the JSON of a message. */
type Take = (json: string) => void;

export class LiveStream {
  readonly #handlers: StreamHandlers;
  #source: EventSource | undefined;
  /** by name: of messages that only one capability knows */
  readonly #others = new Map<string, Set<Take>>();
  #silence: number | undefined;
  #retry: number | undefined;
  #lostSince: number | undefined;
  /** the last word of the centre, ms since 1970 by its clock */
  #heardAt: number | undefined;
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
   * Hears of messages of one capability, which `StreamMessages` does not list. Returns how to stop. After each `hello`
   * of the stream the capability asks for what it missed.
   */
  listen<Message>(name: string, listener: (message: Message) => void): () => void {
    const take: Take = (json) => listener(JSON.parse(json));
    const known = this.#others.get(name);
    if (known === undefined) {
      this.#others.set(name, new Set([take]));
      if (this.#source !== undefined) this.#hear(this.#source, name);
    } else known.add(take);
    return () => this.#others.get(name)?.delete(take);
  }

  #hear(source: EventSource, name: string): void {
    source.addEventListener(name, (event) => {
      this.#heard();
      for (const take of this.#others.get(name) ?? []) take(event.data);
    });
  }

  #connect(): void {
    this.#close();
    const source = new EventSource(addressOf('/api/v1/stream'));
    this.#source = source;
    for (const name of names) {
      source.addEventListener(name, (event) => {
        this.#heard();
        if (name === 'hello') this.#live();
        this.#handlers.message(name, JSON.parse(event.data));
      });
    }
    for (const name of this.#others.keys()) this.#hear(source, name);
    // its own reconnecting gives up for good at the first answer that is not 200, so ours does it in every case
    source.addEventListener('error', () => this.#lost());
    this.#waitForWord();
  }

  #live(): void {
    this.#lostSince = undefined;
    this.#handlers.connection({ state: 'live' });
  }

  #heard(): void {
    this.#heardAt = centreNow();
    this.#waitForWord();
  }

  #waitForWord(): void {
    window.clearTimeout(this.#silence);
    this.#silence = window.setTimeout(() => this.#lost(), silenceMs);
  }

  #lost(): void {
    if (this.#stopped) return;
    this.#close();
    // since its last word, not since somebody noticed
    this.#lostSince ??= this.#heardAt ?? centreNow();
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
      // not reachable: the state says so already, and the next try follows
      this.#lost();
    }
  }

  #close(): void {
    window.clearTimeout(this.#silence);
    this.#source?.close();
    this.#source = undefined;
  }
}
