/**
 * Writes the credential of a client that is being taken in, before its entry is in the document.
 *
 * Always: credentials that an earlier device of the same id left in the file do not let the new one in, and come back
 * if the document is refused.
 */
import type { NewCredential } from '../devices/pairing/take-in.ts';
import type { MqttSecret } from '../site/secrets.ts';
import type { CredentialChange } from './credential-changes.ts';

export interface CredentialWriter {
  /** what the file has for an id */
  readonly secretOf: (id: string) => MqttSecret | undefined;
  readonly write: (changes: readonly CredentialChange[]) => Promise<unknown>;
}

/**
 * Writes the credential, and returns what takes it back. @throws ForpostError FORPOST_CONFIG_INVALID for the file,
 * FORPOST_ARGUMENT_INVALID for a credential of another principal
 */
export async function putCredential(
  { secretOf, write }: CredentialWriter,
  credential: NewCredential,
): Promise<() => Promise<void>> {
  const { id, password } = credential;
  const before = secretOf(id);
  const change: CredentialChange =
    credential.kind === 'password'
      ? { id, kind: 'rotate', password }
      : { id, kind: 'fix', user: credential.user, clientId: credential.clientId, password };
  await write([{ id, kind: 'drop' }, change]);
  return async () => {
    await write([before === undefined ? { id, kind: 'drop' } : { id, kind: 'put', secret: before }]);
  };
}
