/** Finds taken ports before the demo starts: the port, its purpose, and the process that uses it. */
import { existsSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';

/** One line for each port that another process listens on. */
export async function takenPorts(wanted: readonly (readonly [port: number, what: string])[]): Promise<string[]> {
  const lines: string[] = [];
  for (const [port, what] of wanted) {
    if (await isFree(port)) continue;
    const owner = await ownerOf(port);
    lines.push(
      `port ${port} (${what}) is taken${owner === undefined ? '' : ` by ${owner}`}: end that process, or start with --port-offset 1000`,
    );
  }
  return lines;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** `node (process 1234)`, from /proc (proc(5), /proc/net/tcp); undefined when /proc does not show the owner. */
export async function ownerOf(port: number): Promise<string | undefined> {
  const inodes = await listening(port);
  if (inodes.size === 0) return undefined;
  for (const id of await readdir('/proc')) {
    if (!/^[0-9]+$/.test(id)) continue;
    // /proc hides other users' processes and those that ended meanwhile
    const open = await readdir(`/proc/${id}/fd`).catch(() => []);
    for (const descriptor of open) {
      const target = await readlink(`/proc/${id}/fd/${descriptor}`).catch(() => '');
      const inode = /^socket:\[([0-9]+)\]$/.exec(target)?.[1];
      if (inode !== undefined && inodes.has(inode)) return `${await nameOf(id)} (process ${id})`;
    }
  }
  return undefined;
}

/** Inodes of the sockets in state 0A (LISTEN) on this port. */
async function listening(port: number): Promise<Set<string>> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const found = new Set<string>();
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    if (!existsSync(file)) continue;
    for (const line of (await readFile(file, 'utf8')).split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === '0A' && local.endsWith(`:${hex}`) && inode !== undefined) found.add(inode);
    }
  }
  return found;
}

async function nameOf(id: string): Promise<string> {
  const words = (await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => ''))
    .split('\0')
    .filter((word) => word !== '');
  return words.slice(0, 3).join(' ') || 'a process';
}
