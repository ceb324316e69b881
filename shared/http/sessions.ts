/**
 * Sessions of logged-in users: a random id in a cookie; its SHA-256 in memory and in a file, so that a log-in survives a
 * restart.
 *
 *   open ── used ──► its expiry moves on, never past its longest life ──► open
 *    └── idle too long, longest life over, log-out, password changed, replaced by newer ones ──► ended (signal, once)
 *
 * Always: an id has 256 random bits and stands in no file; `open` and `end` resolve when the file is written, so that a
 * kill undoes neither a log-in nor a log-out; at most `maxSessions` are open, `maxSessionsPerUser` of one user, and the
 * oldest end first.
 * Time comes from the monotonic clock: setting the clock logs nobody out or in. The machine's monotonic clock continues
 * over a restart of the process. Over a reboot the wall clock gives the time that passed; a clock set back gives none.
 * A file that cannot be written is removed: after a restart everybody logs in again, and no ended session comes back. A
 * damaged file logs nobody in.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { Clock, Timer } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { readWhole, replaceFile } from '../files.ts';

export interface Session {
  /** SHA-256 of the cookie's id: safe to log and to keep */
  readonly key: string;
  readonly user: string;
  /** of the password's hash: a changed hash ends the session */
  readonly password: string;
  /** ms of the monotonic clock; use extends it */
  readonly expiresAt: number;
  /** aborted when the session ends, to end its streams */
  readonly ended: AbortSignal;
  /** Marks a use: the expiry moves on. */
  use(): void;
}

export interface SessionLife {
  /** longest time without use */
  readonly idleMs: number;
  /** longest time since the log-in */
  readonly longestMs: number;
}

export interface SessionsOptions {
  readonly clock: Clock;
  readonly life: (user: string) => SessionLife;
  /** absent: in memory alone */
  readonly file?: string | undefined;
  /** reports in words why the file could not be read or written */
  readonly report?: (problem: string) => void;
  /** id of the machine's boot, to which the monotonic clock belongs; default: Linux's */
  readonly boot?: string;
}

const maxSessions = 1000;
const maxSessionsPerUser = 20;
/** A kill may lose this much of an extended expiry; writing at each request would cost more than that. */
const saveMovedEveryMs = 10 * 60_000;

const record = Type.Object({
  key: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  user: Type.String({ maxLength: 200 }),
  password: Type.String({ maxLength: 100 }),
  /** as of `saved` */
  idle_left_ms: Type.Number({ maximum: 1e12 }),
  longest_left_ms: Type.Number({ maximum: 1e12 }),
});
const fileSchema = Type.Object({
  /** part of the cookie's name: several gateways or centres on one host keep separate log-ins */
  instance: Type.String({ pattern: '^[0-9a-f]{8}$' }),
  saved: Type.Object({ at: Type.Number(), boot: Type.String({ maxLength: 100 }), uptime: Type.Number() }),
  sessions: Type.Array(record, { maxItems: maxSessions }),
});
type SessionsFile = Type.Static<typeof fileSchema>;
const isSessionsFile = Compile(fileSchema);

