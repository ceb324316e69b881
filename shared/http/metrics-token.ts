/**
 * The token with which a scraper reads /metrics and nothing else (Authorization: Bearer …). A request's address does not
 * identify its sender: a proxy, a container and a page in a browser all come from «this machine».
 *
 *   no file ──► made at the start, 0600 ──► read at each scrape, so that a changed token counts at once
 *
 * Always: Prometheus may read the same file (`authorization: { credentials_file: … }`); comparing takes the same time for
 * all tokens.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FastifyRequest } from 'fastify';
import { ForpostError, messageOf } from '../errors.ts';
import { createFile } from '../files.ts';

const tokenBytes = 32;
const longestToken = 1000;
const leastToken = 16;

export class MetricsToken {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** Makes a missing file. Returns the reason of a failure in words: metrics then need a log-in. */
  async start(): Promise<string | undefined> {
    try {
      await createFile(this.file, `${randomBytes(tokenBytes).toString('base64url')}\n`);
      return undefined;
    } catch (error) {
      return `the metrics’ token ${this.file} cannot be made (${messageOf(error)}): /metrics needs a log-in`;
    }
  }

  /** The token; a missing one is made. @throws ForpostError FORPOST_CONFIG_INVALID */
  async read(): Promise<string> {
    const problem = await this.start();
    const token = await this.#token();
    if (token !== '') return token;
    throw new ForpostError(
      'FORPOST_CONFIG_INVALID',
      problem ?? `${this.file} holds no token of at least ${leastToken} letters: remove it to get a new one`,
    );
  }

  /** Whether a request carries the token. Never throws. */
  async isIn({ headers }: Pick<FastifyRequest, 'headers'>): Promise<boolean> {
    const said = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    if (said === undefined || said.length > longestToken) return false;
    const token = await this.#token();
    if (token === '') return false;
    const hash = (text: string) => createHash('sha256').update(text).digest();
    return timingSafeEqual(hash(said), hash(token));
  }

  /** The file's first line; '' when it is no token. */
  async #token(): Promise<string> {
    const text = await readFile(this.file, 'utf8').catch(() => '');
    const token = text.split('\n')[0]?.trim() ?? '';
    return token.length < leastToken ? '' : token;
  }
}
