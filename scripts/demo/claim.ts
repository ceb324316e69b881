/**
 * One demo a folder: whoever holds the claim may write there.
 *
 *   free ── claim ──► held ── release, or this process ends ──► free
 *
 * Always: a second demo on the same folder changes nothing in it, neither logs nor configuration; the claim is a local
 * socket, which the system closes with its owner, so that a killed demo leaves none behind. On Linux it stands in no
 * file system; elsewhere a socket file that nobody answers on is taken over.
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

/** Who holds a folder, as it says of itself. */
export interface Holder {
  readonly pid: number;
  /** ms since 1970 */
  readonly since: number;
}

const attempts = 3;
const answerDeadlineMs = 2_000;

/** The claim, or who has it; `undefined` of a holder that does not answer. */
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

/** undefined: the address is taken */
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
