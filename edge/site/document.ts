/**
 * The site's document with its revisions: the one door to a new revision.
 *
 *   change ─► seen and file are the newest? ─► edited ─► loaded and checked as at a start ─► prepared by every part
 *               └─ no: conflict, with                       └─ wrong: problems ◄────────────────┘ refused
 *                  what others changed
 *          ─► 1. next.yaml ─► 2. the file replaced ─► 3. next.yaml settled ─► committed by every part
 *
 *   kill -9 before or within 1: the old revision · within 2: the old or the new one, whole · after 2: the new one
 *
 * Always: one change at a time; a result other than `revision` has changed nothing; the next start can load
 * the file; only a document that passed the check becomes a revision, so no secret is in any.
 */

import type { Clock } from '@forpost/shared/clock.ts';
import { configProblems, type PlacedProblem, placedProblems, withoutPlace } from '@forpost/shared/config/yaml.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { noWords, sentenceFields, type Words, words } from '@forpost/shared/texts/english.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { Turns } from '@forpost/shared/turns.ts';
import { version } from '@forpost/shared/version.ts';
import type {
  Changed,
  ChangeRequest,
  Conflict,
  LoadedDocument,
  Prepared,
  Preview,
  Refused,
  Request,
} from './change.ts';
import { differenceOf } from './difference.ts';
import { type SiteDisk, siteDisk } from './disk.ts';
import { type DocumentEdit, edited } from './edited.ts';
import { History } from './history.ts';
import { type ChangeInWords, names, type Revision, sha256Of } from './revision.ts';
import { type Mistake, mistakesIn, valuesIn } from './values.ts';

export interface SiteDocumentOptions {
  readonly file: string;
  /** the data folder */
  readonly data: string;
  /** Loads and checks a text as a start would. @throws the problems, FORPOST_CONFIG_INVALID */
  readonly load: (text: string) => LoadedDocument | Promise<LoadedDocument>;
  /** default: `differenceOf` in this thread */
  readonly compare?: (before: string, after: string) => Promise<readonly ChangeInWords[]>;
  /** the document's values as JSON; default: `valuesIn` in this thread */
  readonly valuesOf?: (text: string) => Promise<string>;
  /** default: `edited` in this thread */
  readonly edited?: (text: string, edit: DocumentEdit) => Promise<string>;
  /** default: `mistakesIn` in this thread */
  readonly mistakesIn?: (text: string, problems: readonly PlacedProblem[]) => Promise<readonly Mistake[]>;
  /** has every part do what takes long, before `prepare`; changes nothing. A refusal is left to `prepare` */
  readonly ready?: (loaded: LoadedDocument) => Promise<void>;
  /** asks every part; default: no part runs */
  readonly prepare?: (loaded: LoadedDocument) => Prepared;
  readonly clock: Clock;
  readonly disk?: SiteDisk;
}

export const longestWhy = 500;
/** A disk or a folder that takes no write: the author gets an error, the gateway goes on. */
const unwritable = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EIO'];
const byHand: Request = { author: { kind: 'file', name: '' }, why: '' };

export class SiteDocument {
  readonly #options: SiteDocumentOptions;
  readonly #disk: SiteDisk;
  readonly #history: History;
  readonly #turns = new Turns();
  #newest: Revision | undefined;
  #text = '';
  #problem: Words = noWords;
  /** of the text for which they were asked last */
  #values: { readonly text: string; readonly json: Promise<string> } | undefined;
  /** the revision that `open` made of an edit by hand */
  #takenUp: { readonly from: string } | undefined;

  constructor(options: SiteDocumentOptions) {
    this.#options = options;
    this.#disk = options.disk ?? siteDisk;
    this.#history = new History({ file: options.file, data: options.data, disk: this.#disk });
  }

