/**
 * Restores a backup into a folder: the same gateway on another box, as a new instance.
 *
 *   everything checked ─► folders free? ─► enough space? ─► filled beside, synced ─► data folder renamed ─► FOLDER renamed
 *      └── wrong passphrase, damage ─┴── in use, not empty ─┴── disk full: nothing was changed
 *
 * Always: a kill at any line leaves FOLDER as it was or whole (docs/internals/backup.md lists what else it leaves, and what
 * the next restore makes of it). Nothing is written outside of FOLDER and the data folder that the configuration names.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { changedYaml } from '@forpost/shared/config/changed-yaml.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { replaceFile } from '@forpost/shared/files.ts';
import { parseDocument } from 'yaml';
import { diskSpace } from '../outbox/sqlite/writer/space/disk.ts';
import { type CheckedBackup, checkBackup } from './check-backup.ts';
import { type Manifest, manifestName, placeOf, sumsName } from './format.ts';
import { writeInstance } from './instance.ts';
import { RestoreFolder } from './restore-folder.ts';
import { damaged, type OpenedEntry, unseal } from './seal.ts';

export interface RestoreOptions {
  readonly file: string;
  readonly passphrase: string;
  /** of the configuration */
  readonly folder: string;
  /** the data folder, written into the restored gateway.yaml; absent: the one that the backup names */
  readonly data?: string;
  /** folders with content are renamed, and replaced */
  readonly replace?: boolean;
  /** ms since 1970 */
  readonly now: number;
  /** for tests: called before each step, with its name */
  readonly onStep?: (step: RestoreStep) => void;
}

export type RestoreStep = 'checked' | 'opened' | 'filled' | 'data renamed' | 'done';

export interface Restored {
  readonly manifest: Manifest;
  readonly instance: string;
  /** gateway.yaml */
  readonly configFile: string;
  readonly dataFolder: string;
  /** files of other folders: what the configuration names, and where it stands now */
  readonly outside: readonly { readonly named: string; readonly now: string }[];
  /** the new names of replaced folders */
  readonly aside: readonly string[];
}

/** Left free on the disk. */
const spareBytes = 64 * 1024 * 1024;

/** @throws ForpostError FORPOST_BACKUP_INVALID, FORPOST_BACKUP_FAILED, FORPOST_ARGUMENT_INVALID */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { file, passphrase, now, onStep = () => undefined } = options;
  const checked = await checkBackup(file, passphrase);
  onStep('checked');
  const layout = layoutOf(options, checked.manifest);
  const places = layout.places.toReversed();
  try {
    for (const place of layout.places) {
      checkSpace(place, checked.bytes);
      await place.open();
    }
    onStep('opened');
    await fill(file, passphrase, checked, layout);
    const instance = await settleFolders(options, checked.manifest, layout);
    onStep('filled');
    const aside: string[] = [];
    for (const place of places) {
      const old = await place.commit();
      if (old !== undefined) aside.push(old);
      onStep(place === layout.config ? 'done' : 'data renamed');
    }
    return {
      manifest: checked.manifest,
      instance,
      configFile: join(layout.config.folder, checked.manifest.config_file),
      dataFolder: layout.dataFolder,
      outside: outsideOf(checked, layout),
      aside,
    };
  } catch (error) {
    for (const place of places) await place.giveUp();
    if (error instanceof ForpostError) throw error;
    const message = `${file} cannot be restored at ${rfc3339(now)}: ${messageOf(error)}`;
    throw new ForpostError('FORPOST_BACKUP_FAILED', message, { cause: error });
  }
}

interface Layout {
  readonly config: RestoreFolder;
  /** the configuration's, then the data folder's where that is elsewhere */
  readonly places: readonly RestoreFolder[];
  readonly dataFolder: string;
  /** where it is filled */
  readonly dataStaging: string;
}

