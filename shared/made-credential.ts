/**
 * Credentials that the gateway makes for devices and consumers, and the keyed hash that it keeps of each.
 *
 * Scheme, as it stands in the secrets file: `$forpost-hmac-sha256$v=1$<salt>$<tag>`, where tag is HMAC-SHA256 with the
 * entry's own 16 random bytes of salt as its key, over the credential in UTF-8; both in base64 without padding. A later
 * scheme has another version, and this file goes on to read this one.
 *
 * Always: only credentials that were made here have such a hash: 139 random bits need no slow hash, because nobody
 * can try 2^139 of them (NIST SP 800-63B, section 5.1.1.2, demands a slow one below 112 bits). A password that a person
 * has chosen keeps argon2id (password.ts). A check costs some 3 µs, takes the same time whatever differs, and never
 * throws on what a file or a client says.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { randomPassword } from './password.ts';

export interface MadeCredential {
  /** shown once, and kept nowhere */
  readonly password: string;
  /** for the secrets file */
  readonly hash: string;
}

const saltBytes = 16;
const tagBytes = 32;
/** A longer one was not made here: it is refused before it costs anything. */
const longestCredential = 64;
/** As `randomPassword` makes them. */
const madeForm = /^[a-zA-Z2-9]{6}(-[a-zA-Z2-9]{6}){3}$/;
const scheme = /^\$forpost-hmac-sha256\$v=1\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;

/** A new credential. */
export function makeCredential(): MadeCredential {
  const password = randomPassword();
  return { password, hash: hashCredential(password) };
}

/** Another hash of a credential that was made earlier. @throws RangeError of a text that has not the form of one */
export function hashCredential(password: string): string {
  if (!madeForm.test(password)) throw new RangeError('only a credential that was made here has a keyed hash');
  const salt = randomBytes(saltBytes);
  return `$forpost-hmac-sha256$v=1$${unpadded(salt)}$${unpadded(tagOf(password, salt))}`;
}

/** A stored hash, read once: its check is on the path of each log-in. */
export interface MadeHash {
  readonly salt: Buffer;
  readonly tag: Buffer;
}

/** undefined: it is no hash of this scheme. */
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
