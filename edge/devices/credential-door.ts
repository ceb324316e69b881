/**
 * The one door to the credentials of devices, bridges and consumers: for the page, the API and the command line, whether a
 * gateway runs (config/credential-store.ts) or not.
 *
 * Always: a change that was answered is in the secrets file; a running gateway has applied it before it answers; a password
 * is in an answer once, and in no file.
 */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { parseMadeHash } from '@forpost/shared/made-credential.ts';
import type { StoredCredential } from '../site/secrets.ts';

/** By what a principal logs in. `fixed`: with the user name and password that the device came with. */
export type PasswordKind = 'made' | 'chosen' | 'fixed' | 'none';

export interface CredentialView {
  readonly id: string;
  /** the id where it has no name */
  readonly name: string;
  readonly kind: 'device' | 'bridge' | 'consumer';
  readonly password: PasswordKind;
  /** what it gives as user name at the broker */
  readonly user: string;
  /** the client id by which it is told apart from others with its user name; null: none */
  readonly clientId: string | null;
  /** RFC 3339: until when the password before is valid too; null: it is not */
  readonly graceUntil: string | null;
  /** `sha256:…` or `name:…` */
  readonly certificates: readonly string[];
  /** RFC 3339: since when it has no credentials; null: it is not revoked */
  readonly revoked: string | null;
}

export interface RotateRequest {
  /** how long the old password is valid too, in s; 0: it ends at once */
  readonly graceS: number;
  /** a password that a person chose; absent: the gateway makes one */
  readonly password?: string | undefined;
}

export interface Rotated {
  readonly id: string;
  /** what it gives as user name at the broker */
  readonly user: string;
  /** the new password, which is shown once; absent: a person chose it */
  readonly password?: string;
  readonly graceUntil: string | null;
}

/** Letters of a chosen password: argon2id slows guessing, but a word list soon finds a short password. */
export const shortestPassword = 12;

/** All: @throws ForpostError FORPOST_ARGUMENT_INVALID for an unknown id and a wrong value, FORPOST_CONFIG_INVALID for the file */
export interface CredentialDoor {
  /** in the order of the site: devices, bridges, consumers */
  list(): Promise<readonly CredentialView[]>;
  /** undefined: the site has no such device, bridge or consumer */
  view(id: string): Promise<CredentialView | undefined>;
  rotate(id: string, request: RotateRequest): Promise<Rotated>;
  /** Its connections are closed before anything is written. */
  revoke(id: string): Promise<{ readonly id: string; readonly revoked: string }>;
  /** Replaces its certificates; an empty list: it has none. Connections by a certificate that goes are closed. */
  setCertificates(id: string, certificates: readonly string[]): Promise<CredentialView>;
}

/** @param stored undefined: it has no entry */
export function credentialView(
  principal: Pick<CredentialView, 'id' | 'name' | 'kind'>,
  stored: StoredCredential | undefined,
  now: number,
): CredentialView {
  const {
    password,
    before,
    certificates = [],
    user = principal.id,
    client_id: clientId = null,
    revoked,
  } = stored ?? {};
  const isInGrace = before !== undefined && now < Date.parse(before.until);
  return {
    id: principal.id,
    name: principal.name,
    kind: principal.kind,
    password: revoked === undefined ? kindOf(password, stored?.user) : 'none',
    user,
    clientId,
    graceUntil: isInGrace ? rfc3339(Date.parse(before.until)) : null,
    certificates,
    revoked: revoked ?? null,
  };
}

function kindOf(hash: string | undefined, fixedUser: string | undefined): PasswordKind {
  if (hash === undefined) return 'none';
  if (fixedUser !== undefined) return 'fixed';
  return parseMadeHash(hash) === undefined ? 'chosen' : 'made';
}
