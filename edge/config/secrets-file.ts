/**
 * Changes secrets.yaml. The file's comments, order and owner stay; a file that root makes (sudo) gets the owner of the
 * data folder, because the gateway reads the file as that user.
 *
 * Always: the file is read, changed and replaced in one turn, so that what another command wrote meanwhile is not lost; the
 * new file is whole or not there.
 */
import { changedYaml } from '@forpost/shared/config/changed-yaml.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { readWholeSync, replaceFileSync } from '@forpost/shared/files.ts';
import { type Document, isMap, parseDocument } from 'yaml';

export interface SecretsFile {
  readonly secrets_file: string;
  /** the data folder: its owner has to read the secrets */
  readonly data: string;
}

/** @throws ForpostError FORPOST_CONFIG_INVALID where the file cannot be read, is no YAML map, or cannot be written */
export function changeSecrets<T>(
  { secrets_file: file, data }: SecretsFile,
  section: 'mqtt' | 'console' | 'cameras' | 'actions',
  change: (document: Document) => T,
): T {
  const before = textOf(file);
  const document = parseDocument(before);
  if (document.errors.length > 0 || (document.contents !== null && !isMap(document.contents)))
    throw new ForpostError('FORPOST_CONFIG_INVALID', `${file} is not a YAML map of secrets: mend it first`);
  for (const name of ['mqtt', 'console']) if (!isMap(document.get(name))) document.set(name, document.createNode({}));
  const passwords = document.get(section);
  // an empty map is written {}, and would keep that form
  if (isMap(passwords)) passwords.flow = false;
  const result = change(document);
  try {
    replaceFileSync(file, changedYaml(document, before), { ownerOf: data });
  } catch (error) {
    throw new ForpostError('FORPOST_CONFIG_INVALID', messageOf(error), { cause: error });
  }
  return result;
}

function textOf(file: string): string {
  try {
    return readWholeSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new ForpostError('FORPOST_CONFIG_INVALID', `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
