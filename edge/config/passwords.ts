/**
 * Makes new passwords for the command line. The caller shows a password once; the secrets file keeps only its hash: a
 * keyed hash for a device or consumer (made-credential.ts), argon2id for a person. The file's comments, order and owner
 * stay; a file that root makes (sudo) gets the owner of the data folder, who has to read it.
 *
 * Always: only a device or consumer of the site gets a password, because the gateway would not start with another one;
 * the file is read after the hash was computed, so that a password that another command set meanwhile is not lost.
 */
import { changedYaml } from '@forpost/shared/config/changed-yaml.ts';
import { suggestion } from '@forpost/shared/config/nearest.ts';
import { loadYaml } from '@forpost/shared/config/yaml.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { isId } from '@forpost/shared/event/ids.ts';
import { readWholeSync, replaceFileSync } from '@forpost/shared/files.ts';
import { type MadeCredential, makeCredential } from '@forpost/shared/made-credential.ts';
import { hashPassword, randomPassword } from '@forpost/shared/password.ts';
import { type Document, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { wholeSiteSchema } from './device-schema.ts';
import { loadInstallation } from './load-installation.ts';

/**
 * Gives `id` a new random password in the secrets file that `installationFile` names, and returns it. `viewer`: a person
 * of the page who sees everything and changes nothing; a new password for one who is a viewer leaves them one.
 * @throws ForpostError FORPOST_ARGUMENT_INVALID where the site has no such device or consumer; FORPOST_CONFIG_INVALID
 * where a file cannot be read, is no YAML map, or cannot be written
 */
export async function setPassword(
  installationFile: string,
  section: 'mqtt' | 'console',
  id: string,
  viewer = false,
): Promise<string> {
  const { secrets_file: file, site_file: siteFile, data } = loadInstallation(installationFile);
  if (section === 'mqtt') checkKnown(id, siteFile);
  const { password, hash } = section === 'mqtt' ? makeCredential() : await passwordOfPerson();
  changeSecrets(file, data, section, (document) => {
    document.setIn([section, id], hash);
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
  const { secrets_file: file, site_file: siteFile, data } = loadInstallation(installationFile);
  const made: GivenPassword[] = [];
  changeSecrets(file, data, 'mqtt', (document) => {
    for (const id of usersOf(siteFile)) {
      if (document.hasIn(['mqtt', id])) continue;
      const { password, hash } = makeCredential();
      document.setIn(['mqtt', id], hash);
      made.push({ id, password });
    }
  });
  return made;
}

/**
 * Gives the devices and consumers of a document (YAML) that have no password yet a new one in the secrets file. Returns the
 * passwords, in the document's order, and what takes them back. A document that cannot be read gives nobody one.
 * @throws ForpostError FORPOST_CONFIG_INVALID where the secrets file cannot be read or written
 */
export function passwordsFor(
  document: string,
  { secrets_file: file, data }: { readonly secrets_file: string; readonly data: string },
): { readonly made: readonly GivenPassword[]; readonly takeBack: () => void } {
  const made: GivenPassword[] = [];
  const users = usersIn(document);
  changeSecrets(file, data, 'mqtt', (secrets) => {
    for (const id of users) {
      if (secrets.hasIn(['mqtt', id])) continue;
      const { password, hash } = makeCredential();
      secrets.setIn(['mqtt', id], hash);
      made.push({ id, password });
    }
  });
  const takeBack = () =>
    changeSecrets(file, data, 'mqtt', (secrets) => {
      for (const { id } of made) secrets.deleteIn(['mqtt', id]);
    });
  return { made, takeBack: made.length === 0 ? () => undefined : takeBack };
}

/** The ids of devices and consumers that may be log-ins; the check of the document tells what is wrong with others. */
function usersIn(document: string): readonly string[] {
  const value: unknown = parseDocument(document).toJS({ maxAliasCount: 100 });
  const { devices, consumers } = (value ?? {}) as { readonly devices?: unknown; readonly consumers?: unknown };
  return [devices, consumers].flatMap((list) =>
    Array.isArray(list) ? list.flatMap((one: { id?: unknown } | null) => (isId(one?.id) ? [one.id] : [])) : [],
  );
}

/** `data`: the data folder: its owner has to read the secrets. */
function changeSecrets(
  file: string,
  data: string,
  section: 'mqtt' | 'console',
  change: (document: Document) => void,
): void {
  const before = textOf(file);
  const document = parseDocument(before);
  if (document.errors.length > 0 || (document.contents !== null && !isMap(document.contents))) {
    throw new ForpostError('FORPOST_CONFIG_INVALID', `${file} is not a YAML map of secrets: mend it first`);
  }
  for (const name of ['mqtt', 'console']) if (!isMap(document.get(name))) document.set(name, document.createNode({}));
  const passwords = document.get(section);
  // an empty map is written {}, and would keep that form
  if (isMap(passwords)) passwords.flow = false;
  change(document);
  replace(file, changedYaml(document, before), data);
}

function addViewer(document: Document, name: string): void {
  if (!isSeq(document.get('viewers'))) document.set('viewers', document.createNode([]));
  const viewers = document.get('viewers');
  if (isSeq(viewers) && !viewers.items.some((item) => isScalar(item) && item.value === name))
    viewers.add(document.createNode(name));
}

async function passwordOfPerson(): Promise<MadeCredential> {
  const password = randomPassword();
  return { password, hash: await hashPassword(password) };
}

function checkKnown(id: string, siteFile: string): void {
  const known = usersOf(siteFile);
  if (known.includes(id)) return;
  const message = `${siteFile} has no device or consumer "${id}"${suggestion(id, known)}`;
  throw new ForpostError('FORPOST_ARGUMENT_INVALID', `${message}; a person who opens the page gets one with --console`);
}

/** The ids of all that log in to the broker: devices, then consumers. */
function usersOf(siteFile: string): readonly string[] {
  const { devices, consumers = [] } = loadYaml(siteFile, wholeSiteSchema).value;
  return [...devices, ...consumers].map((one) => one.id);
}

/** A new file gets the owner of the data folder, who has to read the secrets. */
function replace(file: string, text: string, data: string): void {
  try {
    replaceFileSync(file, text, { ownerOf: data });
  } catch (error) {
    throw new ForpostError('FORPOST_CONFIG_INVALID', messageOf(error), { cause: error });
  }
}

function textOf(file: string): string {
  try {
    return readWholeSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new ForpostError('FORPOST_CONFIG_INVALID', `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
