/**
 * Logs in to a camera over RTSP or HTTP: Basic (RFC 7617) and Digest (RFC 7616; RFC 2069 if the camera names no qop)
 * with MD5, SHA-256 and SHA-512-256, their `-sess` forms, `auth`, `auth-int` and user hashes.
 *
 * Always: the strongest offer is tried first and each offer once, so a wrong password costs at most `mostOffers` tries
 * (cameras lock an account after a few); an expired nonce does not count as a wrong password; no log-in is sent before
 * the camera asks for one.
 */
import { createHash, randomBytes } from 'node:crypto';

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** One way to log in that a server offers. */
export interface Challenge {
  /** in small letters */
  readonly scheme: string;
  /** as the server wrote it */
  readonly name: string;
  /** names in small letters, values without quotes */
  readonly params: ReadonlyMap<string, string>;
}

/** Why another try cannot help. */
export type LoginProblem = 'needed' | 'wrong' | 'colon' | { readonly unsupported: readonly string[] };

const mostOffers = 3;
const mostFreshNonces = 3;
const longestHeader = 8_192;
/** strongest first; the values are Node's names of the hashes */
const hashes: Readonly<Record<string, string>> = { 'SHA-512-256': 'sha512-256', 'SHA-256': 'sha256', MD5: 'md5' };

const piece = /[\s,]*([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^\s,]*)))?/y;

/** The challenges in the `WWW-Authenticate` headers: several in one header, or one per header. */
export function challengesOf(headers: readonly string[]): readonly Challenge[] {
  const found: { scheme: string; name: string; params: Map<string, string> }[] = [];
  for (const header of headers) {
    const text = header.slice(0, longestHeader);
    piece.lastIndex = 0;
    for (let match = piece.exec(text); match !== null; match = piece.exec(text)) {
      const [, name = '', quoted, plain] = match;
      const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain;
      if (value === undefined) found.push({ scheme: name.toLowerCase(), name, params: new Map() });
      else found.at(-1)?.params.set(name.toLowerCase(), value);
    }
  }
  return found;
}

interface Offer {
  readonly name: string;
  readonly rank: number;
  /** undefined: Basic */
  readonly digest: Digest | undefined;
}

interface Digest {
  readonly hash: string;
  /** as the server wrote it; undefined if it named none */
  readonly algorithm: string | undefined;
  readonly session: boolean;
  readonly qop: 'auth' | 'auth-int' | undefined;
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly userhash: boolean;
  readonly stale: boolean;
}

export class Authenticator {
  readonly #login: Login | undefined;
  readonly #tried = new Set<string>();
  #offer: Offer | undefined;
  /** the camera accepted a request with this offer */
  #proven = false;
  #freshNonces = 0;
  #count = 0;

  constructor(login: Login | undefined) {
    this.#login = login;
  }

