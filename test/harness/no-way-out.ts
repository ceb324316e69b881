/**
 * Runs a program in a network namespace that has only a loopback, and records every address that it or its children connect
 * or send to, and every name that they ask a resolver for (the resolver is 127.0.0.1, where nobody answers). strace records
 * the system calls of all of them.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './root.ts';

/** Why this machine cannot run it; undefined when it can. */
export const withoutNamespaces: string | undefined = (() => {
  if (process.platform !== 'linux') return 'network namespaces are Linux’s';
  for (const command of ['unshare', 'ip', 'strace'])
    if (spawnSync(command, ['--help'], { stdio: 'ignore' }).error !== undefined) return `${command} is missing`;
  const tried = spawnSync('unshare', ['-rnm', 'sh', '-c', 'ip link set lo up && exec strace -f -o /dev/null true']);
  return tried.status === 0 ? undefined : 'this machine allows no namespaces, or no strace in them';
})();

const enter = `set -e
ip link set lo up
echo 'nameserver 127.0.0.1' > "$FOLDER/resolv.conf"
mount --bind "$FOLDER/resolv.conf" "$(readlink -f /etc/resolv.conf)"
exec strace -f --seccomp-bpf -qq -s 400 -e signal=none -e trace=connect,sendto,sendmsg,sendmmsg -o "$FOLDER/calls" "$@"`;

export class Isolated {
  /** all lines of its output */
  readonly lines: string[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'forpost-isolated-'));
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;

  /** `node ...args`, in the repository's folder. */
  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const home = join(this.#folder, 'home');
    const child = spawn('unshare', ['-rnm', 'sh', '-c', enter, 'enter', process.execPath, ...args], {
      cwd: root,
      env: { ...process.env, ...env, FOLDER: this.#folder, HOME: home, XDG_CACHE_HOME: join(home, '.cache') },
      stdio: ['ignore', 'pipe', 'pipe'],
      // a process group, because strace passes no signal on
      detached: true,
    });
    for (const input of [child.stdout, child.stderr])
      createInterface({ input }).on('line', (line) => this.lines.push(line));
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('close', resolve));
  }

  /** Resolves with the exit status. */
  ended(): Promise<number | null> {
    return this.#ended;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Sends SIGINT to the whole group, as Ctrl-C does. Resolves when all of it has ended. */
  async interrupt(): Promise<void> {
    const { pid } = this.#child;
    if (pid === undefined || !this.isRunning) return;
    process.kill(-pid, 'SIGINT');
    const late = setTimeout(() => process.kill(-pid, 'SIGKILL'), 20_000);
    await this.#ended;
    clearTimeout(late);
  }

  /** Addresses outside this machine that it tried to reach, as `address:port`, and names to resolve, as `name?`. */
  reached(): readonly string[] {
    const found = new Set<string>();
    const asked = new Set<string>();
    for (const line of readFileSync(join(this.#folder, 'calls'), 'latin1').split('\n')) {
      const call = /^(\d+) +(?:connect|send\w+)\((\d+)/.exec(line);
      const to = /sin6?_port=htons\((\d+)\).*?(?:inet_addr\("|inet_pton\(AF_INET6, ")([^"]+)"/.exec(line);
      if (call === null) continue;
      const socket = `${call[1]} ${call[2]}`;
      const [, port = '', address = ''] = to ?? [];
      if (port === '53') asked.add(socket);
      else asked[to === null ? 'has' : 'delete'](socket);
      if (asked.has(socket)) for (const name of queries(line)) found.add(`${name}?`);
      if (to !== null && port !== '53' && !/^(127\.|::1$|::ffff:127\.)/.test(address) && port !== '0')
        found.add(`${address.replace(/^::ffff:/, '')}:${port}`);
    }
    return [...found].sort();
  }

  /** The files that it wrote into its home folder. */
  home(): readonly string[] {
    try {
      return readdirSync(join(this.#folder, 'home'), { recursive: true, encoding: 'utf8' }).sort();
    } catch {
      return [];
    }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The names in the DNS queries that a call sends, as strace prints their bytes (RFC 1035, section 4.1.2). */
function queries(line: string): string[] {
  const names: string[] = [];
  for (const [, printed = ''] of line.matchAll(/"((?:[^"\\]|\\.)*)"/g)) {
    const bytes = Buffer.from(
      printed.replace(/\\(?:([0-7]{1,3})|(.))/g, (_, octal?: string, letter?: string) =>
        octal !== undefined
          ? String.fromCharCode(Number.parseInt(octal, 8))
          : ({ n: '\n', t: '\t', r: '\r', v: '\v', f: '\f' }[letter ?? ''] ?? letter ?? ''),
      ),
      'latin1',
    );
    const labels: string[] = [];
    for (let at = 12; at < bytes.length && bytes[at] !== 0; at += 1 + (bytes[at] ?? 0))
      labels.push(bytes.subarray(at + 1, at + 1 + (bytes[at] ?? 0)).toString('latin1'));
    if (labels.length > 0) names.push(labels.join('.'));
  }
  return names;
}
