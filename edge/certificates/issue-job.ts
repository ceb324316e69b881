/**
 * What the issuing thread is asked for, and its answer: plain data, because both cross a thread.
 *
 * Always: a private key is in an answer once; the key of the CA is in the question alone.
 */

/** `ec`: ECDSA with P-256 · `rsa`: for devices that cannot check EC signatures. */
export type KeyKind = 'ec' | 'rsa';

/** A certificate with its key, in PEM (PKCS#8 for the key). */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Times in ms since 1970. */
interface Lifetime {
  readonly from: number;
  readonly to: number;
}

/** A new CA, which signs itself. */
export interface CaJob extends Lifetime {
  readonly kind: 'ca';
  /** its common name, at most 64 letters (RFC 5280, ub-common-name) */
  readonly name: string;
  readonly key: KeyKind;
}

interface SignedJob extends Lifetime {
  readonly issuer: KeyPair;
  readonly name: string;
  readonly key: KeyKind;
}

export interface ServerJob extends SignedJob {
  readonly kind: 'server';
  /** names and addresses of the server (subjectAltName) */
  readonly names: readonly string[];
}

export interface ClientJob extends SignedJob {
  readonly kind: 'client';
  /** passphrase of a PKCS#12 file that the answer has too; absent: the answer has none */
  readonly passphrase?: string | undefined;
}

export type IssueJob = CaJob | ServerJob | ClientJob;

export interface Issued extends KeyPair {
  /** PKCS#12 with key, certificate and CA */
  readonly pkcs12?: Uint8Array | undefined;
}
