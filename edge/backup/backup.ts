/**
 * Makes a backup: the configuration, its keys, the data folder and the unsent events, as one encrypted stream. A process
 * of its own runs it, beside a running gateway or without one.
 *
 *   locked ─► outbox copied (backup.tmp.db) ─► entries, one after the other ─► stream ─► unlocked, the copy is deleted
 *
 * Always: it changes nothing of the gateway. One backup runs at a time. A file that a part of the gateway replaces
 * meanwhile is the old one or the new one, whole; a file that is deleted meanwhile is left out. Memory: one file of at
 * most `wholeBytes`; larger ones are read in pieces.
 */
import { createHash, randomBytes } from 'node:crypto';
import { chownSync, rmSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { GatewayId, SiteId } from '@forpost/shared/event/ids.ts';
import { readBytesSync } from '@forpost/shared/files.ts';
import { version } from '@forpost/shared/version.ts';
import { parse } from 'yaml';
import type { Installation } from '../config/installation.ts';
import { loadInstallation } from '../config/load-installation.ts';
import { type Lock, lockFile } from '../outbox/sqlite/lock.ts';
import { outboxFileName } from '../outbox/sqlite/reader/kept-events.ts';
import { takeSnapshot } from '../outbox/sqlite/snapshot/snapshot.ts';
import { sinkName } from '../uplink/sink-kind.ts';
import { type Contents, contentsOf } from './contents.ts';
import { fileEntry } from './file-entry.ts';
import { backupFormat, type Manifest, manifestName, outboxEntry, printSums, sumsName } from './format.ts';
import { readInstance } from './instance.ts';
import { type Entry, seal } from './seal.ts';

export interface BackupOptions {
  /** gateway.yaml */
  readonly config: string;
  readonly passphrase: string;
  /** ms since 1970 */
  readonly now: number;
  /** the file that the stream is written to, which is no part of the backup */
  readonly target?: string;
  /** see `seal` */
  readonly factor?: number;
}

export interface Backup {
  readonly manifest: Manifest;
  /** files, without the first and the last entry */
  readonly files: number;
  /** expected files that the backup lacks, a sentence each */
  readonly leftOut: readonly string[];
  readonly stream: ReadableStream<Uint8Array>;
  /** Releases the lock and deletes the copy: to be called when the stream has ended, however. */
  end(): Promise<void>;
}

const lockName = 'backup.lock';
const copyName = 'backup.tmp.db';
/** Left free on the disk beside the copy of the outbox. */
const spareBytes = 64 * 1024 * 1024;

/** @throws ForpostError FORPOST_CONFIG_INVALID, FORPOST_BACKUP_FAILED */
export async function makeBackup(options: BackupOptions): Promise<Backup> {
  const installation = loadInstallation(options.config);
  const { data } = installation;
  const lock = locked(data);
  const copy = join(data, copyName);
  const end = async () => {
    for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(copy + suffix, { force: true });
    lock.release();
  };
  try {
    const manifest = manifestOf(options, installation, snapshotOf(installation, copy));
    // after the copy, which may take minutes: a revision of the site made meanwhile is in the backup with its document
    const contents = contentsOf({ ...configuredBy(options.config, installation), target: options.target });
    const { factor } = options;
    const stream = await seal(entriesOf(manifest, contents.files, copy), options.passphrase, factor);
    return { manifest, files: contents.files.length, leftOut: contents.leftOut, stream, end };
  } catch (error) {
    await end();
    throw asFailed(error);
  }
}

/** @throws ForpostError where another backup runs, or the folder cannot be written */
function locked(data: string): Lock {
  const file = join(data, lockName);
  try {
    const lock = lockFile(file);
    if (lock === undefined)
      throw new ForpostError('FORPOST_BACKUP_FAILED', `another backup of ${data} is running: wait for its end`);
    likeFolder(file, data);
    return {
      release: () => {
        rmSync(file, { force: true });
        lock.release();
      },
    };
  } catch (error) {
    throw asFailed(error, `${data} cannot be used for a backup`);
  }
}

/** A file that root makes must not keep the gateway's user from the next backup. */
function likeFolder(file: string, folder: string): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(folder);
  chownSync(file, uid, gid);
}

function configuredBy(config: string, installation: Installation): Parameters<typeof contentsOf>[0] {
  const { site_file: siteFile, secrets_file: secretsFile, data } = installation;
  const values = [installation, parsed(siteFile), parsed(secretsFile)];
  return { configFile: config, siteFile, secretsFile, dataFolder: data, values };
}

/** The parsed file, for the paths in it; a site with a mistake is backed up too. */
function parsed(file: string): unknown {
  try {
    return parse(readBytesSync(file).toString('utf8'));
  } catch {
    return undefined;
  }
}

function snapshotOf({ data, uplink }: Installation, to: string): Manifest['outbox'] {
  const file = join(data, outboxFileName);
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return undefined;
  const { epoch, starts, schema, unsent } = takeSnapshot({ file, to, sinks: uplink.map(sinkName), spareBytes });
  return { epoch, starts, schema, unsent };
}

function manifestOf(options: BackupOptions, installation: Installation, outbox: Manifest['outbox']): Manifest {
  const site = parsed(installation.site_file) as { site?: { id?: unknown } } | undefined;
  const written = parsed(options.config) as { data?: unknown } | undefined;
  return {
    format: backupFormat,
    forpost: version,
    id: randomBytes(8).toString('hex'),
    gateway: installation.gateway as GatewayId,
    site: String(site?.site?.id ?? '') as SiteId,
    made_at: rfc3339(options.now),
    machine: hostname(),
    config_file: options.config.split(/[\\/]/).at(-1) ?? 'gateway.yaml',
    data: String(written?.data ?? 'data'),
    instance: readInstance(installation.data)?.instance ?? '',
    ...(outbox === undefined ? {} : { outbox }),
  };
}

async function* entriesOf(manifest: Manifest, files: Contents['files'], copy: string): AsyncGenerator<Entry> {
  const sums = new Map<string, string>();
  yield textEntry(manifestName, `${JSON.stringify(manifest, null, 2)}\n`, sums);
  for (const file of files) {
    const entry = await fileEntry(file, sums);
    if (entry !== undefined) yield entry;
  }
  if (manifest.outbox !== undefined) yield* present(await fileEntry({ name: outboxEntry, path: copy }, sums));
  yield textEntry(sumsName, printSums(sums));
}

function* present(entry: Entry | undefined): Generator<Entry> {
  if (entry === undefined) throw new ForpostError('FORPOST_BACKUP_FAILED', 'the copy of the outbox is gone: try again');
  yield entry;
}

function textEntry(name: string, text: string, sums?: Map<string, string>): Entry {
  const bytes = Buffer.from(text);
  sums?.set(name, createHash('sha256').update(bytes).digest('hex'));
  return { name, size: bytes.length, bytes: [bytes] };
}

function asFailed(error: unknown, what = 'the backup cannot be made'): ForpostError {
  if (error instanceof ForpostError) return error;
  return new ForpostError('FORPOST_BACKUP_FAILED', `${what}: ${messageOf(error)}`, { cause: error });
}
