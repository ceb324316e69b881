/**
 * New passwords from the command line: made here, shown once by the caller, kept only as an argon2id hash in the
 * secrets file. The file's comments and order stay; it is replaced by a rename, so that it is never half written.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { ForpostError } from '@forpost/shared/errors.ts';
import { hashPassword, randomPassword } from '@forpost/shared/password.ts';
import { isMap, parseDocument } from 'yaml';
import { loadInstallation } from '../config/load.ts';

/**
 * Gives `id` a new random password in the secrets file that `installationFile` names, and returns it.
 * @throws ForpostError FORPOST_CONFIG_INVALID where the file is no YAML map
 */
export async function setPassword(installationFile: string, section: 'mqtt' | 'console', id: string): Promise<string> {
  const { secrets_file: file } = loadInstallation(installationFile);
  const document = parseDocument(await textOf(file));
  if (document.errors.length > 0 || (document.contents !== null && !isMap(document.contents))) {
    throw new ForpostError('FORPOST_CONFIG_INVALID', `${file} is not a YAML map of secrets: mend it first`);
  }
  const password = randomPassword();
  document.setIn([section, id], await hashPassword(password));
  for (const other of ['mqtt', 'console']) if (!document.has(other)) document.set(other, document.createNode({}));
  const written = `${file}.${process.pid}.tmp`;
  await writeFile(written, String(document), { mode: 0o600 });
  await rename(written, file);
  return password;
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