interface Entry {
  readonly session: Session;
  expiresAt: number;
  readonly longestAt: number;
  timer: Timer;
  readonly end: AbortController;
}

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #boot: string;
  /** sessions by key, in the order of their log-ins */
  readonly #open = new Map<string, Entry>();
  #instance = randomBytes(4).toString('hex');
  #moved = false;
  #movedTimer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();
  #writeWaits: Promise<void> | undefined;
  #unwritable = false;
  #closed = false;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#boot = options.boot ?? bootId();
  }

  /** Reads the sessions of the file; unreadable ones are dropped. Never rejects. */
  async start(): Promise<void> {
    const { file, clock, report } = this.#options;
    if (file === undefined) return;
    const read = await readSessions(file);
    if (typeof read === 'string') report?.(`${file} ${read}: everybody has to log in again`);
    else if (read !== undefined) this.#restore(read);
    const save = () => {
      if (this.#moved) void this.#write();
      this.#movedTimer = clock.after(saveMovedEveryMs, save);
    };
    this.#movedTimer = clock.after(saveMovedEveryMs, save);
  }

  /** The part of the cookie's name; '' without a file. */
  get instance(): string {
    return this.#options.file === undefined ? '' : this.#instance;
  }

  /** Opens a session; only this result has the cookie's id. Resolves when a restart would keep the session. */
  async open(user: string, hash: string): Promise<{ readonly id: string; readonly session: Session }> {
    const id = randomBytes(32).toString('base64url');
    const now = this.#options.clock.uptime();
    const { idleMs, longestMs } = this.#options.life(user);
    const longestAt = now + longestMs;
    const session = this.#add(keyOf(id), user, fingerprint(hash), Math.min(now + idleMs, longestAt), longestAt);
    const own = [...this.#open.values()].filter((one) => one.session.user === user);
    if (own.length > maxSessionsPerUser) this.#drop(own[0]?.session.key ?? '');
    if (this.#open.size > maxSessions) {
      const [oldest] = this.#open.keys();
      if (oldest !== undefined) this.#drop(oldest);
    }
    await this.#write();
    return { id, session };
  }

  /** The session of a cookie's id; finding it counts as a use. `hash`: the user's present hash; undefined for a removed user. */
  find(id: string, hash: (user: string) => string | undefined): Session | undefined {
    const entry = this.#open.get(keyOf(id));
    if (entry === undefined || entry.expiresAt <= this.#options.clock.uptime()) return undefined;
    const { session } = entry;
    if (!isSame(session, hash(session.user))) {
      void this.end(session.key);
      return undefined;
    }
    session.use();
    return session;
  }

  /** Resolves when the session cannot come back after a restart. */
  async end(key: string): Promise<void> {
    if (this.#drop(key)) await this.#write();
  }

  /** Ends sessions of removed users and of users with a changed password. */
  async sweep(hash: (user: string) => string | undefined): Promise<void> {
    const over = [...this.#open.values()].filter(({ session }) => !isSame(session, hash(session.user)));
    for (const { session } of over) this.#drop(session.key);
    if (over.length > 0) await this.#write();
  }

  /** Ends the sessions' streams and keeps the sessions. */
  async stop(): Promise<void> {
    if (this.#closed) return;
    this.#movedTimer?.cancel();
    await this.#write();
    this.#closed = true;
    for (const { timer, end } of this.#open.values()) {
      timer.cancel();
      end.abort();
    }
    this.#open.clear();
  }

  #restore({ instance, saved, sessions }: SessionsFile): void {
    const { clock } = this.#options;
    this.#instance = instance;
    const sameBoot = saved.boot === this.#boot && saved.uptime <= clock.uptime();
    const passedMs = sameBoot ? clock.uptime() - saved.uptime : Math.max(0, clock.now() - saved.at);
    const now = clock.uptime();
    for (const one of sessions) {
      const longestMs = Math.min(one.longest_left_ms, this.#options.life(one.user).longestMs);
      const left = Math.min(one.idle_left_ms, longestMs) - passedMs;
      if (left > 0) this.#add(one.key, one.user, one.password, now + left, now + longestMs - passedMs);
    }
  }

  #add(key: string, user: string, password: string, expiresAt: number, longestAt: number): Session {
    const { clock, life } = this.#options;
    const end = new AbortController();
    const session: Session = {
      key,
      user,
      password,
      ended: end.signal,
      get expiresAt() {
        return entry.expiresAt;
      },
      use: () => {
        const next = Math.min(clock.uptime() + life(user).idleMs, longestAt);
        if (next <= entry.expiresAt) return;
        entry.expiresAt = next;
        this.#moved = true;
      },
    };
    const look = () => {
      const left = entry.expiresAt - clock.uptime();
      if (left <= 0) void this.end(key);
      else entry.timer = clock.after(left, look);
    };
    const entry: Entry = { session, expiresAt, longestAt, end, timer: clock.after(expiresAt - clock.uptime(), look) };
    this.#open.set(key, entry);
    return session;
  }

  #drop(key: string): boolean {
    const entry = this.#open.get(key);
    if (entry === undefined) return false;
    this.#open.delete(key);
    entry.timer.cancel();
    entry.end.abort();
    return true;
  }

  /** One write at a time; requests during a write lead to one more. Never rejects. */
  #write(): Promise<void> {
    if (this.#options.file === undefined || this.#closed) return Promise.resolve();
    this.#writeWaits ??= this.#writing.then(() => {
      this.#writeWaits = undefined;
      this.#writing = this.#save(this.#options.file ?? '');
      return this.#writing;
    });
    return this.#writeWaits;
  }

  async #save(file: string): Promise<void> {
    const { clock, report } = this.#options;
    const now = clock.uptime();
    const content: SessionsFile = {
      instance: this.#instance,
      saved: { at: clock.now(), boot: this.#boot, uptime: now },
      sessions: [...this.#open.values()].map(({ session, expiresAt, longestAt }) => ({
        key: session.key,
        user: session.user,
        password: session.password,
        idle_left_ms: expiresAt - now,
        longest_left_ms: longestAt - now,
      })),
    };
    this.#moved = false;
    try {
      await replaceFile(file, `${JSON.stringify(content)}\n`);
      this.#unwritable = false;
    } catch (error) {
      for (const left of [file, `${file}.whole`]) await rm(left, { force: true }).catch(() => undefined);
      if (!this.#unwritable)
        report?.(`${file} cannot be written (${messageOf(error)}): after a restart everybody has to log in again`);
      this.#unwritable = true;
    }
  }
}

/** The file's content, its fault as text, or undefined for a missing file. */
async function readSessions(file: string): Promise<SessionsFile | string | undefined> {
  try {
    const value: unknown = JSON.parse(await readWhole(file));
    return isSessionsFile.Check(value) ? value : 'holds no log-ins';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return `cannot be read (${messageOf(error)})`;
  }
}

function isSame({ password }: Session, hash: string | undefined): boolean {
  return hash !== undefined && fingerprint(hash) === password;
}

/** A fingerprint, because the hash itself must stay in the users' file. */
function fingerprint(hash: string): string {
  return createHash('sha256').update(`session of ${hash}`).digest('base64url');
}

function keyOf(id: string): string {
  return createHash('sha256').update(id).digest('hex');
}

/** Linux's boot id; '' elsewhere, where only the wall clock counts. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
