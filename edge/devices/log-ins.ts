/**
 * The log-ins of a site: by which credentials its devices, bridges and consumers get in. The broker asks here.
 *
 *   password     made by the gateway: a keyed hash, checked in microseconds · chosen by a person, or fixed in a device:
 *                argon2id, 30 ms of a core, remembered while the process lives
 *   certificate  the SHA-256 of the certificate, or a name in it that the CA of clients' certificates vouches for
 *
 *   credential:  valid ── rotated ─────────────────► gone
 *                  ├── rotated with a grace ──► old ── `until` ──► gone
 *                  └── revoked ──► gone at once, and its principal has none until it gets a new one
 *
 * Always: a credential belongs to one principal; a credential that ended while its password was being checked lets nobody
 * in; `revoke` holds from its return on, whatever files are written or read afterwards, until a new credential is set.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '@forpost/shared/clock.ts';
import { isCredentialOf, type MadeHash, parseMadeHash } from '@forpost/shared/made-credential.ts';
import { PasswordVerifier } from '@forpost/shared/password.ts';
import { atOnce } from '@forpost/shared/slices.ts';
import type { Acquaintance, Authenticate, Granted, Principal, ShownCertificate, Standing } from '../broker/access.ts';
import { type MqttSecret, type Secrets, storedCredential } from '../site/secrets.ts';

/** A hash that fits no password: checking an unknown user takes as long as checking a wrong password. */
const nobodysHash = '$argon2id$v=19$m=19456,t=2,p=1$Zm9ycG9zdC1ub2JvZHkhIQ$b5mXl0yf3p9tDz5Wt0i5rJ6vZ4o0s1u2w3x4y5z6A7g';

interface Password {
  readonly hash: string;
  /** undefined: argon2id */
  readonly made: MadeHash | undefined;
  /** ms since 1970; infinite: it does not end by itself */
  readonly until: number;
}

interface Entry {
  readonly secret: MqttSecret;
  /** the newest first */
  readonly passwords: readonly Password[];
  readonly certificates: readonly string[];
  /** fixed user name of a device whose firmware takes no other; undefined: its id */
  readonly user: string | undefined;
  readonly clientId: string | undefined;
}

/** What the entries say, by another key than the id. */
interface Tables {
  /** ids by fixed user name, and by fixed user name with client id */
  readonly fixed: Map<string, string>;
  /** ids by certificate */
  readonly certificates: Map<string, string>;
  /** when the old password of an id ends, ms since 1970 */
  readonly ends: Map<string, number>;
}

export interface LogInsOptions {
  readonly mqtt: Secrets['mqtt'];
  /** the site as it is now */
  readonly principalOf: (id: string) => Principal | undefined;
  readonly clock: Pick<Clock, 'now'>;
  readonly verifier?: PasswordVerifier | undefined;
  /** whether this certificate (SHA-256 in hex) was revoked or has ended, although a principal has it; default: none */
  readonly refusesCertificate?: ((sha256: string) => boolean) | undefined;
}

export class LogIns {
  readonly #principalOf: LogInsOptions['principalOf'];
  readonly #clock: Pick<Clock, 'now'>;
  readonly #verifier: PasswordVerifier;
  readonly #refusesCertificate: (sha256: string) => boolean;
  #entries = new Map<string, Entry>();
  #tables = newTables();
  /** revoked ids; the secrets file may lack the revocation so far */
  readonly #revoked = new Set<string>();

  constructor({ mqtt, principalOf, clock, verifier = new PasswordVerifier(), refusesCertificate }: LogInsOptions) {
    this.#principalOf = principalOf;
    this.#refusesCertificate = refusesCertificate ?? (() => false);
    this.#clock = clock;
    this.#verifier = verifier;
    this.renew(mqtt);
  }

  /** Replaces all credentials. Returns the ids whose credentials changed. */
  renew(mqtt: Secrets['mqtt']): readonly string[] {
    return atOnce(this.preparing(mqtt))();
  }

