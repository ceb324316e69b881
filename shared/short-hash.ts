/**
 * Short hashes to tell a device's messages apart: they guard against chance, not against malice (an attacker who finds two
 * messages with one hash can only make the gateway drop a message of his own).
 */
import { hash } from 'node:crypto';

/** From this length on native code is faster than a loop. */
const longBytes = 512;

/** A text's hash: an integer of 53 bits (cyrb53 by bryc, public domain). */
export function hashText(text: string, seed = 0): number {
  let high = 0xdeadbeef ^ seed;
  let low = 0x41c6ce57 ^ seed;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  return finished(high, low);
}

/** The same for bytes; `seed` is any integer. */
export function hashBytes(bytes: Uint8Array, seed = 0): number {
  if (bytes.length > longBytes) return hashText(hash('sha1', bytes, 'base64'), seed);
  let high = 0xdeadbeef ^ seed;
  let low = 0x41c6ce57 ^ seed;
  for (let i = 0; i < bytes.length; i++) {
    const code = bytes[i] as number;
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  return finished(high, low);
}

function finished(high: number, low: number): number {
  let a = Math.imul(high ^ (high >>> 16), 2246822507);
  a ^= Math.imul(low ^ (low >>> 13), 3266489909);
  let b = Math.imul(low ^ (low >>> 16), 2246822507);
  b ^= Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}
