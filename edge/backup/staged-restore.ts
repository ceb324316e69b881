/**
 * Adopts a restored gateway that the page has staged, before the gateway starts: the only moment at which nothing of the
 * data folder is open.
 *
 *   DATA/restore/staged, whole ── commit ──► take.json ── the next start ──►
 *     1. what stands in CONFIG and DATA goes to before-restore-STAMP in each ─► moved.json
 *     2. the staged data moves into DATA, the staged configuration is copied into CONFIG, gateway.yaml last
 *     3. DATA/restore is renamed to DATA/restore.done, and removed
 *
 * Always: before take.json the gateway is the old one, from then on the new one: a kill at any line leaves what the next
 * start finishes, and each step may run twice. Nothing is deleted: a mount in the data folder, which cannot be renamed,
 * stays where it is. gateway.yaml names the same data folder at each moment, so that the marker is found again; the restored
 * one keeps this box's data folder. A restore that was taken cannot be taken again, because the rename ends it at once.
 */
import { existsSync } from 'node:fs';
import { access, constants, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { changedYaml } from '@forpost/shared/config/changed-yaml.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { createFile, makeFolder, renameFile, replaceFile } from '@forpost/shared/files.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { parseDocument } from 'yaml';
import { loadInstallation } from '../config/load-installation.ts';
import { type Lock, lockFile } from '../outbox/sqlite/lock.ts';

const permissions = 0o777;
/** Working folder of the page's restore, in the data folder. */
export const restoreFolderName = 'restore';
export const stagedName = 'staged';
/** The restored data, in the staged folder. */
export const stagedDataName = 'data';
/** A backup that is arriving, in the working folder. */
export const partName = 'backup.part';
const takeName = 'take.json';
const movedName = 'moved.json';
const doneName = `${restoreFolderName}.done`;
const asideName = 'before-restore-';
const lockName = 'gateway.lock';

export type AdoptStep = 'aside' | 'moved' | 'data' | 'config' | 'done';

interface CommittedRestore {
  /** of the staged configuration: its gateway.yaml */
  readonly configFile: string;
  /** of the folders in which the old files are kept */
  readonly stamp: string;
}

/**
 * Commits the staged restore: the next start takes it. `configFile`: this box's gateway.yaml; `stagedConfig`: the name of the
 * staged one. @throws ForpostError FORPOST_BACKUP_FAILED: the configuration cannot be written, and nothing was changed
 */
export async function commitRestore(
  configFile: string,
  data: string,
  stagedConfig: string,
  now: number,
): Promise<void> {
  const folder = join(data, restoreFolderName);
  try {
    await access(dirname(configFile), constants.W_OK);
    await keepDataFolder(configFile, join(folder, stagedName, stagedConfig));
    const stamp = rfc3339(now).slice(0, 19).replace(/[-:]/g, '');
    const committed: CommittedRestore = { configFile: stagedConfig, stamp };
    await replaceFile(join(folder, takeName), JSON.stringify(committed));
  } catch (error) {
    const message = words('gateway/reason.restore-not-taken', { reason: messageOf(error) });
    throw new ForpostError('FORPOST_BACKUP_FAILED', message, { cause: error });
  }
}

/** The restored gateway.yaml names the data folder as this box's does. */
async function keepDataFolder(configFile: string, staged: string): Promise<void> {
  const [own, text] = await Promise.all([readFile(configFile, 'utf8'), readFile(staged, 'utf8')]);
  const document = parseDocument(text);
  document.set('data', parseDocument(own).get('data'));
  await replaceFile(staged, changedYaml(document, text));
}

/** Whether the next start adopts a restored gateway. False also where gateway.yaml cannot be read. */
export function isRestorePending(configFile: string): boolean {
  const data = dataOf(configFile);
  return data !== undefined && markerIn(data) !== undefined;
}

/**
 * Adopts the committed restore, where there is one. @returns whether there was one
 * @throws ForpostError FORPOST_BACKUP_FAILED: the disk refuses; the next start tries again
 */
export async function adoptRestore(
  configFile: string,
  onStep: (step: AdoptStep) => void = () => undefined,
): Promise<boolean> {
  const data = dataOf(configFile);
  if (data === undefined) return false;
  if (markerIn(data) === undefined) {
    await removeLeftovers(data);
    return false;
  }
  const lock = lockOf(data);
  try {
    await adopt(configFile, data, onStep);
    return true;
  } catch (error) {
    const message = `a restored gateway waits in ${join(data, restoreFolderName)} and cannot be adopted: ${messageOf(error)}`;
    throw new ForpostError('FORPOST_BACKUP_FAILED', message, { cause: error });
  } finally {
    lock.release();
  }
}

async function adopt(configFile: string, data: string, onStep: (step: AdoptStep) => void): Promise<void> {
  const folder = join(data, restoreFolderName);
  const [marker, moved] = [join(folder, takeName), join(folder, movedName)];
  const known = existsSync(marker) ? marker : moved;
  const { stamp, configFile: stagedConfig } = JSON.parse(await readFile(known, 'utf8')) as CommittedRestore;
  const staged = join(folder, stagedName);
  if (known === marker) {
    const history = `${basename(loadInstallation(configFile).site_file)}.history`;
    await setAside({ data, config: dirname(configFile), staged, history }, `${asideName}${stamp}`);
    onStep('aside');
    await renameFile(marker, moved);
    onStep('moved');
  }
  await moveAll(join(staged, stagedDataName), data);
  onStep('data');
  await copyConfig(staged, configFile, stagedConfig);
  onStep('config');
  const done = join(data, doneName);
  await rm(done, { recursive: true, force: true });
  await renameFile(folder, done);
  onStep('done');
  await rm(done, { recursive: true });
}

/** Removes what a kill has left of a restore that was taken, and of a backup that was arriving: nobody sends its rest. */
async function removeLeftovers(data: string): Promise<void> {
  const left = [join(data, doneName), join(data, restoreFolderName, partName)].filter((path) => existsSync(path));
  if (left.length === 0) return;
  try {
    // held: a running gateway, to which the backup may be arriving
    const lock = lockFile(join(data, lockName));
    if (lock === undefined) return;
    try {
      for (const path of left) await rm(path, { recursive: true, force: true });
    } finally {
      lock.release();
    }
  } catch {
    // a disk that takes no change stops no start; the next one tries again
  }
}

interface Folders {
  readonly data: string;
  /** of this box's gateway.yaml */
  readonly config: string;
  readonly staged: string;
  /** name of the folder of revisions of this box's site: the restored site has others */
  readonly history: string;
}

/** Moves the old data and keeps the old configuration, in a folder `name` of each. */
async function setAside(folders: Folders, name: string): Promise<void> {
  const { data, config, staged } = folders;
  const [dataAside, configAside] = [join(data, name), join(config, name)];
  await makeFolder(dataAside);
  await keepConfig(folders, config, staged, configAside);
  for (const entry of await readdir(data)) {
    const stays = entry === restoreFolderName || entry.startsWith(asideName) || entry.startsWith(lockName);
    if (!stays) await moveUnlessMount(join(data, entry), join(dataAside, entry), join(staged, stagedDataName, entry));
  }
}

/**
 * Keeps the files of a configuration folder: copies them, because gateway.yaml must stay until the new one replaces it. Moves
 * the revisions, and each folder that the backup brings anew. Files that links lead to are copied too: the restore writes
 * through the links. The data folder, and a folder that holds it, stay where they are.
 */
async function keepConfig(folders: Folders, folder: string, staged: string, aside: string): Promise<void> {
  const { data, config, history } = folders;
  const isTop = folder === config;
  await makeFolder(aside);
  for (const entry of await readdir(folder)) {
    const [old, copy, coming] = [join(folder, entry), join(aside, entry), join(staged, entry)];
    if (old === data || (isTop && entry.startsWith(asideName))) continue;
    const [kind, becomes] = [await kindOf(old), isTop && entry === stagedDataName ? undefined : await kindOf(coming)];
    const comesAnew = becomes !== undefined;
    if (data.startsWith(old + sep)) await keepConfig(folders, old, coming, copy);
    else if (kind === 'folder' && (comesAnew || (isTop && entry === history))) await renameFile(old, copy);
    else if (kind === 'file' && becomes === 'folder') await renameFile(old, copy);
    else if (kind === 'file' && (isTop || comesAnew))
      await createFile(copy, await readFile(old), { mode: (await stat(old)).mode & permissions });
  }
}

/** What stands at a path, or what a link there leads to; undefined: nothing, or neither file nor folder. */
async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory() === true) return 'folder';
  return stats?.isFile() === true ? 'file' : undefined;
}

