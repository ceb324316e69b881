/**
 * Names of channels, from what a device calls its parts: `DS18B20-1` -> `ds18b20-1`. A channel's name is 1 to 64 of
 * a-z, 0-9 and -, so cleaning may make two names one (`a b` and `a_b`, `Haus` and `haus`).
 *
 * Always: two different names never become one channel; a channel keeps its name, over messages and, with what
 * `claims` gives back to a new instance, over restarts. Whoever has a cleaned name first keeps it; a later one gets it
 * with a hash of its own name behind, which depends on nothing else.
 */
import { createHash } from 'node:crypto';

const longest = 64;
const hashLetters = 8;
/** Parts of one device. Beyond it each name has its hash: distinct and stable, and nothing is remembered. */
const mostClaims = 256;

export class ChannelNames {
  /** who has a cleaned name */
  readonly #claims: Map<string, string>;
  readonly #names = new Map<string, string>();
  readonly #onClaim: () => void;

  constructor(claims: Iterable<readonly [name: string, claimedBy: string]> = [], onClaim: () => void = () => {}) {
    this.#claims = new Map([...claims].slice(0, mostClaims));
    this.#onClaim = onClaim;
  }

  nameOf(text: string): string {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const name = this.#make(text);
    if (this.#names.size < mostClaims) this.#names.set(text, name);
    return name;
  }

  /** Who has which cleaned name. */
  get claims(): readonly (readonly [name: string, claimedBy: string])[] {
    return [...this.#claims];
  }

  #make(text: string): string {
    const name = cleaned(text);
    const claimedBy = this.#claims.get(name);
    if (claimedBy === text) return name;
    if (name === '' || claimedBy !== undefined || this.#claims.size >= mostClaims) return distinctName(text);
    this.#claims.set(name, text);
    this.#onClaim();
    return name;
  }
}

/** A name that no other text gets, whatever came before. */
export function distinctName(text: string): string {
  // halves of surrogate pairs are all one in UTF-8
  const hash = createHash('sha256')
    .update(text.isWellFormed() ? text : JSON.stringify(text))
    .digest('hex')
    .slice(0, hashLetters);
  const name = cleaned(text).slice(0, longest - hashLetters - 1);
  return name === '' ? `channel-${hash}` : `${name}-${hash}`;
}

function cleaned(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, longest);
}
