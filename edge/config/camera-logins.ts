/**
 * Writes the log-ins of cameras into secrets.yaml, beside a change of the site's document.
 *
 * Always: a change can be taken back; the file then has its earlier content.
 */
import { readWholeSync, replaceFileSync } from '@forpost/shared/files.ts';
import { type Document, isMap } from 'yaml';
import { changeSecrets, type SecretsFile } from './secrets-file.ts';

export interface CameraLogin {
  readonly user: string;
  readonly password: string;
}

/**
 * Writes the log-in of a camera; an empty user removes it. Returns what takes the change back.
 * @throws ForpostError FORPOST_CONFIG_INVALID where the file cannot be read, is no YAML map, or cannot be written
 */
export function writeCameraLogin(file: SecretsFile, camera: string, login: CameraLogin): () => void {
  const path = ['cameras', camera];
  const before = textIfThere(file);
  const known = changeSecrets(file, 'cameras', (secrets) => {
    if (!isMap(secrets.get('cameras'))) secrets.set('cameras', secrets.createNode({}));
    const cameras = secrets.get('cameras');
    // an empty map is written {}, and would keep that form
    if (isMap(cameras)) cameras.flow = false;
    const old: unknown = (secrets.toJS({ maxAliasCount: 100 }) as Record<string, Record<string, unknown>>).cameras?.[
      camera
    ];
    put(secrets, path, login.user === '' ? undefined : { user: login.user, password: login.password });
    return old;
  });
  const after = textIfThere(file);
  return () => {
    // with its comments, unless another command has written meanwhile
    if (before !== undefined && textIfThere(file) === after)
      replaceFileSync(file.secrets_file, before, { ownerOf: file.data });
    else changeSecrets(file, 'cameras', (secrets) => put(secrets, path, known));
  };
}

function put(secrets: Document, path: readonly string[], value: unknown): void {
  if (value === undefined) secrets.deleteIn(path);
  else secrets.setIn(path, secrets.createNode(value));
}

function textIfThere({ secrets_file: file }: SecretsFile): string | undefined {
  try {
    return readWholeSync(file);
  } catch {
    // `changeSecrets` makes a missing file, and says what is wrong with another one
    return undefined;
  }
}