/** A mount cannot be renamed: it stays, unless the backup brings something of its name. */
async function moveUnlessMount(from: string, to: string, coming: string): Promise<void> {
  try {
    await renameFile(from, to);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EBUSY', 'EXDEV'].includes(code) || existsSync(coming)) throw error;
  }
}

async function moveAll(from: string, to: string): Promise<void> {
  if (!existsSync(from)) return;
  for (const entry of await readdir(from)) {
    if (!entry.startsWith(lockName)) await renameFile(join(from, entry), join(to, entry));
  }
}

async function copyConfig(staged: string, configFile: string, stagedConfig: string): Promise<void> {
  const config = dirname(configFile);
  for (const entry of await readdir(staged, { withFileTypes: true })) {
    if (entry.name === stagedDataName || entry.name === stagedConfig) continue;
    await copyAll(join(staged, entry.name), join(config, entry.name), entry.isDirectory());
  }
  await replaceFile(join(config, basename(configFile)), await readFile(join(staged, stagedConfig)));
}

async function copyAll(from: string, to: string, isFolder: boolean): Promise<void> {
  if (!isFolder) {
    await replaceFile(to, await readFile(from));
    return;
  }
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const entry of await readdir(from, { withFileTypes: true }))
    await copyAll(join(from, entry.name), join(to, entry.name), entry.isDirectory());
}

function dataOf(configFile: string): string | undefined {
  try {
    return loadInstallation(configFile).data;
  } catch {
    // the start says what is wrong with it
    return undefined;
  }
}

function markerIn(data: string): string | undefined {
  const folder = join(data, restoreFolderName);
  return [takeName, movedName].map((name) => join(folder, name)).find((file) => existsSync(file));
}

function lockOf(data: string): Lock {
  const lock = lockFile(join(data, lockName));
  if (lock === undefined)
    throw new ForpostError(
      'FORPOST_DATA_FOLDER',
      `a gateway uses the data folder ${data}: a restore waits for its end`,
    );
  return lock;
}
