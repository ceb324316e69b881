/**
 * Lets one demo at a time write to a folder: the holder of the claim.
 *
 *   free ── claim ──► held ── release, or this process ends ──► free
 *
 * Always: a second demo changes nothing in a claimed folder, neither logs nor configuration. The claim is a local socket,
 * which the system closes when its process ends, so a killed demo leaves no claim behind. Linux keeps the socket outside
 * the file system; elsewhere the next demo takes over a socket file that nobody answers on.
 */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export interface Claim {
  release(): void;
}

/** The process that holds a folder, by its own account. */
export interface Holder {
  readonly pid: number;
  /** ms since 1970 */
  readonly since: number;
}

const attempts = 3;
const answerDeadlineMs = 2_000;

/** The claim, or its holder; `undefined` for a holder that does not answer. */
export async function claimFolder(
  folder: string,
): Promise<{ readonly claim: Claim } | { readonly holder: Holder | undefined }> {
  const path = addressOf(folder);
  let holder: Holder | undefined;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const server = await listen(path, { pid: process.pid, since: Date.now() });
    if (server !== undefined) return { claim: { release: () => server.close() } };
    const answer = await ask(path);
    if (answer !== 'nobody') return { holder: answer };
    holder = undefined;
    if (!path.startsWith('\0')) rmSync(path, { force: true });
  }
  return { holder };
}

function addressOf(folder: string): string {
  const name = `forpost-demo-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`;
  return process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
}

/** undefined when the address is taken */
function listen(path: string, self: Holder): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(JSON.stringify(self));
    });
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}

async function ask(path: string): Promise<Holder | undefined | 'nobody'> {
  const socket = connect(path);
  const late = setTimeout(() => socket.destroy(new Error('no answer')), answerDeadlineMs);
  try {
    return JSON.parse(await text(socket)) as Holder;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ECONNREFUSED' || code === 'ENOENT' ? 'nobody' : undefined;
  } finally {
    clearTimeout(late);
    socket.destroy();
  }
}
