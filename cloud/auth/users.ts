/**
 * Who may log in to the centre: names and argon2id hashes in `<data>/users.json`.
 *
 * Always: the file is 0600 and replaced as a whole (written beside, synced, renamed), so that a power cut leaves the
 * old one or the new one; the first password is handed to the caller once and stands nowhere; a file that cannot be
 * read stops the start: making a new one would let whoever damaged it back in.
 */
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { replaceFile } from '@forpost/shared/files.ts';
import { hashPassword, isPasswordHash, randomPassword } from '@forpost/shared/password.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';

const usersSchema = Type.Object(
  {
    users: Type.Record(
      Type.String({ pattern: '^[a-z0-9._-]{1,64}$' }),
      Type.Object({ password: Type.String({ maxLength: 500 }) }),
    ),
  },
  { additionalProperties: false },
);
const usersFile = Compile(usersSchema);
type UsersFile = Type.Static<typeof usersSchema>;

export const firstUser = 'admin';

export interface FirstLogin {
  readonly user: string;
  readonly password: string;
}

export class Users {
  readonly #file: string;
  #users: ReadonlyMap<string, string> = new Map();

  /** `folder`: the centre's data folder */
  constructor(folder: string) {
    this.#file = join(folder, 'users.json');
  }

  get file(): string {
    return this.#file;
  }

  /**
   * Reads the file. At the very first start there is none: it is made with the user `admin` and a random password,
   * which is returned, to be printed once.
   * @throws ForpostError FORPOST_CONFIG_INVALID where the file is there and not readable as one
   */
  async start(): Promise<FirstLogin | undefined> {
    const found = await this.#read();
    if (found !== undefined) {
      this.#users = found;
      return undefined;
    }
    const password = randomPassword();
    await this.setPassword(firstUser, password);
    return { user: firstUser, password };
  }

  /** The argon2id hash of this user's password, undefined where there is no such user. */
  hashOf(name: string): string | undefined {
    return this.#users.get(name);
  }

  /** Adds a user or gives one another password; the sessions of the old one end. On disk when it resolves. */
  async setPassword(user: string, password: string): Promise<void> {
    const users = new Map(this.#users).set(user, await hashPassword(password));
    await this.#write({ users: Object.fromEntries([...users].map(([name, hash]) => [name, { password: hash }])) });
    this.#users = users;
  }

  async #read(): Promise<ReadonlyMap<string, string> | undefined> {
    let text: string;
    try {
      text = await readFile(this.#file, 'utf8');
      await chmod(this.#file, 0o600);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw this.#unreadable(messageOf(error), error);
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw this.#unreadable(messageOf(error), error);
    }
    if (!usersFile.Check(value)) throw this.#unreadable('it is not {"users": {"<name>": {"password": "$argon2id$…"}}}');
    const users = new Map(Object.entries(value.users).map(([name, { password }]) => [name, password]));
    for (const [name, hash] of users)
      if (!isPasswordHash(hash)) throw this.#unreadable(`the password of "${name}" is no argon2id hash`);
    return users;
  }

  #unreadable(why: string, cause?: unknown): ForpostError {
    return new ForpostError(
      'FORPOST_CONFIG_INVALID',
      `${this.#file}: ${why}. Repair it, or move it away to get a new user ${firstUser} at the next start`,
      { cause },
    );
  }

  async #write(content: UsersFile): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    await replaceFile(this.#file, `${JSON.stringify(content, null, 2)}\n`);
  }
}
