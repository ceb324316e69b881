/**
 * The revisions of the site's document, one file each, in a folder beside it.
 *
 *   begin ──► next.yaml ── the document is replaced ──► settle ──► 000043.yaml ──► the oldest are deleted
 *                └── kill: `open` settles it if the document has its SHA-256, and drops it otherwise
 *
 * Always: a revision is listed only if the document was that text; the newest `mostRevisions` within `mostBytes` stay, and
 * never fewer than two; a damaged file is skipped, and its number is not given again.
 */
import { basename, dirname, join } from 'node:path';
import type { SiteDisk } from './disk.ts';
import { longestHeader, recordOf, revisionIn, textIn } from './record.ts';
import { names, type Revision } from './revision.ts';

export const mostRevisions = 100;
/** A document of a large site has some 400 kB. */
export const mostBytes = 16 * 1024 * 1024;
/** So that the newest revision can be undone, however large the documents are. */
const leastRevisions = 2;

const pending = 'next.yaml';
const recordName = /^(\d{6,})\.yaml$/;
/** mkdir answers ENOENT on a read-only mount. */
const closedFolder = ['EACCES', 'EPERM', 'EROFS', 'ENOENT'];

export interface HistoryOptions {
  /** the document's file */
  readonly file: string;
  /** the data folder, which keeps the history where the document's folder takes no new file */
  readonly data: string;
  readonly disk: SiteDisk;
}

interface Kept {
  readonly name: string;
  readonly number: number;
  readonly bytes: number;
  /** undefined: the file is damaged */
  readonly revision: Revision | undefined;
}

export class History {
  readonly #options: HistoryOptions;
  #folder = '';
  /** oldest first */
  #kept: Kept[] = [];
  /** what `next.yaml` holds, until it is settled */
  #begun: Revision | undefined;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /**
   * Finds the folder, or makes it, and finishes or drops what a kill has interrupted. `sha256`: of the document now.
   * @throws an error with the system's code, in words
   */
  async open(sha256: string): Promise<void> {
    const { disk } = this.#options;
    const [beside, inData] = await this.#places();
    const files = (await disk.list(beside)) ?? (await disk.list(inData));
    if (files === undefined) {
      this.#kept = [];
      this.#folder = await this.#make(beside, inData);
      return;
    }
    const folder = (await disk.list(beside)) === undefined ? inData : beside;
    const found = files.flatMap(({ name, bytes }) => {
      const number = Number(recordName.exec(name)?.[1]);
      return Number.isInteger(number) ? [{ name, number, bytes }] : [];
    });
    const kept: Kept[] = [];
    for (const one of found.toSorted((a, b) => a.number - b.number))
      kept.push({ ...one, revision: await this.#headerOf(join(folder, one.name)) });
    this.#kept = kept;
    this.#folder = folder;
    if (files.some(({ name }) => name === pending)) await this.#recover(sha256);
  }

  /** Whether `open` has found or made the folder. */
  get isOpen(): boolean {
    return this.#folder !== '';
  }

  /** The newest revision; undefined: there is none yet. */
  get newest(): Revision | undefined {
    return this.#kept.findLast(({ revision }) => revision !== undefined)?.revision;
  }

  /** The number of the next revision. */
  get nextNumber(): number {
    return (this.#kept.at(-1)?.number ?? 0) + 1;
  }

  /** newest first */
  list(): readonly Revision[] {
    return this.#kept.flatMap(({ revision }) => revision ?? []).toReversed();
  }

  /** Names of damaged files. */
  damaged(): readonly string[] {
    return this.#kept.flatMap(({ name, revision }) => (revision === undefined ? [join(this.#folder, name)] : []));
  }

  /** The revision that `seen` names: a number, or the begin of a SHA-256. Of equal documents the newest. */
  find(seen: string): Revision | undefined {
    return this.#kept.findLast(({ revision }) => revision !== undefined && names(seen, revision))?.revision;
  }

  /** The document of a revision; undefined: it is no longer kept, or damaged. */
  async textOf({ number }: Pick<Revision, 'number'>): Promise<string | undefined> {
    const kept = this.#kept.find((one) => one.number === number);
    if (kept === undefined) return undefined;
    try {
      return textIn(await this.#options.disk.read(join(this.#folder, kept.name)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return undefined;
    }
  }

  /** Writes a revision that is not yet the document. @throws an error with the system's code, in words */
  async begin(revision: Revision, text: string): Promise<void> {
    const { disk, file } = this.#options;
    // the disk did not take the last step of the revision before
    await this.settle();
    const target = await disk.target(file);
    const options = { mode: await disk.mode(target), ownerOf: target };
    await disk.replace(join(this.#folder, pending), recordOf(revision, text), options);
    this.#begun = revision;
  }

  /** The document is what `begin` wrote. @throws the file system's error; the next `open` settles it then */
  async settle(): Promise<void> {
    const revision = this.#begun;
    if (revision === undefined) return;
    const name = `${String(revision.number).padStart(6, '0')}.yaml`;
    await this.#options.disk.rename(join(this.#folder, pending), join(this.#folder, name));
    this.#begun = undefined;
    const size = (await this.#options.disk.list(this.#folder))?.find((one) => one.name === name)?.bytes ?? 0;
    this.#kept.push({ name, number: revision.number, bytes: size, revision });
    await this.#prune();
  }

  /** The document stays what it was. */
  async drop(): Promise<void> {
    this.#begun = undefined;
    await this.#options.disk.remove(join(this.#folder, pending));
  }

  async #recover(sha256: string): Promise<void> {
    const record = await this.#options.disk.read(join(this.#folder, pending));
    const revision = revisionIn(record);
    const isDocument = textIn(record) !== undefined && revision?.sha256 === sha256;
    if (!isDocument || revision.number < this.nextNumber) return this.drop();
    this.#begun = revision;
    await this.settle();
  }

  async #headerOf(file: string): Promise<Revision | undefined> {
    return revisionIn(await this.#options.disk.begin(file, longestHeader));
  }

  async #places(): Promise<readonly [beside: string, inData: string]> {
    const target = await this.#options.disk.target(this.#options.file);
    return [join(dirname(target), `${basename(target)}.history`), join(this.#options.data, 'site-history')];
  }

  async #make(beside: string, inData: string): Promise<string> {
    const { disk } = this.#options;
    // only a reader of the document may read its revisions
    const mode = 0o700 | ((await disk.mode(await disk.target(this.#options.file))) & 0o040 ? 0o050 : 0);
    try {
      await disk.makeFolder(beside, mode);
      return beside;
    } catch (error) {
      // the file may be mounted alone into a folder that takes no new file
      if (!closedFolder.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      await disk.makeFolder(inData, mode);
      return inData;
    }
  }

  async #prune(): Promise<void> {
    let bytes = this.#kept.reduce((sum, one) => sum + one.bytes, 0);
    while (this.#kept.length > leastRevisions && (this.#kept.length > mostRevisions || bytes > mostBytes)) {
      const oldest = this.#kept[0];
      if (oldest === undefined) return;
      await this.#options.disk.remove(join(this.#folder, oldest.name));
      this.#kept.shift();
      bytes -= oldest.bytes;
    }
  }
}
