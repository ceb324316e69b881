/**
 * The format of a backup: names and order of the entries, the first one's content, and what makes an entry unacceptable.
 * docs/internals/backup.md lists the entries. Pure.
 *
 * Always: fields and areas are only added; what a reader must understand to restore raises `backupFormat`.
 */
import type { GatewayId, SiteId } from '@forpost/shared/event/ids.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';

export const backupFormat = 1;
/** End of a backup file's name: tar, encrypted in the age format. */
export const backupSuffix = '.tar.age';

/** The first and the last entry. */
export const manifestName = 'forpost-backup.json';
export const sumsName = 'SHA256SUMS';
/** The outbox's copy. */
export const outboxEntry = 'data/outbox.db';

export const maxEntries = 20_000;
export const maxNameBytes = 200;
/** The most bytes of the first and the last entry: enough for the sums of all entries with the longest names. */
export const maxListBytes = 8 * 1024 * 1024;

const schema = Type.Object({
  format: Type.Integer({ minimum: 1 }),
  /** Forpost's version */
  forpost: Type.String(),
  /** of this backup */
  id: Type.String({ pattern: '^[0-9a-f]{16}$' }),
  gateway: Type.String(),
  site: Type.String(),
  /** RFC 3339, by the clock of the machine that made it */
  made_at: Type.String(),
  /** host name of that machine */
  machine: Type.String(),
  /** name of the installation's file within `config/`, and its `data` as written there */
  config_file: Type.String({ minLength: 1 }),
  data: Type.String({ minLength: 1 }),
  /** the instance that made it; '': a gateway that was never restored */
  instance: Type.String(),
  /** absent: the gateway was never started */
  outbox: Type.Optional(
    Type.Object({
      epoch: Type.String(),
      starts: Type.Integer({ minimum: 0 }),
      schema: Type.Integer({ minimum: 1 }),
      unsent: Type.Integer({ minimum: 0 }),
    }),
  ),
});
const isManifest = Compile(schema);

export interface Manifest extends Readonly<Type.Static<typeof schema>> {
  readonly gateway: GatewayId;
  readonly site: SiteId;
}

/** The manifest in the first entry's bytes; a sentence where they hold none, or one of a newer format. */
export function manifestIn(bytes: Uint8Array): Manifest | string {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return `${manifestName} is not JSON`;
  }
  if (typeof value === 'object' && value !== null && 'format' in value && Number(value.format) > backupFormat)
    return `a newer Forpost made it (format ${Number(value.format)}, this one knows ${backupFormat}): restore it with that version`;
  if (isManifest.Check(value)) return value as Manifest;
  const [first] = isManifest.Errors(value);
  return `${manifestName} ${first?.instancePath ?? ''} ${first?.message ?? 'is not one'}`;
}

export type Area = 'config' | 'outside' | 'data';
const areas: readonly string[] = ['config', 'outside', 'data'] satisfies readonly Area[];

export interface Place {
  readonly area: Area;
  /** within the area, with slashes, never empty */
  readonly path: string;
}

/** Where an entry belongs; undefined for a name that no backup has: it could leave the folder, or is too long. */
export function placeOf(name: string): Place | undefined {
  const [area = '', ...parts] = name.split('/');
  if (!areas.includes(area) || parts.length === 0 || !fits(name)) return undefined;
  if (parts.some((part) => part === '' || part === '.' || part === '..' || /[\0\\]/.test(part))) return undefined;
  return { area: area as Area, path: parts.join('/') };
}

/** Whether a name is short enough for an entry. */
export function fits(name: string): boolean {
  return Buffer.byteLength(name) <= maxNameBytes;
}

/** The content of the last entry, as `sha256sum -c` reads it. `sums`: hex by entry, in order. */
export function printSums(sums: ReadonlyMap<string, string>): string {
  return Array.from(sums, ([name, sum]) => `${sum}  ${name}\n`).join('');
}
