/** The site's document through the socket of the running gateway (console/socket.ts), for the command line. */
import { request } from 'node:http';
import { join } from 'node:path';
import { configError } from '@forpost/shared/config/yaml.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { socketName, userHeader, withShortPath } from '../console/socket.ts';
import type { Rehearsed } from '../site/document.ts';
import type { ChangeInWords, Revision } from '../site/revision.ts';
import type { Made, SiteDoor } from './door.ts';

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A gateway checks a large document for seconds on a small machine. */
const deadlineMs = 60_000;
const nobodyThere = ['ENOENT', 'ECONNREFUSED', 'ENOTDIR'];
const site = '/api/v1/site';

export class SocketDoor implements SiteDoor {
  readonly #path: string;
  readonly #user: string;

  constructor(data: string, user: string) {
    this.#path = join(data, socketName);
    this.#user = user;
  }

  /** Whether a gateway runs. @throws ForpostError FORPOST_DATA_FOLDER where this user may not ask it */
  async answers(): Promise<boolean> {
    try {
      await this.#ask('GET', `${site}/revisions`);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (nobodyThere.includes(code ?? '')) return false;
      if (code !== 'EACCES' && code !== 'EPERM') throw error;
      const message = `this user may not open ${this.#path}: run the command as the gateway’s user, or with sudo`;
      throw new ForpostError('FORPOST_DATA_FOLDER', message, { cause: error });
    }
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

  async check(document: string): Promise<Rehearsed> {
    return taken(await this.#ask('POST', `${site}/check`, { document })) as unknown as Rehearsed;
  }

  async byHand(): Promise<Rehearsed> {
    return (await this.#get(`${site}/by-hand`)) as unknown as Rehearsed;
  }

  async put(seen: string, document: string, why: string): Promise<Made> {
    return taken(await this.#ask('PUT', site, { document, why }, seen));
  }

  async undo(seen: string, to: string, why: string): Promise<Made> {
    return taken(await this.#ask('POST', `${site}/undo`, { to, why }, seen));
  }

  async apply(why: string): Promise<Made> {
    return taken(await this.#ask('POST', `${site}/apply`, { why }));
  }

  async #get(path: string): Promise<Answer['body']> {
    return taken(await this.#ask('GET', path));
  }

  #ask(method: string, path: string, body?: object, seen?: string): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      [userHeader]: encodeURIComponent(this.#user),
      ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      ...(seen === undefined ? {} : { 'if-match': seen }),
    };
    return withShortPath(
      this.#path,
      (socketPath) =>
        new Promise((resolve, reject) => {
          const asked = request({ socketPath, method, path, headers, timeout: deadlineMs }, (response) => {
            const parts: Buffer[] = [];
            response.on('data', (part: Buffer) => parts.push(part));
            response.once('error', reject);
            response.once('end', () => {
              try {
                const value = JSON.parse(Buffer.concat(parts).toString('utf8')) as Answer['body'];
                resolve({ status: response.statusCode ?? 500, body: value });
              } catch (error) {
                reject(error);
              }
            });
          });
          asked.once('timeout', () => asked.destroy(new Error(`${this.#path} does not answer`)));
          asked.once('error', reject);
          asked.end(text);
        }),
    );
  }
}

/** @throws ForpostError for a refusal */
function taken({ status, body }: Answer): Answer['body'] {
  if (status < 400) return body;
  const detail = typeof body.detail === 'string' ? body.detail : `the gateway answered ${status}`;
  if (status === 412) throw new ForpostError('FORPOST_SITE_CONFLICT', detail);
  if (status === 422 && Array.isArray(body.problems)) throw configError(body.problems.map(String));
  throw new ForpostError(status < 500 ? 'FORPOST_ARGUMENT_INVALID' : 'FORPOST_PART_FAILED', detail);
}