function layoutOf(options: RestoreOptions, manifest: Manifest): Layout {
  const { folder, data = manifest.data, replace = false, now } = options;
  const stamp = rfc3339(now).slice(0, 19).replace(/[-:]/g, '');
  const placeAt = (path: string) => new RestoreFolder({ folder: path, replace, backup: manifest.id, stamp });
  const config = placeAt(folder);
  // a relative --data starts at the current folder
  const wanted = options.data === undefined ? resolve(config.folder, data) : resolve(data);
  const within = relative(config.folder, wanted);
  if (within === '')
    throw new ForpostError(
      'FORPOST_ARGUMENT_INVALID',
      `the data folder is ${wanted} itself: name another one (--data)`,
    );
  if (!leadsOut(within))
    return { config, places: [config], dataFolder: wanted, dataStaging: join(config.staging, within) };
  if (!leadsOut(relative(wanted, config.folder)))
    throw new ForpostError(
      'FORPOST_ARGUMENT_INVALID',
      `the data folder ${wanted} would hold ${config.folder}: name another one (--data)`,
    );
  const elsewhere = placeAt(wanted);
  const { folder: dataFolder, staging: dataStaging } = elsewhere;
  return { config, places: [config, elsewhere], dataFolder, dataStaging };
}

/** Whether a relative path leads out of its folder. */
function leadsOut(path: string): boolean {
  return path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path);
}

function checkSpace({ folder }: RestoreFolder, bytes: number): void {
  let existing = folder;
  while (diskSpace(existing).totalBytes === Number.POSITIVE_INFINITY && dirname(existing) !== existing)
    existing = dirname(existing);
  const { freeBytes } = diskSpace(existing);
  if (freeBytes >= bytes + spareBytes) return;
  const mb = (value: number) => `${Math.ceil(value / 1e6)} MB`;
  const message = `the disk of ${folder} has ${mb(freeBytes)} free, and the backup needs ${mb(bytes + spareBytes)}: free some space, or name a folder on another disk`;
  throw new ForpostError('FORPOST_BACKUP_FAILED', message);
}

/** Reads the file once more, and writes each entry into the folder beside its place. */
async function fill(file: string, passphrase: string, { sums }: CheckedBackup, layout: Layout): Promise<void> {
  for await (const entry of unseal(file, passphrase)) {
    if (entry.name === manifestName || entry.name === sumsName) {
      for await (const _ of entry.bytes) {
        // their content is known from the check; seal.ts wants each entry read
      }
      continue;
    }
    const target = stagingOf(entry.name, layout);
    const sum = target === undefined ? undefined : await writeEntry(file, entry, target);
    if (sum === undefined || sum !== sums.get(entry.name))
      throw new ForpostError('FORPOST_BACKUP_INVALID', `${file} changed while it was restored: nothing was changed`);
  }
}

function stagingOf(name: string, { config, dataStaging }: Layout): string | undefined {
  const place = placeOf(name);
  if (place === undefined) return undefined;
  const { area, path } = place;
  if (area === 'data') return join(dataStaging, path);
  return area === 'config' ? join(config.staging, path) : join(config.staging, 'outside', path);
}

/** @returns the sum of what was written */
async function writeEntry(file: string, { bytes }: OpenedEntry, target: string): Promise<string> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const hash = createHash('sha256');
  const handle = await open(target, 'wx', 0o600);
  try {
    for await (const chunk of readable(file, bytes)) {
      hash.update(chunk);
      await handle.writeFile(chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

/** Turns errors of the backup's bytes into those of a damaged file; errors of the disk stay as they are. */
async function* readable(file: string, bytes: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = bytes.getReader();
  for (;;) {
    const { value, done } = await reader.read().catch((error: unknown) => Promise.reject(damaged(file, error)));
    if (done) return;
    yield value;
  }
}

/** Writes what only the restored gateway has. @returns its instance */
async function settleFolders(options: RestoreOptions, manifest: Manifest, layout: Layout): Promise<string> {
  const { config, dataStaging, dataFolder } = layout;
  await mkdir(dataStaging, { recursive: true, mode: 0o700 });
  const instance = randomBytes(8).toString('hex');
  const { id, made_at, machine } = manifest;
  const backup = { id, made_at, machine, epoch: manifest.outbox?.epoch ?? '' };
  await writeInstance(dataStaging, { instance, restored_at: rfc3339(options.now), backup, announced: false });
  if (options.data !== undefined) {
    const file = join(config.staging, manifest.config_file);
    const text = await readFile(file, 'utf8');
    const document = parseDocument(text);
    const within = relative(config.folder, dataFolder);
    document.set('data', leadsOut(within) ? dataFolder : within);
    await replaceFile(file, changedYaml(document, text));
  }
  return instance;
}

function outsideOf({ sums }: CheckedBackup, { config }: Layout): Restored['outside'] {
  return [...sums.keys()].flatMap((name) => {
    const place = placeOf(name);
    if (place?.area !== 'outside') return [];
    return [{ named: `/${place.path}`, now: join(config.folder, 'outside', place.path) }];
  });
}
