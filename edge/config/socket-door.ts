/** The site's document through the socket of the running gateway, for the command line. */
import type { Preview } from '../site/change.ts';
import type { ChangeInWords, Revision } from '../site/revision.ts';
import type { Made, SiteDoor } from './door.ts';
import { accepted, type SocketAnswer, type SocketClient } from './socket-client.ts';

const site = '/api/v1/site';

export class SocketDoor implements SiteDoor {
  readonly #client: SocketClient;

  constructor(client: SocketClient) {
    this.#client = client;
  }

  async show(revision?: string): Promise<{ readonly revision: Revision; readonly document: string }> {
    const path = revision === undefined ? site : `${site}/revisions/${encodeURIComponent(revision)}`;
    return (await this.#get(path)) as unknown as { revision: Revision; document: string };
  }

  async history(): Promise<readonly Revision[]> {
    return (await this.#get(`${site}/revisions`)).revisions as readonly Revision[];
  }

  async diff(from: string, to?: string): Promise<readonly ChangeInWords[]> {
    const query = new URLSearchParams({ from, ...(to === undefined ? {} : { to }) });
    return (await this.#get(`${site}/diff?${query}`)).changes as readonly ChangeInWords[];
  }

  async check(document: string): Promise<Preview> {
    return accepted(await this.#client.ask('POST', `${site}/check`, { document })) as unknown as Preview;
  }

  async byHand(): Promise<Preview> {
    return (await this.#get(`${site}/by-hand`)) as unknown as Preview;
  }

  async put(seen: string, document: string, why: string): Promise<Made> {
    return accepted(await this.#client.ask('PUT', site, { document, why }, seen));
  }

  async undo(seen: string, to: string, why: string): Promise<Made> {
    return accepted(await this.#client.ask('POST', `${site}/undo`, { to, why }, seen));
  }

  async saveCamera(...[seen, camera, edits, login, why]: Parameters<SiteDoor['saveCamera']>): Promise<Made> {
    const body = { edits, why, ...(login === undefined ? {} : { login }) };
    return accepted(await this.#client.ask('PUT', `/api/v1/cameras/${encodeURIComponent(camera)}`, body, seen));
  }

  async apply(why: string): Promise<Made> {
    return accepted(await this.#client.ask('POST', `${site}/apply`, { why }));
  }

  async #get(path: string): Promise<SocketAnswer['body']> {
    return accepted(await this.#client.ask('GET', path));
  }
}
