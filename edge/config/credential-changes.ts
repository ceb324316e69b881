/**
 * Changes of the credentials of devices, bridges and consumers in secrets.yaml. The running gateway, the command line and
 * pairing make theirs here.
 *
 *   none ── give ──► password ── rotate ──► another password (the old one within its grace)
 *                       ├── certificates, add-certificate ──► password and certificates
 *                       └── revoke ──► revoked ── rotate, fix, certificates ──► credentials again
 *
 *   certificates alone ── the last one removed ──► revoked
 *
 * Always: all changes of one call are written, or none; a certificate and a fixed user name are one principal's; nothing
 * here sees a password, only its hash.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { type Document, isNode, isScalar, type Pair, type YAMLMap } from 'yaml';
import {
  type MqttSecret,
  mostCertificates,
  type StoredCredential,
  shortest,
  storedCredential,
} from '../site/secrets.ts';
import { changeSecrets, type SecretsFile } from './secrets-file.ts';

export type CredentialChange = { readonly id: string } & (
  | {
      /** gives a password to one that has no credentials, and leaves the others */
      readonly kind: 'give';
      readonly password: string;
    }
  | {
      /** replaces the password; `until`: RFC 3339, until when the old one is valid too */
      readonly kind: 'rotate';
      readonly password: string;
      readonly until?: string | undefined;
    }
  | {
      /** takes over the user name and password that a device came with */
      readonly kind: 'fix';
      readonly user: string;
      readonly clientId?: string | undefined;
      readonly password: string;
    }
  /** all its certificates; `at`: RFC 3339, for one that has nothing else and loses the last */
  | { readonly kind: 'certificates'; readonly certificates: readonly string[]; readonly at: string }
  | { readonly kind: 'add-certificate'; readonly certificate: string }
  | { readonly kind: 'remove-certificate'; readonly certificate: string; readonly at: string }
  | { readonly kind: 'revoke'; readonly at: string }
  /** the whole entry, as it was before */
  | { readonly kind: 'put'; readonly secret: MqttSecret }
  | { readonly kind: 'drop' }
);

/** The new credentials by id; undefined: it has none now. */
export type ChangedCredentials = Readonly<Record<string, MqttSecret | undefined>>;

/**
 * Writes the changes in one replacement of the file; returns the entries that differ now.
 * @throws ForpostError FORPOST_CONFIG_INVALID for the file,
 * FORPOST_ARGUMENT_INVALID for a credential of another principal
 */
export function writeCredentials(file: SecretsFile, changes: readonly CredentialChange[]): ChangedCredentials {
  return changeSecrets(file, 'mqtt', (document) => {
    const mqtt = document.get('mqtt') as YAMLMap;
    const pairs = new Map(mqtt.items.map((pair) => [keyOf(pair), pair]));
    const secretOf = (pair: Pair | undefined): MqttSecret | undefined =>
      pair === undefined ? undefined : (plain(pair.value, document) as MqttSecret);
    refuseShared(changes, () => [...pairs].map(([id, pair]) => [id, storedCredential(secretOf(pair) ?? {})]));
    const changed: Record<string, MqttSecret | undefined> = {};
    for (const change of changes) {
      const { id } = change;
      const pair = pairs.get(id);
      const before = secretOf(pair);
      const after = changedSecret(before, change);
      if (after === before) continue;
      changed[id] = after;
      if (after === undefined) {
        mqtt.delete(id);
        pairs.delete(id);
      } else if (pair === undefined) {
        const added = document.createPair(id, after);
        mqtt.items.push(added);
        pairs.set(id, added);
      } else pair.value = document.createNode(after);
    }
    return changed;
  });
}

/** The entry after a change; the same value where nothing changes. */
export function changedSecret(before: MqttSecret | undefined, change: CredentialChange): MqttSecret | undefined {
  const { password: old, certificates } = before === undefined ? {} : storedCredential(before);
  const kept = certificates === undefined ? {} : { certificates };
  switch (change.kind) {
    case 'give':
      return before ?? change.password;
    case 'rotate': {
      const { password, until } = change;
      const grace = until === undefined || old === undefined ? {} : { before: { password: old, until } };
      return shortest({ password, ...grace, ...kept });
    }
    case 'fix': {
      const { user, clientId, password } = change;
      return { password, user, ...(clientId === undefined ? {} : { client_id: clientId }), ...kept };
    }
    case 'certificates':
      return withCertificates(before, change.certificates, change.at);
    case 'add-certificate':
      return withOneMore(before, change.id, change.certificate);
    case 'remove-certificate': {
      if (certificates?.includes(change.certificate) !== true) return before;
      const others = certificates.filter((one) => one !== change.certificate);
      return withCertificates(before, others, change.at);
    }
    case 'revoke':
      return { revoked: change.at };
    case 'put':
      return change.secret;
    case 'drop':
      return undefined;
  }
}

/** An entry of which nothing is left is revoked: an empty one is a mistake, with which no gateway starts. */
function withCertificates(before: MqttSecret | undefined, certificates: readonly string[], at: string): MqttSecret {
  const { certificates: _, revoked: __, ...others } = before === undefined ? {} : storedCredential(before);
  if (certificates.length > 0) return { ...others, certificates: [...certificates] };
  return others.password === undefined ? { revoked: at } : shortest(others);
}

/** @throws ForpostError FORPOST_ARGUMENT_INVALID where it has the most certificates already */
function withOneMore(before: MqttSecret | undefined, id: string, certificate: string): MqttSecret {
  const { revoked: _, certificates = [], ...others } = before === undefined ? {} : storedCredential(before);
  if (certificates.includes(certificate)) return { ...others, certificates };
  if (certificates.length >= mostCertificates)
    throw taken(words('gateway/answer.certificates-most', { id, most: mostCertificates }));
  return { ...others, certificates: [...certificates, certificate] };
}

/** @throws ForpostError FORPOST_ARGUMENT_INVALID where a certificate or a fixed log-in is another's */
function refuseShared(
  changes: readonly CredentialChange[],
  stored: () => readonly (readonly [string, StoredCredential])[],
): void {
  if (!changes.some(({ kind }) => kind === 'certificates' || kind === 'add-certificate' || kind === 'fix')) return;
  const all = stored();
  for (const change of changes) {
    const others = all.filter(([id]) => id !== change.id);
    for (const certificate of newCertificates(change)) {
      const owner = others.find(([, { certificates = [] }]) => certificates.includes(certificate));
      if (owner !== undefined) throw taken(words('gateway/answer.certificate-taken', { certificate, owner: owner[0] }));
    }
    if (change.kind === 'fix') {
      const { user, clientId } = change;
      const same = others.find(([, other]) => other.user === user && other.client_id === clientId);
      if (same !== undefined) throw taken(words('gateway/answer.fixed-user-taken', { user, owner: same[0] }));
      if (clientId === undefined && others.some(([id]) => id === user))
        throw taken(words('gateway/answer.fixed-user-is-id', { user }));
    }
  }
}

function newCertificates(change: CredentialChange): readonly string[] {
  if (change.kind === 'certificates') return change.certificates;
  return change.kind === 'add-certificate' ? [change.certificate] : [];
}

function taken(message: Words): ForpostError {
  return new ForpostError('FORPOST_ARGUMENT_INVALID', message);
}

function keyOf({ key }: Pair): string {
  return String(isScalar(key) ? key.value : key);
}

function plain(node: unknown, document: Document): unknown {
  return isNode(node) ? node.toJS(document) : node;
}
