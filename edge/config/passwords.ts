/**
 * Makes new passwords for the command line. The caller shows a password once; the secrets file keeps only its hash: a
 * keyed hash for a device or consumer (made-credential.ts), argon2id for a person.
 *
 * Always: only a device or consumer of the site gets a password, because the gateway would not start with another one;
 * the file is read after the hash was computed, so that a password that another command set meanwhile is not lost.
 */
import { suggestion } from '@forpost/shared/config/nearest.ts';
import { loadYaml } from '@forpost/shared/config/yaml.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { makeCredential } from '@forpost/shared/made-credential.ts';
import { hashPassword, randomPassword } from '@forpost/shared/password.ts';
import { type Document, isScalar, isSeq } from 'yaml';
import { writeCredentials } from './credential-changes.ts';
import { wholeSiteSchema } from './device-schema.ts';
import { loadInstallation } from './load-installation.ts';
import { changeSecrets, type SecretsFile } from './secrets-file.ts';

/**
 * Gives `id` a new random password in the secrets file that `installationFile` names, and returns it. `viewer`: a person
 * of the page who sees everything and changes nothing; a viewer stays a viewer with the new password.
 * @throws ForpostError FORPOST_ARGUMENT_INVALID where the site has no such device or consumer; FORPOST_CONFIG_INVALID
 * where a file cannot be read, is no YAML map, or cannot be written
 */
export async function setPassword(
  installationFile: string,
  section: 'mqtt' | 'console',
  id: string,
  viewer = false,
): Promise<string> {
  const installation = loadInstallation(installationFile);
  if (section === 'mqtt') {
    checkKnown(id, installation.site_file);
    const { password, hash } = makeCredential();
    writeCredentials(installation, [{ kind: 'rotate', id, password: hash }]);
    return password;
  }
  const password = randomPassword();
  const hash = await hashPassword(password);
  changeSecrets(installation, 'console', (document) => {
    document.setIn(['console', id], hash);
    if (viewer) addViewer(document, id);
  });
  return password;
}

export interface GivenPassword {
  readonly id: string;
  /** shown once, and kept nowhere */
  readonly password: string;
}

/**
 * Gives every device and consumer without a password a new random one, in one change of the secrets file, and returns
 * the passwords in the site's order.
 * @throws ForpostError FORPOST_CONFIG_INVALID where a file cannot be read, is no YAML map, or cannot be written
 */
export function setMissingPasswords(installationFile: string): readonly GivenPassword[] {
  const installation = loadInstallation(installationFile);
  return giveMissing(installation, usersOf(installation.site_file));
}

/** Gives those of `ids` that have no credentials a new password; returns the passwords in the order of `ids`. */
export function giveMissing(file: SecretsFile, ids: readonly string[]): readonly GivenPassword[] {
  const made = [...new Set(ids)].map((id) => ({ id, ...makeCredential() }));
  const changes = made.map(({ id, hash }) => ({ kind: 'give' as const, id, password: hash }));
  const changed = writeCredentials(file, changes);
  return made.flatMap(({ id, password }) => (Object.hasOwn(changed, id) ? [{ id, password }] : []));
}

function addViewer(document: Document, name: string): void {
  if (!isSeq(document.get('viewers'))) document.set('viewers', document.createNode([]));
  const viewers = document.get('viewers');
  if (isSeq(viewers) && !viewers.items.some((item) => isScalar(item) && item.value === name))
    viewers.add(document.createNode(name));
}

function checkKnown(id: string, siteFile: string): void {
  const known = usersOf(siteFile);
  if (known.includes(id)) return;
  const message = `${siteFile} has no device or consumer "${id}"${suggestion(id, known)}`;
  throw new ForpostError('FORPOST_ARGUMENT_INVALID', `${message}; a person who opens the page gets one with --console`);
}

/** The ids of all that log in to the broker: devices, bridges, then consumers. */
function usersOf(siteFile: string): readonly string[] {
  const { devices, bridges = [], consumers = [] } = loadYaml(siteFile, wholeSiteSchema).value;
  return [...devices, ...bridges, ...consumers].map((one) => one.id);
}
