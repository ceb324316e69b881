/**
 * Judges the strength of a stored hash: a thief of a secrets file tries passwords against it. The limits are the weakest
 * parameters that OWASP's password storage cheat sheet still lists for argon2id (7 MiB with 5 passes; a guess costs memory
 * times passes).
 */
import { type Words, words } from './texts/english.ts';

const leastCost = 7_168 * 5;
const leastMemoryKib = 7_168;
/** RFC 9106, section 3.1: a salt of 16 bytes, at least 8; a tag of 16 */
const leastSaltBytes = 8;
const leastTagBytes = 16;

const argon2id = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** The hash's weakness, as the continuation of a sentence; undefined for a strong hash, and for text that is no argon2id hash. */
export function weakness(hash: string): Words | undefined {
  const found = argon2id.exec(hash);
  if (found === null) return undefined;
  const [, memory, passes, salt = '', tag = ''] = found;
  const kib = Number(memory);
  if (kib < leastMemoryKib || kib * Number(passes) < leastCost)
    return words('gateway/problem.hash-cheap', { memory: `${memory}`, passes: `${passes}` });
  if (bytesOf(salt) < leastSaltBytes) return words('gateway/problem.hash-salt');
  if (bytesOf(tag) < leastTagBytes) return words('gateway/problem.hash-short');
  return undefined;
}

function bytesOf(base64: string): number {
  return Math.floor((base64.length * 3) / 4);
}