  /** The `Authorization` of the next request; undefined while the camera has asked for none. */
  header(method: string, uri: string, body = ''): string | undefined {
    if (this.#offer === undefined || this.#login === undefined) return undefined;
    const { user, password } = this.#login;
    const { digest } = this.#offer;
    if (digest === undefined) return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    return digestHeader(digest, this.#login, { method, uri, body }, ++this.#count);
  }

  /** The camera accepted a request with the header. */
  accepted(): void {
    if (this.#offer === undefined) return;
    this.#proven = true;
    this.#freshNonces = 0;
  }

  /** The camera answered 401. Undefined: send the request again, with the new `header`. */
  refused(challenges: readonly Challenge[]): LoginProblem | undefined {
    if (this.#login === undefined) return 'needed';
    const offers = challenges.map(offerOf).filter((offer) => offer !== undefined);
    if (offers.length === 0 && challenges.length > 0) return { unsupported: challenges.map(nameOf) };
    const last = this.#offer;
    const again = last === undefined ? undefined : offers.find(({ name }) => name === last.name);
    if (last !== undefined && again !== undefined && this.#onlyNonce(last, again)) {
      this.#use(again);
      return undefined;
    }
    if (last !== undefined) this.#tried.add(last.name);
    const next = offers.filter(({ name }) => !this.#tried.has(name)).sort((a, b) => a.rank - b.rank)[0];
    if (next === undefined || this.#tried.size >= mostOffers) return 'wrong';
    if (next.digest === undefined && this.#login.user.includes(':')) return 'colon';
    this.#use(next);
    this.#proven = false;
    return undefined;
  }

  /** Whether the camera refused the nonce and not the password. */
  #onlyNonce(last: Offer, again: Offer): boolean {
    const another = again.digest !== undefined && again.digest.nonce !== last.digest?.nonce;
    if (!(another && (again.digest.stale || this.#proven))) return false;
    return ++this.#freshNonces <= mostFreshNonces;
  }

  #use(offer: Offer): void {
    this.#offer = offer;
    this.#count = 0;
  }
}

function nameOf({ name, params }: Challenge): string {
  const algorithm = params.get('algorithm');
  return algorithm === undefined ? name : `${name} ${algorithm}`;
}

/** The offer in a challenge; undefined if it is not supported. */
function offerOf(challenge: Challenge): Offer | undefined {
  const { scheme, params } = challenge;
  const ranks = Object.keys(hashes);
  if (scheme === 'basic') return { name: 'Basic', rank: ranks.length, digest: undefined };
  const nonce = params.get('nonce');
  if (scheme !== 'digest' || nonce === undefined) return undefined;
  const algorithm = params.get('algorithm');
  const plain = (algorithm ?? 'MD5').toUpperCase().replace(/-SESS$/, '');
  const hash = Object.hasOwn(hashes, plain) ? hashes[plain] : undefined;
  const qops = (params.get('qop') ?? '')
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((one) => one !== '');
  const qop = (['auth', 'auth-int'] as const).find((one) => qops.includes(one));
  if (hash === undefined || (qops.length > 0 && qop === undefined)) return undefined;
  return {
    name: `Digest ${plain}`,
    rank: ranks.indexOf(plain),
    digest: {
      hash,
      algorithm,
      session: /-sess$/i.test(algorithm ?? ''),
      qop,
      realm: params.get('realm') ?? '',
      nonce,
      opaque: params.get('opaque'),
      userhash: params.get('userhash')?.toLowerCase() === 'true',
      stale: params.get('stale')?.toLowerCase() === 'true',
    },
  };
}

function digestHeader(
  digest: Digest,
  { user, password }: Login,
  { method, uri, body }: { readonly method: string; readonly uri: string; readonly body: string },
  count: number,
): string {
  const { realm, nonce, qop, opaque, algorithm, userhash } = digest;
  const h = (text: string) => createHash(digest.hash).update(text).digest('hex');
  const cnonce = randomBytes(8).toString('hex');
  const nc = count.toString(16).padStart(8, '0');
  const secret = h(`${user}:${realm}:${password}`);
  const a1 = digest.session ? h(`${secret}:${nonce}:${cnonce}`) : secret;
  const a2 = h(qop === 'auth-int' ? `${method}:${uri}:${h(body)}` : `${method}:${uri}`);
  const response = h(qop === undefined ? `${a1}:${nonce}:${a2}` : `${a1}:${nonce}:${nc}:${cnonce}:${qop}:${a2}`);
  const parts = [
    `username=${quote(userhash ? h(`${user}:${realm}`) : user)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(uri)}`,
    `response="${response}"`,
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
    ...(qop === undefined ? [] : [`qop=${qop}`, `nc=${nc}`]),
    ...(qop === undefined && !digest.session ? [] : [`cnonce="${cnonce}"`]),
    ...(userhash ? ['userhash=true'] : []),
  ];
  return `Digest ${parts.join(', ')}`;
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
