/**
 * The people who may log in to the centre: names, argon2id hashes, roles and languages in `<data>/users.json`.
 *
 *   start ── no file ──► the first user is made, its password in `first-password` (0600) ──► watching
 *     └── file ──► watching ── changed ──► read ── right ──► counts at once: sessions of the old ones end
 *                                             └── damaged, gone ──► the known users stay, and the problem is shown
 *
 * Always: the file is replaced as a whole. A damaged file never creates the first user: whoever damaged the file could
 * log in. Everything else of the centre goes on, and a problem says why nobody can log in. A password stands only in
 * `first-password`, which is on the disk before its user, and is deleted when that password is changed.
 */
import { chmod, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { makeFolder, readWhole, replaceFile } from '@forpost/shared/files.ts';
import { type Role, roles } from '@forpost/shared/http/login.ts';
import { hashPassword, isPasswordHash, randomPassword } from '@forpost/shared/password.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { type Language, languages } from '@forpost/shared/texts/language.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { recognisedOr } from '@forpost/shared/texts/recognise.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';

export const userNamePattern = '^[a-z0-9._-]{1,64}$';

const usersSchema = Type.Object(
  {
    users: Type.Record(
      Type.String({ pattern: userNamePattern }),
      Type.Object({
        password: Type.String({ maxLength: 500 }),
        /** default operator */
        role: Type.Optional(Type.Enum([...roles])),
        /** of the page; default: the browser's */
        language: Type.Optional(Type.Enum([...languages])),
      }),
    ),
  },
  { additionalProperties: false },
);
const usersFile = Compile(usersSchema);
type UsersFile = Type.Static<typeof usersSchema>;

export interface User {
  /** argon2id */
  readonly password: string;
  readonly role: Role;
  /** that this person has chosen for the page; absent: none */
  readonly language?: Language;
}
export type UserList = ReadonlyMap<string, User>;

export const firstUser = 'admin';
const checkEveryMs = 1_000;
const fileShape = '{"users": {"<name>": {"password": "$argon2id$…", "role": "operator" or "viewer"}}}';

export interface FirstLogin {
  readonly user: string;
  readonly password: string;
  /** the file that holds the password until it is changed */
  readonly file: string;
}

export class Users {
  readonly #folder: string;
  readonly #clock: Clock;
  #users: UserList = new Map();
  /** the text of the file that `#users` was read from */
  #text: string | undefined;
  #problem: Message | undefined;
  #timer: Timer | undefined;
  readonly #listeners = new Set<() => void>();

  /** `folder`: the centre's data folder */
  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /**
   * Reads the file. At the very first start there is none: it is made with the user `admin` and a random password, which
   * is returned. @throws what the file system says where it cannot be made
   */
  async start(): Promise<FirstLogin | undefined> {
    const first = await this.#first();
    await this.refresh();
    const again = () => {
      this.#timer = this.#clock.after(checkEveryMs, () => void this.refresh().then(() => this.#timer && again()));
    };
    again();
    return first;
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** The argon2id hash of this user's password, undefined where there is no such user. */
  hashOf(name: string): string | undefined {
    return this.#users.get(name)?.password;
  }

  roleOf(name: string): Role | undefined {
    return this.#users.get(name)?.role;
  }

  /** The language that this user has chosen for the page; undefined: none. */
  languageOf(name: string): Language | undefined {
    return this.#users.get(name)?.language;
  }

  /** The problem of the file; undefined where there is none. */
  get problem(): Message | undefined {
    return this.#problem;
  }

  /** Why nobody can log in; undefined when users can. */
  get closed(): Message | undefined {
    return this.#users.size === 0 ? this.#problem : undefined;
  }

  /** Calls `listener` when users, passwords or roles have changed. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Reads the file again if it has changed. Never rejects. */
  async refresh(): Promise<void> {
    try {
      const text = await readWhole(usersFileOf(this.#folder));
      if (text === this.#text && this.#problem === undefined) return;
      const users = parseUsers(usersFileOf(this.#folder), text);
      this.#problem = undefined;
      if (text === this.#text) return;
      this.#text = text;
      this.#users = users;
      for (const listener of this.#listeners) listener();
    } catch (error) {
      const gone = (error as NodeJS.ErrnoException).code === 'ENOENT';
      const reason = gone
        ? message('centre/reason.file-gone', { file: usersFileOf(this.#folder) })
        : recognisedOr(messageOf(error));
      this.#problem =
        this.#users.size > 0
          ? message('centre/problem.users-known', { reason })
          : message('centre/problem.users-none', { reason });
    }
  }

  async #first(): Promise<FirstLogin | undefined> {
    const file = usersFileOf(this.#folder);
    try {
      await readWhole(file);
      await chmod(file, 0o600);
      return undefined;
    } catch (error) {
      // `refresh` reports any other problem of reading
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return undefined;
    }
    await makeFolder(this.#folder);
    const password = randomPassword();
    const told = firstPasswordFileOf(this.#folder);
    // an existing file may be readable by anybody
    await rm(told, { force: true });
    await replaceFile(told, `user: ${firstUser}\npassword: ${password}\n`);
    const users = new Map([[firstUser, { password: await hashPassword(password), role: 'operator' as const }]]);
    await writeUsers(file, users);
    return { user: firstUser, password, file: told };
  }
}

export function usersFileOf(folder: string): string {
  return join(folder, 'users.json');
}

/** The first user's password, until it is changed. */
export function firstPasswordFileOf(folder: string): string {
  return join(folder, 'first-password');
}

/** What `first-password` holds; undefined where it is gone. */
export async function readFirstLogin(
  folder: string,
): Promise<{ readonly user: string; readonly password: string } | undefined> {
  const text = await readFile(firstPasswordFileOf(folder), 'utf8').catch(() => '');
  const [, user = '', password = ''] = /^user: (\S+)\npassword: (\S+)\n/.exec(text) ?? [];
  return password === '' ? undefined : { user, password };
}

export async function forgetFirstPassword(folder: string): Promise<void> {
  await rm(firstPasswordFileOf(folder), { force: true });
}

/** @throws ForpostError FORPOST_CONFIG_INVALID, what the file system says */
export async function readUsers(file: string): Promise<UserList> {
  return parseUsers(file, await readWhole(file));
}

/** On disk when it resolves. @throws what the file system says */
export async function writeUsers(file: string, users: UserList): Promise<void> {
  const content: UsersFile = { users: Object.fromEntries(users) };
  await replaceFile(file, `${JSON.stringify(content, null, 2)}\n`);
}

function parseUsers(file: string, text: string): UserList {
  const damaged = (why: string, cause?: unknown) =>
    new ForpostError(
      'FORPOST_CONFIG_INVALID',
      words('centre/reason.users-damaged', { file, reason: why, user: firstUser }),
      { cause },
    );
  if (text.trim() === '') throw damaged(words('centre/reason.empty'));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(messageOf(error), error);
  }
  if (!usersFile.Check(value)) throw damaged(words('centre/reason.users-shape', { shape: fileShape }));
  for (const [name, { password }] of Object.entries(value.users))
    if (!isPasswordHash(password)) throw damaged(words('centre/reason.no-hash', { user: name }));
  return new Map(
    Object.entries(value.users).map(([name, { password, role = 'operator', language }]) => [
      name,
      { password, role, ...(language === undefined ? {} : { language }) },
    ]),
  );
}
