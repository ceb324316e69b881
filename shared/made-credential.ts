/**
 * Makes credentials for devices and consumers, and the keyed hash that the gateway keeps of each.
 *
 * Scheme in the secrets file: `$forpost-hmac-sha256$v=1$<salt>$<tag>`. The tag is HMAC-SHA256 over the credential in UTF-8;
 * its key is the entry's own 16 random bytes of salt; both in base64 without padding. A later scheme gets another version,
 * and this file keeps reading this one.
 *
 * Always: only made credentials have such a hash: 139 random bits need no slow hash, because nobody can try 2^139 of them
 * (NIST SP 800-63B, section 5.1.1.2, demands a slow one below 112 bits). A password that a person chose keeps argon2id
 * (password.ts). A check costs some 3 µs, takes the same time for all texts, and never throws on text from a file or a
 * client.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { randomPassword } from './password.ts';

export interface MadeCredential {
  /** shown once, and stored nowhere */
  readonly password: string;
  /** for the secrets file */
  readonly hash: string;
}

const saltBytes = 16;
const tagBytes = 32;
/** A longer text is no made credential: it is refused before any work. */
const longestCredential = 64;
/** The form that `randomPassword` makes. */
const madeForm = /^[a-zA-Z2-9]{6}(-[a-zA-Z2-9]{6}){3}$/;
const scheme = /^\$forpost-hmac-sha256\$v=1\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;

/** A new credential. */
export function makeCredential(): MadeCredential {
  const password = randomPassword();
  return { password, hash: hashCredential(password) };
}

/** A new hash of a credential that was made earlier. @throws RangeError for text in another form */
export function hashCredential(password: string): string {
  if (!madeForm.test(password)) throw new RangeError('only a credential that was made here has a keyed hash');
  const salt = randomBytes(saltBytes);
  return `$forpost-hmac-sha256$v=1$${unpadded(salt)}$${unpadded(tagOf(password, salt))}`;
}

/** A stored hash, parsed once, because each log-in checks it. */
export interface MadeHash {
  readonly salt: Buffer;
  readonly tag: Buffer;
}

/** undefined for text that is no hash of this scheme */
export function parseMadeHash(text: string): MadeHash | undefined {
  const [, saltText = '', tagText = ''] = scheme.exec(text) ?? [];
  const salt = Buffer.from(saltText, 'base64');
  const tag = Buffer.from(tagText, 'base64');
  return salt.length === saltBytes && tag.length === tagBytes ? { salt, tag } : undefined;
}

/** Whether this is the credential of that hash. */
export function isCredentialOf(password: string, { salt, tag }: MadeHash): boolean {
  return password.length <= longestCredential && timingSafeEqual(tagOf(password, salt), tag);
}

function tagOf(password: string, salt: Buffer): Buffer {
  return createHmac('sha256', salt).update(password, 'utf8').digest();
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
