/** The check's HTTP client for the API of the gateway or of the centre: logs in as a person does; each request has a deadline. */
import type { HistoryEvent } from '../../../cloud/history/store.ts';

const requestTimeoutMs = 15_000;
const pageSize = 1_000;

export class HttpClient {
  readonly #base: string;
  readonly #account: { readonly user: string; readonly password: string };
  #cookie = '';

  constructor(base: string, account: { readonly user: string; readonly password: string }) {
    this.#base = base;
    this.#account = account;
  }

  /** @throws Error with the status and the text of the answer */
  async get<T>(path: string): Promise<T> {
    return (await (await this.#ask('GET', path)).json()) as T;
  }

  /** @throws Error with the status and the text of the answer */
  async post<T>(path: string, body: unknown): Promise<T> {
    return (await (await this.#ask('POST', path, body)).json()) as T;
  }

  /** The bytes of a file. @throws Error with the status and the text of the answer */
  async bytes(path: string): Promise<Uint8Array> {
    return (await this.#ask('GET', path)).bytes();
  }

  async #ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Response> {
    if (this.#cookie === '') await this.#logIn();
    const answer = await fetch(this.#base + path, {
      method,
      headers: { cookie: this.#cookie, origin: this.#base, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(requestTimeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${this.#base}${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }

  /** All events that match the filter, page by page. */
  async *events(filter: Readonly<Record<string, string>>): AsyncGenerator<HistoryEvent> {
    let cursor: string | undefined;
    do {
      const query = new URLSearchParams({
        ...filter,
        limit: String(pageSize),
        ...(cursor === undefined ? {} : { cursor }),
      });
      const page: { readonly events: readonly HistoryEvent[]; readonly cursor?: string } = await this.get(
        `/api/v1/events?${query}`,
      );
      yield* page.events;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  async #logIn(): Promise<void> {
    const answer = await fetch(`${this.#base}/api/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.#base },
      body: JSON.stringify(this.#account),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    if (!answer.ok) throw new Error(`log-in at ${this.#base}: ${answer.status} ${await answer.text()}`);
    this.#cookie = answer.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
  }
}
