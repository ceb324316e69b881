/**
 * Judges the strength of a stored hash: a thief of a secrets file tries passwords against it. The limits are the weakest
 * parameters that OWASP's password storage cheat sheet still lists for argon2id (7 MiB with 5 passes; a guess costs memory
 * times passes).
 */
const leastCost = 7_168 * 5;
const leastMemoryKib = 7_168;
/** RFC 9106, section 3.1: a salt of 16 bytes, at least 8; a tag of 16 */
const leastSaltBytes = 8;
const leastTagBytes = 16;

const argon2id = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** The hash's weakness, as the continuation of a sentence; undefined for a strong hash, and for text that is no argon2id hash. */
export function weakness(hash: string): string | undefined {
  const found = argon2id.exec(hash);
  if (found === null) return undefined;
  const [, memory, passes, salt = '', tag = ''] = found;
  const kib = Number(memory);
  if (kib < leastMemoryKib || kib * Number(passes) < leastCost)
    return `is an argon2id hash that costs too little (m=${memory}, t=${passes})`;
  if (bytesOf(salt) < leastSaltBytes) return 'has too short a salt';
  if (bytesOf(tag) < leastTagBytes) return 'is too short a hash';
  return undefined;
}

function bytesOf(base64: string): number {
  return Math.floor((base64.length * 3) / 4);
}
