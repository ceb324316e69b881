/** Asks the running gateway through its socket (console/socket.ts), for the command line. */
import { request } from 'node:http';
import { join } from 'node:path';
import { configError } from '@forpost/shared/config/yaml.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { socketName, userHeader, withShortPath } from '../console/socket.ts';

export interface SocketAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A gateway checks a large document for seconds on a small machine. */
const deadlineMs = 60_000;
const nobodyThere = ['ENOENT', 'ECONNREFUSED', 'ENOTDIR'];

export class SocketClient {
  readonly #path: string;
  readonly #user: string;

  /** `user`: of this machine, the author of changes */
  constructor(data: string, user: string) {
    this.#path = join(data, socketName);
    this.#user = user;
  }

  /** Whether a gateway runs. @throws ForpostError FORPOST_DATA_FOLDER where this user may not ask it */
  async answers(): Promise<boolean> {
    try {
      await this.ask('GET', '/api/v1/site/revisions');
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (nobodyThere.includes(code ?? '')) return false;
      if (code !== 'EACCES' && code !== 'EPERM') throw error;
      const message = `this user may not open ${this.#path}: run the command as the gateway’s user, or with sudo`;
      throw new ForpostError('FORPOST_DATA_FOLDER', message, { cause: error });
    }
  }

  /** `seen`: the revision that the author has seen. @throws what the system says of the socket */
  ask(method: string, path: string, body?: object, seen?: string): Promise<SocketAnswer> {
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
                const value = JSON.parse(Buffer.concat(parts).toString('utf8')) as SocketAnswer['body'];
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

/** The body of an answer. @throws ForpostError for a refusal */
export function accepted({ status, body }: SocketAnswer): SocketAnswer['body'] {
  if (status < 400) return body;
  const detail = typeof body.detail === 'string' ? body.detail : `the gateway answered ${status}`;
  if (status === 412) throw new ForpostError('FORPOST_SITE_CONFLICT', detail);
  if (status === 422 && Array.isArray(body.problems)) throw configError(body.problems.map(String));
  throw new ForpostError(status < 500 ? 'FORPOST_ARGUMENT_INVALID' : 'FORPOST_PART_FAILED', detail);
}
