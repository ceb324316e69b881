/** The check's HTTP client of a page's API, of the gateway or of the centre: logs in as a person does, bounded in time. */
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

  /** @throws Error with the status and what the other side said */
  async get<T>(path: string): Promise<T> {
    if (this.#cookie === '') await this.#logIn();
    const answer = await fetch(this.#base + path, {
      headers: { cookie: this.#cookie },
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    if (!answer.ok) throw new Error(`GET ${this.#base}${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
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
