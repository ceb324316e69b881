/**
 * Makes names of channels from a device's names of its parts: `DS18B20-1` -> `ds18b20-1`. A channel's name has 1 to 64
 * of a-z, 0-9 and -, so two names may have the same cleaned form (`a b` and `a_b`, `Haus` and `haus`).
 *
 * Always: two different names never become one channel. A channel keeps its name across messages, and across restarts
 * where the new instance gets the `claims` of the old one. The first name claims its cleaned form; every later name with
 * the same form gets a hash of itself appended, which depends on nothing else.
 */
import { createHash } from 'node:crypto';
import { isId } from '@forpost/shared/event/ids.ts';

const longest = 64;
const hashLetters = 8;
/** Claims of one device. Every name beyond has a hash appended: distinct, stable, and not remembered. */
const mostClaims = 256;

export class ChannelNames {
  /** the claiming name, by cleaned name */
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

  /** Cleaned names, each with the name that claimed it. */
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

/** The channel's id for a device's own name of a part: the name itself where it is an id. */
export function channelId(text: string): string {
  return isId(text) ? text : distinctName(text);
}

/** A channel's name for `text` that no other text gets; independent of all claims. */
export function distinctName(text: string): string {
  // UTF-8 encodes every lone surrogate alike, JSON.stringify escapes each by its code
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