  /**
   * Prepares new credentials of all in steps. What it returns takes them, and returns the ids whose credentials changed;
   * `set` is not called in between (a change of the site and one of credentials wait for each other).
   */
  *preparing(mqtt: Secrets['mqtt']): Generator<void, () => readonly string[], void> {
    const before = this.#entries;
    const entries = new Map<string, Entry>();
    const changed: string[] = [];
    const tables = newTables();
    for (const id of Object.keys(mqtt)) {
      const secret = mqtt[id] as MqttSecret;
      const known = before.get(id);
      const isSame = known !== undefined && isSameSecret(known.secret, secret);
      if (!isSame && known !== undefined) changed.push(id);
      const entry = isSame ? known : entryOf(secret);
      entries.set(id, entry);
      addTo(tables, id, entry);
      yield;
    }
    for (const id of before.keys()) {
      if (!entries.has(id)) changed.push(id);
      yield;
    }
    return () => {
      this.#entries = entries;
      this.#tables = tables;
      return changed;
    };
  }

  /** Sets the credentials of some; undefined: of a principal that has none. A revoked one is let in by a new credential. */
  set(changed: Readonly<Record<string, MqttSecret | undefined>>): void {
    for (const [id, secret] of Object.entries(changed)) {
      const before = this.#entries.get(id);
      if (before !== undefined) removeFrom(this.#tables, id, before);
      if (secret === undefined) this.#entries.delete(id);
      else {
        const entry = entryOf(secret);
        this.#entries.set(id, entry);
        addTo(this.#tables, id, entry);
      }
      this.#revoked.delete(id);
    }
  }

  /** The entry of one; undefined: it has none. */
  secretOf(id: string): MqttSecret | undefined {
    return this.#entries.get(id)?.secret;
  }

  /** Ends all credentials of `id`, before any file is written. */
  revoke(id: string): void {
    this.#revoked.add(id);
  }

  /** Whether a client has to be asked for its certificate: somebody logs in by one. */
  get wantsCertificates(): boolean {
    return this.#tables.certificates.size > 0;
  }

  /** When the next old password ends, ms since 1970; undefined: none is valid. */
  get nextEnd(): number | undefined {
    const now = this.#clock.now();
    let next: number | undefined;
    for (const end of this.#tables.ends.values()) if (end > now && (next === undefined || end < next)) next = end;
    return next;
  }

  readonly authenticate: Authenticate = async (user, password, clientId) => {
    const id = this.#idOf(user, clientId);
    const made = this.#madeRight(id, password);
    if (made !== undefined) return made;
    // an old password in its grace costs a second check
    for (const hash of this.#slowHashes(id)) {
      if (!(await this.#verifier.verify(password, hash, strangerOf(hash, user)))) continue;
      const granted = this.#granted(id, hash);
      if (granted !== undefined) return granted;
    }
    return undefined;
  };

  /** What is known about a log-in without computing a slow hash. */
  readonly acquaintance: Acquaintance = {
    recall: (user, password, clientId) => {
      const id = this.#idOf(user, clientId);
      const made = this.#madeRight(id, password);
      if (made !== undefined) return made;
      let isKnown = true;
      for (const hash of this.#slowHashes(id)) {
        const right = this.#verifier.recall(password, hash, strangerOf(hash, user));
        const granted = right === true ? this.#granted(id, hash) : undefined;
        if (granted !== undefined) return granted;
        isKnown &&= right !== undefined;
      }
      return isKnown ? 'wrong' : undefined;
    },
    idOf: (user, clientId) => this.#idOf(user, clientId),
    recognise: (certificate) => this.#recognise(certificate),
  };

  /** What a credential is worth now. */
  standing(id: string, credential: string): Standing {
    if (this.#isValid(id, credential)) return 'valid';
    const entry = this.#entries.get(id);
    const hasOthers = entry !== undefined && entry.passwords.length + entry.certificates.length > 0;
    return hasOthers && !this.#revoked.has(id) && this.#principalOf(id) !== undefined ? 'replaced' : 'revoked';
  }

  /** A fixed log-in with its client id counts before an id, an id before a fixed user name alone. */
  #idOf(user: string, clientId: string): string | undefined {
    const exact = this.#tables.fixed.get(fixedKey(user, clientId));
    if (exact !== undefined && this.#principalOf(exact) !== undefined) return exact;
    if (this.#principalOf(user) !== undefined && this.#entries.get(user)?.user === undefined) return user;
    const fixed = this.#tables.fixed.get(fixedKey(user, undefined));
    return fixed !== undefined && this.#principalOf(fixed) !== undefined ? fixed : undefined;
  }

  /** The principal with this made credential, checked in microseconds and without a queue. */
  #madeRight(id: string | undefined, password: string): Granted | undefined {
    if (id === undefined) return undefined;
    for (const { made, hash } of this.#entries.get(id)?.passwords ?? [])
      if (made !== undefined && isCredentialOf(password, made)) return this.#granted(id, hash);
    return undefined;
  }

  /**
   * The slow hashes that a password is checked against. An unknown user, and a wrong password of one with made credentials,
   * are checked against `nobodysHash`: the time of an answer reveals neither which users exist nor which have made ones.
   */
  #slowHashes(id: string | undefined): readonly string[] {
    const passwords = id === undefined ? [] : (this.#entries.get(id)?.passwords ?? []);
    const slow = passwords.filter(({ made }) => made === undefined).map(({ hash }) => hash);
    return slow.length === 0 ? [nobodysHash] : slow;
  }

  #recognise({ fingerprint, names }: ShownCertificate): Granted | undefined {
    if (this.#refusesCertificate(fingerprint)) return undefined;
    for (const credential of [`sha256:${fingerprint}`, ...names.map((name) => `name:${name}`)]) {
      const granted = this.#granted(this.#tables.certificates.get(credential), credential);
      if (granted !== undefined) return granted;
    }
    return undefined;
  }

  #granted(id: string | undefined, credential: string): Granted | undefined {
    const principal = id === undefined ? undefined : this.#principalOf(id);
    if (id === undefined || principal === undefined || !this.#isValid(id, credential)) return undefined;
    return { principal, credential };
  }

  #isValid(id: string, credential: string): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined || this.#revoked.has(id)) return false;
    const password = entry.passwords.find(({ hash }) => hash === credential);
    if (password !== undefined) return this.#clock.now() < password.until;
    return entry.certificates.includes(credential) && !this.#refusesCertificate(sha256Of(credential));
  }
}

function newTables(): Tables {
  return { fixed: new Map(), certificates: new Map(), ends: new Map() };
}

function addTo({ fixed, certificates, ends }: Tables, id: string, entry: Entry): void {
  if (entry.user !== undefined) fixed.set(fixedKey(entry.user, entry.clientId), id);
  for (const certificate of entry.certificates) certificates.set(certificate, id);
  for (const { until } of entry.passwords) if (Number.isFinite(until)) ends.set(id, until);
}

/** A key that another id has taken over meanwhile stays that one's. */
function removeFrom({ fixed, certificates, ends }: Tables, id: string, entry: Entry): void {
  const key = entry.user === undefined ? undefined : fixedKey(entry.user, entry.clientId);
  if (key !== undefined && fixed.get(key) === id) fixed.delete(key);
  for (const certificate of entry.certificates)
    if (certificates.get(certificate) === id) certificates.delete(certificate);
  ends.delete(id);
}

/** The hex digits of `sha256:…`; of `name:…` what no certificate has. */
function sha256Of(credential: string): string {
  return credential.startsWith('sha256:') ? credential.slice('sha256:'.length) : '';
}

function isSameSecret(one: MqttSecret, other: MqttSecret): boolean {
  return typeof one === 'string' ? one === other : isDeepStrictEqual(one, other);
}

function entryOf(secret: MqttSecret): Entry {
  const { password, before, certificates = [], user, client_id: clientId, revoked } = storedCredential(secret);
  const none = revoked !== undefined;
  const passwords = [
    ...(password === undefined ? [] : [passwordOf(password, Number.POSITIVE_INFINITY)]),
    ...(before === undefined ? [] : [passwordOf(before.password, Date.parse(before.until))]),
  ];
  return { secret, passwords: none ? [] : passwords, certificates: none ? [] : certificates, user, clientId };
}

function passwordOf(hash: string, until: number): Password {
  return { hash, made: parseMadeHash(hash), until };
}

function fixedKey(user: string, clientId: string | undefined): string {
  return clientId === undefined ? user : `${user}\0${clientId}`;
}

function strangerOf(hash: string, user: string): string {
  return hash === nobodysHash ? user : '';
}
