/** A real centre with two gateways: the honest `good`, and `bad`, whose token was stolen. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { zstdCompressSync } from 'node:zlib';
import { stringify } from 'yaml';
import { readFirstLogin } from '../../../cloud/access/users.ts';
import { freePorts } from '../../harness/ports.ts';
import { TestProcess } from '../../harness/process.ts';
import { logIn } from '../../harness/site.ts';

/** A notification, as the centre sends it to its channel. */
export interface Notification {
  readonly gateway: string;
  readonly alarm: string;
  /** how many alarms this notification stands for */
  readonly grouped?: number;
  /** when it arrived, ms of `performance.now()` */
  readonly at: number;
}

export const tokens = { bad: 'stolen-token-0123456789abcdef', good: 'honest-token-0123456789abcdef' } as const;
export type Gateway = keyof typeof tokens;

/**
 * Starts a centre with both gateways and a channel that records its notifications. `onRelease`
 * takes the clean-up functions, to be called in reverse order.
 */
export async function startCentre(
  onRelease: (release: () => Promise<unknown>) => void,
  kafka?: { readonly brokers: readonly string[] },
) {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-hostile-'));
  onRelease(() => rm(folder, { recursive: true, force: true }));
  const notified: Notification[] = [];
  const channel = createServer(async (request, response) => {
    notified.push({ ...(JSON.parse(await text(request)) as Notification), at: performance.now() });
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => channel.listen(0, '127.0.0.1', resolve));
  onRelease(async () => {
    channel.closeAllConnections();
    channel.close();
  });
  const [port = 0] = await freePorts(1);
  const sha = (token: string) => createHash('sha256').update(token).digest('hex');
  await writeFile(
    join(folder, 'cloud.yaml'),
    stringify({
      data: 'centre',
      http: { port },
      ...(kafka === undefined ? {} : { kafka: { brokers: kafka.brokers, development: true } }),
      gateways: { 'gw-bad': { token_sha256: sha(tokens.bad) }, 'gw-good': { token_sha256: sha(tokens.good) } },
      notify: [{ id: 'desk', kind: 'webhook', url: `http://127.0.0.1:${(channel.address() as AddressInfo).port}/` }],
    }),
  );
  const process = await TestProcess.start('centre', ['forpost.mjs', 'cloud', '--config', join(folder, 'cloud.yaml')]);
  onRelease(() => process.stop());
  const base = `http://127.0.0.1:${port}`;
  const { password } = (await readFirstLogin(join(folder, 'centre'))) ?? { password: '' };
  const cookie = await logIn(base, 'admin', password);
  /** a request of the page that is logged in */
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(base + path, {
      ...init,
      headers: { cookie, origin: base, ...init.headers },
      signal: AbortSignal.timeout(30_000),
    });
  const api = async <T>(path: string) => (await (await ask(path)).json()) as T;
  /** Posts events as the gateway would. */
  const send = (gateway: Gateway, lines: readonly string[], headers: Record<string, string> = {}) =>
    post(gateway, zstdCompressSync(Buffer.from(lines.join('\n'))), headers);
  const post = (gateway: Gateway, body: Buffer, headers: Record<string, string> = {}) =>
    fetch(`${base}/ingest/v1/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${tokens[gateway]}`,
        'content-type': 'application/x-ndjson',
        'content-encoding': 'zstd',
        ...headers,
      },
      body,
    });
  const status = (gateway: Gateway, body: string) =>
    fetch(`${base}/ingest/v1/status`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${tokens[gateway]}`, 'content-type': 'application/json' },
      body,
    });
  /** the centre's resident memory, MB */
  const rssMb = async () => {
    const line = (await readFile(`/proc/${process.pid}/status`, 'utf8')).match(/VmRSS:\s+([0-9]+) kB/)?.[1];
    return Number(line) / 1024;
  };
  return { base, port, cookie, notified, ask, api, send, post, status, rssMb };
}
