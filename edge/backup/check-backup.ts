/**
 * Reads a whole backup and checks it before a restore writes anything: each chunk is authenticated by the encryption, each
 * entry has a place in a gateway's folders, and the sums at the end are those of the entries.
 *
 *   manifest ─► entries, each once ─► SHA256SUMS with exactly these ─► end
 *
 * Always: nothing is written. The memory is bounded by the number of entries.
 */
import { createHash } from 'node:crypto';
import { ForpostError } from '@forpost/shared/errors.ts';
import { newestSchema } from '../outbox/sqlite/snapshot/snapshot.ts';
import {
  type Manifest,
  manifestIn,
  manifestName,
  maxEntries,
  maxListBytes,
  outboxEntry,
  placeOf,
  printSums,
  sumsName,
} from './format.ts';
import { damaged, type OpenedEntry, unseal } from './seal.ts';

export interface CheckedBackup {
  readonly manifest: Manifest;
  /** sha256 in hex by entry, without the last one */
  readonly sums: ReadonlyMap<string, string>;
  /** of all entries that are restored */
  readonly bytes: number;
}

/** @throws ForpostError FORPOST_BACKUP_INVALID, FORPOST_BACKUP_FAILED */
export async function checkBackup(file: string, passphrase: string): Promise<CheckedBackup> {
  const sums = new Map<string, string>();
  let manifest: Manifest | undefined;
  let bytes = 0;
  let isEnded = false;
  for await (const entry of unseal(file, passphrase)) {
    if (isEnded || sums.size >= maxEntries) throw refused(file, `it has more entries than its list (${entry.name})`);
    if (manifest === undefined) {
      manifest = await firstOf(file, entry, sums);
      continue;
    }
    if (entry.name === sumsName) {
      const listed = (await readAll(file, entry, maxListBytes)).toString('utf8');
      if (listed !== printSums(sums)) throw refused(file, `${sumsName} does not have the sums of its entries`);
      isEnded = true;
      continue;
    }
    if (!entry.isFile || placeOf(entry.name) === undefined || sums.has(entry.name))
      throw refused(file, `the entry ${JSON.stringify(entry.name.slice(0, 100))} does not belong into a backup`);
    sums.set(entry.name, await sumOf(file, entry));
    bytes += entry.size;
  }
  if (manifest === undefined || !isEnded) throw refused(file, 'its end is missing');
  checkWhole(file, manifest, sums);
  return { manifest, sums, bytes };
}

function checkWhole(file: string, manifest: Manifest, sums: ReadonlyMap<string, string>): void {
  if (!sums.has(`config/${manifest.config_file}`)) throw refused(file, `it has no config/${manifest.config_file}`);
  if ((manifest.outbox !== undefined) !== sums.has(outboxEntry)) throw refused(file, `it has no ${outboxEntry}`);
  const schema = manifest.outbox?.schema ?? 0;
  if (schema > newestSchema)
    throw refused(
      file,
      `Forpost ${manifest.forpost} made it, which is newer (tables of version ${schema}, this one knows ${newestSchema}): restore it with that version`,
    );
}

async function firstOf(file: string, entry: OpenedEntry, sums: Map<string, string>): Promise<Manifest> {
  if (entry.name !== manifestName) throw refused(file, `it does not begin with ${manifestName}`);
  const bytes = await readAll(file, entry, maxListBytes);
  const manifest = manifestIn(bytes);
  if (typeof manifest === 'string') throw refused(file, manifest);
  if (placeOf(`config/${manifest.config_file}`) === undefined)
    throw refused(file, `its config_file ${JSON.stringify(manifest.config_file)} is no name of a file`);
  sums.set(manifestName, createHash('sha256').update(bytes).digest('hex'));
  return manifest;
}

async function readAll(file: string, { name, size, bytes }: OpenedEntry, most: number): Promise<Buffer> {
  if (size > most) throw refused(file, `${name} has ${size} bytes, and ${most} are the most`);
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of bytes) chunks.push(chunk);
  } catch (error) {
    throw damaged(file, error);
  }
  return Buffer.concat(chunks);
}

async function sumOf(file: string, { bytes }: OpenedEntry): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of bytes) hash.update(chunk);
  } catch (error) {
    throw damaged(file, error);
  }
  return hash.digest('hex');
}

function refused(file: string, why: string): ForpostError {
  return new ForpostError('FORPOST_BACKUP_INVALID', `${file} cannot be restored: ${why}. Nothing was changed`);
}
