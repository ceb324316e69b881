/**
 * Passwords: argon2id hashes in the PHC string format, made by Node's own crypto, with the parameters that OWASP's password
 * storage cheat sheet names first (19 MiB, 2 passes, 1 lane).
 *
 * Always: a comparison takes the same time for all passwords; an invalid hash matches nothing; a hash from a file cannot
 * demand more memory or time than the limits here; no password is stored, not even in the verifier's cache.
 */
import { argon2, createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const argon2Async = promisify(argon2);

interface Parameters {
  /** KiB */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

const owasp: Parameters = { memory: 19_456, passes: 2, parallelism: 1 };
/** The most that a stored hash may demand: a line in a file must not be able to stop the gateway. */
const most: Parameters = { memory: 262_144, passes: 16, parallelism: 16 };
const saltBytes = 16;
const tagBytes = 32;
/** A longer password is refused before any work. */
const longestPassword = 1024;

/** A hash for the secrets file: $argon2id$v=19$m=…,t=…,p=…$salt$tag. Takes some 40 ms on a thread of the pool. */
export async function hashPassword(password: string): Promise<string> {
  if (password.length === 0 || password.length > longestPassword)
    throw new RangeError(`a password has 1 to ${longestPassword} letters`);
  const salt = randomBytes(saltBytes);
  const tag = await derive(password, salt, owasp, tagBytes);
  const { memory, passes, parallelism } = owasp;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
}

/** Whether this is the password of that hash. Never throws on text from a file or a client. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const parsed = parseHash(hash);
  if (parsed === undefined || password.length > longestPassword) return false;
  const tag = await derive(password, parsed.salt, parsed.parameters, parsed.tag.length);
  return timingSafeEqual(tag, parsed.tag);
}

/** Whether `text` is a hash that `verifyPassword` can work with. */
export function isPasswordHash(text: string): boolean {
  return parseHash(text) !== undefined;
}

/** 24 letters and digits without look-alikes, in groups: 139 bits. */
export function randomPassword(): string {
  const alphabet = 'abcdefghijkmnopqrstuvwxyz23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
  const group = () => Array.from({ length: 6 }, () => alphabet[randomInt(alphabet.length)]).join('');
  return [group(), group(), group(), group()].join('-');
}

/** Too many verifications wait: the client tries again. Says nothing about the password. */
export class VerifierBusyError extends Error {}

/**
 * Verifies passwords and remembers the results, so that a meter that reconnects a thousand times costs one argon2, with its
 * right password or with a wrong one.
 *
 * Always: the memory holds HMACs with a key of this process, and no password; a remembered wrong password is only
 * refused faster, which tells a guesser nothing; after a changed hash each password is verified anew; both memories are
 * bounded, and wrong passwords displace no right one.
 */
export class PasswordVerifier {
  readonly #key = randomBytes(32);
  readonly #right: Recent;
  readonly #wrong: Recent;
  readonly #running = new Map<string, Promise<boolean>>();
  readonly #waiting: (() => void)[] = [];
  readonly #verify: typeof verifyPassword;
  readonly #mostAtOnce: number;
  readonly #mostWaiting: number;
  #active = 0;

  /** Only tests replace `verify`. Each parallel verification takes 19 MiB and one of libuv's four threads. */
  constructor(
    options: { remembered?: number; atOnce?: number; waiting?: number; verify?: typeof verifyPassword } = {},
  ) {
    const remembered = options.remembered ?? 10_000;
    this.#right = new Recent(remembered);
    this.#wrong = new Recent(remembered);
    this.#mostAtOnce = options.atOnce ?? 2;
    this.#mostWaiting = options.waiting ?? 1000;
    this.#verify = options.verify ?? verifyPassword;
  }

  /**
   * The remembered result for this password and hash; undefined: only `verify` can tell. Takes microseconds.
   * @param stranger an unknown name, when the hash belongs to no user: each unknown name has results of its own,
   * because the time of an answer would otherwise reveal existing names
   */
  recall(password: string, hash: string, stranger = ''): boolean | undefined {
    return password.length > longestPassword ? false : this.#recall(this.#nameOf(password, hash, stranger));
  }

  /**
   * Whether this is the password of that hash; `stranger` as in `recall`.
   * @throws VerifierBusyError when too many wait
   */
  async verify(password: string, hash: string, stranger = ''): Promise<boolean> {
    if (password.length > longestPassword) return false;
    const name = this.#nameOf(password, hash, stranger);
    const recalled = this.#recall(name);
    if (recalled !== undefined) return recalled;
    const same = this.#running.get(name);
    if (same !== undefined) return same;
    if (this.#waiting.length >= this.#mostWaiting) throw new VerifierBusyError('too many log-ins at once');
    const running = this.#turn(password, hash, name);
    this.#running.set(name, running);
    return running;
  }

  #nameOf(password: string, hash: string, stranger: string): string {
    const question = JSON.stringify([hash, stranger, password]);
    return createHmac('sha256', this.#key).update(question).digest('base64');
  }

  #recall(name: string): boolean | undefined {
    if (this.#right.has(name)) return true;
    return this.#wrong.has(name) ? false : undefined;
  }

  async #turn(password: string, hash: string, name: string): Promise<boolean> {
    if (this.#active >= this.#mostAtOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#active++;
    try {
      const right = await this.#verify(password, hash);
      (right ? this.#right : this.#wrong).add(name);
      return right;
    } finally {
      this.#running.delete(name);
      const next = this.#waiting.shift();
      if (next === undefined) this.#active--;
      else next(); // pass the turn on
    }
  }
}

/** The most recently used names. */
class Recent {
  readonly #names = new Set<string>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  has(name: string): boolean {
    if (!this.#names.delete(name)) return false;
    this.#names.add(name);
    return true;
  }

  add(name: string): void {
    this.#names.add(name);
    const oldest = this.#names.values().next();
    if (this.#names.size > this.#most && !oldest.done) this.#names.delete(oldest.value);
  }
}

function derive(password: string, salt: Buffer, parameters: Parameters, length: number): Promise<Buffer> {
  return argon2Async('argon2id', { message: password, nonce: salt, tagLength: length, ...parameters });
}

const phc =
  /^\$argon2id\$v=19\$m=([1-9][0-9]{0,9}),t=([1-9][0-9]{0,5}),p=([1-9][0-9]{0,5})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/;

function parseHash(
  hash: string,
): { readonly parameters: Parameters; readonly salt: Buffer; readonly tag: Buffer } | undefined {
  const [, m = '', t = '', p = '', salt = '', tag = ''] = phc.exec(hash) ?? [];
  if (tag === '') return undefined;
  const parameters = { memory: Number(m), passes: Number(t), parallelism: Number(p) };
  const { memory, passes, parallelism } = parameters;
  if (memory > most.memory || passes > most.passes || parallelism > most.parallelism || memory < 8 * parallelism)
    return undefined;
  return { parameters, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') };
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