  /**
   * Reads the file and its history. A file that is not the newest revision becomes one: it was edited by hand, or has no
   * history yet; one that does not pass the check stays apart until `takeUp`. `leaveEdits`: an edit by hand stays apart in any
   * case. A disk that takes no write stops nothing. @throws where the file cannot be read
   */
  async open({ leaveEdits = false }: { readonly leaveEdits?: boolean } = {}): Promise<void> {
    this.#text = await this.#disk.read(this.#options.file);
    const sha256 = sha256Of(this.#text);
    try {
      await this.#history.open(sha256);
      this.#newest = this.#history.newest;
      if (this.#newest?.sha256 !== sha256) await this.#noteFile(leaveEdits);
    } catch (error) {
      if (this.#newest?.sha256 !== sha256) this.#newest = this.#revision(byHand, this.#text, []);
      this.#problem = words('gateway/reason.site-not-kept', { reason: messageOf(error) });
    }
  }

  /** The newest revision. Before `open`: @throws RangeError */
  get newest(): Revision {
    if (this.#newest === undefined) throw new RangeError('the document is not open');
    return this.#newest;
  }

  /** The text of the newest revision. */
  get text(): string {
    return this.#text;
  }

  /** The newest revision with its values, as JSON: nobody in this process reads them. */
  async values(): Promise<{ readonly revision: Revision; readonly json: string }> {
    const { valuesOf = async (text) => JSON.stringify(valuesIn(text)) } = this.#options;
    const [revision, text] = [this.newest, this.#text];
    if (this.#values?.text !== text) this.#values = { text, json: valuesOf(text) };
    const asked = this.#values;
    try {
      return { revision, json: await asked.json };
    } catch (error) {
      if (this.#values === asked) this.#values = undefined;
      throw error;
    }
  }

  /** newest first, at most 100 */
  revisions(): readonly Revision[] {
    const kept = this.#history.list();
    return kept[0]?.number === this.newest.number ? kept : [this.newest, ...kept];
  }

  /** Whether `open` took up an edit by hand, and the SHA-256 of the document before it. */
  get takenUp(): { readonly from: string } | undefined {
    return this.#takenUp;
  }

  /** What people should know, a sentence each. */
  problems(): readonly Words[] {
    const damaged = this.#history.damaged().map((where) => words('gateway/reason.site-damaged', { where }));
    return [...(this.#problem === '' ? [] : [this.#problem]), ...damaged];
  }

  /** A revision with its text; undefined: there is none, or it is no longer kept. */
  async read(seen: string): Promise<{ readonly revision: Revision; readonly text: string } | undefined> {
    if (names(seen, this.newest)) return { revision: this.newest, text: this.#text };
    const revision = this.#history.find(seen);
    const text = revision && (await this.#history.textOf(revision));
    return revision === undefined || text === undefined ? undefined : { revision, text };
  }

  /** Makes a new revision of what `edit` makes of the text. @throws what `edit` throws, and unexpected errors of the disk */
  change(request: ChangeRequest): Promise<Changed> {
    return this.#turns.run(async () => {
      const conflict = (await this.#conflictByHand()) ?? (await this.#conflictOf(request));
      if (conflict !== undefined) return conflict;
      const next = await this.#edited(this.#text, request);
      if (next === this.#text) return { unchanged: this.newest };
      return this.#adopt(next, request, true);
    });
  }

  /** Makes a revision of a file that was edited by hand. */
  takeUp(request: Request): Promise<Changed> {
    return this.#turns.run(async () => {
      const text = await this.#disk.read(this.#options.file);
      return text === this.#text ? { unchanged: this.newest } : this.#adopt(text, request, false);
    });
  }

  /** Brings the document of revision `to` back, as a new revision. */
  async undo(seen: string, to: string, { author, why }: Request): Promise<Changed> {
    const old = await this.read(to);
    if (old === undefined) return { problems: [words('gateway/reason.revision-not-kept', { revision: to })] };
    return this.change({ seen, author, why, edit: () => old.text });
  }

  /** Runs when no change is under way, and holds up the next one: for what must not see half of a change (a reload). */
  alone<T>(run: () => Promise<T>): Promise<T> {
    return this.#turns.run(run);
  }

  /** Resolves when no change is under way. */
  async idle(): Promise<void> {
    await this.#turns.ended();
  }

  /** What `text` would change in the newest revision, and what is wrong with it. Changes nothing. */
  preview(text: string): Promise<Preview> {
    return this.#turns.run(() => this.#preview(text));
  }

  async #preview(text: string): Promise<Preview> {
    const { load, ready, prepare } = this.#options;
    const changes = await this.#compare(this.#text, text);
    try {
      const loaded = await load(text);
      await ready?.(loaded);
      const prepared = prepare?.(loaded);
      return { changes, problems: prepared !== undefined && 'refused' in prepared ? prepared.refused : [] };
    } catch (error) {
      return { changes, ...(await this.#refusal(error, text, true)) };
    }
  }

  /** What changed from one revision to another; undefined: one of them is not kept. */
  async difference(from: string, to?: string): Promise<readonly ChangeInWords[] | undefined> {
    const [old, now] = [await this.read(from), to === undefined ? { text: this.#text } : await this.read(to)];
    return old === undefined || now === undefined ? undefined : this.#compare(old.text, now.text);
  }

  /** The text of the file, which differs from `text` where it was edited by hand and not taken up. */
  onDisk(): Promise<string> {
    return this.#disk.read(this.#options.file);
  }

  async #adopt(text: string, request: Request & Pick<ChangeRequest, 'makeSecrets'>, write: boolean): Promise<Changed> {
    const takeBack = await request.makeSecrets?.(text);
    const changed = await this.#store(text, request, write);
    if (!('revision' in changed)) await takeBack?.();
    return changed;
  }

  async #store(text: string, request: Request, write: boolean): Promise<Changed> {
    const { file, load, ready, prepare = () => ({ commit: () => undefined }) } = this.#options;
    try {
      const loaded = await load(text);
      await ready?.(loaded);
      const prepared = prepare(loaded);
      if ('refused' in prepared) return { problems: prepared.refused };
      // the disk took no write at the start
      if (!this.#history.isOpen) await this.#history.open(sha256Of(this.#text));
      const revision = this.#revision(request, text, await this.#compare(this.#text, text));
      await this.#history.begin(revision, text);
      if (write) await this.#replace(file, text);
      await this.#settle();
      this.#text = text;
      this.#newest = revision;
      prepared.commit();
      return { revision, loaded };
    } catch (error) {
      return this.#refusal(error, text, write);
    }
  }

  async #replace(file: string, text: string): Promise<void> {
    try {
      await this.#disk.replace(file, text);
    } catch (error) {
      const now = await this.#disk.read(file).catch(() => '');
      // only the sync of the folder failed: what stands in the file is the site
      if (now === text) return;
      await this.#history.drop().catch(() => {
        // the next opening drops it: its text is not the document's
      });
      throw error;
    }
  }

  /** The file is the new document: from here on nothing is refused. */
  async #settle(): Promise<void> {
    try {
      await this.#history.settle();
      this.#problem = noWords;
    } catch (error) {
      this.#problem = words('gateway/reason.site-not-in-history', { reason: messageOf(error) });
    }
  }

  async #noteFile(leaveEdits: boolean): Promise<void> {
    const before = this.#newest && (await this.#history.textOf(this.#newest));
    const passes = await this.#passes(this.#text);
    if (before !== undefined && (leaveEdits || !passes)) {
      this.#text = before;
      return;
    }
    const changes =
      before === undefined
        ? [sentenceFields(message('gateway/change.first'))]
        : await this.#compare(before, this.#text);
    const revision = this.#revision(byHand, this.#text, changes);
    if (!passes) {
      this.#newest = revision;
      return;
    }
    if (before !== undefined) this.#takenUp = { from: sha256Of(before) };
    await this.#history.begin(revision, this.#text);
    await this.#history.settle();
    this.#newest = revision;
  }

  async #passes(text: string): Promise<boolean> {
    try {
      await this.#options.load(text);
      return true;
    } catch (error) {
      if (configProblems(error) === undefined) throw error;
      return false;
    }
  }

  async #edited(text: string, { edit }: ChangeRequest): Promise<string> {
    if (typeof edit === 'function') return edit(text);
    return this.#options.edited?.(text, edit) ?? edited(text, edit);
  }

  async #conflictByHand(): Promise<Conflict | undefined> {
    const text = await this.#disk.read(this.#options.file);
    if (text === this.#text) return undefined;
    return { conflict: 'by-hand', newest: this.newest, changes: await this.#compare(this.#text, text) };
  }

  async #conflictOf(request: ChangeRequest): Promise<Conflict | { readonly unchanged: Revision } | undefined> {
    const { seen } = request;
    if (names(seen, this.newest)) return undefined;
    const old = await this.read(seen);
    // the same change once more: its answer was lost
    if (old !== undefined && (await this.#edited(old.text, request)) === this.#text) return { unchanged: this.newest };
    const changes = old === undefined ? [] : await this.#compare(old.text, this.#text);
    // the same text again (a change that was undone): the author has seen the present text
    if (old !== undefined && changes.length === 0) return undefined;
    return { conflict: 'seen', newest: this.newest, changes };
  }

  #compare(before: string, after: string): Promise<readonly ChangeInWords[]> {
    const { compare = async (one, other) => differenceOf(one, other) } = this.#options;
    return compare(before, after);
  }

  #revision({ author, why }: Request, text: string, changes: readonly ChangeInWords[]): Revision {
    const number = Math.max(this.#history.nextNumber, (this.#newest?.number ?? 0) + 1);
    const at = rfc3339(this.#options.clock.now());
    return { number, sha256: sha256Of(text), author, at, why: why.slice(0, longestWhy), changes, version };
  }

  /**
   * `written`: the refused text was to be written, so it stands in no file, and its line numbers would mislead.
   * @throws the error, where it is neither a mistake nor of a disk that takes no write
   */
  async #refusal(error: unknown, text: string, written: boolean): Promise<Refused> {
    if (unwritable.includes((error as NodeJS.ErrnoException).code ?? '')) return { problems: [messageOf(error)] };
    const found = placedProblems(error);
    if (found === undefined) throw error;
    const mistakes = (await this.#options.mistakesIn?.(text, found)) ?? mistakesIn(text, this.#options.file, found);
    const shown = written ? found.map(withoutPlace) : found;
    return {
      problems: written ? mistakes.map(({ problem }) => problem) : found.map(({ line }) => line),
      sentences: shown.map(({ sentence }) => sentence),
      mistakes,
    };
  }
}
